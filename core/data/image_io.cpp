// SPDX-License-Identifier: GPL-3.0-or-later
// Puts codecs, colour and orientation together behind image_io.h.
#include "core/data/image_io.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/strings.h"
#include "core/data/codecs.h"
#include "core/data/resize.h"

namespace atelier::data {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{2} << 30;

std::uint8_t multiply255(unsigned a, unsigned b) {
    const unsigned product = a * b + 128;
    return static_cast<std::uint8_t>(((product >> 8) + product) >> 8);
}

// out = colour · alpha + background · (1 − alpha), rounded.
void composeRow(const std::uint8_t* in, std::uint8_t* out, int width,
                const std::array<std::uint8_t, 3>& background, bool premultiplied) {
    for (int x = 0; x < width; ++x, in += 4, out += 3) {
        const unsigned alpha = in[3];
        for (int c = 0; c < 3; ++c) {
            if (premultiplied) {
                out[c] = static_cast<std::uint8_t>(
                    std::min(255u, unsigned(in[c]) + multiply255(background[c], 255 - alpha)));
            } else {
                out[c] =
                    static_cast<std::uint8_t>((in[c] * alpha + background[c] * (255 - alpha) + 127) / 255);
            }
        }
    }
}

void cmykRow(const std::uint8_t* in, std::uint8_t* out, int width, bool inverted) {
    const unsigned flip = inverted ? 0 : 255;
    for (int x = 0; x < width; ++x, in += 4, out += 3) {
        for (int c = 0; c < 3; ++c) out[c] = multiply255(in[c] ^ flip, in[3] ^ flip);
    }
}

void grayRow(const std::uint8_t* in, std::uint8_t* out, int width) {
    for (int x = 0; x < width; ++x, out += 3) out[0] = out[1] = out[2] = in[x];
}

// Any raw form → RGB. Alpha is composed over the background; gray and CMYK without usable profile are
// converted plainly.
Image toRgb(RawImage& raw, const DecodeOptions& options) {
    Image image;
    image.width = raw.width;
    image.height = raw.height;
    if (raw.channels == 3) {
        image.rgb = std::move(raw.data);
        return image;
    }
    image = Image::allocate(raw.width, raw.height);
    std::vector<std::uint8_t> rgba(raw.channels == 2 ? std::size_t(raw.width) * 4 : 0);
    for (int y = 0; y < raw.height; ++y) {
        const std::uint8_t* in = raw.row(y);
        if (raw.channels == 1) {
            grayRow(in, image.row(y), raw.width);
        } else if (raw.cmyk) {
            cmykRow(in, image.row(y), raw.width, raw.inkInverted);
        } else if (raw.channels == 4) {
            composeRow(in, image.row(y), raw.width, options.background, raw.premultiplied);
        } else {
            for (int x = 0; x < raw.width; ++x) {
                rgba[4 * x] = rgba[4 * x + 1] = rgba[4 * x + 2] = in[2 * x];
                rgba[4 * x + 3] = in[2 * x + 1];
            }
            composeRow(rgba.data(), image.row(y), raw.width, options.background, raw.premultiplied);
        }
    }
    if (raw.cmyk) raw.conversions.push_back(Conversion::CmykToRgb);
    if (raw.channels <= 2) raw.conversions.push_back(Conversion::GrayToRgb);
    if (raw.channels == 2 || (raw.channels == 4 && !raw.cmyk))
        raw.conversions.push_back(Conversion::AlphaOnBackground);
    return image;
}

Result<RawImage> decodeRaw(ImageFormat format, std::string_view bytes, std::string_view name,
                           const DecodeOptions& options) {
    switch (format) {
        case ImageFormat::Jpeg:
            return decodeJpeg(bytes, name, options);
        case ImageFormat::Png:
            return decodePng(bytes, name, options);
        case ImageFormat::Webp:
            return decodeWebp(bytes, name, options);
        case ImageFormat::Tiff:
            return decodeTiff(bytes, name, options);
        case ImageFormat::Bmp:
            return decodeBmp(bytes, name, options);
        case ImageFormat::Gif:
            return decodeGif(bytes, name, options);
        case ImageFormat::Unknown:
            break;
    }
    ATELIER_TRY(const auto info, probeImage(bytes, name));  // says what it is instead
    (void)info;
    return broken("it is not a picture that Atelier reads", name);
}

}  // namespace

Image Image::allocate(int width, int height) {
    Image image;
    image.width = width;
    image.height = height;
    image.rgb = std::make_unique_for_overwrite<std::uint8_t[]>(image.byteSize());
    return image;
}

void RawImage::allocate(int w, int h, int c) {
    width = w;
    height = h;
    channels = c;
    data = std::make_unique_for_overwrite<std::uint8_t[]>(byteSize());
}

tl::unexpected<Error> broken(std::string what, std::string_view name) {
    return fail(ErrorCode::Data, std::move(what), std::string(name));
}

