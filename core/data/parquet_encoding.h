// SPDX-License-Identifier: GPL-3.0-or-later
// The encodings and compressions of Parquet pages. Everything here trusts no length it reads: a damaged page
// throws ParquetDamage. Internal to the Parquet reader.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/thrift_compact.h"

namespace atelier::data {

// Numbers as in parquet.thrift.
enum class ParquetType { Boolean = 0, Int32, Int64, Int96, Float, Double, ByteArray, FixedByteArray };
enum class ParquetCodec { None = 0, Snappy = 1, Gzip = 2, Zstd = 6 };
enum class ParquetEncoding {
    Plain = 0,
    PlainDictionary = 2,
    Rle = 3,
    DeltaBinaryPacked = 5,
    DeltaLengthByteArray = 6,
    DeltaByteArray = 7,
    RleDictionary = 8,
    ByteStreamSplit = 9
};

// The values of a page that are not null, in order. Which list holds them depends on the type: `numbers` for
// booleans and integers, `reals` for floating point, `spans` into `arena` for byte arrays.
struct ParquetValues {
    struct Span {
        std::size_t begin = 0, size = 0;
    };
    std::vector<std::int64_t> numbers;
    std::vector<double> reals;
    std::vector<Span> spans;
    std::shared_ptr<const std::string> arena;

    std::string_view bytes(std::size_t i) const {
        return std::string_view(*arena).substr(spans[i].begin, spans[i].size);
    }
};

std::string decompressPage(ParquetCodec codec, std::string_view bytes, std::size_t size);

// `count` numbers of `width` bits in runs (RLE) and packed groups; `used`: bytes taken.
std::vector<std::uint32_t> decodeRuns(std::string_view bytes, unsigned width, std::size_t count,
                                      std::size_t* used = nullptr);

// `bytes`: the part of the page behind the levels; `width`: of FixedByteArray. `dictionary` for the two
// dictionary encodings.
ParquetValues decodeValues(ParquetType type, ParquetEncoding encoding, std::string_view bytes,
                           std::size_t count, std::size_t width, const ParquetValues* dictionary);

}  // namespace atelier::data
