// SPDX-License-Identifier: GPL-3.0-or-later
// Small text helpers shared by messages, parsers and tables.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace atelier {

std::string_view trim(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);
std::string toLowerAscii(std::string_view text);

// Length of the valid UTF-8 prefix; equal to text.size() when all of it is valid.
std::size_t validUtf8Prefix(std::string_view text);
inline bool isValidUtf8(std::string_view text) {
    return validUtf8Prefix(text) == text.size();
}

// The candidate nearest by edit distance (insert, delete, replace, swap), or "" when none is near enough to
// suggest.
std::string nearestName(std::string_view name, std::span<const std::string> candidates);

// "171 MB", "8.9 GB": decimal units, three significant digits at most.
std::string humanBytes(std::uint64_t bytes);
// "256MB", "1.5GiB", "200000": bytes; false when it is not a size.
bool parseBytes(std::string_view text, std::uint64_t& bytes);
// "42 s", "18 min", "3 h 05 min".
std::string humanDuration(double seconds);
// "1 file", "3 files".
std::string plural(std::uint64_t count, std::string_view one, std::string_view many = {});

// The word for a shell, in single quotes where it needs them: it's → 'it'\''s'. Never expands to anything
// else.
std::string shellQuote(std::string_view word);

}  // namespace atelier
