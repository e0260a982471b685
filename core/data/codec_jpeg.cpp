// SPDX-License-Identifier: GPL-3.0-or-later
// JPEG by libjpeg-turbo: scaled decoding, CMYK/YCCK, ICC and EXIF markers; damage is an error instead of gray
// rows.
#include <fmt/format.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
// needs FILE and size_t from above
#include <jpeglib.h>
// needs jpeglib.h's configuration
#include <jerror.h>

#include "core/base/strings.h"
#include "core/data/codecs.h"

namespace atelier::data {
namespace {

constexpr int kMaxScans =
    500;  // a hostile progressive file can hold thousands, each a pass over the whole picture

struct JpegError : jpeg_error_mgr {
    std::jmp_buf jump;
    char text[JMSG_LENGTH_MAX] = {};
    bool damaged = false;     // the entropy decoder had to invent data
    bool reachedEnd = false;  // the source ran dry
};

[[noreturn]] void onError(j_common_ptr info) {
    auto* error = static_cast<JpegError*>(info->err);
    if (!error->text[0]) error->format_message(info, error->text);
    std::longjmp(error->jump, 1);
}

// Warnings that mean "pixels were made up"; others (extra bytes, odd version numbers) leave the picture
// whole.
void onMessage(j_common_ptr info, int level) {
    if (level >= 0) return;
    auto* error = static_cast<JpegError*>(info->err);
    const int code = error->msg_code;
    if (code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE || code == JWRN_MUST_RESYNC ||
        code == JWRN_ARITH_BAD_CODE || code == JWRN_BOGUS_PROGRESSION) {
        if (!error->damaged) error->format_message(info, error->text);
        error->damaged = true;
    }
}

void onProgress(j_common_ptr info) {
    auto* decompress = reinterpret_cast<j_decompress_ptr>(info);
    if (decompress->input_scan_number <= kMaxScans) return;
    auto* error = static_cast<JpegError*>(info->err);
    std::snprintf(error->text, sizeof error->text, "it has more than %d scans", kMaxScans);
    onError(info);
}

// At the end of the bytes libjpeg gets an end marker, and we remember.
boolean fillInput(j_decompress_ptr info) {
    static constexpr JOCTET kEnd[2] = {0xff, JPEG_EOI};
    static_cast<JpegError*>(info->err)->reachedEnd = true;
    info->src->next_input_byte = kEnd;
    info->src->bytes_in_buffer = 2;
    return TRUE;
}

void skipInput(j_decompress_ptr info, long count) {
    if (count <= 0) return;
    if (static_cast<std::size_t>(count) > info->src->bytes_in_buffer) {
        fillInput(info);
        return;
    }
    info->src->next_input_byte += count;
    info->src->bytes_in_buffer -= static_cast<std::size_t>(count);
}

// Everything that libjpeg needs, so that a longjmp skips no destructor.
struct Decoder {
    jpeg_decompress_struct info{};
    JpegError error{};
    jpeg_source_mgr source{};
    jpeg_progress_mgr progress{};
    Decoder() {
        info.err = jpeg_std_error(&error);
        error.error_exit = onError;
        error.emit_message = onMessage;
    }
    ~Decoder() { jpeg_destroy_decompress(&info); }
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    void feed(std::string_view bytes) {
        source.next_input_byte = reinterpret_cast<const JOCTET*>(bytes.data());
        source.bytes_in_buffer = bytes.size();
        source.init_source = [](j_decompress_ptr) {};
        source.fill_input_buffer = fillInput;
        source.skip_input_data = skipInput;
        source.resync_to_restart = jpeg_resync_to_restart;
        source.term_source = [](j_decompress_ptr) {};
        info.src = &source;
        progress.progress_monitor = onProgress;
        info.progress = &progress;
    }
};

bool readHeader(Decoder& d, std::string_view bytes) {
    if (setjmp(d.error.jump)) return false;
    jpeg_create_decompress(&d.info);
    d.feed(bytes);
    jpeg_save_markers(&d.info, JPEG_APP0 + 1, 0xffff);
    jpeg_save_markers(&d.info, JPEG_APP0 + 2, 0xffff);
    jpeg_read_header(&d.info, TRUE);
    return true;
}

bool start(Decoder& d) {
    if (setjmp(d.error.jump)) return false;
    jpeg_start_decompress(&d.info);
    return true;
}

bool readRows(Decoder& d, RawImage& raw) {
    if (setjmp(d.error.jump)) return false;
    while (d.info.output_scanline < d.info.output_height && !d.error.damaged) {
        JSAMPROW rows[8];
        const int y = int(d.info.output_scanline);
        const int count = std::min(8, raw.height - y);
        for (int i = 0; i < count; ++i) rows[i] = raw.row(y + i);
        jpeg_read_scanlines(&d.info, rows, JDIMENSION(count));
    }
    return true;
}

void takeMarkers(Decoder& d, RawImage& raw) {
    for (auto* marker = d.info.marker_list; marker; marker = marker->next) {
        const std::string_view body(reinterpret_cast<const char*>(marker->data), marker->data_length);
        if (marker->marker == JPEG_APP0 + 1 && raw.orientation == 1 &&
            body.starts_with(std::string_view("Exif\0\0", 6))) {
            raw.orientation = exifOrientation(body);
        }
    }
    JOCTET* icc = nullptr;
    unsigned length = 0;
    if (jpeg_read_icc_profile(&d.info, &icc, &length))
        raw.icc.assign(reinterpret_cast<const char*>(icc), length);
    std::free(icc);
}

// The largest reduction that leaves one and a half times the wanted size, so that area averaging still has
// the last word.
unsigned reduction(const jpeg_decompress_struct& info, int shortSide) {
    if (shortSide <= 0) return 1;
    const unsigned side = std::min(info.image_width, info.image_height);
    for (unsigned by : {8u, 4u, 2u}) {
        if (2 * (side / by) >= 3 * unsigned(shortSide)) return by;
    }
    return 1;
}

tl::unexpected<Error> damage(const Decoder& d, std::string_view bytes, std::string_view name) {
    if (d.error.reachedEnd) {
        return broken(fmt::format("it ends after {}, at row {} of {}", humanBytes(bytes.size()),
                                  d.info.output_scanline * d.info.scale_denom, d.info.image_height),
                      name);
    }
    return broken(fmt::format("its data is damaged near row {} of {} ({})",
                              d.info.output_scanline * d.info.scale_denom, d.info.image_height, d.error.text),
                  name);
}

}  // namespace

Result<RawImage> decodeJpeg(std::string_view bytes, std::string_view name, const DecodeOptions& options) {
    Decoder d;
    if (!readHeader(d, bytes)) {
        if (d.error.reachedEnd)
            return broken(
                fmt::format("it ends after {}, before its picture begins", humanBytes(bytes.size())), name);
        return broken(fmt::format("its header is damaged ({})", d.error.text), name);
    }
    ATELIER_DO(checkPixels(d.info.image_width, d.info.image_height, options.maxPixels, name));
    RawImage raw;
    raw.fullWidth = int(d.info.image_width);
    raw.fullHeight = int(d.info.image_height);
    takeMarkers(d, raw);
    const int components = d.info.num_components;
    raw.cmyk = components == 4;
    raw.inkInverted = raw.cmyk;  // Adobe's convention, which practically every CMYK JPEG follows
    d.info.out_color_space = components == 1 ? JCS_GRAYSCALE : raw.cmyk ? JCS_CMYK : JCS_RGB;
    d.info.scale_num = 1;
    d.info.scale_denom = reduction(d.info, options.shortSide);
    const bool progressive = d.info.progressive_mode != 0;
    if (!start(d))
        return d.error.reachedEnd ? damage(d, bytes, name)
                                  : broken(fmt::format("its header is damaged ({})", d.error.text), name);
    raw.allocate(int(d.info.output_width), int(d.info.output_height), d.info.output_components);
    // In a sequential file the end marker alone may be missing with every pixel there; in a progressive one,
    // refinements are lost.
    if (!readRows(d, raw) || d.error.damaged || (progressive && d.error.reachedEnd))
        return damage(d, bytes, name);
    return raw;
}

namespace {

struct Encoder {
    jpeg_compress_struct info{};
    JpegError error{};
    unsigned char* out = nullptr;
    unsigned long size = 0;
    Encoder() {
        info.err = jpeg_std_error(&error);
        error.error_exit = onError;
    }
    ~Encoder() {
        jpeg_destroy_compress(&info);
        std::free(out);
    }
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;
};

bool compress(Encoder& e, const Image& image, int quality, bool fullChroma) {
    if (setjmp(e.error.jump)) return false;
    jpeg_create_compress(&e.info);
    jpeg_mem_dest(&e.info, &e.out, &e.size);
    e.info.image_width = JDIMENSION(image.width);
    e.info.image_height = JDIMENSION(image.height);
    e.info.input_components = 3;
    e.info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&e.info);
    jpeg_set_quality(&e.info, quality, TRUE);
    if (fullChroma) e.info.comp_info[0].h_samp_factor = e.info.comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(&e.info, TRUE);
    for (int y = 0; y < image.height; ++y) {
        JSAMPROW row = const_cast<JSAMPROW>(image.row(y));  // libjpeg's interface knows no const
        jpeg_write_scanlines(&e.info, &row, 1);
    }
    jpeg_finish_compress(&e.info);
    return true;
}

}  // namespace

Result<std::string> encodeJpeg(const Image& image, int quality, bool fullChroma) {
    Encoder e;
    if (!compress(e, image, quality, fullChroma)) {
        return fail(ErrorCode::Internal, fmt::format("{} × {} pixels cannot be written as JPEG ({})",
                                                     image.width, image.height, e.error.text));
    }
    return std::string(reinterpret_cast<const char*>(e.out), e.size);
}

}  // namespace atelier::data
