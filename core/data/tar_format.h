// SPDX-License-Identifier: GPL-3.0-or-later
// The tar block format, both ways: headers that we write (plain ustar, one PAX record where a name needs it)
// and the fields of headers that others wrote (v7, ustar, GNU, PAX). POSIX.1-2017 pax, "ustar Interchange
// Format".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace atelier::data {

inline constexpr std::size_t kTarBlock = 512;
inline constexpr std::uint64_t kUstarSizeLimit = 0'77777777777;  // 11 octal digits: 8 GiB − 1

// Bytes to the next block boundary.
constexpr std::uint64_t tarPadding(std::uint64_t size) {
    return (kTarBlock - size % kTarBlock) % kTarBlock;
}

// Appends the header block(s) of a regular file: mode 0644, owner 0, time 2000-01-01, so that bytes depend on
// nothing but name and size. Contract: size ≤ kUstarSizeLimit, name not empty and without NUL.
void appendTarHeader(std::string& out, std::string_view name, std::uint64_t size);
// Bytes that appendTarHeader would append: 512, or 1536 and more with a PAX record.
std::uint64_t tarHeaderSize(std::string_view name);

// A header block as found, before PAX and GNU extensions are applied.
struct TarHeader {
    std::string name;  // prefix and name joined
    std::uint64_t size = 0;
    char type = '0';
    // v7 tars write folders as files whose name ends in '/'.
    bool regularFile() const { return type == '0' || type == '7' || (type == '\0' && !name.ends_with('/')); }
};

bool isZeroBlock(std::string_view block);
// Checks the checksum first (signed or unsigned sum). `block` has kTarBlock bytes. Errors say what is wrong,
// not where.
Result<TarHeader> parseTarHeader(std::string_view block);

// The records of a PAX header that change what a member is called or how long it is.
struct PaxRecords {
    std::optional<std::string> path;
    std::optional<std::uint64_t> size;
};
// "27 path=…\n" records; later ones win, unknown keys are passed over.
Status parsePax(std::string_view body, PaxRecords& records);

}  // namespace atelier::data
