// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures in and out: what a file is (probe), its pixels as 8-bit sRGB (decode), and bytes for shards
// (encode). Used by the dataset build, the training reader and the studio's thumbnails; the codecs stay in
// the .cpp files. Formats are told by their first bytes, never by the file name. Sizes are checked before
// memory is taken.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier::data {

enum class ImageFormat { Unknown, Jpeg, Png, Webp, Tiff, Bmp, Gif };

enum class ColorModel { Gray, GrayAlpha, Rgb, Rgba, Palette, Cmyk, Other };

// From the headers alone; nothing is decoded.
struct ImageInfo {
    ImageFormat format = ImageFormat::Unknown;
    int width = 0;  // as a viewer shows it: EXIF orientation applied
    int height = 0;
    int orientation = 1;  // EXIF, 1 … 8; 1 = as stored
    int bitDepth = 8;     // of one channel
    ColorModel colorModel = ColorModel::Rgb;
    bool alpha = false;     // carries transparency of any kind
    bool icc = false;       // carries a colour profile that is not sRGB
    bool animated = false;  // more than one frame or page; the first one is used
    std::string
        otherExtension;  // the name's extension when it belongs to another format ("jpg" on a PNG), else ""

    std::uint64_t pixels() const { return std::uint64_t(width) * std::uint64_t(height); }
};

// 8-bit sRGB, rows top to bottom without padding: height × width × 3 bytes.
struct Image {
    int width = 0;
    int height = 0;
    std::unique_ptr<std::uint8_t[]> rgb;

    static Image allocate(int width, int height);  // pixels undefined
    std::size_t byteSize() const { return std::size_t(width) * std::size_t(height) * 3; }
    std::size_t rowBytes() const { return std::size_t(width) * 3; }
    std::uint8_t* row(int y) { return rgb.get() + std::size_t(y) * rowBytes(); }
    const std::uint8_t* row(int y) const { return rgb.get() + std::size_t(y) * rowBytes(); }
    std::span<const std::uint8_t> bytes() const { return {rgb.get(), byteSize()}; }
};

// What was done to make 8-bit sRGB of a file's own pixels.
enum class Conversion {
    Orientation,     // turned or mirrored as EXIF says
    IccToSrgb,       // embedded profile → sRGB, relative colorimetric with black point compensation
    IccIgnored,      // the embedded profile is broken or of another colour model: pixels taken as sRGB
    CmykToRgb,       // through its profile when there is one, else R = C·K / 255 on inverted inks
    SixteenToEight,  // the high byte, rounded
    GrayToRgb,
    PaletteToRgb,
    AlphaOnBackground,  // composed over DecodeOptions::background
    FirstFrame,
    LowDepth,  // 1, 2 or 4 bits a channel, spread over 0 … 255
};
std::string_view conversionText(Conversion conversion);  // "CMYK converted to sRGB"

struct DecodeOptions {
    std::uint64_t maxPixels = 300'000'000;  // more is refused before anything is allocated
    // > 0: the picture will be shrunk to this short side; a decoder that can (JPEG) may return one that is
    // smaller than stored, at least one and a half times this size. 0 = full size.
    int shortSide = 0;
    std::array<std::uint8_t, 3> background{255, 255, 255};
};

struct DecodedImage {
    Image image;
    int originalWidth = 0;  // of the file, orientation applied
    int originalHeight = 0;
    std::vector<Conversion> conversions;  // in the order they were done; empty = pixels as stored
};

// The format that these first bytes (16 suffice) announce.
ImageFormat sniffFormat(std::string_view head);
std::string_view formatName(ImageFormat format);       // "JPEG"
std::string_view formatExtension(ImageFormat format);  // "jpg", the one used in shards
// By extension without dot, any case: "jpeg" → Jpeg. Unknown when it is no picture we read.
ImageFormat formatOfExtension(std::string_view extension);

// Reads only headers of the file (a few kB). Errors are Data (what is wrong with the picture) or Io.
Result<ImageInfo> probeImage(const fs::path& path);
// The same from bytes in memory; `name` is for messages and the extension. Sees late metadata (EXIF after the
// pixels) too.
Result<ImageInfo> probeImage(std::string_view bytes, std::string_view name);

// Whole picture or an Error (Data): a truncated or damaged file is refused with what was found, never padded
// with grey.
Result<DecodedImage> decodeImage(std::string_view bytes, std::string_view name,
                                 const DecodeOptions& options = {});
Result<DecodedImage> decodeImageFile(const fs::path& path, const DecodeOptions& options = {});

// Of one pixel (ITU-R 601), as Pillow rounds it.
inline std::uint8_t brightness(const std::uint8_t* rgb) {
    return static_cast<std::uint8_t>((rgb[0] * 19595U + rgb[1] * 38470U + rgb[2] * 7471U + 0x8000U) >> 16);
}

// One number per pixel, rows top to bottom: depth maps and the like.
struct GrayImage {
    int width = 0;
    int height = 0;
    std::vector<std::uint16_t> values;
};
// A PNG's gray as stored, 16 bits kept whole; of anything else the brightness of what decodeImageFile
// gives, times 257. Errors as there.
Result<GrayImage> decodeGrayFile(const fs::path& path, const DecodeOptions& options = {});

// At most side × side pixels, proportions kept, never enlarged; quick and rough for the studio's grids.
// Thread-safe.
Result<Image> decodeThumbnail(const fs::path& path, int side);

struct EncodeOptions {
    ImageFormat format = ImageFormat::Jpeg;  // Jpeg, Png or Webp
    int quality = 95;                        // JPEG and WebP: 1 … 100; WebP 100 = lossless; ignored for PNG
    bool fullChroma = false;                 // JPEG: 4:4:4 instead of 4:2:0
    // PNG: keyword (Latin-1, 1 … 79 characters) and text (UTF-8), as image viewers and Pillow show them.
    std::vector<std::pair<std::string, std::string>> text;
};
Result<std::string> encodeImage(const Image& image, const EncodeOptions& options);
// The texts of a PNG that stand before its pixels; none when it is no PNG.
std::vector<std::pair<std::string, std::string>> readPngText(std::string_view bytes);

}  // namespace atelier::data
