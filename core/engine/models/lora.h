// SPDX-License-Identifier: GPL-3.0-or-later
// LoRA (Hu et al. 2021) on a pipeline's networks: attached, written for diffusers/PEFT and for kohya's tools
// and A1111, read back with its base model. Called by train, replay and sample.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/engine/models/pipeline.h"

namespace atelier {

struct LoraOptions {
    std::int64_t rank = 16;
    double alpha = 16;
    bool rankStabilized = false;       // Kalajdzievski 2023: alpha / √rank instead of alpha / rank
    std::vector<std::string> targets;  // ends of module paths in the UNet, as PEFT's target_modules
    bool textEncoder = false;          // also the attention of the text encoders

    double scale() const;
};

// Attaches updates to every Linear and Conv2d of the UNet whose path is a target or ends in "." + target, and
// to the text encoders when asked; values are PEFT's start, a function of the seed. Errors (code Config): a
// target that meets no layer.
Status attachLora(Pipeline& pipeline, const LoraOptions& options, std::uint64_t seed);

// The updates' tensors of all networks: "unet.<path>.lora_A.weight" [r, in(, k, k)], "….lora_B.weight"
// [out, r(, 1, 1)].
NamedTensors loraParameters(const Pipeline& pipeline);

// What a file says about itself beside the tensors.
struct LoraRecord {
    LoraOptions options;
    fs::path base;     // pipeline folder it was trained on
    std::string name;  // title and file name for other programs
    std::int64_t resolution = 0;
    Json training = Json::object();  // further ss_ keys of kohya's metadata, values as text
};

// Into `folder`, which is made where it is missing:
//   pytorch_lora_weights.safetensors  diffusers' load_lora_weights and PEFT, float32
//   a1111/<name>.safetensors          A1111, ComfyUI and kohya's tools, float16, with ss_ and modelspec keys
//   lora.json                         rank, alpha, targets and base model; makes the folder one that
//                                     loadPipeline opens
// `weights` as loraParameters.
Status writeLora(const Pipeline& pipeline, const NamedTensors& weights, const LoraRecord& record,
                 const fs::path& folder);

bool isLoraFolder(const fs::path& folder);
// The base model of a folder that writeLora wrote, with the updates attached.
Result<Pipeline> loadLoraPipeline(const fs::path& folder, const LoadOptions& options,
                                  const std::set<std::string>& components);

}  // namespace atelier
