// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures of models without text: a request's prompt is the name or number of a class, or empty. Called by
// `sample` and by training.
#pragma once

#include "core/engine/eval/generate.h"
#include "core/engine/models/label_pipeline.h"

namespace atelier::eval {

struct LabelInputs {
    GivenNoise noise;
    at::Tensor
        mask_1HW;  // uint8 labels of the result's size; undefined: the model is not told what lies where
};

// As generate() of generate.h; guidance leads away from what the model makes untold.
Status generateLabels(const LabelPipeline& pipeline, const std::vector<PictureRequest>& requests,
                      const GenerateOptions& options, const LabelInputs& inputs, const PictureSink& sink);

}  // namespace atelier::eval
