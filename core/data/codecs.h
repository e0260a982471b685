// SPDX-License-Identifier: GPL-3.0-or-later
// Private to core/data's picture code: one decoder per format, all giving the same raw form, and helpers they
// share. image_io.cpp puts them together; nothing outside this folder includes it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/image_io.h"

namespace atelier::data {

// Pixels as a codec delivers them: 8 bits a channel, interleaved, no padding.
struct RawImage {
    int width = 0;
    int height = 0;
    int channels = 3;  // 1 gray, 2 gray + alpha, 3 RGB, 4 RGBA or CMYK
    bool cmyk = false;
    bool inkInverted = false;    // CMYK with 255 = no ink (Adobe's JPEG)
    bool premultiplied = false;  // RGBA whose colours are already multiplied by alpha
    std::unique_ptr<std::uint8_t[]> data;
    std::string icc;      // embedded profile, "" = none
    int orientation = 1;  // EXIF
    int fullWidth = 0;    // of the file, as stored, when the decoder shrank it
    int fullHeight = 0;
    std::vector<Conversion> conversions;

    std::size_t byteSize() const { return std::size_t(width) * std::size_t(height) * std::size_t(channels); }
    void allocate(int w, int h, int c);
    std::uint8_t* row(int y) {
        return data.get() + std::size_t(y) * std::size_t(width) * std::size_t(channels);
    }
};

// Every decoder checks the size it read itself against options.maxPixels before allocating.
Result<RawImage> decodeJpeg(std::string_view bytes, std::string_view name, const DecodeOptions& options);
Result<RawImage> decodePng(std::string_view bytes, std::string_view name, const DecodeOptions& options);
// Gray or gray + alpha of 16 bits, the alpha dropped; nothing when it is another kind of PNG.
Result<std::optional<GrayImage>> decodePngGray16(std::string_view bytes, std::string_view name,
                                                 const DecodeOptions& options);
Result<RawImage> decodeWebp(std::string_view bytes, std::string_view name, const DecodeOptions& options);
Result<RawImage> decodeTiff(std::string_view bytes, std::string_view name, const DecodeOptions& options);
Result<RawImage> decodeBmp(std::string_view bytes, std::string_view name, const DecodeOptions& options);
Result<RawImage> decodeGif(std::string_view bytes, std::string_view name, const DecodeOptions& options);

Result<std::string> encodeJpeg(const Image& image, int quality, bool fullChroma);
Result<std::string> encodePng(const Image& image, const EncodeOptions& options);
Result<std::string> encodeWebp(const Image& image, int quality);

// Data errors in the words of studio.md §11.
tl::unexpected<Error> broken(std::string what, std::string_view name);
// Refuses empty and too large pictures; call before allocating.
Status checkPixels(std::uint64_t width, std::uint64_t height, std::uint64_t maxPixels, std::string_view name);

// EXIF orientation out of a TIFF-structured EXIF block (with or without "Exif\0\0" in front); 1 when there is
// none.
int exifOrientation(std::string_view exif);
// Lossless turn: orientation 2 … 8 as in the EXIF standard; 5 … 8 swap width and height.
Image orient(Image image, int orientation);

// color.cpp: embedded profiles by Little CMS.
bool isSrgbProfile(std::string_view icc);
// Converts `raw` (gray, RGB or CMYK, alpha kept aside) in place to RGB(A) in sRGB; false when the profile
// cannot be used.
bool convertToSrgb(RawImage& raw);

}  // namespace atelier::data
