// SPDX-License-Identifier: GPL-3.0-or-later
// The small files around a pipeline folder's weights: configurations, scheduler, tokenizers,
// model_index.json. Used by convert.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/weights/dialects/convert.h"
#include "core/weights/dialects/derive.h"

namespace atelier::dialects {

struct PipelineConfigs {
    Family family = Family::Sd1;
    std::optional<ControlNetConfig> controlNet;  // then the model is this alone, and the rest is not used
    UNet2DConditionConfig unet;
    AutoencoderKLConfig vae;
    std::vector<ClipTextConfig> text;   // in the order of textTowers(family)
    std::optional<T5EncoderConfig> t5;  // then the one text encoder is this; folders only
    std::string prediction;             // the scheduler's prediction_type; empty when nothing says it
};

// Of a folder. Errors (code Model): a file missing or broken, a component of another class.
Result<PipelineConfigs> readPipeline(const fs::path& folder);
// Of a single file, by names and shapes.
Result<PipelineConfigs> derivePipeline(const WeightSet& weights, Family family);
// Decides what the UNet predicts: the option, else --like's scheduler, else metadata and marker tensors, else
// the family's only kind. Errors (code Usage): Stable Diffusion 2 with nothing that tells.
Status settlePrediction(PipelineConfigs& configs, const WeightSet& weights, const ConvertOptions& options);

// model_index.json, component/config.json and scheduler_config.json only; of a ControlNet its config.json.
Status writePipelineConfigs(const fs::path& folder, const PipelineConfigs& configs);
// All of them; scheduler and tokenizers are copied from options.like when it is given.
Status writePipelineFiles(const fs::path& folder, const PipelineConfigs& configs,
                          const ConvertOptions& options);

}  // namespace atelier::dialects
