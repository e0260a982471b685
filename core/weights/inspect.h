// SPDX-License-Identifier: GPL-3.0-or-later
// What is this model file or folder? Family and component by tensor names and shapes, dtypes, totals,
// metadata, what is missing, values that are not finite. Used by `atelier-engine inspect` and by the studio
// when a model is dropped on it.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/result.h"
#include "core/weights/safetensors.h"

namespace atelier {

// What a set of tensors is, judged by names and shapes alone.
struct TensorVerdict {
    std::string kind;    // "unet", "vae", "text_encoder", "controlnet", "checkpoint", "lora",
                         // "textual_inversion", "unknown"
    std::string family;  // "Stable Diffusion 1", "Stable Diffusion XL", …; empty when the tensors do not tell
    std::string detail;     // one line: "UNet2DConditionModel, 4 → 4 channels, context 768"
    std::string variant{};  // "inpainting", "edit" (by instruction), "depth", "upscaling"; empty: plain
};
TensorVerdict judgeTensors(std::span<const TensorInfo> tensors);
// The family, by the name of one of its tensors, of what Atelier does not compute: "FLUX", "a language
// model"; empty for all others.
std::string foreignFamily(std::string_view tensorName);

// Another program, whether it takes such a file as it is by the rules of its reader, and how, or why not and
// what helps.
struct Reader {
    std::string program;  // "A1111", "ComfyUI", "diffusers", "kohya", "PEFT"
    bool takes = false;
    std::string how;
};

struct PartReport {
    std::string name;       // component or file name
    std::string className;  // from model_index.json or config.json; may be empty
    TensorVerdict verdict;
    std::size_t tensors = 0;
    std::uint64_t parameters = 0;  // elements of floating tensors
    std::uint64_t bytes = 0;
    std::map<std::string, std::size_t> types;  // "F16" → number of tensors
    std::map<std::string, std::string> metadata;
    std::vector<TensorInfo> tensorList;  // sorted by name
    std::vector<Reader> readers;         // of this file alone; empty where nothing is known
    Json config;                         // config.json, scheduler_config.json or null
    std::vector<std::string> notes;      // worth knowing: tied tensors, mixed precision
    std::vector<std::string> notFinite;  // tensors that hold NaN or infinity; empty without a scan
    std::vector<std::string> problems;   // what is missing or broken, as sentences
};

struct ModelReport {
    std::string path;
    std::string what;  // "pipeline folder (StableDiffusionPipeline)", "safetensors file", …
    std::string family;
    std::string variant;    // as TensorVerdict's
    std::string precision;  // "F16", "F32 + F16": dtypes of the floating tensors, the most bytes first
    Json training;          // what trainers wrote about themselves (ss_*, modelspec.*); null without
    std::vector<PartReport> parts;
    std::vector<std::string> problems;
    std::vector<Reader> readers;  // of the whole

    bool complete() const;  // no problems anywhere
};

// Errors (code Model) only when there is nothing to report on: not there, not a model, an unreadable file.
// `values`: also read all tensors for NaN and infinity, which takes about a second for 4 GB; else headers
// only.
Result<ModelReport> inspectModel(const fs::path& path, bool values = false);

// `withTensors`: name, dtype and shape of every tensor, too.
Json toJson(const ModelReport& report, bool withTensors = false);
// For a terminal: a headline, a table of parts, problems.
std::string describe(const ModelReport& report);

}  // namespace atelier
