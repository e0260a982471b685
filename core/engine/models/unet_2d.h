// SPDX-License-Identifier: GPL-3.0-or-later
// UNet2DModel: the unconditional denoiser (Ho et al. 2020; Rombach et al. 2022 for latents). Parameters carry
// diffusers' names and shapes. Called by training and by what loads a model folder.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <memory>

#include "core/config/architectures.h"

namespace atelier {

class UNet2DModel : public torch::nn::Module {
  public:
    explicit UNet2DModel(const UNet2DConfig& config);
    ~UNet2DModel() override;

    // sample [B,in,H,W], timestep [B], [1] or a scalar; classLabels as the config asks: int64 [B] for a
    // table, numbers [B] for "timestep", [B,width] for "identity". → [B,out,H,W] in the parameters' dtype.
    at::Tensor forward(const at::Tensor& sample_BCHW, const at::Tensor& timestep_B,
                       const at::Tensor& classLabels_B = {});

    void setGradientCheckpointing(bool enabled);
    const UNet2DConfig& config() const { return config_; }

  private:
    struct Blocks;
    at::Tensor timeFeatures(const at::Tensor& numbers_B) const;
    UNet2DConfig config_;
    std::unique_ptr<Blocks> blocks_;
};

}  // namespace atelier
