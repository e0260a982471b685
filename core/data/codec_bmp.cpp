// SPDX-License-Identifier: GPL-3.0-or-later
// BMP, all that Windows has written: 1 4 8 bits with palette (plain, RLE4, RLE8), 16 and 32 bits by masks, 24
// bits. After Microsoft's BITMAPINFOHEADER … BITMAPV5HEADER documentation. An alpha mask of V4/V5 headers is
// honoured.
#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "core/base/strings.h"
#include "core/data/codecs.h"
#include "core/data/probe_source.h"

namespace atelier::data {
namespace {

enum Compression : std::uint32_t { kPlain = 0, kRle8 = 1, kRle4 = 2, kBitfields = 3, kAlphaBitfields = 6 };

struct Header {
    std::int64_t width = 0;
    std::int64_t height = 0;  // positive
    bool topDown = false;
    unsigned bits = 0;
    std::uint32_t compression = kPlain;
    std::uint32_t masks[4] = {};  // R G B A
    std::vector<std::array<std::uint8_t, 3>> palette;
    std::uint64_t pixels = 0;  // where they begin
};

Result<Header> readHeader(std::string_view bytes, std::string_view name) {
    if (bytes.size() < 26) return broken("it ends within its header", name);
    Header h;
    const std::uint32_t size = le32(bytes, 14);
    h.pixels = le32(bytes, 10);
    std::uint32_t colors = 0;
    if (size == 12) {
        h.width = le16(bytes, 18);
        h.height = le16(bytes, 20);
        h.bits = le16(bytes, 24);
    } else {
        if (bytes.size() < 54) return broken("it ends within its header", name);
        h.width = std::int32_t(le32(bytes, 18));
        h.height = std::int32_t(le32(bytes, 22));
        h.topDown = h.height < 0;
        h.height = std::abs(h.height);
        h.bits = le16(bytes, 28);
        h.compression = le32(bytes, 30);
        colors = le32(bytes, 46);
    }
    if (h.width < 0) return broken("its header gives a negative width", name);
    std::uint64_t at = 14 + size;
    if (h.compression == kBitfields || h.compression == kAlphaBitfields) {
        for (int i = 0; i < 4; ++i) {
            if (i < 3 || size >= 56 || h.compression == kAlphaBitfields)
                h.masks[i] = le32(bytes, 54 + 4 * std::size_t(i));
        }
        if (size == 40) at += h.compression == kAlphaBitfields ? 16 : 12;
    } else if (h.bits == 16) {
        h.masks[0] = 0x7c00, h.masks[1] = 0x03e0, h.masks[2] = 0x001f;
    } else if (h.bits == 32) {
        h.masks[0] = 0xff0000, h.masks[1] = 0xff00, h.masks[2] = 0xff;
    }
    if (h.bits <= 8) {
        const std::uint32_t most = 1u << h.bits;
        const std::uint32_t count = colors == 0 || colors > most ? most : colors;
        const std::size_t entry = size == 12 ? 3 : 4;
        for (std::uint32_t i = 0; i < count && at + entry <= bytes.size(); ++i, at += entry) {
            h.palette.push_back({std::uint8_t(byteAt(bytes, at + 2)), std::uint8_t(byteAt(bytes, at + 1)),
                                 std::uint8_t(byteAt(bytes, at))});
        }
    }
    return h;
}

// A masked channel spread to 0 … 255.
std::uint8_t channel(std::uint32_t pixel, std::uint32_t mask) {
    if (mask == 0) return 0;
    const int shift = std::countr_zero(mask);
    const std::uint64_t most = mask >> shift;
    return std::uint8_t((std::uint64_t((pixel & mask) >> shift) * 255 + most / 2) / most);
}

tl::unexpected<Error> endsEarly(std::string_view bytes, std::uint64_t needed, std::string_view name) {
    return broken(fmt::format("it ends after {} of {}", humanBytes(bytes.size()), humanBytes(needed)), name);
}

tl::unexpected<Error> badColor(std::string_view name) {
    return broken("it uses colours that its palette does not have", name);
}

int storedRow(const Header& h, int y) {
    return h.topDown ? y : int(h.height) - 1 - y;
}

Status readPlain(const Header& h, std::string_view bytes, std::string_view name, RawImage& raw) {
    const std::uint64_t rowBytes = (std::uint64_t(h.width) * h.bits + 31) / 32 * 4;
    const std::uint64_t needed = h.pixels + rowBytes * std::uint64_t(h.height);
    if (needed > bytes.size()) return endsEarly(bytes, needed, name);
    const bool alpha = raw.channels == 4;
    for (int y = 0; y < raw.height; ++y) {
        const auto* row =
            reinterpret_cast<const std::uint8_t*>(bytes.data()) + h.pixels + rowBytes * std::uint64_t(y);
        std::uint8_t* to = raw.row(storedRow(h, y));
        for (int x = 0; x < raw.width; ++x) {
            if (h.bits == 24) {
                to[0] = row[3 * x + 2], to[1] = row[3 * x + 1], to[2] = row[3 * x];
            } else if (h.bits > 8) {
                std::uint32_t pixel = 0;
                std::memcpy(&pixel, row + std::size_t(x) * h.bits / 8, h.bits / 8);
                for (int c = 0; c < raw.channels; ++c) to[c] = channel(pixel, h.masks[c]);
            } else {
                const unsigned bit = unsigned(x) * h.bits;
                const unsigned index =
                    unsigned(row[bit / 8] >> (8 - h.bits - bit % 8)) & ((1u << h.bits) - 1);
                if (index >= h.palette.size()) return badColor(name);
                std::memcpy(to, h.palette[index].data(), 3);
            }
            to += alpha ? 4 : 3;
        }
    }
    return {};
}

// RLE4 and RLE8: runs, literal stretches, and jumps that leave colour 0.
Status readRunLength(const Header& h, std::string_view bytes, std::string_view name, RawImage& raw) {
    if (h.palette.empty()) return badColor(name);
    for (std::size_t i = 0; i < std::size_t(raw.width) * std::size_t(raw.height); ++i)
        std::memcpy(raw.data.get() + 3 * i, h.palette[0].data(), 3);
    const bool four = h.compression == kRle4;
    std::uint64_t at = h.pixels;
    std::int64_t x = 0;
    std::int64_t y = 0;
    const auto put = [&](unsigned index) {
        if (index >= h.palette.size()) return false;
        if (x < h.width && y < h.height)
            std::memcpy(raw.row(storedRow(h, int(y))) + 3 * x, h.palette[index].data(), 3);
        ++x;
        return true;
    };
    for (;;) {
        if (at + 2 > bytes.size())
            return broken(
                fmt::format("it ends after {}, at row {} of {}", humanBytes(bytes.size()), y, h.height),
                name);
        const unsigned count = byteAt(bytes, at);
        const unsigned value = byteAt(bytes, at + 1);
        at += 2;
        if (count > 0) {
            for (unsigned i = 0; i < count; ++i) {
                if (!put(four ? (i % 2 ? value & 15 : value >> 4) : value)) return badColor(name);
            }
        } else if (value == 0) {
            x = 0;
            ++y;
        } else if (value == 1) {
            return {};
        } else if (value == 2) {
            x += byteAt(bytes, at);
            y += byteAt(bytes, at + 1);
            at += 2;
        } else {
            const std::uint64_t length = four ? (value + 1) / 2 : value;
            if (at + length > bytes.size()) return endsEarly(bytes, at + length, name);
            for (unsigned i = 0; i < value; ++i) {
                const unsigned byte = byteAt(bytes, at + (four ? i / 2 : i));
                if (!put(four ? (i % 2 ? byte & 15 : byte >> 4) : byte)) return badColor(name);
            }
            at += length + (length & 1);
        }
    }
}

}  // namespace

Result<RawImage> decodeBmp(std::string_view bytes, std::string_view name, const DecodeOptions& options) {
    ATELIER_TRY(const Header h, readHeader(bytes, name));
    ATELIER_DO(checkPixels(std::uint64_t(h.width), std::uint64_t(h.height), options.maxPixels, name));
    RawImage raw;
    const bool runLength = (h.compression == kRle8 && h.bits == 8) || (h.compression == kRle4 && h.bits == 4);
    const bool plain = h.compression == kPlain && (h.bits == 1 || h.bits == 4 || h.bits == 8 ||
                                                   h.bits == 16 || h.bits == 24 || h.bits == 32);
    const bool masked =
        (h.compression == kBitfields || h.compression == kAlphaBitfields) && (h.bits == 16 || h.bits == 32);
    if (!runLength && !plain && !masked) {
        return broken(fmt::format("it is a BMP of {} bits with compression {}, which Atelier does not read",
                                  h.bits, h.compression),
                      name);
    }
    // The rows must be there before memory is taken for them. Two bytes of run lengths hold 255 pixels at
    // most; a jump could skip more, but no program writes pictures of nothing else.
    if (runLength && std::uint64_t(h.width) * std::uint64_t(h.height) > 128 * std::uint64_t(bytes.size())) {
        return broken(
            fmt::format("its {} cannot hold {} × {} pixels", humanBytes(bytes.size()), h.width, h.height),
            name);
    }
    if (!runLength &&
        (std::uint64_t(h.width) * h.bits + 31) / 32 * 4 * std::uint64_t(h.height) + h.pixels > bytes.size()) {
        return endsEarly(bytes,
                         (std::uint64_t(h.width) * h.bits + 31) / 32 * 4 * std::uint64_t(h.height) + h.pixels,
                         name);
    }
    raw.allocate(int(h.width), int(h.height), masked && h.masks[3] != 0 ? 4 : 3);
    ATELIER_DO(runLength ? readRunLength(h, bytes, name, raw) : readPlain(h, bytes, name, raw));
    if (h.bits <= 8) raw.conversions.push_back(Conversion::PaletteToRgb);
    if (h.bits == 16) raw.conversions.push_back(Conversion::LowDepth);
    return raw;
}

}  // namespace atelier::data
