// SPDX-License-Identifier: GPL-3.0-or-later
// The generated tables behind unicode.h, each sorted by code point. Included by unicode.cpp and the
// generated files only.
#pragma once

#include <array>
#include <cstdint>

namespace atelier::unicode {

struct Range {
    std::uint32_t first, last;
};
// Every `stride`-th code point from first to last becomes itself + delta in lower case. U+0130 is not in the
// table.
struct LowerRun {
    std::uint32_t first, last;
    std::int32_t delta;
    std::uint32_t stride;
};
struct ClassRun {
    std::uint32_t first, last;
    std::uint8_t combiningClass;
};
// Full canonical decomposition, 0 = no further part; Hangul is computed.
struct Decomposition {
    std::uint32_t from;
    std::uint32_t first, second = 0, third = 0, fourth = 0;
};
struct Composition {
    std::uint32_t first, second, composed;
};

extern const std::array<Range, 677> kLetters;  // general categories L*
extern const std::array<Range, 144> kNumbers;  // general categories N*
extern const std::array<Range, 10> kSpaces;    // White_Space
extern const std::array<LowerRun, 185> kLower;
extern const std::array<ClassRun, 334> kCombining;  // non-zero canonical combining classes
extern const std::array<Decomposition, 2060> kDecompositions;
extern const std::array<Composition, 940> kCompositions;

// unicode_breaks.cpp: classes of grapheme clusters.
extern const std::array<Range, 334> kJoining;  // Extend, ZWJ, SpacingMark: stay with what is before them
extern const std::array<Range, 17> kControl;   // stand alone
extern const std::array<Range, 15> kPrepend;   // stay with what follows
extern const std::array<Range, 156> kPictographic;

}  // namespace atelier::unicode
