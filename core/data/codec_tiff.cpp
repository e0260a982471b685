// SPDX-License-Identifier: GPL-3.0-or-later
// TIFF by libtiff's RGBA interface (first page; any compression and layout it knows), CMYK with a profile by
// strips.
#include <fmt/format.h>
#include <tiffio.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>

#include "core/base/strings.h"
#include "core/data/codecs.h"
#include "core/data/probe_source.h"

namespace atelier::data {
namespace {

struct Reading {
    ProbeSource* source = nullptr;
    std::uint64_t at = 0;
    std::uint64_t mostAsked = 0;
    char text[200] = {};
};

struct CloseTiff {
    void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
using Tiff = std::unique_ptr<TIFF, CloseTiff>;

tmsize_t readBytes(thandle_t handle, void* out, tmsize_t count) {
    auto* reading = static_cast<Reading*>(handle);
    const auto part = reading->source->at(reading->at, std::uint64_t(count));
    if (!part.empty()) std::memcpy(out, part.data(), part.size());
    reading->mostAsked = std::max(reading->mostAsked, reading->at + std::uint64_t(count));
    reading->at += part.size();
    return tmsize_t(part.size());
}

toff_t seek(thandle_t handle, toff_t offset, int whence) {
    auto* reading = static_cast<Reading*>(handle);
    if (whence == SEEK_SET) reading->at = offset;
    if (whence == SEEK_CUR) reading->at += offset;
    if (whence == SEEK_END) reading->at = reading->source->size() + offset;
    return reading->at;
}

int onError(TIFF*, void* user, const char*, const char* format, va_list arguments) {
    auto* reading = static_cast<Reading*>(user);
    if (!reading->text[0]) std::vsnprintf(reading->text, sizeof reading->text, format, arguments);
    return 1;
}

int onWarning(TIFF*, void*, const char*, const char*, va_list) {
    return 1;
}

Tiff open(Reading& reading) {
    TIFFOpenOptions* options = TIFFOpenOptionsAlloc();
    TIFFOpenOptionsSetErrorHandlerExtR(options, onError, &reading);
    TIFFOpenOptionsSetWarningHandlerExtR(options, onWarning, nullptr);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, tmsize_t(2) << 30);
    Tiff tiff(TIFFClientOpenExt(
        "", "rm", &reading, readBytes, [](thandle_t, void*, tmsize_t) -> tmsize_t { return 0; }, seek,
        [](thandle_t) { return 0; },
        [](thandle_t handle) -> toff_t { return static_cast<Reading*>(handle)->source->size(); }, nullptr,
        nullptr, options));
    TIFFOpenOptionsFree(options);
    return tiff;
}

tl::unexpected<Error> damage(const Reading& reading) {
    const std::uint64_t size = reading.source->size();
    if (reading.mostAsked > size) {
        return broken(fmt::format("it ends after {}, before its picture is complete", humanBytes(size)),
                      reading.source->name());
    }
    return broken(fmt::format("its data is damaged or of a kind that cannot be read ({})", reading.text),
                  reading.source->name());
}

struct Header {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint16_t bits = 1;
    std::uint16_t channels = 1;
    std::uint16_t photometric = 0;
    std::uint16_t planar = PLANARCONFIG_CONTIG;
    std::uint16_t orientation = 1;
    std::uint16_t format = SAMPLEFORMAT_UINT;
    bool alpha = false;
    bool premultiplied = false;  // the file's colours are already multiplied by its alpha

    bool gray() const { return photometric <= PHOTOMETRIC_MINISBLACK; }
};

Header readHeader(TIFF* tiff) {
    Header h;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &h.width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &h.height);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &h.bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &h.channels);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PHOTOMETRIC, &h.photometric);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &h.planar);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &h.orientation);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &h.format);
    std::uint16_t extraCount = 0;
    std::uint16_t* extra = nullptr;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extraCount, &extra);
    for (int i = 0; i < extraCount; ++i) {
        h.alpha = h.alpha || extra[i] != EXTRASAMPLE_UNSPECIFIED;
        h.premultiplied = h.premultiplied || extra[i] == EXTRASAMPLE_ASSOCALPHA;
    }
    if (h.orientation < 1 || h.orientation > 8) h.orientation = 1;
    return h;
}

std::string profileOf(TIFF* tiff) {
    std::uint32_t length = 0;
    void* profile = nullptr;
    if (!TIFFGetField(tiff, TIFFTAG_ICCPROFILE, &length, &profile)) return {};
    return {static_cast<const char*>(profile), length};
}

// 8-bit interleaved CMYK in strips: the inks themselves, for the profile.
bool readInks(TIFF* tiff, const Header& h, RawImage& raw) {
    raw.allocate(int(h.width), int(h.height), 4);
    const tmsize_t rowBytes = TIFFScanlineSize(tiff);
    if (rowBytes != tmsize_t(h.width) * 4) return false;
    for (std::uint32_t y = 0; y < h.height; ++y) {
        if (TIFFReadScanline(tiff, raw.row(int(y)), y, 0) != 1) return false;
    }
    raw.cmyk = true;
    return true;
}

