// SPDX-License-Identifier: GPL-3.0-or-later
// Linear layers and convolutions whose gradients are computed in the form that processors are fastest at.
// Elsewhere, and where nothing is gained, LibTorch's own operators. Used by layers.cpp and fused_ops.cpp.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <tuple>

namespace atelier::nn {

// y = x·Wᵀ + b over the last dimension; weight [out,in]. float32 on a processor goes through oneDNN instead
// of the BLAS library, which on AMD's processors computes at half the speed.
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

// weight [out,in,k,k].
at::Tensor conv2d(const at::Tensor& x_BCHW, const at::Tensor& weight, const at::Tensor& bias,
                  std::int64_t stride, std::int64_t padding);

// Gradients of conv2d for input, weight and bias, as far as they are `wanted`. On a processor the weight's
// gradient is computed for some output channels at a time where it is large: oneDNN gives each thread a copy
// of all of it otherwise.
std::tuple<at::Tensor, at::Tensor, at::Tensor> conv2dBackward(const at::Tensor& dy, const at::Tensor& x_BCHW,
                                                              const at::Tensor& weight, std::int64_t stride,
                                                              std::int64_t padding,
                                                              std::array<bool, 3> wanted);

}  // namespace atelier::nn
