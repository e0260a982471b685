// SPDX-License-Identifier: GPL-3.0-or-later
// 3×3 convolutions of float32 with fewer multiplications than products, where nothing learns. Used by
// packed_weight.cpp.
#pragma once

#include <ATen/core/Tensor.h>

namespace atelier::nn {

// Whether a convolution with this weight is faster that way for inputs like `x_BCHW`: float32, 3×3, numbers
// of channels that fill vectors, weights that are small beside the picture (transformed they take 16/9 of
// their memory).
bool winogradPays(const at::Tensor& x_BCHW, const at::Tensor& weight_OIkk, std::int64_t stride,
                  std::int64_t padding);

at::Tensor packWinograd(const at::Tensor& weight_OI33);

// `packed`: from packWinograd; bias and other may be undefined. Any batch, height and width; the answer has
// its channels last.
at::Tensor winogradConv2d(const at::Tensor& x_BCHW, const at::Tensor& packed, const at::Tensor& bias,
                          const at::Tensor& other_BCHW);

}  // namespace atelier::nn
