// SPDX-License-Identifier: GPL-3.0-or-later
// Tar header blocks (see tar_format.h). Offsets and widths are those of struct posix_header.
#include "core/data/tar_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "core/base/check.h"

namespace atelier::data {
namespace {

constexpr std::size_t kNameSize = 100, kSizeAt = 124, kTimeAt = 136, kChecksumAt = 148, kTypeAt = 156;
constexpr std::size_t kMagicAt = 257, kPrefixAt = 345, kPrefixSize = 155;
constexpr std::uint64_t kTime = 946'684'800;  // 2000-01-01 00:00:00 UTC; GNU tar complains about 1970

using Block = std::array<char, kTarBlock>;

void putOctal(Block& block, std::size_t at, int digits, std::uint64_t value) {
    for (int i = digits - 1; i >= 0; --i, value >>= 3)
        block[at + static_cast<std::size_t>(i)] = static_cast<char>('0' + (value & 7));
}

unsigned checksum(std::string_view block) {
    unsigned sum = 8 * ' ';
    for (std::size_t i = 0; i < kTarBlock; ++i)
        if (i < kChecksumAt || i >= kChecksumAt + 8) sum += static_cast<unsigned char>(block[i]);
    return sum;
}

// What all headers share, with its checksum: only name, size and type are added per member.
struct Template {
    Block block{};
    unsigned sum = 0;
    Template() {
        putOctal(block, 100, 7, 0644);
        putOctal(block, 108, 7, 0);
        putOctal(block, 116, 7, 0);
        putOctal(block, kTimeAt, 11, kTime);
        std::memcpy(block.data() + kMagicAt, "ustar\00000", 8);
        putOctal(block, 329, 7, 0);
        putOctal(block, 337, 7, 0);
        sum = checksum({block.data(), block.size()});
    }
};

// Where a name splits into prefix and name at a '/'; npos when it fits neither way.
std::size_t prefixLength(std::string_view name) {
    if (name.size() <= kNameSize) return 0;
    if (name.size() > kPrefixSize + 1 + kNameSize) return std::string_view::npos;
    const std::size_t slash = name.find('/', name.size() - kNameSize - 1);
    if (slash == std::string_view::npos || slash == 0 || slash > kPrefixSize || slash + 1 == name.size())
        return std::string_view::npos;
    return slash;
}

bool fitsUstar(std::string_view name) {
    const bool ascii =
        std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 128; });
    return ascii && prefixLength(name) != std::string_view::npos;
}

// "NN path=…\n" where NN counts the whole record, its own digits included.
std::string paxRecord(std::string_view key, std::string_view value) {
    const std::size_t rest = key.size() + value.size() + 3;
    std::size_t length = rest;
    for (std::size_t next = rest + 1; next != length;) {
        length = next;
        next = rest + std::to_string(length).size();
    }
    return fmt::format("{} {}={}\n", length, key, value);
}

void appendBlock(std::string& out, std::string_view prefix, std::string_view name, std::uint64_t size,
                 char type) {
    static const Template shared;
    Block block = shared.block;
    std::ranges::copy(name, block.begin());
    std::ranges::copy(prefix, block.begin() + kPrefixAt);
    putOctal(block, kSizeAt, 11, size);
    block[kTypeAt] = type;
    unsigned sum = shared.sum + static_cast<unsigned>(type);
    for (const char c : name) sum += static_cast<unsigned char>(c);
    for (const char c : prefix) sum += static_cast<unsigned char>(c);
    for (std::size_t i = 0; i < 11; ++i) sum += static_cast<unsigned char>(block[kSizeAt + i]);
    putOctal(block, kChecksumAt, 6, sum);
    block[kChecksumAt + 7] = ' ';
    out.append(block.data(), block.size());
}

std::string_view field(std::string_view block, std::size_t at, std::size_t size) {
    const std::string_view bytes = block.substr(at, size);
    return bytes.substr(0, bytes.find('\0'));
}

// Octal digits with blanks around them, or GNU's base-256 for what does not fit (first bit set).
bool parseNumber(std::string_view bytes, std::uint64_t& value) {
    value = 0;
    if (!bytes.empty() && (bytes[0] & 0x80) != 0) {
        if ((bytes[0] & 0x7f) != 0) return false;  // negative, or more than 88 bits
        for (std::size_t i = 1; i < bytes.size(); ++i) {
            if (value >> 55 != 0) return false;
            value = value << 8 | static_cast<unsigned char>(bytes[i]);
        }
        return true;
    }
    std::size_t i = 0;
    while (i < bytes.size() && bytes[i] == ' ') ++i;
    for (; i < bytes.size() && bytes[i] >= '0' && bytes[i] <= '7'; ++i)
        value = value << 3 | static_cast<unsigned>(bytes[i] - '0');
    for (; i < bytes.size(); ++i)
        if (bytes[i] != ' ' && bytes[i] != '\0') return false;
    return true;
}

}  // namespace

