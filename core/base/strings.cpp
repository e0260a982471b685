// SPDX-License-Identifier: GPL-3.0-or-later
// See strings.h.
#include "core/base/strings.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace atelier {

std::string_view trim(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n\f\v";
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    for (;;) {
        const auto at = text.find(separator);
        parts.emplace_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) text += separator;
        text += parts[i];
    }
    return text;
}

std::string toLowerAscii(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

std::size_t validUtf8Prefix(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        const auto lead = static_cast<unsigned char>(text[i]);
        std::size_t length = 0;
        std::uint32_t minimum = 0, code = 0;
        if (lead < 0x80) {
            ++i;
            continue;
        }
        if ((lead & 0xE0) == 0xC0) {
            length = 2, minimum = 0x80, code = lead & 0x1F;
        } else if ((lead & 0xF0) == 0xE0) {
            length = 3, minimum = 0x800, code = lead & 0x0F;
        } else if ((lead & 0xF8) == 0xF0) {
            length = 4, minimum = 0x10000, code = lead & 0x07;
        } else {
            return i;
        }
        if (i + length > text.size()) return i;
        for (std::size_t k = 1; k < length; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            if ((next & 0xC0) != 0x80) return i;
            code = (code << 6) | (next & 0x3F);
        }
        if (code < minimum || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return i;
        i += length;
    }
    return i;
}

namespace {

// Optimal string alignment distance.
std::size_t editDistance(std::string_view a, std::string_view b) {
    const std::size_t width = b.size() + 1;
    std::vector<std::size_t> table((a.size() + 1) * width);
    auto at = [&](std::size_t i, std::size_t j) -> std::size_t& { return table[i * width + j]; };
    for (std::size_t i = 0; i <= a.size(); ++i) at(i, 0) = i;
    for (std::size_t j = 0; j <= b.size(); ++j) at(0, j) = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
            at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + cost});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
        }
    }
    return at(a.size(), b.size());
}

}  // namespace

std::string nearestName(std::string_view name, std::span<const std::string> candidates) {
    const std::string wanted = toLowerAscii(name);
    std::string best;
    std::size_t bestDistance = std::max<std::size_t>(2, wanted.size() / 3) + 1;
    for (const auto& candidate : candidates) {
        const std::size_t distance = editDistance(wanted, toLowerAscii(candidate));
        if (distance < bestDistance && distance < std::max(wanted.size(), candidate.size())) {
            bestDistance = distance;
            best = candidate;
        }
    }
    return best;
}

std::string humanBytes(std::uint64_t bytes) {
    constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 999.5 && unit + 1 < std::size(kUnits)) {
        value /= 1000;
        ++unit;
    }
    char text[32];
    std::snprintf(text, sizeof text, unit > 0 && value < 9.95 ? "%.1f %s" : "%.0f %s", value, kUnits[unit]);
    return text;
}

bool parseBytes(std::string_view text, std::uint64_t& bytes) {
    text = trim(text);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || !(value >= 0)) return false;
    std::string unit = toLowerAscii(trim(text.substr(static_cast<std::size_t>(end - text.data()))));
    double factor = 1;
    if (!unit.empty() && unit != "b") {
        const bool binary = unit.size() >= 2 && unit[1] == 'i';
        const double base = binary ? 1024 : 1000;
        const std::string rest = unit.substr(binary ? 2 : 1);
        if (!rest.empty() && rest != "b") return false;
        switch (unit[0]) {
            case 'k':
                factor = base;
                break;
            case 'm':
                factor = base * base;
                break;
            case 'g':
                factor = base * base * base;
                break;
            case 't':
                factor = base * base * base * base;
                break;
            default:
                return false;
        }
    }
    if (value * factor >= 0x1.0p63) return false;
    bytes = static_cast<std::uint64_t>(std::llround(value * factor));
    return true;
}

std::string humanDuration(double seconds) {
    if (!(seconds >= 0) || seconds > 1e9) return "unknown";
    const auto whole = static_cast<long long>(std::llround(seconds));
    if (whole < 120) return std::to_string(whole) + " s";
    const long long minutes = (whole + 30) / 60;
    if (minutes < 120) return std::to_string(minutes) + " min";
    char text[48];
    std::snprintf(text, sizeof text, "%lld h %02lld min", minutes / 60, minutes % 60);
    return text;
}

std::string plural(std::uint64_t count, std::string_view one, std::string_view many) {
    return std::to_string(count) + " " +
           (count == 1     ? std::string(one)
            : many.empty() ? std::string(one) + "s"
                           : std::string(many));
}

std::string shellQuote(std::string_view word) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,+@%=";
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos) return std::string(word);
    std::string quoted = "'";
    for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

}  // namespace atelier
