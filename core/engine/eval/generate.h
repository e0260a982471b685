// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures from prompts with a loaded pipeline: text → guided sampling → decoder. Used by `sample` and by
// training.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/diffusion/samplers.h"
#include "core/engine/models/pipeline.h"

namespace atelier::eval {

constexpr int kUsualNoiseLevel = 20;  // where an upscaler is told none

struct GenerateOptions {
    Sampler sampler = Sampler::Ddim;
    int steps = 30;
    double guidance = 7.5;         // ≤ 1: one pass without the negative prompt
    double guidanceRescale = 0.0;  // 0 … 1, see guide()
    int width = 512;               // pixels; multiples of the autoencoder's factor
    int height = 512;
    int batch = 8;  // pictures computed together at most; fewer where memory is short
    bool promptWeighting =
        false;              // "(word:1.2)", "[word]", BREAK, prompts of any length; else as in training
    double strength = 1.0;  // with a given picture: share of the steps that are made
    // What SDXL is told about the size; 0 = that of the result.
    int originalWidth = 0, originalHeight = 0;
    int cropTop = 0, cropLeft = 0;
    double aestheticScore = 6,
           negativeAestheticScore = 2.5;  // SDXL's refiner; negative: of the negative prompt
    bool guessMode = false;  // ControlNets without a prompt: they act on the half that has the prompt only
    std::optional<int> noiseLevel;  // upscalers: timestep that the given picture is blurred with
    bool tiled = false;  // the autoencoder goes through pieces of the picture (AutoencoderKL::setTiling)
    std::function<bool(int done, int total)> onStep;  // network evaluations; returning false cancels
};

struct PictureRequest {
    std::string prompt;
    // Absent: the empty text, which SDXL's models may take for zeros; given and empty it is encoded.
    std::optional<std::string> negative;
    std::uint64_t seed = 0;  // picture i of a call starts from Random(seed, Sample, index)
    std::uint64_t index = 0;
};

// Given noise instead of the seeds': latents [N,C,h,w]; stepNoise [S,N,C,h,w], row i for what a stochastic
// sampler adds after the i-th evaluation of all steps, or undefined.
struct GivenNoise {
    at::Tensor latents;
    at::Tensor stepNoise;
    at::Tensor lowResolution;  // [N,3,h,w], what an upscaler's picture is blurred with
};

// A picture to start from, of the size of the result; for an upscaler of its latents' size.
struct GivenPicture {
    at::Tensor pixels_1CHW;  // −1 … 1; undefined: text to image
    at::Tensor mask_11HW;    // 1 = paint anew, 0 = keep; undefined: image to image
    at::Tensor depth_11HW;   // depth models: of any size and unit, greater = nearer
};

// A ControlNet and the picture it reads. Several are summed.
struct Control {
    std::shared_ptr<ControlNetModel> model;
    at::Tensor condition_1CHW;  // 0 … 1, of the result's size
    double scale = 1;
    double start = 0, end = 1;  // the part of the steps in which it acts
};

// A second model that makes the last steps (Podell et al. 2023, §2.5).
struct Refiner {
    const Pipeline* pipeline = nullptr;  // its latents are those of the first model
    double start = 0.8;                  // share of the noise levels that the first model goes through
};

// What a call goes out from besides prompts; each part may be empty.
struct GenerateInputs {
    GivenNoise noise;
    GivenPicture picture;
    std::vector<Control> controls;
    std::optional<Refiner> refiner;
};

// Takes a finished batch: 8-bit RGB [n,H,W,3] on the CPU for requests first … first + n − 1.
using PictureSink = std::function<Status(std::size_t first, const at::Tensor& pictures_NHWC)>;

// Errors: sizes that do not fit, tokens beyond the vocabulary, a picture, mask or ControlNet that the model
// cannot take or lacks, Cancelled; batches handed over before stay handed over.
Status generate(const Pipeline& pipeline, const std::vector<PictureRequest>& requests,
                const GenerateOptions& options, const GenerateInputs& inputs, const PictureSink& sink);
// All at once, from prompts alone: [N,H,W,3].
Result<at::Tensor> generate(const Pipeline& pipeline, const std::vector<PictureRequest>& requests,
                            const GenerateOptions& options);

}  // namespace atelier::eval
