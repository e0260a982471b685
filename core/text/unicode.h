// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Unicode that tokenizers need: code points, general categories, lower case, canonical
// composition (NFC). Used by core/text only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace atelier::unicode {

// Bytes that are not UTF-8 become U+FFFD, one per byte.
std::u32string decodeUtf8(std::string_view text);
void appendUtf8(std::string& out, char32_t point);
std::string encodeUtf8(std::u32string_view text);

bool isLetter(char32_t point);  // general category L*
bool isNumber(char32_t point);  // general category N*
bool isSpace(char32_t point);   // White_Space

// Full lower case of each code point by itself (no final sigma, no language rules).
std::u32string lowerCase(std::u32string_view text);
// Normalization Form C (UAX #15).
std::u32string composeCanonical(std::u32string_view text);

// Where the extended grapheme cluster (UAX #29) that starts at `begin` ends. Pairs of regional indicators and
// conjuncts, eight bytes and more, are taken apart.
std::size_t clusterEnd(std::u32string_view text, std::size_t begin);

}  // namespace atelier::unicode
