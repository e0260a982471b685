// SPDX-License-Identifier: GPL-3.0-or-later
// Look-ups in the generated tables, and the algorithm of UAX #15.
#include "core/text/unicode.h"

#include <algorithm>

#include "core/base/strings.h"
#include "core/text/unicode_tables.h"

namespace atelier::unicode {
namespace {

constexpr char32_t kSBase = 0xAC00, kLBase = 0x1100, kVBase = 0x1161,
                   kTBase = 0x11A7;  // Hangul, Unicode §3.12
constexpr char32_t kLCount = 19, kVCount = 21, kTCount = 28, kSCount = kLCount * kVCount * kTCount;

// The run that holds `point`, or null.
template <class Table>
const typename Table::value_type* findRun(const Table& table, char32_t point) {
    const auto it = std::upper_bound(table.begin(), table.end(), point,
                                     [](char32_t p, const auto& run) { return p < run.first; });
    return it != table.begin() && point <= std::prev(it)->last ? &*std::prev(it) : nullptr;
}

int combiningClass(char32_t point) {
    if (point < 0x300) return 0;
    const ClassRun* run = findRun(kCombining, point);
    return run ? run->combiningClass : 0;
}

void appendDecomposed(std::u32string& out, char32_t point) {
    if (point >= kSBase && point < kSBase + kSCount) {
        const char32_t index = point - kSBase, t = index % kTCount;
        out += kLBase + index / (kVCount * kTCount);
        out += kVBase + index % (kVCount * kTCount) / kTCount;
        if (t != 0) out += kTBase + t;
        return;
    }
    const auto it = std::lower_bound(kDecompositions.begin(), kDecompositions.end(), point,
                                     [](const Decomposition& d, char32_t p) { return d.from < p; });
    if (it == kDecompositions.end() || it->from != point) {
        out += point;
        return;
    }
    for (std::uint32_t part : {it->first, it->second, it->third, it->fourth})
        if (part != 0) out += part;
}

// The primary composite of two code points, or 0.
char32_t composePair(char32_t first, char32_t second) {
    if (first >= kLBase && first < kLBase + kLCount && second >= kVBase && second < kVBase + kVCount)
        return kSBase + ((first - kLBase) * kVCount + (second - kVBase)) * kTCount;
    if (first >= kSBase && first < kSBase + kSCount && (first - kSBase) % kTCount == 0 && second > kTBase &&
        second < kTBase + kTCount)
        return first + (second - kTBase);
    const auto it = std::lower_bound(kCompositions.begin(), kCompositions.end(), std::pair(first, second),
                                     [](const Composition& c, const auto& pair) {
                                         return std::pair<char32_t, char32_t>(c.first, c.second) < pair;
                                     });
    return it != kCompositions.end() && it->first == first && it->second == second ? it->composed : 0;
}

// Marks in the order of their classes, each run between starters by itself; equal classes keep their order.
void orderMarks(std::u32string& text) {
    for (std::size_t i = 0; i < text.size();) {
        if (combiningClass(text[i]) == 0) {
            ++i;
            continue;
        }
        std::size_t end = i;
        while (end < text.size() && combiningClass(text[end]) != 0) ++end;
        std::stable_sort(text.begin() + static_cast<std::ptrdiff_t>(i),
                         text.begin() + static_cast<std::ptrdiff_t>(end),
                         [](char32_t a, char32_t b) { return combiningClass(a) < combiningClass(b); });
        i = end;
    }
}

}  // namespace

std::u32string decodeUtf8(std::string_view text) {
    std::u32string out;
    out.reserve(text.size());
    std::size_t valid = validUtf8Prefix(text);
    for (std::size_t i = 0; i < text.size();) {
        if (i == valid) {  // one broken byte, then look again
            out += U'\uFFFD';
            ++i;
            valid = i + validUtf8Prefix(text.substr(i));
            continue;
        }
        const auto byte = [&](std::size_t at) {
            return static_cast<char32_t>(static_cast<unsigned char>(text[at]));
        };
        const char32_t lead = byte(i);
        const int more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
        char32_t point = more == 0 ? lead : lead & (0x3FU >> more);
        for (int k = 1; k <= more; ++k) point = point << 6 | (byte(i + static_cast<std::size_t>(k)) & 0x3FU);
        out += point;
        i += static_cast<std::size_t>(more) + 1;
    }
    return out;
}

void appendUtf8(std::string& out, char32_t point) {
    const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
    if (point < 0x80) return put(point);
    if (point < 0x800) return put(0xC0 | point >> 6), put(0x80 | (point & 0x3F));
    if (point < 0x10000)
        return put(0xE0 | point >> 12), put(0x80 | (point >> 6 & 0x3F)), put(0x80 | (point & 0x3F));
    put(0xF0 | point >> 18), put(0x80 | (point >> 12 & 0x3F)), put(0x80 | (point >> 6 & 0x3F)),
        put(0x80 | (point & 0x3F));
}

std::string encodeUtf8(std::u32string_view text) {
    std::string out;
    for (char32_t point : text) appendUtf8(out, point);
    return out;
}

bool isLetter(char32_t p) {
    return p < 0x80 ? (p | 0x20) >= 'a' && (p | 0x20) <= 'z' : findRun(kLetters, p) != nullptr;
}
bool isNumber(char32_t p) {
    return p < 0x80 ? p >= '0' && p <= '9' : findRun(kNumbers, p) != nullptr;
}
bool isSpace(char32_t p) {
    return p < 0x80 ? p == ' ' || (p >= 9 && p <= 13) : findRun(kSpaces, p) != nullptr;
}

std::u32string lowerCase(std::u32string_view text) {
    std::u32string out;
    out.reserve(text.size());
    for (char32_t point : text) {
        if (point == 0x130) {  // İ, the one code point whose lower case has two
            out += U"i\u0307";
        } else if (point < 0x80) {
            out += point >= 'A' && point <= 'Z' ? point + 32 : point;
        } else {
            const LowerRun* run = findRun(kLower, point);
            const bool moves = run && (point - run->first) % run->stride == 0;
            out += moves ? static_cast<char32_t>(static_cast<std::int64_t>(point) + run->delta) : point;
        }
    }
    return out;
}

std::u32string composeCanonical(std::u32string_view text) {
    if (std::all_of(text.begin(), text.end(), [](char32_t p) { return p < 0x300; }))
        return std::u32string(text);  // always NFC
    std::u32string decomposed;
    decomposed.reserve(text.size() + 8);
    for (char32_t point : text) appendDecomposed(decomposed, point);
    orderMarks(decomposed);

    std::u32string out;
    std::size_t starter = std::u32string::npos;  // place in `out` of the last starter
    int lastClass = 0;  // class of the last code point kept after it; 0 when adjacent
    for (char32_t point : decomposed) {
        const int cls = combiningClass(point);
        const bool blocked =
            starter == std::u32string::npos || (starter + 1 != out.size() && lastClass >= cls);
        if (!blocked)
            if (const char32_t composed = composePair(out[starter], point)) {
                out[starter] = composed;
                continue;
            }
        if (cls == 0) starter = out.size();
        lastClass = cls;
        out += point;
    }
    return out;
}

namespace {

// Hangul syllables: which kinds of jamo a code point begins or ends with.
enum class Jamo { None, Leading, Vowel, Trailing };
struct Syllable {
    Jamo first = Jamo::None, last = Jamo::None;
};
Syllable syllableOf(char32_t p) {
    const auto within = [p](char32_t low, char32_t high) { return p >= low && p <= high; };
    if (within(0x1100, 0x115F) || within(0xA960, 0xA97C)) return {Jamo::Leading, Jamo::Leading};
    if (within(0x1160, 0x11A7) || within(0xD7B0, 0xD7C6)) return {Jamo::Vowel, Jamo::Vowel};
    if (within(0x11A8, 0x11FF) || within(0xD7CB, 0xD7FB)) return {Jamo::Trailing, Jamo::Trailing};
    if (p < kSBase || p >= kSBase + kSCount) return {};
    return {Jamo::Leading, (p - kSBase) % kTCount == 0 ? Jamo::Vowel : Jamo::Trailing};
}

// Rules GB3 to GB9b.
bool joins(char32_t before, char32_t after) {
    if (before == U'\r' && after == U'\n') return true;
    if (findRun(kControl, before) || findRun(kControl, after)) return false;
    if (findRun(kJoining, after) || findRun(kPrepend, before)) return true;
    const Jamo last = syllableOf(before).last, first = syllableOf(after).first;
    if (last == Jamo::Leading) return first == Jamo::Leading || first == Jamo::Vowel;
    return (last == Jamo::Vowel && (first == Jamo::Vowel || first == Jamo::Trailing)) ||
           (last == Jamo::Trailing && first == Jamo::Trailing);
}

}  // namespace

std::size_t clusterEnd(std::u32string_view text, std::size_t begin) {
    constexpr char32_t kZeroWidthJoiner = 0x200D;
    bool picture = findRun(kPictographic, text[begin]) != nullptr;
    std::size_t end = begin + 1;
    for (; end < text.size(); ++end) {
        const bool nextPicture = findRun(kPictographic, text[end]) != nullptr;
        const bool sequence = picture && nextPicture && text[end - 1] == kZeroWidthJoiner;  // GB11
        if (!sequence && !joins(text[end - 1], text[end])) break;
        picture = nextPicture || (picture && findRun(kJoining, text[end]) != nullptr);
    }
    return end;
}

}  // namespace atelier::unicode