// Gray of 8 or 16 bits in strips, with alpha or without: libtiff's RGBA interface cuts 16 bits to the high
// byte, leaves gray without its profile and never multiplies it by its alpha.
bool readGray(TIFF* tiff, const Header& h, RawImage& raw) {
    const std::size_t values = std::size_t(h.width) * h.channels;
    if (TIFFScanlineSize(tiff) != tmsize_t(values * h.bits / 8)) return false;
    raw.allocate(int(h.width), int(h.height), h.channels);
    raw.premultiplied = h.premultiplied;
    std::vector<std::uint16_t> wide(h.bits == 16 ? values : 0);
    for (std::uint32_t y = 0; y < h.height; ++y) {
        std::uint8_t* to = raw.row(int(y));
        if (TIFFReadScanline(tiff, wide.empty() ? static_cast<void*>(to) : wide.data(), y, 0) != 1)
            return false;
        for (std::size_t i = 0; i < wide.size(); ++i)
            to[i] = std::uint8_t((std::uint32_t{wide[i]} + 128) / 257);
        if (h.photometric != PHOTOMETRIC_MINISWHITE) continue;
        for (std::size_t i = 0; i < values; i += h.channels) to[i] = std::uint8_t(255 - to[i]);
    }
    return true;
}

bool readRgba(TIFF* tiff, const Header& h, RawImage& raw) {
    const auto pixels = std::make_unique_for_overwrite<std::uint32_t[]>(std::size_t(h.width) * h.height);
    // As stored; the orientation is applied with that of all other formats.
    if (TIFFReadRGBAImageOriented(tiff, h.width, h.height, pixels.get(), h.orientation, 1) != 1) return false;
    raw.allocate(int(h.width), int(h.height), h.alpha ? 4 : 3);
    // libtiff multiplies colours by their alpha where the file does not, but not interleaved gray.
    raw.premultiplied = h.premultiplied || (h.alpha && !(h.gray() && h.planar == PLANARCONFIG_CONTIG));
    std::uint8_t* to = raw.data.get();
    for (std::size_t i = 0; i < std::size_t(h.width) * h.height; ++i) {
        *to++ = std::uint8_t(TIFFGetR(pixels[i]));
        *to++ = std::uint8_t(TIFFGetG(pixels[i]));
        *to++ = std::uint8_t(TIFFGetB(pixels[i]));
        if (h.alpha) *to++ = std::uint8_t(TIFFGetA(pixels[i]));
    }
    return true;
}

void sayConversions(const Header& h, RawImage& raw) {
    if (h.bits == 16) raw.conversions.push_back(Conversion::SixteenToEight);
    if (h.bits < 8) raw.conversions.push_back(Conversion::LowDepth);
    if (h.photometric == PHOTOMETRIC_PALETTE) raw.conversions.push_back(Conversion::PaletteToRgb);
    if (h.gray() && raw.channels > 2) raw.conversions.push_back(Conversion::GrayToRgb);
    if (h.photometric == PHOTOMETRIC_SEPARATED && !raw.cmyk) raw.conversions.push_back(Conversion::CmykToRgb);
}

}  // namespace

Result<RawImage> decodeTiff(std::string_view bytes, std::string_view name, const DecodeOptions& options) {
    ProbeSource source(bytes, name);
    Reading reading{&source};
    const Tiff tiff = open(reading);
    if (!tiff) return damage(reading);
    const Header h = readHeader(tiff.get());
    ATELIER_DO(checkPixels(h.width, h.height, options.maxPixels, name));
    if (h.format != SAMPLEFORMAT_UINT || h.bits > 16) {
        return broken(fmt::format("it has {}-bit {} samples; Atelier reads up to 16-bit integers", h.bits,
                                  h.format == SAMPLEFORMAT_IEEEFP ? "floating-point" : "signed or complex"),
                      name);
    }
    RawImage raw;
    raw.icc = profileOf(tiff.get());
    raw.orientation = h.orientation;
    const bool strips = h.planar == PLANARCONFIG_CONTIG && !TIFFIsTiled(tiff.get());
    const bool gray = h.gray() && (h.bits == 8 || h.bits == 16) && h.channels == (h.alpha ? 2 : 1) && strips;
    const bool inks = h.photometric == PHOTOMETRIC_SEPARATED && !raw.icc.empty() && h.bits == 8 &&
                      h.channels == 4 && strips;
    const auto read = gray ? readGray : inks ? readInks : readRgba;
    if (!read(tiff.get(), h, raw)) return damage(reading);
    sayConversions(h, raw);
    if (TIFFLastDirectory(tiff.get()) == 0) raw.conversions.push_back(Conversion::FirstFrame);
    return raw;
}

Status probeTiff(ProbeSource& source, ImageInfo& info) {
    Reading reading{&source};
    const Tiff tiff = open(reading);
    if (!tiff) return damage(reading);
    const Header h = readHeader(tiff.get());
    if (h.width > 0x7fffffff || h.height > 0x7fffffff)
        return broken(fmt::format("its header says {} × {} pixels", h.width, h.height), source.name());
    info.width = int(h.width);
    info.height = int(h.height);
    info.orientation = h.orientation;
    info.bitDepth = h.bits;
    info.alpha = h.alpha;
    switch (h.photometric) {
        case PHOTOMETRIC_MINISWHITE:
        case PHOTOMETRIC_MINISBLACK:
            info.colorModel = h.alpha ? ColorModel::GrayAlpha : ColorModel::Gray;
            break;
        case PHOTOMETRIC_RGB:
        case PHOTOMETRIC_YCBCR:
            info.colorModel = h.alpha ? ColorModel::Rgba : ColorModel::Rgb;
            break;
        case PHOTOMETRIC_PALETTE:
            info.colorModel = ColorModel::Palette;
            break;
        case PHOTOMETRIC_SEPARATED:
            info.colorModel = ColorModel::Cmyk;
            break;
        default:
            info.colorModel = ColorModel::Other;
    }
    const std::string icc = profileOf(tiff.get());
    info.icc = !icc.empty() && !isSrgbProfile(icc);
    info.animated = TIFFLastDirectory(tiff.get()) == 0;
    return {};
}

}  // namespace atelier::data
