// SPDX-License-Identifier: GPL-3.0-or-later
// What making pictures from text and without it share: noise by the pictures' numbers, bytes from pixels.
// Used by generate.cpp and generate_labels.cpp.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <vector>

#include "core/engine/eval/generate.h"

namespace atelier::eval {

// Standard normals [N, shape…] on the CPU for requests `first` … of a call: what is given, else each
// request's own.
at::Tensor startNoise(const GivenNoise& given, std::span<const PictureRequest> requests, std::int64_t first,
                      const std::vector<std::int64_t>& shape);
// What a stochastic sampler adds after an evaluation.
at::Tensor stepNoise(const GivenNoise& given, std::span<const PictureRequest> requests, std::int64_t first,
                     const std::vector<std::int64_t>& shape, int evaluation);
// [B,3,H,W] in −1…1 → 8-bit [B,H,W,3] on the CPU: round(255·clamp(x/2 + 0.5, 0, 1)). Error (Model): values
// that are no numbers, which would come out as black or grey pictures that look like a result.
Result<at::Tensor> toPictures(const at::Tensor& pixels, const GenerateOptions& options);

}  // namespace atelier::eval