void appendTarHeader(std::string& out, std::string_view name, std::uint64_t size) {
    ATELIER_CHECK(!name.empty() && size <= kUstarSizeLimit, "a tar member needs a name and at most 8 GiB");
    if (fitsUstar(name)) {
        const std::size_t split = prefixLength(name);
        appendBlock(out, name.substr(0, split), split == 0 ? name : name.substr(split + 1), size, '0');
        return;
    }
    const std::string record = paxRecord("path", name);
    appendBlock(out, {}, "././@PaxHeader", record.size(), 'x');
    out += record;
    out.append(tarPadding(record.size()), '\0');
    // For readers without PAX: the name cut to size, other than ASCII replaced.
    std::string fallback(name.substr(0, kNameSize));
    for (char& c : fallback)
        if (static_cast<unsigned char>(c) >= 128) c = '_';
    appendBlock(out, {}, fallback, size, '0');
}

std::uint64_t tarHeaderSize(std::string_view name) {
    if (fitsUstar(name)) return kTarBlock;
    const std::size_t record = paxRecord("path", name).size();
    return 2 * kTarBlock + record + tarPadding(record);
}

bool isZeroBlock(std::string_view block) {
    return block[0] == '\0' && std::memcmp(block.data(), block.data() + 1, kTarBlock - 1) == 0;
}

Result<TarHeader> parseTarHeader(std::string_view block) {
    std::uint64_t stored = 0;
    const unsigned sum = checksum(block);
    if (!parseNumber(block.substr(kChecksumAt, 8), stored))
        return fail(ErrorCode::Data, "there is no tar header here");
    if (stored != sum) {
        unsigned signedSum = 8 * ' ';  // some old tars summed signed chars
        for (std::size_t i = 0; i < kTarBlock; ++i)
            if (i < kChecksumAt || i >= kChecksumAt + 8)
                signedSum += static_cast<unsigned>(static_cast<int>(static_cast<signed char>(block[i])));
        if (stored != signedSum)
            return fail(ErrorCode::Data,
                        fmt::format("the header's checksum is {} but its bytes add up to {}", stored, sum));
    }
    TarHeader header;
    header.type = block[kTypeAt];
    if (!parseNumber(block.substr(kSizeAt, 12), header.size))
        return fail(ErrorCode::Data, "the header's size is not a number");
    const std::string_view name = field(block, 0, kNameSize);
    // Only POSIX ustar has a prefix; GNU's magic is "ustar  " and keeps times there.
    const bool posix = block.substr(kMagicAt, 6) == std::string_view("ustar\0", 6);
    const std::string_view prefix = posix ? field(block, kPrefixAt, kPrefixSize) : std::string_view();
    if (!prefix.empty()) header.name.append(prefix).push_back('/');
    header.name.append(name);
    return header;
}

Status parsePax(std::string_view body, PaxRecords& records) {
    while (!body.empty() && body[0] != '\0') {
        std::size_t length = 0;
        const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), length);
        const auto digits = static_cast<std::size_t>(end - body.data());
        if (error != std::errc() || digits >= body.size() || body[digits] != ' ' || length > body.size() ||
            length < digits + 3 || body[length - 1] != '\n')
            return fail(ErrorCode::Data, "a PAX header has a broken record");
        const std::string_view record = body.substr(digits + 1, length - digits - 2);
        const std::size_t equals = record.find('=');
        if (equals == std::string_view::npos)
            return fail(ErrorCode::Data, "a PAX header has a record without '='");
        const std::string_view key = record.substr(0, equals), value = record.substr(equals + 1);
        if (key == "path") records.path = std::string(value.substr(0, value.find('\0')));
        if (key == "size") {
            std::uint64_t size = 0;
            const auto [last, bad] = std::from_chars(value.data(), value.data() + value.size(), size);
            if (bad != std::errc() || last != value.data() + value.size())
                return fail(ErrorCode::Data, "a PAX header's size is not a number");
            records.size = size;
        }
        body.remove_prefix(length);
    }
    return {};
}

}  // namespace atelier::data
