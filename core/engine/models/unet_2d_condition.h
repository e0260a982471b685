// SPDX-License-Identifier: GPL-3.0-or-later
// UNet2DConditionModel: the denoiser of the Stable Diffusion family (Rombach et al. 2022, §3), for any
// configuration of core/config/architectures.h. Parameters carry diffusers' names and shapes. Called by
// training, sampling and probe.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "core/config/architectures.h"
#include "core/engine/models/unet_blocks.h"

namespace atelier {

class UNet2DConditionModel : public torch::nn::Module {
  public:
    // Weights are not initialised: initializeDefault() or loadStateDict() (state_dict.h), or
    // makeUnet/loadUnet (pipeline.h).
    explicit UNet2DConditionModel(const UNet2DConditionConfig& config);
    ~UNet2DConditionModel() override;

    // → [B, outChannels, H, W] in the parameters' dtype. Shapes are checked by checkInputs, not here.
    at::Tensor forward(const UNetInputs& inputs);
    at::Tensor forward(const at::Tensor& sample_BCHW, const at::Tensor& timestep_B,
                       const at::Tensor& encoderHiddenStates_BSD);

    // What is wrong with these inputs for this configuration (code Model); for tensors that came from a file.
    Status checkInputs(const UNetInputs& inputs) const;

    // Keeps only each block's inputs for backward and computes the block again there: the same gradients in
    // less memory.
    void setGradientCheckpointing(bool enabled);
    // Shapes [C,H,W] of the skip tensors for a latent of this size, in ControlNet's order.
    std::vector<std::vector<std::int64_t>> skipShapes(std::int64_t height, std::int64_t width) const;

    const UNet2DConditionConfig& config() const { return config_; }

  private:
    struct Blocks;
    UNet2DConditionConfig config_;
    std::unique_ptr<Blocks> blocks_;
};

}  // namespace atelier
