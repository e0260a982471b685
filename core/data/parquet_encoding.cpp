// SPDX-License-Identifier: GPL-3.0-or-later
// After the format's own description (apache/parquet-format, Encodings.md).
#include "core/data/parquet_encoding.h"

#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>

namespace atelier::data {
namespace {

class Cursor {
  public:
    explicit Cursor(std::string_view bytes) : bytes_(bytes) {}
    std::string_view take(std::uint64_t size) {
        if (size > bytes_.size() - at_) throw ParquetDamage{"a page ends inside a value"};
        const auto part = bytes_.substr(at_, static_cast<std::size_t>(size));
        at_ += static_cast<std::size_t>(size);
        return part;
    }
    template <class T>
    T fixed() {
        T value;
        std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
        return value;
    }
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto part = static_cast<unsigned char>(take(1)[0]);
            value |= std::uint64_t{part & 127U} << shift;
            if (part < 128) return value;
        }
        throw ParquetDamage{"a page holds a number without end"};
    }
    std::int64_t zigzag() {
        const std::uint64_t raw = varint();
        return static_cast<std::int64_t>(raw >> 1) ^ -static_cast<std::int64_t>(raw & 1);
    }
    std::size_t at() const { return at_; }
    std::size_t left() const { return bytes_.size() - at_; }

  private:
    std::string_view bytes_;
    std::size_t at_ = 0;
};

// Bits from the lowest of each byte upwards.
std::uint64_t unpack(std::string_view bytes, std::uint64_t bit, unsigned width) {
    std::uint64_t value = 0;
    for (unsigned done = 0; done < width;) {
        const auto byte = static_cast<unsigned char>(bytes[static_cast<std::size_t>((bit + done) / 8)]);
        const auto shift = static_cast<unsigned>((bit + done) % 8);
        const unsigned part = std::min(8 - shift, width - done);
        value |= std::uint64_t{(byte >> shift) & ((1U << part) - 1U)} << done;
        done += part;
    }
    return value;
}

// DELTA_BINARY_PACKED: first value, then blocks of miniblocks of packed differences to the block's least one.
std::vector<std::int64_t> deltaNumbers(Cursor& cursor, std::size_t count) {
    const std::uint64_t block = cursor.varint(), miniblocks = cursor.varint(), total = cursor.varint();
    const std::int64_t first = cursor.zigzag();
    if (total != count || block == 0 || block > (1U << 20) || miniblocks == 0 || miniblocks > block ||
        block % miniblocks != 0 || (block / miniblocks) % 8 != 0)
        throw ParquetDamage{"a page of differences has a head that makes no sense"};
    const std::uint64_t perMini = block / miniblocks;
    std::vector<std::int64_t> values;
    if (total == 0) return values;
    values.push_back(first);
    auto last = static_cast<std::uint64_t>(first);
    while (values.size() < count) {
        const auto least = static_cast<std::uint64_t>(cursor.zigzag());
        const std::string_view widths = cursor.take(miniblocks);
        for (std::size_t m = 0; m < miniblocks && values.size() < count; ++m) {
            const auto width = static_cast<unsigned char>(widths[m]);
            if (width > 64) throw ParquetDamage{"a page packs numbers into more than 64 bits"};
            const std::string_view packed = cursor.take(perMini * width / 8);
            for (std::uint64_t i = 0; i < perMini && values.size() < count; ++i) {
                last += least + unpack(packed, i * width, width);
                values.push_back(static_cast<std::int64_t>(last));
            }
        }
    }
    return values;
}

ParquetValues plainBytes(std::string_view bytes, std::size_t count) {
    ParquetValues values;
    values.arena = std::make_shared<const std::string>(bytes);
    Cursor cursor(bytes);
    for (std::size_t i = 0; i < count; ++i) {
        const auto size = cursor.fixed<std::uint32_t>();
        values.spans.push_back({cursor.at(), size});
        cursor.take(size);
    }
    return values;
}

ParquetValues splitBytes(std::string_view bytes, std::size_t begin, const std::vector<std::int64_t>& sizes) {
    ParquetValues values;
    values.arena = std::make_shared<const std::string>(bytes);
    for (const std::int64_t size : sizes) {
        if (size < 0 || static_cast<std::uint64_t>(size) > bytes.size() - begin)
            throw ParquetDamage{"a page ends inside a value"};
        values.spans.push_back({begin, static_cast<std::size_t>(size)});
        begin += static_cast<std::size_t>(size);
    }
    return values;
}

