// SPDX-License-Identifier: GPL-3.0-or-later
// The train plan applied to one sample: read, decode, scale, crop, flip, caption. Every draw depends on
// (seed, number).
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <exception>

#include "core/base/check.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/base/strings.h"
#include "core/data/caption.h"
#include "core/data/condition_filters.h"
#include "core/data/edges.h"
#include "core/data/image_io.h"
#include "core/data/masks.h"
#include "core/data/resize.h"
#include "core/data/saliency.h"
#include "core/data/sample_source.h"

namespace atelier::data {
namespace {

constexpr unsigned kAttempts = 64;  // stand-ins tried for one number before the dataset counts as unusable
// Draws of one number, by index within their stream. Part of the format: a resumed run must draw the same.
constexpr std::uint64_t kDropoutDraw = 0, kLineDraw = 1, kConditionDraw = 2,
                        kTagDraw = 16;                               // RandomStream::Caption
constexpr std::uint64_t kTopDraw = 0, kLeftDraw = 1, kFlipDraw = 2;  // RandomStream::Crop

// The caption as it is when it names one of the words (in capitals or not), else behind the first of them.
std::string withWord(const std::string& caption, const std::vector<std::string>& words) {
    const std::string text = toLowerAscii(caption);
    const auto named = [&](const std::string& word) {
        return text.find(toLowerAscii(word)) != std::string::npos;
    };
    if (words.empty() || std::any_of(words.begin(), words.end(), named)) return caption;
    return caption.empty() ? words.front() : words.front() + ", " + caption;
}

// A class as a map names it: 7 and 007 and 7.0 are one.
Status nameClass(const std::map<std::string, std::string>& prompts, std::string& text) {
    auto found = prompts.find(text);
    if (found == prompts.end()) {
        double number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (!text.empty() && error == std::errc() && end == text.data() + text.size() &&
            std::fabs(number) < 1e15 && std::floor(number) == number)
            found = prompts.find(std::to_string(static_cast<long long>(number)));
    }
    if (found == prompts.end())
        return fail(ErrorCode::Data, fmt::format("its class \"{}\" has no prompt in the class map", text));
    text = found->second;
    return {};
}

Status loadCaption(const DatasetIndex& index, const TrainPlan& plan, TrainSample& sample) {
    const Random random(plan.seed, RandomStream::Caption, sample.number);
    if (!plan.captionsInstead.empty()) {
        const auto& drawn = plan.captionsInstead[random.below(plan.captionsInstead.size(), kLineDraw)];
        sample.captionFull = drawn;
        if (random.uniform(kDropoutDraw) >= plan.captionDropout) sample.caption = drawn;
        return {};
    }
    const bool classes = !plan.classPrompts.empty();
    const auto member = index.find(sample.index, classes ? "cls" : plan.captionKey);
    if (!member && classes) return fail(ErrorCode::Data, "it has no class (.cls)");
    if (!member) {
        if (plan.needCaption)
            return fail(ErrorCode::Data, fmt::format("it has no caption (.{})", plan.captionKey));
        return {};
    }
    ATELIER_TRY(const std::string bytes, index.read(sample.index, *member));
    sample.captionFull = std::string(trim(decodeText(bytes).text));
    if (classes) ATELIER_DO(nameClass(plan.classPrompts, sample.captionFull));
    sample.caption = sample.captionFull;
    if (plan.captionLines != CaptionLines::All) {
        std::vector<std::string> lines;
        for (const std::string& line : split(sample.captionFull, '\n'))
            if (!trim(line).empty()) lines.emplace_back(trim(line));
        const bool drawn = plan.captionLines == CaptionLines::Random;
        if (!lines.empty()) sample.caption = lines[drawn ? random.below(lines.size(), kLineDraw) : 0];
    }
    if (plan.shuffleTags || plan.tagDropout > 0)
        sample.caption =
            drawTags(sample.caption, plan.keepTags, plan.tagDropout, plan.shuffleTags, random, kTagDraw);
    sample.caption = plan.captionPrefix + withWord(sample.caption, plan.captionWords) + plan.captionSuffix;
    if (random.uniform(kDropoutDraw) < plan.captionDropout) sample.caption.clear();
    return {};
}

// What the metadata says about the picture's size before it was prepared for the dataset.
std::optional<Size> originalSize(const DatasetIndex& index, std::uint64_t sample) {
    const auto member = index.find(sample, "json");
    if (!member) return std::nullopt;
    const auto bytes = index.read(sample, *member);
    if (!bytes) return std::nullopt;
    const auto json = parseJson(*bytes);
    if (!json || !json->is_object()) return std::nullopt;
    const auto width = json->find("original_width"), height = json->find("original_height");
    if (width == json->end() || height == json->end() || !width->is_number() || !height->is_number())
        return std::nullopt;
    const double w = width->get<double>(), h = height->get<double>();
    if (!(w >= 1 && w <= 1e6 && h >= 1 && h <= 1e6)) return std::nullopt;
    return Size{static_cast<int>(w), static_cast<int>(h)};
}

Size targetSize(const TrainPlan& plan, std::uint64_t sample) {
    return plan.buckets ? plan.buckets->sizeOf(sample) : Size{plan.resolution, plan.resolution};
}

void copyFlipped(const Image& image, bool flip, std::vector<std::uint8_t>& pixels) {
    pixels.assign(image.bytes().begin(), image.bytes().end());
    if (!flip) return;
    for (int y = 0; y < image.height; ++y) {
        std::uint8_t* row = pixels.data() + static_cast<std::size_t>(y) * image.rowBytes();
        for (int left = 0, right = image.width - 1; left < right; ++left, --right)
            std::swap_ranges(row + 3 * left, row + 3 * left + 3, row + 3 * right);
    }
}

// Scaled so that it covers the square of the plan or the size of its bucket, which is then cut out.
Status loadPixels(const DatasetIndex& index, const TrainPlan& plan, TrainSample& sample) {
    const auto member = index.find(sample.index, plan.imageKey);
    if (!member) return fail(ErrorCode::Data, fmt::format("it has no picture ({})", plan.imageKey));
    if (!plan.decodeImages) return {};
    ATELIER_TRY(const std::string bytes, index.read(sample.index, *member));
    DecodeOptions options;
    options.maxPixels = plan.maxPixels;
    const Size target = targetSize(plan, sample.index);
    options.shortSide = std::max(target.width, target.height);
    const std::string name = fmt::format("{}.{}", sample.key, member->extension);
    ATELIER_TRY(const DecodedImage decoded, decodeImage(bytes, name, options));
    sample.originalWidth = decoded.originalWidth;
    sample.originalHeight = decoded.originalHeight;

    const Size original{decoded.originalWidth, decoded.originalHeight};
    const Size scaled = plan.buckets ? coverSize(original, target)
                                     : scaledSize(original, {plan.resolution, ResizeMode::ShortSide, true});
    // A thin strip becomes huge when its short side is brought to the resolution.
    if (std::uint64_t(scaled.width) * std::uint64_t(scaled.height) > plan.maxPixels) {
        return fail(
            ErrorCode::Data,
            fmt::format("its {} × {} pixels would become {} × {} to fill {} × {}, more than the limit of "
                        "{:g} million",
                        original.width, original.height, scaled.width, scaled.height, target.width,
                        target.height, double(plan.maxPixels) / 1e6));
    }
    const Random random(plan.seed, RandomStream::Crop, sample.number);
    const auto place = [&](int room, std::uint64_t draw) {
        if (plan.crop == Crop::Center) return room / 2;
        return static_cast<int>(random.below(static_cast<std::uint64_t>(room) + 1, draw));
    };
    sample.cropTop = place(scaled.height - target.height, kTopDraw);
    int left = place(scaled.width - target.width, kLeftDraw);
    if (plan.crop == Crop::Smart && scaled != target) {
        const auto [x, y] = salientPlace(decoded.image, scaled, target);
        left = x;
        sample.cropTop = y;
    }
    sample.flipped = random.uniform(kFlipDraw) < plan.flipProbability;
    sample.cropLeft = sample.flipped ? scaled.width - target.width - left : left;
    sample.width = target.width;
    sample.height = target.height;
    const auto prepare = [&](const Image& image) {
        return cropImage(scaleImage(image, scaled), left, sample.cropTop, target);
    };
    copyFlipped(prepare(decoded.image), sample.flipped, sample.pixels);
    jitterColors(sample.pixels, plan.jitter, Random(plan.seed, RandomStream::Color, sample.number));

    // Another picture of the sample, with the same geometry.
    const auto loadAlike = [&](const auto& which, std::vector<std::uint8_t>& rgb, bool labels) -> Status {
        ATELIER_TRY(const std::string content, index.read(sample.index, which));
        const auto other = decodeImage(content, fmt::format("{}.{}", sample.key, which.extension),
                                       labels ? DecodeOptions{} : options);
        if (!other)
            return fail(other.error().code, fmt::format("its .{}: {}", which.extension, other.error().what));
        const auto cut = labels ? cropImage(scaleNearest(other->image, scaled), left, sample.cropTop, target)
                                : prepare(other->image);
        copyFlipped(cut, sample.flipped, rgb);
        return {};
    };
    if (!plan.maskKey.empty()) {
        const auto mask = index.find(sample.index, plan.maskKey);
        if (!mask && !plan.maskMayBeAbsent)
            return fail(ErrorCode::Data, fmt::format("it has no mask ({})", plan.maskKey));
        std::vector<std::uint8_t> rgb(mask ? 0 : sample.pixels.size(), 255);
        if (mask) ATELIER_DO(loadAlike(*mask, rgb, plan.maskIsLabels));
        for (std::size_t i = 0; i < rgb.size(); i += 3) sample.mask.push_back(rgb[i]);
    } else if (plan.randomMask) {
        sample.mask = randomMask(Random(plan.seed, RandomStream::Mask, sample.number), target.width,
                                 target.height, plan.randomMask->whole);
    }
    if (!plan.conditionKey.empty()) {
        const auto condition = index.find(sample.index, plan.conditionKey);
        if (!condition)
            return fail(ErrorCode::Data, fmt::format("it has no condition picture ({})", plan.conditionKey));
        ATELIER_DO(loadAlike(*condition, sample.condition, false));
    } else if (plan.canny) {
        sample.condition =
            cannyEdges(sample.pixels, target.width, target.height, plan.canny->low, plan.canny->high);
    } else if (plan.coarseFactor > 0) {
        sample.condition = coarsePicture(sample.pixels, target.width, target.height, plan.coarseFactor);
    } else if (plan.shapes) {
        sample.condition = brightnessShapes(sample.pixels, target.width, target.height,
                                            Random(plan.seed, RandomStream::Condition, sample.number));
    }
    if (Random(plan.seed, RandomStream::Caption, sample.number).uniform(kConditionDraw) <
        plan.conditionDropout) {
        std::ranges::fill(sample.condition, std::uint8_t{0});
        if (plan.maskIsLabels) std::ranges::fill(sample.mask, std::uint8_t{0});
    }
    return {};
}

Status load(const DatasetIndex& index, const TrainPlan& plan, TrainSample& sample) {
    try {
        ATELIER_DO(loadCaption(index, plan, sample));
        ATELIER_DO(loadPixels(index, plan, sample));
        if (const auto size = originalSize(index, sample.index)) {
            sample.originalWidth = size->width;
            sample.originalHeight = size->height;
        }
        return {};
    } catch (const std::exception& e) {
        return fail(ErrorCode::Data, fmt::format("it could not be prepared: {}", e.what()));
    }
}

TrainSample sampleAt(const DatasetIndex& index, std::uint64_t number, std::uint64_t place) {
    TrainSample sample;
    sample.number = number;
    sample.index = place;
    sample.key = std::string(index.key(place));
    sample.shard = index.shards()[index.shardOf(place)].string();
    return sample;
}

// "0123…" of a member's bytes, as the identity of what is made of them.
Result<std::string> memberHash(const DatasetIndex& index, std::uint64_t sample,
                               const DatasetIndex::Member& member) {
    ATELIER_TRY(const std::string bytes, index.read(sample, member));
    Xxh128 hash;
    hash.update(bytes);
    return hash.hexDigest();
}

}  // namespace

Result<TrainSample> loadSample(const DatasetIndex& index, const TrainPlan& plan, std::uint64_t sample) {
    TrainSample loaded = sampleAt(index, sample, sample);
    ATELIER_DO(load(index, plan, loaded));
    return loaded;
}

Result<std::string> preparedIdentity(const DatasetIndex& index, const TrainPlan& plan, std::uint64_t sample) {
    constexpr int kVersion = 1;  // of what is done to a picture: other numbers where its pixels change
    ATELIER_CHECK(plan.crop != Crop::Random && plan.flipProbability == 0 && !plan.jitter.any(),
                  "a picture that is drawn anew at every visit has no identity");
    const auto picture = index.find(sample, plan.imageKey);
    if (!picture) return fail(ErrorCode::Data, fmt::format("it has no picture ({})", plan.imageKey));
    ATELIER_TRY(auto identity, memberHash(index, sample, *picture));
    const Size target = targetSize(plan, sample);
    identity = fmt::format("prepared {} {}x{} {} {}", kVersion, target.width, target.height,
                           plan.crop == Crop::Smart ? "smart" : "center", identity);
    if (!plan.maskKey.empty()) {
        const auto mask = index.find(sample, plan.maskKey);
        std::string hash = "white";
        if (mask) {
            ATELIER_TRY(hash, memberHash(index, sample, *mask));
        }
        identity += " mask " + hash;
    }
    if (const auto size = originalSize(index, sample))
        identity += fmt::format(" original {}x{}", size->width, size->height);
    return identity;
}

Result<TrainSample> loadTrainSample(const DatasetIndex& index, const TrainPlan& plan,
                                    const SampleOrder& order, std::uint64_t number) {
    std::vector<DroppedSample> dropped;
    for (unsigned attempt = 0; attempt < kAttempts; ++attempt) {
        TrainSample sample = sampleAt(index, number, order.at(number, attempt));
        const auto loaded = load(index, plan, sample);
        if (loaded) {
            sample.dropped = std::move(dropped);
            return sample;
        }
        dropped.push_back({number, sample.key, sample.shard, loaded.error().what});
    }
    return fail(ErrorCode::Data,
                fmt::format("{} samples drawn for one place could not be used; the last: {}", kAttempts,
                            dropped.back().reason),
                dropped.back().shard + ", sample \"" + dropped.back().key + "\"",
                "Run `atelier-engine dataset verify` and `dataset stats` on it.");
}

}  // namespace atelier::data
