// SPDX-License-Identifier: GPL-3.0-or-later
// Private to the dataset build: one picture, from probing to the members of its sample. Pure but for reading
// that file, so that any thread can do any picture.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/data/build.h"
#include "core/data/plan.h"
#include "core/data/scan.h"

namespace atelier::data {

// What the probe phase learns of a picture: the plan's input, and what tells later whether the file is still
// the same.
struct ProbedImage {
    PlanInput input;
    std::uint64_t fingerprint = 0;              // XXH3 of the bytes
    std::vector<std::string> notes;             // about captions and names; goes into the report
    std::vector<ScanProblem> unusableCaptions;  // files that were to give the caption and could not
    bool latin1 = false;
    bool captionsDiffer = false;
    std::uint64_t maskFingerprint =
        0;  // XXH3 of the mask's and the condition picture's bytes; 0 = there is none
    std::uint64_t conditionFingerprint = 0;
};

ProbedImage probeForPlan(const ScannedImage& image, const CaptionTables& tables, const BuildOptions& options);

// What became of a planned picture.
struct Outcome {
    bool written = false;
    DropReason reason = DropReason::None;  // when not written
    std::string detail;
    std::vector<Conversion> conversions;  // done here, or to be done by every reader of kept bytes
    Size size;
};

struct BuiltSample {
    Outcome outcome;
    std::string extension;  // "jpg"
    std::string image;
    std::string json;
    std::string mask;  // PNG of the picture's final size; "" = none
    std::string condition;
};

// Reads the file again, decodes it (kept bytes too: what cannot be decoded does not get into a shard), and
// encodes what needs it.
BuiltSample buildSample(const ScannedImage& image, const ProbedImage& probed, const PlanRow& row,
                        const BuildOptions& options);

// About how much memory buildSample takes at its peak, in bytes.
std::uint64_t sampleMemory(const PlanInput& input, const PlanRow& row, const ResizeSpec& resize);
// What of it is left in a finished one.
std::uint64_t sampleMemory(const BuiltSample& sample);

}  // namespace atelier::data