// DELTA_BYTE_ARRAY: how much of the value before is kept, then the rest.
ParquetValues prefixedBytes(std::string_view bytes, std::size_t count) {
    Cursor cursor(bytes);
    const auto prefixes = deltaNumbers(cursor, count);
    const auto sizes = deltaNumbers(cursor, count);
    const ParquetValues rest = splitBytes(bytes, cursor.at(), sizes);
    constexpr std::size_t kMost = std::size_t{1} << 31;
    ParquetValues values;
    std::string arena;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t begin = arena.size();
        const auto kept = static_cast<std::uint64_t>(prefixes[i]);
        if (prefixes[i] < 0 || kept > (i == 0 ? 0 : values.spans[i - 1].size) || begin > kMost)
            throw ParquetDamage{"a value continues more of the one before than there is"};
        if (i > 0) arena.append(arena, values.spans[i - 1].begin, static_cast<std::size_t>(kept));
        arena.append(rest.bytes(i));
        values.spans.push_back({begin, arena.size() - begin});
    }
    values.arena = std::make_shared<const std::string>(std::move(arena));
    return values;
}

ParquetValues plainValues(ParquetType type, std::string_view bytes, std::size_t count, std::size_t width) {
    ParquetValues values;
    Cursor cursor(bytes);
    switch (type) {
        case ParquetType::Boolean: {
            const std::string_view packed = cursor.take((count + 7) / 8);
            for (std::size_t i = 0; i < count; ++i)
                values.numbers.push_back(static_cast<std::int64_t>(unpack(packed, i, 1)));
            return values;
        }
        case ParquetType::Int32:
            for (std::size_t i = 0; i < count; ++i) values.numbers.push_back(cursor.fixed<std::int32_t>());
            return values;
        case ParquetType::Int64:
            for (std::size_t i = 0; i < count; ++i) values.numbers.push_back(cursor.fixed<std::int64_t>());
            return values;
        case ParquetType::Float:
            for (std::size_t i = 0; i < count; ++i) values.reals.push_back(double(cursor.fixed<float>()));
            return values;
        case ParquetType::Double:
            for (std::size_t i = 0; i < count; ++i) values.reals.push_back(cursor.fixed<double>());
            return values;
        case ParquetType::ByteArray:
            return plainBytes(bytes, count);
        case ParquetType::FixedByteArray:
            return splitBytes(bytes, 0, std::vector<std::int64_t>(count, static_cast<std::int64_t>(width)));
        case ParquetType::Int96:
            break;
    }
    throw ParquetDamage{"its type is not read"};
}

// BYTE_STREAM_SPLIT: all first bytes, then all second bytes, …
ParquetValues streamedValues(ParquetType type, std::string_view bytes, std::size_t count, std::size_t width) {
    const bool eight = type == ParquetType::Double || type == ParquetType::Int64;
    const std::size_t each = type == ParquetType::FixedByteArray ? width : eight ? 8 : 4;
    if (each == 0 || bytes.size() / each < count) throw ParquetDamage{"a page ends inside a value"};
    std::string plain(count * each, '\0');
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t b = 0; b < each; ++b) plain[i * each + b] = bytes[b * count + i];
    return plainValues(type, plain, count, width);
}

ParquetValues fromDictionary(std::string_view bytes, std::size_t count, const ParquetValues* dictionary) {
    if (!dictionary) throw ParquetDamage{"a page refers to a dictionary that is not there"};
    ParquetValues values;
    if (count == 0) return values;
    const auto width = static_cast<unsigned char>(bytes.empty() ? '\x7f' : bytes[0]);
    const auto places = decodeRuns(bytes.substr(1), width, count);
    const auto pick = [&](const auto& from, auto& to) {
        if (from.empty()) return;
        for (const std::uint32_t place : places) to.push_back(from[place]);
    };
    const std::size_t size =
        std::max({dictionary->numbers.size(), dictionary->reals.size(), dictionary->spans.size()});
    for (const std::uint32_t place : places)
        if (place >= size) throw ParquetDamage{"a page refers to more than its dictionary holds"};
    pick(dictionary->numbers, values.numbers);
    pick(dictionary->reals, values.reals);
    pick(dictionary->spans, values.spans);
    values.arena = dictionary->arena;
    return values;
}

