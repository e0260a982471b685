// SPDX-License-Identifier: GPL-3.0-or-later
// Reading and walking character maps (charsmap.h). Whatever the file says, no access goes beyond its tables.
#include "core/text/charsmap.h"

#include <algorithm>

#include "core/base/strings.h"
#include "core/text/unicode.h"

namespace atelier {
namespace {

constexpr std::size_t kShortCluster = 6;  // bytes
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::uint32_t littleEndian(std::string_view bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[i]);
    return value;
}

// A unit of the double array (Yata, darts-clone): 8 bits of label with the top bit, whether a value hangs on
// it, and the offset of its children.
bool hasLeaf(std::uint32_t unit) {
    return (unit >> 8U & 1U) != 0;
}
std::uint32_t label(std::uint32_t unit) {
    return unit & (1U << 31U | 0xFFU);
}
std::uint32_t offset(std::uint32_t unit) {
    return unit >> 10U << ((unit & 1U << 9U) >> 6U);
}

}  // namespace

Result<Charsmap> Charsmap::parse(std::string_view blob, const std::string& where) {
    const auto bad = [&](const char* what) {
        return fail(ErrorCode::Model, std::string("its character map ") + what, where,
                    "The file is damaged: fetch it again.");
    };
    Charsmap map;
    if (blob.empty()) return map;
    if (blob.size() < 4) return bad("is shorter than its own header");
    const std::size_t size = littleEndian(blob);
    blob.remove_prefix(4);
    if (size == 0 || size % 4 != 0) return bad("has a trie of a size that is not a multiple of four");
    if (size > blob.size()) return bad("claims a trie larger than itself");
    map.units_.reserve(size / 4);
    for (std::size_t i = 0; i < size; i += 4) map.units_.push_back(littleEndian(blob.substr(i, 4)));
    map.replacements_ = blob.substr(size);
    if (!isValidUtf8(map.replacements_)) return bad("holds text that is not UTF-8");
    return map;
}

// The replacement of the shortest known string that `key` begins with.
std::optional<std::string_view> Charsmap::find(std::string_view key) const {
    std::uint32_t at = offset(units_.front());
    for (const char c : key) {
        const auto byte = static_cast<unsigned char>(c);
        at ^= byte;
        if (byte == 0 || at >= units_.size() || label(units_[at]) != byte) return std::nullopt;
        const std::uint32_t unit = units_[at];
        at ^= offset(unit);
        if (!hasLeaf(unit)) continue;
        if (at >= units_.size()) return std::nullopt;
        const std::uint32_t value = units_[at] & ~(1U << 31U);
        if (value >= replacements_.size()) return std::nullopt;
        const std::size_t end = std::min(replacements_.find('\0', value), replacements_.size());
        return std::string_view(replacements_).substr(value, end - value);
    }
    return std::nullopt;
}

std::u32string Charsmap::normalize(std::u32string_view text) const {
    if (units_.empty()) return std::u32string(text);
    std::u32string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t end = unicode::clusterEnd(text, i);
        const std::string bytes = unicode::encodeUtf8(text.substr(i, end - i));
        if (bytes.size() < kShortCluster) {
            if (const auto whole = find(bytes)) {
                out += unicode::decodeUtf8(*whole);
                i = end;
            }
        }
        for (; i < end; ++i) {
            if (const auto one = find(unicode::encodeUtf8(text.substr(i, 1))))
                out += unicode::decodeUtf8(*one);
            else
                out += text[i];
        }
    }
    return out;
}

std::string toBase64(std::string_view bytes) {
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8U | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            out += i + k <= bytes.size() ? kBase64[group >> (18 - 6 * k) & 63U] : '=';
    }
    return out;
}

Result<std::string> fromBase64(std::string_view text, const std::string& where) {
    std::string out;
    std::uint32_t bits = 0;
    int count = 0;
    while (text.ends_with('=')) text.remove_suffix(1);
    for (const char c : text) {
        const auto value = kBase64.find(c);
        if (value == std::string_view::npos)
            return fail(ErrorCode::Model, "its character map is not base64", where);
        bits = bits << 6U | static_cast<std::uint32_t>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        out += static_cast<char>(bits >> count & 0xFFU);
    }
    return out;
}

}  // namespace atelier