Status checkPixels(std::uint64_t width, std::uint64_t height, std::uint64_t maxPixels,
                   std::string_view name) {
    if (width == 0 || height == 0)
        return broken(fmt::format("its header says {} × {} pixels", width, height), name);
    if (width > 0x7fffffff / 4 || height > 0x7fffffff / 4 || width > maxPixels / height) {
        return fail(ErrorCode::Data,
                    fmt::format("its header says {} × {} pixels, more than the limit of {:g} million", width,
                                height, double(maxPixels) / 1e6),
                    std::string(name), "If it is a real picture, raise --max-pixels or shrink it.");
    }
    return {};
}

std::string_view conversionText(Conversion conversion) {
    switch (conversion) {
        case Conversion::Orientation:
            return "turned as its EXIF orientation says";
        case Conversion::IccToSrgb:
            return "colour profile converted to sRGB";
        case Conversion::IccIgnored:
            return "colour profile not usable, taken as sRGB";
        case Conversion::CmykToRgb:
            return "CMYK converted to RGB";
        case Conversion::SixteenToEight:
            return "16 bits rounded to 8";
        case Conversion::GrayToRgb:
            return "gray spread to RGB";
        case Conversion::PaletteToRgb:
            return "palette looked up";
        case Conversion::AlphaOnBackground:
            return "transparency laid over the background colour";
        case Conversion::FirstFrame:
            return "first frame of an animation or first page";
        case Conversion::LowDepth:
            return "fewer than 8 bits spread to 8";
    }
    return "";
}

Result<DecodedImage> decodeImage(std::string_view bytes, std::string_view name,
                                 const DecodeOptions& options) {
    if (bytes.empty()) return broken("it is empty (0 bytes)", name);
    ATELIER_TRY(RawImage raw, decodeRaw(sniffFormat(bytes), bytes, name, options));
    DecodedImage decoded;
    decoded.originalWidth = raw.fullWidth ? raw.fullWidth : raw.width;
    decoded.originalHeight = raw.fullHeight ? raw.fullHeight : raw.height;
    if (!raw.icc.empty() && !isSrgbProfile(raw.icc)) {
        const bool cmyk = raw.cmyk;
        const bool done = convertToSrgb(raw);
        if (done && cmyk) raw.conversions.push_back(Conversion::CmykToRgb);
        raw.conversions.push_back(done ? Conversion::IccToSrgb : Conversion::IccIgnored);
    }
    decoded.image = toRgb(raw, options);
    if (raw.orientation > 1) {
        decoded.image = orient(std::move(decoded.image), raw.orientation);
        if (raw.orientation >= 5) std::swap(decoded.originalWidth, decoded.originalHeight);
        raw.conversions.push_back(Conversion::Orientation);
    }
    decoded.conversions = std::move(raw.conversions);
    return decoded;
}

Result<DecodedImage> decodeImageFile(const fs::path& path, const DecodeOptions& options) {
    ATELIER_TRY(const std::string bytes, readFile(path, kMaxFileBytes));
    return decodeImage(bytes, path.string(), options);
}

Result<GrayImage> decodeGrayFile(const fs::path& path, const DecodeOptions& options) {
    ATELIER_TRY(const std::string bytes, readFile(path, kMaxFileBytes));
    if (sniffFormat(bytes) == ImageFormat::Png) {
        ATELIER_TRY(auto gray, decodePngGray16(bytes, path.string(), options));
        if (gray) return std::move(*gray);
    }
    ATELIER_TRY(const auto decoded, decodeImage(bytes, path.string(), options));
    const Image& image = decoded.image;
    GrayImage gray{image.width, image.height, std::vector<std::uint16_t>(image.byteSize() / 3)};
    for (std::size_t i = 0; i < gray.values.size(); ++i)
        gray.values[i] = static_cast<std::uint16_t>(brightness(image.rgb.get() + 3 * i) * 257);
    return gray;
}

Result<Image> decodeThumbnail(const fs::path& path, int side) {
    ATELIER_TRY(const std::string bytes, readFile(path, kMaxFileBytes));
    DecodeOptions options;
    // The long side decides the thumbnail's size; its short side is shorter by the picture's ratio.
    if (auto info = probeImage(bytes, path.string())) {
        const int longer = std::max(info->width, info->height);
        const int shorter = std::min(info->width, info->height);
        if (longer > side) options.shortSide = std::max(1, int(std::int64_t(shorter) * side / longer));
    }
    ATELIER_TRY(DecodedImage decoded, decodeImage(bytes, path.string(), options));
    return resizeImage(std::move(decoded.image), {.side = side, .mode = ResizeMode::LongSide});
}

Result<std::string> encodeImage(const Image& image, const EncodeOptions& options) {
    const int quality = std::clamp(options.quality, 1, 100);
    switch (options.format) {
        case ImageFormat::Jpeg:
            return encodeJpeg(image, quality, options.fullChroma);
        case ImageFormat::Png:
            return encodePng(image, options);
        case ImageFormat::Webp:
            return encodeWebp(image, quality);
        default:
            break;
    }
    return fail(ErrorCode::Usage, fmt::format("{} cannot be written", formatName(options.format)), "",
                "Choose jpg, png or webp.");
}

}  // namespace atelier::data
