// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/net/netrc.h"

#include <cstdlib>
#include <vector>

#include "core/base/files.h"

namespace atelier::net {
namespace {

// Words between white space; "…" with backslashes keeps it; a word that begins with # ends the line.
std::vector<std::string> wordsOf(std::string_view text) {
    std::vector<std::string> words;
    constexpr std::string_view kSpace = " \t\r\n";
    for (std::size_t i = 0; (i = text.find_first_not_of(kSpace, i)) != text.npos;) {
        if (text[i] == '#') {
            i = std::min(text.find('\n', i), text.size());
            continue;
        }
        std::string word;
        if (text[i] == '"') {
            for (++i; i < text.size() && text[i] != '"'; ++i) {
                if (text[i] == '\\' && i + 1 < text.size()) ++i;
                word += text[i];
            }
            ++i;
        } else {
            while (i < text.size() && kSpace.find(text[i]) == kSpace.npos) word += text[i++];
        }
        words.push_back(std::move(word));
        if (i >= text.size()) break;
    }
    return words;
}

}  // namespace

std::string netrcPassword(std::string_view text, std::string_view machine) {
    const auto words = wordsOf(text);
    bool ours = false;
    std::string byDefault;
    bool isDefault = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word == "default") {
            ours = false;
            isDefault = true;
        } else if (i + 1 == words.size()) {
            break;
        } else if (word == "machine") {
            ours = words[++i] == machine;
            isDefault = false;
        } else if (word == "login" || word == "account") {
            ++i;
        } else if (word == "password") {
            ++i;
            if (ours) return words[i];
            if (isDefault && byDefault.empty()) byDefault = words[i];
        }
    }
    return byDefault;
}

std::string netrcPassword(std::string_view machine) {
    std::vector<fs::path> places;
    if (const char* named = std::getenv("NETRC"); named && *named)
        places.emplace_back(expandUser(named));
    else
        places = {expandUser("~/.netrc"), expandUser("~/_netrc")};
    for (const auto& path : places)
        if (const auto text = readFile(path, 1 << 20)) return netrcPassword(*text, machine);
    return {};
}

}  // namespace atelier::net
