// SPDX-License-Identifier: GPL-3.0-or-later
// ControlNetModel (Zhang et al. 2023): a copy of the UNet's first half that reads a condition picture and
// adds to the UNet's skips. Parameters carry diffusers' names and shapes. Called by training, sampling and
// probe.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "core/config/architectures.h"
#include "core/engine/models/unet_2d_condition.h"

namespace atelier {

struct ControlNetOutput {
    std::vector<at::Tensor>
        downBlockResSamples;  // one per skip of the UNet; [B,C,1,1] with global_pool_conditions
    at::Tensor midBlockResSample;
};

class ControlNetModel : public torch::nn::Module {
  public:
    explicit ControlNetModel(const ControlNetConfig& config);
    ~ControlNetModel() override;

    // condition [B,3,8h,8w] in 0…1. guessMode: the residuals are scaled from 0.1 at the finest skip to 1 in
    // the middle (not with global_pool_conditions); setting the unconditional half to zero is the sampler's
    // part.
    ControlNetOutput forward(const UNetInputs& inputs, const at::Tensor& condition_BCHW, double scale = 1,
                             bool guessMode = false);
    Status checkInputs(const UNetInputs& inputs, const at::Tensor& condition_BCHW) const;

    void setGradientCheckpointing(bool enabled);
    // Pixels of the condition per latent pixel, each way.
    int downscale() const;
    const ControlNetConfig& config() const { return config_; }

  private:
    struct Blocks;
    ControlNetConfig config_;
    std::unique_ptr<Blocks> blocks_;
};

// Adds to what the UNet gets already: several ControlNets are a sum.
void addControl(UNetInputs& inputs, const ControlNetOutput& control);

// A start for training: the UNet's own first half, new layers from `seed`, zero convolutions zero. Errors
// (code Model): the UNet has parts that no ControlNet has. `downscale`: pixels per latent pixel, a power of
// two up to 16.
Result<std::shared_ptr<ControlNetModel>> controlNetFromUnet(const UNet2DConditionModel& unet,
                                                            std::uint64_t seed,
                                                            const std::string& channelOrder = "rgb",
                                                            int conditioningChannels = 3, int downscale = 8);

}  // namespace atelier
