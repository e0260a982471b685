// SPDX-License-Identifier: GPL-3.0-or-later
// A layer's weight in oneDNN's own layout. Plain weights are rearranged at every call, which at batch 1 costs
// as much as a quarter of a UNet's step; a layer that computes without gradients can do that once. Used by
// layers.cpp.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

namespace atelier::nn {

// What becomes of the plain weight once its packed form is there. Dropped weights are empty tensors: the
// module computes without gradients only, and cannot be saved.
enum class PlainWeights { Keep, Drop };

class PackedWeight {
  public:
    void enable(PlainWeights plain);
    // Whether a call with this input goes through the packed weight: enabled, no gradients, no autocast, CPU,
    // a type that oneDNN has on this processor.
    bool fits(const at::Tensor& x) const;
    // y = x·Wᵀ + b over the last dimension; weight [out,in], or [out,in,1,1] of a 1×1 convolution.
    at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) const;
    // With `other`: plus that, in the same pass over the result.
    at::Tensor conv2d(const at::Tensor& x_BCHW, const at::Tensor& weight_OIkk, const at::Tensor& bias,
                      std::int64_t stride, std::int64_t padding, const at::Tensor& other_BCHW = {}) const;

  private:
    void keep(at::Tensor packed, const at::Tensor& weight) const;

    bool enabled_ = false;
    PlainWeights plain_ = PlainWeights::Keep;
    mutable bool winograd_ = false;  // packed for winograd.h
    mutable at::Tensor packed_;      // made by the first call, whose sizes choose the layout
};

// Lets every Linear and Conv2d below `module` pack its weight at its next call. For modules whose weights do
// not change any more: a later change is not seen by calls without gradients. Low-rank updates (lora_A,
// lora_B) stay as they are.
void packWeights(torch::nn::Module& module, PlainWeights plain);

}  // namespace atelier::nn
