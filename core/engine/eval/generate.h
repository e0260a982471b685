// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures from prompts with a loaded pipeline: text → guided sampling → decoder. Used by `sample` and by
// training.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/engine/diffusion/samplers.h"
#include "core/engine/models/pipeline.h"

namespace atelier::eval {

struct GenerateOptions {
    Sampler sampler = Sampler::Ddim;
    int steps = 30;
    double guidance = 7.5;  // ≤ 1: one pass without the negative prompt
    int width = 512;        // pixels; multiples of the autoencoder's factor
    int height = 512;
    int batch = 8;                                    // pictures computed together
    std::function<bool(int done, int total)> onStep;  // network evaluations; returning false cancels
};

struct PictureRequest {
    std::string prompt;
    std::string negative;
    std::uint64_t seed = 0;  // picture i of a call starts from Random(seed, Sample, index)
    std::uint64_t index = 0;
};

// Given noise instead of the seeds': latents [N,C,h,w]; stepNoise [S,N,C,h,w] for stochastic samplers, or
// undefined.
struct GivenNoise {
    at::Tensor latents;
    at::Tensor stepNoise;
};

// 8-bit RGB [N,H,W,3] on the CPU. Errors: sizes that do not fit, tokens beyond the vocabulary, Cancelled.
Result<at::Tensor> generate(const Pipeline& pipeline, const std::vector<PictureRequest>& requests,
                            const GenerateOptions& options, const GivenNoise& given = {});

// What one picture was made from; one entry of samples.json.
Json describePicture(const PictureRequest& request, const GenerateOptions& options, const std::string& file);

// 0000.png, 0001.png, … and samples.json in `folder` (made); `extra` keys go on top of samples.json.
Status writePictures(const at::Tensor& pictures_NHWC, const std::vector<PictureRequest>& requests,
                     const GenerateOptions& options, const fs::path& folder,
                     const Json& extra = Json::object());

}  // namespace atelier::eval
