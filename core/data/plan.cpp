// SPDX-License-Identifier: GPL-3.0-or-later
// Planning without side effects: see plan.h.
#include "core/data/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "core/base/hash.h"
#include "core/base/strings.h"

namespace atelier::data {
namespace {

constexpr std::size_t kMaxStem = 64;

void drop(PlanRow& row, DropReason reason, std::string detail = {}) {
    row.keep = false;
    row.reason = reason;
    row.detail = std::move(detail);
}

Caption effectiveCaption(const PlanInput& input, const PlanOptions& options) {
    Caption caption = input.caption;
    if (input.edit.caption) {
        caption.source = CaptionSource::Edit;
        caption.text = *input.edit.caption;
        caption.encoding = TextEncoding::Utf8;
        caption.file.clear();
    } else if (caption.source == CaptionSource::None && !options.defaultCaption.empty()) {
        caption.source = CaptionSource::Default;
        caption.text = options.defaultCaption;
    }
    return caption;
}

// Rules that concern one picture alone.
void judge(const PlanInput& input, const PlanOptions& options, PlanRow& row) {
    row.keep = true;
    if (input.edit.excluded) return drop(row, DropReason::Excluded);
    if (!input.info) return drop(row, DropReason::CannotDecode, input.problem);
    if (!input.companionProblem.empty()) return drop(row, DropReason::MaskMissing, input.companionProblem);
    if (input.edit.forced) return;
    const int shorter = std::min(input.info->width, input.info->height);
    const int longer = std::max(input.info->width, input.info->height);
    if (shorter < options.minSide) {
        return drop(row, DropReason::TooSmall,
                    fmt::format("{} px: {} × {}", options.minSide, input.info->width, input.info->height));
    }
    if (options.maxRatio > 0 && double(longer) > options.maxRatio * double(shorter)) {
        return drop(
            row, DropReason::RatioOutside,
            fmt::format("1 : {:g}: {} × {}", options.maxRatio, input.info->width, input.info->height));
    }
    if (options.captions == CaptionRule::Required) {
        if (row.caption.source == CaptionSource::None) return drop(row, DropReason::NoCaption);
        if (trim(row.caption.text).empty()) return drop(row, DropReason::CaptionEmpty);
    }
}

void planPixels(const PlanInput& input, const PlanOptions& options, PlanRow& row) {
    if (!input.info) return;
    const ImageInfo& info = *input.info;
    const bool odd = info.format == ImageFormat::Tiff || info.format == ImageFormat::Bmp ||
                     info.format == ImageFormat::Gif;
    if (info.orientation > 1) row.reencode.push_back(ReencodeReason::ExifTurn);
    if (info.colorModel == ColorModel::Cmyk) row.reencode.push_back(ReencodeReason::Cmyk);
    if (info.icc) row.reencode.push_back(ReencodeReason::IccProfile);
    if (info.bitDepth > 8) row.reencode.push_back(ReencodeReason::SixteenBit);
    if (info.animated) row.reencode.push_back(ReencodeReason::Animation);
    if (odd) row.reencode.push_back(ReencodeReason::OddFormat);
    const Size size{info.width, info.height};
    row.outputSize = resizedSize(size, options.resize);
    if (row.outputSize != size) row.reencode.push_back(ReencodeReason::Resize);
    if (options.format && *options.format != info.format) row.reencode.push_back(ReencodeReason::FormatAsked);
    row.keepBytes = row.reencode.empty();
    row.outputFormat = options.format ? *options.format : odd ? ImageFormat::Png : info.format;
}

// A second copy of a picture adds nothing unless it says something else. Of equal ones the first with a
// caption stays.
void dropDuplicates(std::span<const PlanInput> inputs, std::vector<PlanRow>& rows) {
    std::map<std::pair<std::string_view, std::uint64_t>, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (rows[i].keep && !inputs[i].contentHash.empty())
            groups[{inputs[i].contentHash, inputs[i].size}].push_back(i);
    }
    for (const auto& [content, members] : groups) {
        if (members.size() < 2) continue;
        const auto captioned = [&](std::size_t i) { return !trim(rows[i].caption.text).empty(); };
        const auto first = std::ranges::find_if(members, captioned);
        const std::size_t kept = first == members.end() ? members.front() : *first;
        for (const std::size_t i : members) {
            if (i == kept || inputs[i].edit.forced) continue;
            if (!captioned(i) || sameCaption(rows[i].caption.text, rows[kept].caption.text)) {
                drop(rows[i], DropReason::Duplicate, inputs[kept].relative);
            } else {
                rows[i].notes.push_back(fmt::format("same picture as {}, with another caption: both are kept",
                                                    inputs[kept].relative));
            }
        }
    }
}

constexpr std::array<std::string_view, 12> kDropCodes{
    "",          "no_caption",    "caption_empty", "duplicate",
    "too_small", "ratio_outside", "cannot_decode", "excluded",
    "filtered",  "changed",       "mask_missing",  "bucket_remainder"};
constexpr std::array<std::string_view, 8> kReencodeCodes{
    "exif_turn", "cmyk", "icc_profile", "sixteen_bit", "animation", "odd_format", "resize", "format_asked"};
constexpr std::array<std::string_view, 8> kReencodeTexts{
    "turned by EXIF", "CMYK",       "colour profile", "16 bits",
    "animation",      "odd format", "resized",        "other format asked for"};

}  // namespace

