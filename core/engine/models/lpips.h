// SPDX-License-Identifier: GPL-3.0-or-later
// LPIPS (Zhang et al. 2018): how different two pictures look to a VGG16. Parameters carry torchvision's names
// ("features.0.weight") and the lpips package's ("lin0.model.1.weight"). Called by autoencoder training.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <memory>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier {

class Lpips : public torch::nn::Module {
  public:
    Lpips();
    ~Lpips() override;
    // Pictures in −1…1, [B,3,H,W] or [B,1,H,W], sides of at least 16 → [B].
    at::Tensor forward(const at::Tensor& first_BCHW, const at::Tensor& second_BCHW) const;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

// `weights`: the whole network (a state dict of lpips.LPIPS(net="vgg")), or its five linear weights alone
// (the package's vgg.pth), which need torchvision's vgg16 file as `backbone`. Errors (code Model) name what
// is missing.
Result<std::shared_ptr<Lpips>> loadLpips(const fs::path& weights, const fs::path& backbone = {});

}  // namespace atelier