std::string inflateBytes(std::string_view bytes, std::size_t size) {
    std::string out(size, '\0');
    z_stream stream{};
    constexpr int kGzipOrZlib = 15 + 32;
    if (inflateInit2(&stream, kGzipOrZlib) != Z_OK) throw ParquetDamage{"a page cannot be decompressed"};
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int ended = inflate(&stream, Z_FINISH);
    const bool whole = ended == Z_STREAM_END && stream.avail_out == 0;
    inflateEnd(&stream);
    if (!whole) throw ParquetDamage{"a page cannot be decompressed"};
    return out;
}

}  // namespace

std::string decompressPage(ParquetCodec codec, std::string_view bytes, std::size_t size) {
    switch (codec) {
        case ParquetCodec::None:
            if (bytes.size() != size) throw ParquetDamage{"a page has another size than it says"};
            return std::string(bytes);
        case ParquetCodec::Snappy: {
            std::size_t real = 0;
            std::string out(size, '\0');
            if (!snappy::GetUncompressedLength(bytes.data(), bytes.size(), &real) || real != size ||
                !snappy::RawUncompress(bytes.data(), bytes.size(), out.data()))
                break;
            return out;
        }
        case ParquetCodec::Gzip:
            return inflateBytes(bytes, size);
        case ParquetCodec::Zstd: {
            std::string out(size, '\0');
            if (ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size()) != size) break;
            return out;
        }
    }
    throw ParquetDamage{"a page cannot be decompressed"};
}

std::vector<std::uint32_t> decodeRuns(std::string_view bytes, unsigned width, std::size_t count,
                                      std::size_t* used) {
    if (width > 32) throw ParquetDamage{"a page packs places into more than 32 bits"};
    Cursor cursor(bytes);
    std::vector<std::uint32_t> values;
    while (values.size() < count) {
        const std::uint64_t head = cursor.varint();
        const std::size_t missing = count - values.size();
        if ((head & 1) == 0) {
            std::uint32_t value = 0;
            const std::string_view raw = cursor.take((width + 7) / 8);
            for (std::size_t i = 0; i < raw.size(); ++i)
                value |= std::uint32_t{static_cast<unsigned char>(raw[i])} << (8 * i);
            const std::uint64_t run = head >> 1;
            if (run == 0) throw ParquetDamage{"a page holds an empty run"};
            values.insert(values.end(), static_cast<std::size_t>(std::min<std::uint64_t>(run, missing)),
                          value);
        } else {
            const std::uint64_t groups = head >> 1;
            if (groups == 0 || groups > (std::uint64_t{1} << 32))
                throw ParquetDamage{"a page holds an empty run"};
            // The last group may be cut where its padding would be.
            const std::string_view packed =
                cursor.take(std::min<std::uint64_t>(groups * width, cursor.left()));
            const std::uint64_t held = width == 0 ? groups * 8 : packed.size() * 8 / width;
            const std::uint64_t taken = std::min<std::uint64_t>({groups * 8, missing, held});
            if (taken == 0) throw ParquetDamage{"a page ends inside a value"};
            for (std::uint64_t i = 0; i < taken; ++i)
                values.push_back(static_cast<std::uint32_t>(unpack(packed, i * width, width)));
        }
    }
    if (used) *used = cursor.at();
    return values;
}

ParquetValues decodeValues(ParquetType type, ParquetEncoding encoding, std::string_view bytes,
                           std::size_t count, std::size_t width, const ParquetValues* dictionary) {
    Cursor cursor(bytes);
    ParquetValues values;
    switch (encoding) {
        case ParquetEncoding::Plain:
            return plainValues(type, bytes, count, width);
        case ParquetEncoding::PlainDictionary:
        case ParquetEncoding::RleDictionary:
            return fromDictionary(bytes, count, dictionary);
        case ParquetEncoding::Rle: {  // booleans, behind their size
            const auto size = cursor.fixed<std::uint32_t>();
            for (const std::uint32_t bit : decodeRuns(cursor.take(size), 1, count))
                values.numbers.push_back(bit);
            return values;
        }
        case ParquetEncoding::DeltaBinaryPacked:
            values.numbers = deltaNumbers(cursor, count);
            if (type == ParquetType::Int32)
                for (std::int64_t& number : values.numbers) number = static_cast<std::int32_t>(number);
            return values;
        case ParquetEncoding::DeltaLengthByteArray: {
            const auto sizes = deltaNumbers(cursor, count);
            return splitBytes(bytes, cursor.at(), sizes);
        }
        case ParquetEncoding::DeltaByteArray:
            return prefixedBytes(bytes, count);
        case ParquetEncoding::ByteStreamSplit:
            return streamedValues(type, bytes, count, width);
    }
    throw ParquetDamage{"a page is encoded in a way that is not read"};
}

}  // namespace atelier::data