std::string_view dropReasonCode(DropReason reason) {
    return kDropCodes.at(std::size_t(reason));
}
std::string_view reencodeReasonCode(ReencodeReason reason) {
    return kReencodeCodes.at(std::size_t(reason));
}
std::string_view reencodeReasonText(ReencodeReason reason) {
    return kReencodeTexts.at(std::size_t(reason));
}

std::string dropReasonText(DropReason reason, std::string_view detail) {
    switch (reason) {
        case DropReason::None:
            return "";
        case DropReason::NoCaption:
            return "no caption";
        case DropReason::CaptionEmpty:
            return "caption empty";
        case DropReason::Duplicate:
            return fmt::format("duplicate of {}", detail);
        case DropReason::TooSmall:
            return fmt::format("smaller than {}", detail);
        case DropReason::RatioOutside:
            return fmt::format("ratio outside {}", detail);
        case DropReason::CannotDecode:
            return fmt::format("cannot be decoded: {}", detail);
        case DropReason::Excluded:
            return "excluded by you";
        case DropReason::Filtered:
            return fmt::format("filtered by {}", detail);
        case DropReason::Changed:
            return "file changed since scan";
        case DropReason::MaskMissing:
            return detail.empty() ? std::string("mask or condition picture missing") : std::string(detail);
        case DropReason::BucketRemainder:
            return "bucket remainder (waits for next epoch)";
    }
    return "";
}

std::string sampleKey(std::string_view relative, std::size_t collision) {
    const auto slash = relative.rfind('/');
    std::string_view name = slash == std::string_view::npos ? relative : relative.substr(slash + 1);
    name = name.substr(0, name.rfind('.'));
    std::string stem;
    for (const char c : name) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == '-' || c == '_';
        if (plain)
            stem += c;
        else if (stem.empty() || stem.back() != '_')
            stem += '_';
        if (stem.size() == kMaxStem) break;
    }
    // Names in underscores are metadata to webdataset readers.
    const auto first = stem.find_first_not_of('_');
    stem = first == std::string::npos ? "image" : stem.substr(first);
    while (stem.ends_with('_')) stem.pop_back();
    std::string hashed(relative);
    if (collision > 0) hashed += fmt::format("\n{}", collision);
    return stem + "-" + hex(xxh3(hashed), 8);
}

std::vector<PlanRow> planBuild(std::span<const PlanInput> inputs, const PlanOptions& options) {
    std::vector<PlanRow> rows(inputs.size());
    std::unordered_set<std::string> keys;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        for (std::size_t collision = 0; rows[i].key.empty(); ++collision) {
            std::string key = sampleKey(inputs[i].relative, collision);
            if (keys.insert(key).second) rows[i].key = std::move(key);
        }
        rows[i].caption = effectiveCaption(inputs[i], options);
        judge(inputs[i], options, rows[i]);
        planPixels(inputs[i], options, rows[i]);
    }
    if (options.duplicates == DuplicateRule::Drop) dropDuplicates(inputs, rows);
    return rows;
}

PlanCounts countPlan(std::span<const PlanRow> rows) {
    PlanCounts counts;
    std::map<DropReason, std::size_t> byReason;
    for (const auto& row : rows) {
        if (!row.keep) {
            ++counts.dropped;
            ++byReason[row.reason];
            continue;
        }
        ++counts.kept;
        counts.reencoded += row.keepBytes ? 0 : 1;
        counts.withoutCaption += trim(row.caption.text).empty() ? 1 : 0;
    }
    counts.byReason.assign(byReason.begin(), byReason.end());
    return counts;
}

}  // namespace atelier::data
