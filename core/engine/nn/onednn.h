// SPDX-License-Identifier: GPL-3.0-or-later
// oneDNN's products by the operators that LibTorch's own compiler calls, found by name: a LibTorch without
// them has none of them here. Used by packed_weight.cpp and products.cpp.
#pragma once

#include <ATen/core/Tensor.h>

namespace atelier::nn::onednn {

// Whether this LibTorch has all of the functions below and nobody switched oneDNN off.
bool available();

// y = x·Wᵀ + b over the last dimension; weight [out,in], plain or from packLinear. `bias` may be undefined.
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);
// `rows`: of the inputs to come, which choose the layout.
at::Tensor packLinear(const at::Tensor& weight, std::int64_t rows);

// A convolution's shape beside its weight: square, no dilation, no groups.
struct ConvShape {
    std::int64_t stride, padding;
};
// `packed`: from packConv2d; `bias` may be undefined.
at::Tensor conv2d(const at::Tensor& x_BCHW, const at::Tensor& packed, const at::Tensor& bias,
                  ConvShape shape);
// conv2d + other, in one pass over the result.
at::Tensor conv2dOnto(const at::Tensor& other_BCHW, const at::Tensor& x_BCHW, const at::Tensor& packed,
                      const at::Tensor& bias, ConvShape shape);
// `x_BCHW`: an input like those to come.
at::Tensor packConv2d(const at::Tensor& weight_OIkk, const at::Tensor& x_BCHW, ConvShape shape);

}  // namespace atelier::nn::onednn
