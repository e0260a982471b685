// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tracking/wire.h"

#include <array>
#include <bit>

namespace atelier::tracking {
namespace {

constexpr unsigned kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5;

// Tables of a reflected CRC, eight bytes at a time: table[k][b] is the CRC of byte b followed by k zeros.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables tablesOf(std::uint32_t polynomial) {
    Tables tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? polynomial : 0);
        tables[0][byte] = crc;
    }
    for (std::size_t k = 1; k < tables.size(); ++k)
        for (std::size_t byte = 0; byte < 256; ++byte)
            tables[k][byte] = (tables[k - 1][byte] >> 8) ^ tables[0][tables[k - 1][byte] & 0xff];
    return tables;
}

constexpr Tables kIeee = tablesOf(0xEDB88320u);
constexpr Tables kCastagnoli = tablesOf(0x82F63B78u);

std::uint32_t crc(const Tables& tables, std::string_view bytes) {
    std::uint32_t state = ~0u;
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
    std::size_t i = 0;
    for (; i + 8 <= bytes.size(); i += 8) {
        std::uint32_t next = 0;
        for (std::size_t k = 0; k < 8; ++k) {
            const std::uint32_t carried = k < 4 ? (state >> (8 * k)) & 0xff : 0;
            next ^= tables[7 - k][at(i + k) ^ carried];
        }
        state = next;
    }
    for (; i < bytes.size(); ++i) state = (state >> 8) ^ tables[0][(state ^ at(i)) & 0xff];
    return ~state;
}

}  // namespace

void Message::varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>((value & 0x7f) | 0x80);
    bytes_ += static_cast<char>(value);
}

void Message::key(int field, unsigned type) {
    varint(static_cast<std::uint64_t>(field) << 3 | type);
}

Message& Message::integer(int field, std::int64_t value) {
    key(field, kVarint);
    varint(static_cast<std::uint64_t>(value));
    return *this;
}

Message& Message::number(int field, double value) {
    key(field, kFixed64);
    appendLittleEndian(bytes_, std::bit_cast<std::uint64_t>(value), 8);
    return *this;
}

Message& Message::number32(int field, float value) {
    key(field, kFixed32);
    appendLittleEndian(bytes_, std::bit_cast<std::uint32_t>(value), 4);
    return *this;
}

Message& Message::text(int field, std::string_view bytes) {
    key(field, kBytes);
    varint(bytes.size());
    bytes_ += bytes;
    return *this;
}

void appendLittleEndian(std::string& out, std::uint64_t value, int count) {
    for (int i = 0; i < count; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

std::uint32_t crc32(std::string_view bytes) {
    return crc(kIeee, bytes);
}

std::uint32_t crc32c(std::string_view bytes) {
    return crc(kCastagnoli, bytes);
}

}  // namespace atelier::tracking
