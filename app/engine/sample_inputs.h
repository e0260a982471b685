// SPDX-License-Identifier: GPL-3.0-or-later
// What `sample` starts from besides prompts: a size, given noise, a picture and its mask.
#pragma once

#include <string>

#include "core/engine/eval/generate.h"
#include "core/engine/eval/generate_labels.h"

namespace atelier::cli {

struct StartFiles {
    std::string size;          // "512" or "768x512"
    std::string originalSize;  // the same, for models that are told sizes
    std::string crop;          // "LEFT,TOP"
    std::string latents;       // safetensors with the noise to start from
    std::string image;
    std::string mask;
    std::string depth;           // picture, or safetensors with "depth"
    bool strengthGiven = false;  // refused where nothing starts from the picture
};

// Reads them and sets the sizes of the options; width and height from the noise, else --size, else the
// picture (enlarged by an upscaler), else the depth map, else the model. Errors: Usage and Data.
Result<eval::GenerateInputs> readStart(const StartFiles& files, const Pipeline& pipeline,
                                       const ScheduleConfig& schedule, std::size_t pictures,
                                       eval::GenerateOptions& options);

// The same for a model without text: a size, given noise, a mask of labels (its grey values).
Result<eval::LabelInputs> readLabelStart(const StartFiles& files, const LabelPipeline& pipeline,
                                         const ScheduleConfig& schedule, std::size_t pictures,
                                         eval::GenerateOptions& options);

// What a ControlNet reads, [1,3,H,W] in 0 … 1, scaled to the size of the result.
Result<at::Tensor> readCondition(const std::string& file, const eval::GenerateOptions& options);

}  // namespace atelier::cli
