// SPDX-License-Identifier: GPL-3.0-or-later
// EXIF orientation: finding the tag and turning pixels.
#include <algorithm>

#include "core/data/codecs.h"

namespace atelier::data {
namespace {

constexpr unsigned kOrientationTag = 0x0112;

struct TiffReader {
    std::string_view bytes;
    bool bigEndian;
    unsigned u16(std::size_t at) const {
        const auto a = static_cast<unsigned char>(bytes[at]);
        const auto b = static_cast<unsigned char>(bytes[at + 1]);
        return bigEndian ? (unsigned(a) << 8 | b) : (unsigned(b) << 8 | a);
    }
    std::uint32_t u32(std::size_t at) const {
        return bigEndian ? (u16(at) << 16 | u16(at + 2)) : (u16(at + 2) << 16 | u16(at));
    }
};

}  // namespace

int exifOrientation(std::string_view exif) {
    if (exif.starts_with(std::string_view("Exif\0\0", 6))) exif.remove_prefix(6);
    if (exif.size() < 8) return 1;
    const bool big = exif.starts_with("MM");
    if (!big && !exif.starts_with("II")) return 1;
    const TiffReader reader{exif, big};
    const std::size_t directory = reader.u32(4);
    if (directory > exif.size() - 2) return 1;
    const std::size_t entries = reader.u16(directory);
    for (std::size_t i = 0; i < entries; ++i) {
        const std::size_t at = directory + 2 + 12 * i;
        if (at + 12 > exif.size()) return 1;
        if (reader.u16(at) != kOrientationTag) continue;
        const unsigned value =
            reader.u16(at + 2) == 3 ? reader.u16(at + 8) : reader.u32(at + 8);  // SHORT, or LONG by some
        return value >= 1 && value <= 8 ? int(value) : 1;
    }
    return 1;
}

Image orient(Image image, int orientation) {
    if (orientation <= 1 || orientation > 8) return image;
    const bool swapped = orientation >= 5;
    const int width = swapped ? image.height : image.width;
    const int height = swapped ? image.width : image.height;
    Image out = Image::allocate(width, height);
    const bool flipX = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const bool flipY = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    // In tiles: a quarter turn reads columns, and whole columns would miss the cache at every pixel.
    constexpr int kTile = 32;
    for (int top = 0; top < height; top += kTile) {
        for (int left = 0; left < width; left += kTile) {
            for (int y = top; y < std::min(top + kTile, height); ++y) {
                for (int x = left; x < std::min(left + kTile, width); ++x) {
                    const int sx = swapped ? y : x;
                    const int sy = swapped ? x : y;
                    const std::uint8_t* from = image.row(flipY ? image.height - 1 - sy : sy) +
                                               3 * (flipX ? image.width - 1 - sx : sx);
                    std::uint8_t* to = out.row(y) + 3 * x;
                    to[0] = from[0];
                    to[1] = from[1];
                    to[2] = from[2];
                }
            }
        }
    }
    return out;
}

}  // namespace atelier::data
