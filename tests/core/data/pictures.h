// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures made on the spot, and files written plainly. Used by the tests of core/data and of the dataset
// verb.
#pragma once

#include <cmath>
#include <cstdint>
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

// A one-row TIFF of gray samples (8 or 16 bits each, little endian), `extra` = its ExtraSamples value when
// the second channel is alpha (1 multiplied in, 2 not), and a profile when there is one.
inline std::string grayTiff(std::string_view samples, unsigned bits, int extra = 0,
                            std::string_view icc = {}) {
    const auto le = [](std::uint32_t v, int bytes) {
        std::string out;
        for (int i = 0; i < bytes; ++i) out += char(v >> (8 * i));
        return out;
    };
    const unsigned channels = extra > 0 ? 2 : 1;
    const auto width = std::uint32_t(samples.size() / (bits / 8) / channels);
    const unsigned tags = 9 + (extra > 0 ? 1 : 0) + (icc.empty() ? 0 : 1);
    const auto data = std::uint32_t(8 + 2 + 12 * tags + 4);
    const std::uint32_t depths = channels == 2 ? bits | bits << 16 : bits;
    std::string tiff = std::string("II*\0\x08\0\0\0", 8) + le(tags, 2);
    const auto tag = [&](unsigned id, unsigned type, std::size_t count, std::uint32_t value) {
        tiff += le(id, 2) + le(type, 2) + le(std::uint32_t(count), 4) + le(value, 4);
    };
    tag(256, 4, 1, width), tag(257, 4, 1, 1), tag(258, 3, channels, depths), tag(259, 3, 1, 1);
    tag(262, 3, 1, 1), tag(273, 4, 1, data), tag(277, 3, 1, channels), tag(278, 4, 1, 1);
    tag(279, 4, 1, std::uint32_t(samples.size()));
    if (extra > 0) tag(338, 3, 1, std::uint32_t(extra));
    if (!icc.empty()) tag(34675, 7, icc.size(), std::uint32_t(data + samples.size()));
    return tiff + le(0, 4) + std::string(samples) + std::string(icc);
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
