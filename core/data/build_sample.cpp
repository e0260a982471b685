// SPDX-License-Identifier: GPL-3.0-or-later
// One picture of a dataset build.
#include "core/data/build_sample.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/hash.h"

namespace atelier::data {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{2} << 30;

// The short side a decoder may aim at so that the resize still has something to average.
int usefulShortSide(Size original, const ResizeSpec& spec) {
    const Size scaled = scaledSize(original, spec);
    return scaled == original ? 0 : std::min(scaled.width, scaled.height);
}

Image resized(Image image, Size original, const ResizeSpec& spec) {
    // Sizes follow from the file's own size, not from what a scaled decode left of it.
    const Size scaled = scaledSize(original, spec);
    const Size size = resizedSize(original, spec);
    if (scaled != Size{image.width, image.height}) image = scaleImage(image, scaled);
    if (size != scaled)
        image = cropImage(image, (scaled.width - size.width) / 2, (scaled.height - size.height) / 2, size);
    return image;
}

// {"key": …, sizes, source, sha256, …} and then what sidecars and tables said.
std::string sampleJson(const PlanInput& input, const PlanRow& row, Size size) {
    Json json{{"key", row.key},
              {"width", size.width},
              {"height", size.height},
              {"original_width", input.info->width},
              {"original_height", input.info->height},
              {"source", input.relative},
              {"source_sha256", input.contentHash}};
    if (row.caption.source != CaptionSource::None)
        json["caption_source"] = captionSourceName(row.caption.source);
    for (const auto& [key, value] : row.caption.columns.items()) {
        if (!json.contains(key)) json[key] = value;
    }
    return dumpJson(json) + "\n";
}

BuiltSample dropped(DropReason reason, std::string detail = {}) {
    BuiltSample sample;
    sample.outcome.reason = reason;
    sample.outcome.detail = std::move(detail);
    return sample;
}

bool isLosslessWebp(const ImageInfo& info, std::string_view bytes) {
    return info.format == ImageFormat::Webp && bytes.substr(0, 4096).find("VP8L") != std::string_view::npos;
}

// 0 = there is none. Why it cannot be read goes to `problem`.
std::uint64_t companionFingerprint(const std::optional<fs::path>& path, std::string_view what,
                                   std::string& problem) {
    if (!path) return 0;
    const auto bytes = readFile(*path, kMaxFileBytes);
    if (!bytes && problem.empty())
        problem = fmt::format("its {} {} is missing: {}", what, path->string(), bytes.error().what);
    return bytes ? xxh3(*bytes) | 1 : 1;
}

// A mask or condition picture, brought to the geometry of its picture. A PNG that has it already stays as it
// is.
Result<std::string> buildCompanion(const fs::path& path, std::uint64_t fingerprint, Size original,
                                   const BuildOptions& options) {
    ATELIER_TRY(std::string bytes, readFile(path, kMaxFileBytes));
    if ((xxh3(bytes) | 1) != fingerprint) return fail(ErrorCode::Data, "changed since scan");
    ATELIER_TRY(DecodedImage decoded, decodeImage(bytes, path.string(), {.maxPixels = options.maxPixels}));
    const ResizeSpec& spec = options.plan.resize;
    const bool sameSize = Size{decoded.image.width, decoded.image.height} == original &&
                          resizedSize(original, spec) == original;
    const bool turned =
        std::ranges::find(decoded.conversions, Conversion::Orientation) != decoded.conversions.end();
    if (sameSize && !turned && sniffFormat(bytes) == ImageFormat::Png) return bytes;
    return encodeImage(resized(std::move(decoded.image), original, spec), {.format = ImageFormat::Png});
}

}  // namespace

