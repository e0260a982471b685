// SPDX-License-Identifier: GPL-3.0-or-later
// WebP by libwebp; the first frame of an animation by its demuxer.
#include <fmt/format.h>
#include <webp/decode.h>
#include <webp/demux.h>
#include <webp/encode.h>

#include <cstring>
#include <memory>

#include "core/base/strings.h"
#include "core/data/codecs.h"
#include "core/data/probe_source.h"

namespace atelier::data {
namespace {

struct DeleteDemuxer {
    void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
};
struct DeleteAnimation {
    void operator()(WebPAnimDecoder* decoder) const { WebPAnimDecoderDelete(decoder); }
};

tl::unexpected<Error> damage(std::string_view bytes, std::string_view name) {
    const std::uint64_t announced = std::uint64_t(le32(bytes, 4)) + 8;
    if (announced > bytes.size()) {
        return broken(fmt::format("it ends after {} of {}", humanBytes(bytes.size()), humanBytes(announced)),
                      name);
    }
    return broken("its data is damaged", name);
}

void takeChunks(std::string_view bytes, RawImage& raw) {
    const WebPData data{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
    const std::unique_ptr<WebPDemuxer, DeleteDemuxer> demuxer(WebPDemux(&data));
    if (!demuxer) return;
    WebPChunkIterator chunk;
    if (WebPDemuxGetChunk(demuxer.get(), "ICCP", 1, &chunk)) {
        raw.icc.assign(reinterpret_cast<const char*>(chunk.chunk.bytes), chunk.chunk.size);
        WebPDemuxReleaseChunkIterator(&chunk);
    }
    if (WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &chunk)) {
        raw.orientation =
            exifOrientation({reinterpret_cast<const char*>(chunk.chunk.bytes), chunk.chunk.size});
        WebPDemuxReleaseChunkIterator(&chunk);
    }
}

Status decodeFirstFrame(std::string_view bytes, std::string_view name, const DecodeOptions& options,
                        RawImage& raw) {
    const WebPData data{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
    WebPAnimDecoderOptions settings;
    WebPAnimDecoderOptionsInit(&settings);
    settings.color_mode = MODE_RGBA;
    // The decoder allocates the canvas at once: its size is checked before.
    const std::unique_ptr<WebPDemuxer, DeleteDemuxer> demuxer(WebPDemux(&data));
    if (!demuxer) return damage(bytes, name);
    const std::uint64_t width = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH);
    const std::uint64_t height = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT);
    ATELIER_DO(checkPixels(width, height, options.maxPixels, name));
    const std::unique_ptr<WebPAnimDecoder, DeleteAnimation> decoder(WebPAnimDecoderNew(&data, &settings));
    std::uint8_t* canvas = nullptr;
    int timestamp = 0;
    if (!decoder || !WebPAnimDecoderGetNext(decoder.get(), &canvas, &timestamp)) return damage(bytes, name);
    raw.allocate(int(width), int(height), 4);
    std::memcpy(raw.data.get(), canvas, raw.byteSize());
    raw.conversions.push_back(Conversion::FirstFrame);
    return {};
}

}  // namespace

Result<RawImage> decodeWebp(std::string_view bytes, std::string_view name, const DecodeOptions& options) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    WebPBitstreamFeatures features;
    if (WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK) return damage(bytes, name);
    ATELIER_DO(
        checkPixels(std::uint64_t(features.width), std::uint64_t(features.height), options.maxPixels, name));
    RawImage raw;
    if (features.has_animation) {
        ATELIER_DO(decodeFirstFrame(bytes, name, options, raw));
    } else {
        raw.allocate(features.width, features.height, features.has_alpha ? 4 : 3);
        const int stride = features.width * raw.channels;
        const auto* done =
            features.has_alpha
                ? WebPDecodeRGBAInto(data, bytes.size(), raw.data.get(), raw.byteSize(), stride)
                : WebPDecodeRGBInto(data, bytes.size(), raw.data.get(), raw.byteSize(), stride);
        if (!done) return damage(bytes, name);
    }
    takeChunks(bytes, raw);
    return raw;
}

Result<std::string> encodeWebp(const Image& image, int quality) {
    std::uint8_t* out = nullptr;
    const std::size_t size = quality >= 100 ? WebPEncodeLosslessRGB(image.rgb.get(), image.width,
                                                                    image.height, int(image.rowBytes()), &out)
                                            : WebPEncodeRGB(image.rgb.get(), image.width, image.height,
                                                            int(image.rowBytes()), float(quality), &out);
    if (size == 0) {
        return fail(ErrorCode::Data,
                    fmt::format("{} × {} pixels cannot be written as WebP", image.width, image.height), "",
                    "WebP holds at most 16383 pixels a side: resize, or choose jpg or png.");
    }
    std::string bytes(reinterpret_cast<const char*>(out), size);
    WebPFree(out);
    return bytes;
}

}  // namespace atelier::data
