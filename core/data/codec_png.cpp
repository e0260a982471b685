// SPDX-License-Identifier: GPL-3.0-or-later
// PNG by libpng: every colour type and depth to 8 bits; checksums and early ends are errors.
#include <fmt/format.h>
#include <png.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include "core/base/strings.h"
#include "core/data/codecs.h"
#include "core/data/probe_source.h"

namespace atelier::data {
namespace {

struct Reading {
    std::string_view bytes;
    std::size_t at = 0;
    bool reachedEnd = false;
    char text[160] = {};
    int rowsDone = 0;
};

[[noreturn]] void onError(png_structp png, png_const_charp message) {
    auto* reading = static_cast<Reading*>(png_get_error_ptr(png));
    std::snprintf(reading->text, sizeof reading->text, "%s", message);
    std::longjmp(png_jmpbuf(png), 1);
}

void onWarning(png_structp, png_const_charp) {}

void readBytes(png_structp png, png_bytep out, png_size_t count) {
    auto* reading = static_cast<Reading*>(png_get_io_ptr(png));
    if (count > reading->bytes.size() - reading->at) {
        reading->reachedEnd = true;
        png_error(png, "the data ends");
    }
    std::memcpy(out, reading->bytes.data() + reading->at, count);
    reading->at += count;
}

struct Decoder {
    Reading reading;
    png_structp png = nullptr;
    png_infop info = nullptr;
    std::vector<png_bytep> rows;
    explicit Decoder(std::string_view bytes) : reading{bytes} {
        png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reading, onError, onWarning);
        info = png_create_info_struct(png);
        png_set_read_fn(png, &reading, readBytes);
        png_set_user_limits(png, 0x7fffffff, 0x7fffffff);  // checkPixels decides
        png_set_chunk_malloc_max(png, 64'000'000);
    }
    ~Decoder() { png_destroy_read_struct(&png, &info, nullptr); }
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;
};

bool readHeader(Decoder& d) {
    if (setjmp(png_jmpbuf(d.png))) return false;
    png_read_info(d.png, d.info);
    return true;
}

// Everything to 8-bit gray, gray + alpha, RGB or RGBA.
bool setTransforms(Decoder& d) {
    if (setjmp(png_jmpbuf(d.png))) return false;
    png_set_expand(d.png);    // palette → RGB, 1 2 4 bits → 8, tRNS → alpha
    png_set_scale_16(d.png);  // rounded, not cut
    png_set_interlace_handling(d.png);
    png_read_update_info(d.png, d.info);
    return true;
}

bool readPixels(Decoder& d) {
    if (setjmp(png_jmpbuf(d.png))) return false;
    png_read_image(d.png, d.rows.data());
    png_read_end(d.png, d.info);
    return true;
}

void takeMetadata(Decoder& d, RawImage& raw) {
    png_charp name = nullptr;
    int method = 0;
    png_bytep profile = nullptr;
    png_uint_32 length = 0;
    if (png_get_iCCP(d.png, d.info, &name, &method, &profile, &length) == PNG_INFO_iCCP) {
        raw.icc.assign(reinterpret_cast<const char*>(profile), length);
    }
    png_bytep exif = nullptr;
    png_uint_32 exifLength = 0;
    if (png_get_eXIf_1(d.png, d.info, &exifLength, &exif) == PNG_INFO_eXIf) {
        raw.orientation = exifOrientation({reinterpret_cast<const char*>(exif), exifLength});
    }
}

void sayConversions(Decoder& d, std::string_view bytes, RawImage& raw) {
    const int depth = png_get_bit_depth(d.png, d.info);
    const int type = png_get_color_type(d.png, d.info);
    if (depth == 16) raw.conversions.push_back(Conversion::SixteenToEight);
    if (depth < 8 && type == PNG_COLOR_TYPE_GRAY) raw.conversions.push_back(Conversion::LowDepth);
    if (type == PNG_COLOR_TYPE_PALETTE) raw.conversions.push_back(Conversion::PaletteToRgb);
    // acTL comes before the pixels; libpng does not know it.
    const auto pixels = bytes.find("IDAT");
    const auto animation = bytes.substr(0, pixels).find("acTL");
    if (animation != std::string_view::npos) raw.conversions.push_back(Conversion::FirstFrame);
}

tl::unexpected<Error> damage(const Decoder& d, std::string_view name) {
    if (d.reading.reachedEnd)
        return broken(fmt::format("it ends after {}, before its picture is complete",
                                  humanBytes(d.reading.bytes.size())),
                      name);
    return broken(fmt::format("its data is damaged ({}, near byte {})", d.reading.text, d.reading.at), name);
}

}  // namespace

Result<RawImage> decodePng(std::string_view bytes, std::string_view name, const DecodeOptions& options) {
    Decoder d(bytes);
    if (!readHeader(d)) return damage(d, name);
    const std::uint64_t width = png_get_image_width(d.png, d.info);
    const std::uint64_t height = png_get_image_height(d.png, d.info);
    ATELIER_DO(checkPixels(width, height, options.maxPixels, name));
    RawImage raw;
    sayConversions(d, bytes, raw);
    if (!setTransforms(d)) return damage(d, name);
    raw.allocate(int(width), int(height), png_get_channels(d.png, d.info));
    if (png_get_rowbytes(d.png, d.info) != width * std::uint64_t(raw.channels))
        return broken("libpng gives rows of an unexpected size", name);
    d.rows.resize(height);
    for (int y = 0; y < raw.height; ++y) d.rows[std::size_t(y)] = raw.row(y);
    if (!readPixels(d)) return damage(d, name);
    takeMetadata(d, raw);
    return raw;
}

