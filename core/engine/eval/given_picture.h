// SPDX-License-Identifier: GPL-3.0-or-later
// Image to image, inpainting, depth, upscaling: what a given picture, mask and depth mean to the sampler and
// to the denoiser. Used by generate.cpp and `sample`.
#pragma once

#include <optional>
#include <span>

#include "core/engine/eval/generate.h"

namespace atelier::eval {

// What a UNet sees beside L channels of noisy latents: nothing; mask ‖ L of the picture's kept part; a depth
// map; the blurred picture itself, and how blurred it is as its class.
enum class PictureModel { Plain, Inpainting, Depth, Upscaler };
// By its input channels; none: another model.
std::optional<PictureModel> pictureModel(const Pipeline& pipeline);

struct PictureLatents {
    at::Tensor picture_BLHW;   // scaled; undefined where nothing starts from a picture
    at::Tensor repaint_B1HW;   // 1 = paint anew; undefined unless the sampler has to keep the rest
    at::Tensor extra_BCHW;     // the denoiser's further input channels; undefined for plain ones
    at::Tensor classLabels_B;  // int64; upscalers only
};

// Of a batch of requests, of which the first has that number in the given noise: float32 on the denoiser's
// device. The posterior and an upscaler's blur are drawn with each request's seed. Errors (Model): an
// upscaler's low_res_scheduler is not understood.
Result<PictureLatents> encodeGivenPicture(const Pipeline& pipeline, std::span<const PictureRequest> requests,
                                          std::int64_t first, const GenerateInputs& inputs,
                                          const GenerateOptions& options);

// Whether the denoiser's input channels, the picture, mask and depth go together; Usage or Model errors.
Status checkGivenPicture(const Pipeline& pipeline, const GivenPicture& picture,
                         const GenerateOptions& options);

}  // namespace atelier::eval
