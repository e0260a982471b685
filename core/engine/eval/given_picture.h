// SPDX-License-Identifier: GPL-3.0-or-later
// Image to image and inpainting: what a given picture and mask mean to the sampler and to the denoiser. Used
// by generate.cpp.
#pragma once

#include <span>

#include "core/engine/eval/generate.h"

namespace atelier::eval {

struct PictureLatents {
    at::Tensor picture_BLHW;  // scaled; undefined without a picture
    at::Tensor repaint_B1HW;  // 1 = paint anew; undefined unless the sampler has to keep the rest
    at::Tensor extra_BCHW;  // mask ‖ latents of the kept part: further input channels of inpainting models
};

// Of a batch of requests: float32 on the denoiser's device. The posterior is drawn with each request's seed.
PictureLatents encodeGivenPicture(const Pipeline& pipeline, std::span<const PictureRequest> requests,
                                  const GivenPicture& picture);

// Whether the denoiser's input channels, the picture and the mask go together; Usage or Model errors.
Status checkGivenPicture(const Pipeline& pipeline, const GivenPicture& picture,
                         const GenerateOptions& options);

}  // namespace atelier::eval