namespace {

// Gray of 16 bits in this machine's byte order.
bool setGrayTransforms(Decoder& d) {
    if (setjmp(png_jmpbuf(d.png))) return false;
    png_set_strip_alpha(d.png);
    if constexpr (std::endian::native == std::endian::little) png_set_swap(d.png);
    png_set_interlace_handling(d.png);
    png_read_update_info(d.png, d.info);
    return true;
}

}  // namespace

Result<std::optional<GrayImage>> decodePngGray16(std::string_view bytes, std::string_view name,
                                                 const DecodeOptions& options) {
    Decoder d(bytes);
    if (!readHeader(d)) return damage(d, name);
    const auto type = png_get_color_type(d.png, d.info);
    const bool gray = type == PNG_COLOR_TYPE_GRAY || type == PNG_COLOR_TYPE_GRAY_ALPHA;
    if (!gray || png_get_bit_depth(d.png, d.info) != 16) return std::nullopt;
    const std::uint64_t width = png_get_image_width(d.png, d.info);
    const std::uint64_t height = png_get_image_height(d.png, d.info);
    ATELIER_DO(checkPixels(width, height, options.maxPixels, name));
    if (!setGrayTransforms(d)) return damage(d, name);
    if (png_get_rowbytes(d.png, d.info) != width * 2)
        return broken("libpng gives rows of an unexpected size", name);
    GrayImage image{int(width), int(height), std::vector<std::uint16_t>(width * height)};
    for (std::uint64_t y = 0; y < height; ++y)
        d.rows.push_back(reinterpret_cast<png_bytep>(image.values.data() + y * width));
    if (!readPixels(d)) return damage(d, name);
    return image;
}

std::string inflateIccp(std::string_view chunk) {
    constexpr std::size_t kMaxProfile = 16'000'000;
    const auto nul = chunk.find('\0');
    if (nul == std::string_view::npos || nul + 2 > chunk.size()) return {};
    chunk.remove_prefix(nul + 2);
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) return {};
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(chunk.data()));
    stream.avail_in = uInt(chunk.size());
    std::string out;
    int status = Z_OK;
    char part[16384];
    while (status == Z_OK && out.size() < kMaxProfile) {
        stream.next_out = reinterpret_cast<Bytef*>(part);
        stream.avail_out = sizeof part;
        status = inflate(&stream, Z_NO_FLUSH);
        out.append(part, sizeof part - stream.avail_out);
    }
    inflateEnd(&stream);
    return status == Z_STREAM_END ? out : std::string();
}

namespace {

struct Writer {
    png_structp png = nullptr;
    png_infop info = nullptr;
    std::string out;
    Writer() {
        png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, onWarning);
        info = png_create_info_struct(png);
        png_set_write_fn(
            png, &out,
            [](png_structp p, png_bytep data, png_size_t n) {
                static_cast<std::string*>(png_get_io_ptr(p))->append(reinterpret_cast<const char*>(data), n);
            },
            [](png_structp) {});
    }
    ~Writer() { png_destroy_write_struct(&png, &info); }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
};

// ASCII as tEXt, which every reader knows; anything else as iTXt, which is UTF-8.
void setTexts(Writer& w, const EncodeOptions& options) {
    std::vector<png_text> texts(options.text.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto& [key, value] = options.text[i];
        const bool ascii =
            std::ranges::all_of(value, [](char c) { return static_cast<signed char>(c) >= 0; });
        texts[i].compression = ascii ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
        texts[i].key = const_cast<char*>(key.c_str());
        texts[i].text = const_cast<char*>(value.c_str());
        texts[i].text_length = value.size();
    }
    png_set_text(w.png, w.info, texts.data(), int(texts.size()));
}

bool writePng(Writer& w, const Image& image, const EncodeOptions& options) {
    if (setjmp(png_jmpbuf(w.png))) return false;
    png_set_IHDR(w.png, w.info, png_uint_32(image.width), png_uint_32(image.height), 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(w.png, 4);  // level 6 takes twice the time for 2 % less
    setTexts(w, options);
    png_write_info(w.png, w.info);
    for (int y = 0; y < image.height; ++y) png_write_row(w.png, image.row(y));
    png_write_end(w.png, w.info);
    return true;
}

}  // namespace

Result<std::string> encodePng(const Image& image, const EncodeOptions& options) {
    Writer w;
    if (!writePng(w, image, options))
        return fail(ErrorCode::Internal,
                    fmt::format("{} × {} pixels cannot be written as PNG", image.width, image.height));
    return std::move(w.out);
}

std::vector<std::pair<std::string, std::string>> readPngText(std::string_view bytes) {
    std::vector<std::pair<std::string, std::string>> result;
    Decoder d(bytes);
    if (!readHeader(d)) return result;
    png_textp texts = nullptr;
    int count = 0;
    png_get_text(d.png, d.info, &texts, &count);
    for (int i = 0; i < count; ++i)
        result.emplace_back(texts[i].key,
                            std::string(texts[i].text, std::max(texts[i].text_length, texts[i].itxt_length)));
    return result;
}

}  // namespace atelier::data
