// SPDX-License-Identifier: GPL-3.0-or-later
// The build plan: which pictures go into the shards, under which key, with which caption, and whether bytes
// are kept. Pure functions: the dataset build, the studio's plan line and the audit call the same code.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/edits.h"
#include "core/data/image_io.h"
#include "core/data/resize.h"
#include "core/data/scan.h"

namespace atelier::data {

// The complete list of reasons for which a picture is not trained on. The last two belong to the training
// plan.
enum class DropReason {
    None,
    NoCaption,
    CaptionEmpty,
    Duplicate,  // detail: of which picture
    TooSmall,   // detail: "smaller than 256 px: 120 × 90"
    RatioOutside,
    CannotDecode,     // detail: why
    Excluded,         // by the user
    Filtered,         // detail: the expression
    Changed,          // since the scan
    MaskMissing,      // or its condition picture; detail: why
    BucketRemainder,  // waits for the next epoch
};
std::string_view dropReasonCode(DropReason reason);                      // "no_caption": as in report.jsonl
std::string dropReasonText(DropReason reason, std::string_view detail);  // a sentence for people

// Why a picture's bytes are not simply kept.
enum class ReencodeReason {
    ExifTurn,
    Cmyk,
    IccProfile,
    SixteenBit,
    Animation,
    OddFormat,
    Resize,
    FormatAsked
};
std::string_view reencodeReasonCode(ReencodeReason reason);
std::string_view reencodeReasonText(ReencodeReason reason);

enum class CaptionRule {
    Optional,  // pictures without caption are kept, with an empty one
    Required,  // they are dropped: no_caption, caption_empty
};
enum class DuplicateRule { Drop, Keep };

struct PlanOptions {
    std::optional<ImageFormat> format;  // nullopt = keep bytes where possible
    ResizeSpec resize;
    CaptionRule captions = CaptionRule::Optional;
    std::string defaultCaption;  // used where none was found; "" = none
    DuplicateRule duplicates = DuplicateRule::Drop;
    int minSide = 0;      // shorter side below this: dropped
    double maxRatio = 0;  // long side / short side above this: dropped; 0 = no limit
};

// All that planning needs to know of one picture.
struct PlanInput {
    std::size_t source = 0;
    std::string relative;
    std::optional<ImageInfo> info;  // nullopt: cannot be read, `problem` says why
    std::string problem;
    std::string contentHash;  // SHA-256 of the file; "" = not known, then no duplicate is found
    std::uint64_t size = 0;
    Caption caption;
    std::string companionProblem;  // why its mask or condition picture cannot be had; "" = it can, or none
    ImageEdit edit;
};

struct PlanRow {
    bool keep = false;
    DropReason reason = DropReason::None;
    std::string detail;
    std::string key;  // unique; set for dropped pictures too
    Caption caption;  // what training will get
    bool keepBytes = true;
    std::vector<ReencodeReason> reencode;  // empty when bytes are kept
    ImageFormat outputFormat = ImageFormat::Unknown;
    Size outputSize;
    std::vector<std::string>
        notes;  // said in the report, nothing dropped: "same picture as a.jpg, other caption"
};

// Row i belongs to input i. Inputs must be sorted by (source, relative); the result does not depend on
// anything else.
std::vector<PlanRow> planBuild(std::span<const PlanInput> inputs, const PlanOptions& options);

// "Fähre am Kai.jpg" in folder x → "F_hre_am_Kai-1f0c77ab": letters, digits, '-' and '_' of the stem (at most
// 64), then 8 hex digits of XXH3 over the path relative to the source. No dots, ASCII only.
std::string sampleKey(std::string_view relative, std::size_t collision = 0);

// Counts of a plan, for "398 of 412 images, 12 without caption".
struct PlanCounts {
    std::size_t kept = 0;
    std::size_t dropped = 0;
    std::size_t reencoded = 0;
    std::size_t withoutCaption = 0;  // among the kept
    std::vector<std::pair<DropReason, std::size_t>> byReason;
};
PlanCounts countPlan(std::span<const PlanRow> rows);

}  // namespace atelier::data
