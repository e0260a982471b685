// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures made on the spot, and files written plainly. Used by the tests of core/data and of the dataset
// verb.
#pragma once

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "core/data/image_io.h"

namespace atelier::data::test {

// Smooth waves with some grain, so that codecs have something to do; the same for the same seed.
inline Image picture(int width, int height, unsigned seed = 1) {
    Image image = Image::allocate(width, height);
    unsigned noise = seed * 2654435761u + 1;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            for (int c = 0; c < 3; ++c) {
                noise = noise * 1664525u + 1013904223u;
                const double wave = std::sin(0.05 * x * (c + 1) + seed) + std::cos(0.07 * y + 0.3 * c);
                image.row(y)[3 * x + c] = static_cast<std::uint8_t>(127 + 55 * wave + int(noise >> 28) - 8);
            }
        }
    }
    return image;
}

inline std::string encoded(const Image& image, ImageFormat format, int quality = 95) {
    return encodeImage(image, {.format = format, .quality = quality}).value();
}

inline void writeFile(const std::filesystem::path& path, std::string_view bytes) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
}

// EXIF block with one tag, orientation; big endian.
inline std::string exifWith(int orientation) {
    std::string exif("Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0", 32);
    exif[25] = char(orientation);
    return exif;
}

// A JPEG with that orientation: an APP1 segment behind the start marker.
inline std::string withExif(const std::string& jpeg, int orientation) {
    const std::string exif = exifWith(orientation);
    const std::size_t length = exif.size() + 2;
    return jpeg.substr(0, 2) + "\xff\xe1" + char(length >> 8) + char(length & 255) + exif + jpeg.substr(2);
}

}  // namespace atelier::data::test
