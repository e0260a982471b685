// SPDX-License-Identifier: GPL-3.0-or-later
// Quoting of shell.h.
#include "core/cluster/shell.h"

#include <algorithm>

#include "core/base/strings.h"

namespace atelier::cluster {
namespace {

bool isAlnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

std::string shellPath(std::string_view path) {
    if (path == "~") return "\"$HOME\"";
    if (path.starts_with("~/"))
        return "\"$HOME\"/" + (path.size() > 2 ? shellQuote(path.substr(2)) : std::string());
    return shellQuote(path);
}

bool isOneLine(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
}

std::string jobName(std::string_view text) {
    std::string name;
    for (const char c : text.substr(0, 64)) name += isAlnum(c) || c == '.' || c == '_' || c == '-' ? c : '_';
    return name.empty() ? std::string("atelier") : name;
}

}  // namespace atelier::cluster