ProbedImage probeForPlan(const ScannedImage& image, const CaptionTables& tables,
                         const BuildOptions& options) {
    ProbedImage probed;
    probed.input.source = image.source;
    probed.input.relative = image.relative;
    probed.input.size = image.size;
    FoundCaption found = findCaption(image, tables, options.captionPreference);
    probed.input.caption = std::move(found.caption);
    probed.captionsDiffer = !found.others.empty();
    probed.latin1 = probed.input.caption.encoding == TextEncoding::Latin1;
    probed.notes = std::move(found.problems);
    probed.unusableCaptions = std::move(found.unusable);
    const auto bytes = readFile(image.path, kMaxFileBytes);
    if (!bytes) {
        probed.input.problem = bytes.error().what;
        return probed;
    }
    probed.input.size = bytes->size();
    probed.fingerprint = xxh3(*bytes);
    std::string& lost = probed.input.companionProblem;
    probed.maskFingerprint = companionFingerprint(image.mask, "mask", lost);
    probed.conditionFingerprint = companionFingerprint(image.condition, "condition picture", lost);
    auto info = probeImage(*bytes, image.path.string());
    if (!info) {
        probed.input.problem = info.error().what;
        return probed;
    }
    if (info->pixels() > options.maxPixels) {
        probed.input.problem =
            fmt::format("its header says {} × {} pixels, more than the limit of {:g} million", info->width,
                        info->height, double(options.maxPixels) / 1e6);
        return probed;
    }
    probed.input.contentHash = sha256Hex(*bytes);
    if (!info->otherExtension.empty())
        probed.notes.push_back(fmt::format("it is a {} inside, read correctly", formatName(info->format)));
    probed.input.info = *std::move(info);
    return probed;
}

BuiltSample buildSample(const ScannedImage& image, const ProbedImage& probed, const PlanRow& row,
                        const BuildOptions& options) {
    const ImageInfo& info = *probed.input.info;
    auto bytes = readFile(image.path, kMaxFileBytes);
    if (!bytes) return dropped(DropReason::Changed, bytes.error().what);
    if (bytes->size() != probed.input.size || xxh3(*bytes) != probed.fingerprint)
        return dropped(DropReason::Changed);
    const Size original{info.width, info.height};
    DecodeOptions decode{.maxPixels = options.maxPixels};
    // Checking kept bytes needs every bit decoded but not every pixel made.
    decode.shortSide = row.keepBytes ? 1 : usefulShortSide(original, options.plan.resize);
    auto decoded = decodeImage(*bytes, image.path.string(), decode);
    if (!decoded) return dropped(DropReason::CannotDecode, decoded.error().what);
    if (Size{decoded->originalWidth, decoded->originalHeight} != original) {
        return dropped(DropReason::CannotDecode,
                       fmt::format("its header says {} × {} pixels, its data {} × {}", original.width,
                                   original.height, decoded->originalWidth, decoded->originalHeight));
    }
    BuiltSample sample;
    sample.outcome.conversions = std::move(decoded->conversions);
    sample.outcome.size = row.outputSize;
    sample.extension = formatExtension(row.outputFormat);
    if (row.keepBytes) {
        sample.image = *std::move(bytes);
    } else {
        const Image pixels = resized(std::move(decoded->image), original, options.plan.resize);
        sample.outcome.size = {pixels.width, pixels.height};
        const int quality = isLosslessWebp(info, *bytes) && !options.plan.format ? 100 : options.quality;
        auto encoded = encodeImage(pixels, {.format = row.outputFormat, .quality = quality});
        if (!encoded) return dropped(DropReason::CannotDecode, encoded.error().what);
        sample.image = *std::move(encoded);
    }
    const auto companion = [&](const std::optional<fs::path>& path, std::uint64_t fingerprint,
                               std::string& out) -> Status {
        if (!path) return {};
        ATELIER_TRY(out, buildCompanion(*path, fingerprint, original, options));
        return {};
    };
    for (const auto& made : {companion(image.mask, probed.maskFingerprint, sample.mask),
                             companion(image.condition, probed.conditionFingerprint, sample.condition)}) {
        if (!made)
            return dropped(DropReason::CannotDecode,
                           fmt::format("the mask or condition picture beside it: {}", made.error().what));
    }
    sample.json = sampleJson(probed.input, row, sample.outcome.size);
    sample.outcome.written = true;
    return sample;
}

std::uint64_t sampleMemory(const PlanInput& input, const PlanRow& row, const ResizeSpec& resize) {
    if (!input.info) return input.size;
    const auto pixels = [](Size size) { return std::uint64_t(size.width) * std::uint64_t(size.height); };
    // The file, and RGBA and RGB of its picture while it is decoded.
    const std::uint64_t decoding = input.size + 7 * input.info->pixels();
    if (row.keepBytes) return decoding + input.size;
    // The picture, scaled, cropped, and its encoder's own copy and output.
    const Size original{input.info->width, input.info->height};
    const std::uint64_t scaling =
        input.size +
        3 * (input.info->pixels() + pixels(scaledSize(original, resize)) + 3 * pixels(row.outputSize));
    return std::max(decoding, scaling);
}

std::uint64_t sampleMemory(const BuiltSample& sample) {
    return sample.image.size() + sample.json.size() + sample.mask.size() + sample.condition.size();
}

}  // namespace atelier::data
