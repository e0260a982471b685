// SPDX-License-Identifier: GPL-3.0-or-later
// Thrift's compact protocol as far as Parquet's footers and page headers need it: a struct becomes a tree of
// numbered fields. Bounded in depth and count, so that a hostile file costs no more memory than it has bytes.
// Internal to the Parquet reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

namespace atelier::data {

// Thrown by the decoders of the Parquet reader, caught where a file or a page is opened.
struct ParquetDamage {
    const char* what;
};

struct ThriftValue {
    std::int64_t number = 0;  // bool, integers
    std::string_view bytes;   // binary; into the buffer that was parsed
    std::vector<ThriftValue> items;
    std::map<int, ThriftValue> fields;

    const ThriftValue* find(int field) const;
    std::int64_t integer(int field, std::int64_t fallback = 0) const;
    std::string_view text(int field) const;
};

// The struct at the beginning of `bytes`; `used`: how many of them it takes. Throws ParquetDamage.
ThriftValue parseThriftStruct(std::string_view bytes, std::size_t& used);

}  // namespace atelier::data
