// SPDX-License-Identifier: GPL-3.0-or-later
// The first picture of a GIF by giflib, record by record: the rest of an animation is never decoded.
#include <fmt/format.h>
#include <gif_lib.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "core/base/strings.h"
#include "core/data/codecs.h"

namespace atelier::data {
namespace {

struct Reading {
    std::string_view bytes;
    std::size_t at = 0;
    bool reachedEnd = false;
};

int readBytes(GifFileType* gif, GifByteType* out, int count) {
    auto* reading = static_cast<Reading*>(gif->UserData);
    const std::size_t n = std::min<std::size_t>(std::size_t(count), reading->bytes.size() - reading->at);
    if (n < std::size_t(count)) reading->reachedEnd = true;
    std::memcpy(out, reading->bytes.data() + reading->at, n);
    reading->at += n;
    return int(n);
}

struct CloseGif {
    void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};
using Gif = std::unique_ptr<GifFileType, CloseGif>;

tl::unexpected<Error> damage(const Reading& reading, std::string_view name) {
    if (reading.reachedEnd)
        return broken(fmt::format("it ends after {}, before its first picture is complete",
                                  humanBytes(reading.bytes.size())),
                      name);
    return broken(fmt::format("its data is damaged near byte {}", reading.at), name);
}

// Reads one interlaced or plain picture of palette indices.
bool readIndices(GifFileType* gif, std::vector<GifPixelType>& indices) {
    const int width = gif->Image.Width;
    const int height = gif->Image.Height;
    indices.resize(std::size_t(width) * std::size_t(height));
    const auto line = [&](int y) {
        return DGifGetLine(gif, indices.data() + std::size_t(y) * std::size_t(width), width) == GIF_OK;
    };
    if (!gif->Image.Interlace) {
        for (int y = 0; y < height; ++y) {
            if (!line(y)) return false;
        }
        return true;
    }
    constexpr int kStart[4] = {0, 4, 2, 1};
    constexpr int kStep[4] = {8, 8, 4, 2};
    for (int pass = 0; pass < 4; ++pass) {
        for (int y = kStart[pass]; y < height; y += kStep[pass]) {
            if (!line(y)) return false;
        }
    }
    return true;
}

// Lays the picture on the (transparent) screen. False: an index without a colour.
bool paint(GifFileType* gif, const std::vector<GifPixelType>& indices, std::optional<int> transparent,
           RawImage& raw) {
    const ColorMapObject* colors = gif->Image.ColorMap ? gif->Image.ColorMap : gif->SColorMap;
    if (!colors) return false;
    for (int y = 0; y < gif->Image.Height; ++y) {
        for (int x = 0; x < gif->Image.Width; ++x) {
            const int index = indices[std::size_t(y) * std::size_t(gif->Image.Width) + std::size_t(x)];
            const int sx = gif->Image.Left + x;
            const int sy = gif->Image.Top + y;
            if (index == transparent || sx >= raw.width || sy >= raw.height) continue;
            if (index >= colors->ColorCount) return false;
            std::uint8_t* to = raw.row(sy) + 4 * sx;
            to[0] = colors->Colors[index].Red;
            to[1] = colors->Colors[index].Green;
            to[2] = colors->Colors[index].Blue;
            to[3] = 255;
        }
    }
    return true;
}

void dropAlphaWhenOpaque(RawImage& raw) {
    const std::size_t pixels = std::size_t(raw.width) * std::size_t(raw.height);
    for (std::size_t i = 0; i < pixels; ++i) {
        if (raw.data[4 * i + 3] != 255) return;
    }
    RawImage opaque;
    opaque.allocate(raw.width, raw.height, 3);
    for (std::size_t i = 0; i < pixels; ++i)
        std::memcpy(opaque.data.get() + 3 * i, raw.data.get() + 4 * i, 3);
    raw.data = std::move(opaque.data);
    raw.channels = 3;
}

}  // namespace

Result<RawImage> decodeGif(std::string_view bytes, std::string_view name, const DecodeOptions& options) {
    Reading reading{bytes};
    int code = 0;
    const Gif gif(DGifOpen(&reading, readBytes, &code));
    if (!gif) return damage(reading, name);
    ATELIER_DO(checkPixels(std::uint64_t(gif->SWidth), std::uint64_t(gif->SHeight), options.maxPixels, name));
    std::optional<int> transparent;
    for (;;) {
        GifRecordType type = UNDEFINED_RECORD_TYPE;
        if (DGifGetRecordType(gif.get(), &type) != GIF_OK) return damage(reading, name);
        if (type == TERMINATE_RECORD_TYPE) return broken("it has no picture in it", name);
        if (type == EXTENSION_RECORD_TYPE) {
            int extension = 0;
            GifByteType* block = nullptr;
            if (DGifGetExtension(gif.get(), &extension, &block) != GIF_OK) return damage(reading, name);
            GraphicsControlBlock control;
            if (block && extension == GRAPHICS_EXT_FUNC_CODE && block[0] >= 4 &&
                DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK &&
                control.TransparentColor != NO_TRANSPARENT_COLOR) {
                transparent = control.TransparentColor;
            }
            while (block) {
                if (DGifGetExtensionNext(gif.get(), &block) != GIF_OK) return damage(reading, name);
            }
        }
        if (type == IMAGE_DESC_RECORD_TYPE) break;
    }
    if (DGifGetImageDesc(gif.get()) != GIF_OK) return damage(reading, name);
    ATELIER_DO(checkPixels(std::uint64_t(gif->Image.Width), std::uint64_t(gif->Image.Height),
                           options.maxPixels, name));
    std::vector<GifPixelType> indices;
    if (!readIndices(gif.get(), indices)) return damage(reading, name);
    RawImage raw;
    raw.allocate(gif->SWidth, gif->SHeight, 4);
    std::memset(raw.data.get(), 0, raw.byteSize());
    if (!paint(gif.get(), indices, transparent, raw))
        return broken("it uses colours that its palette does not have", name);
    dropAlphaWhenOpaque(raw);
    raw.conversions.push_back(Conversion::PaletteToRgb);
    GifRecordType next = UNDEFINED_RECORD_TYPE;
    while (DGifGetRecordType(gif.get(), &next) == GIF_OK && next == EXTENSION_RECORD_TYPE) {
        int extension = 0;
        GifByteType* block = nullptr;
        if (DGifGetExtension(gif.get(), &extension, &block) != GIF_OK) break;
        while (block && DGifGetExtensionNext(gif.get(), &block) == GIF_OK) {
        }
    }
    if (next == IMAGE_DESC_RECORD_TYPE) raw.conversions.push_back(Conversion::FirstFrame);
    return raw;
}

}  // namespace atelier::data
