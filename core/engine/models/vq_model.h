// SPDX-License-Identifier: GPL-3.0-or-later
// VQModel: an autoencoder whose latents are rows of a codebook (Esser et al. 2021, VQ-GAN). Parameters carry
// diffusers' names and shapes. Called by training and by what loads a model folder.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <memory>

#include "core/config/architectures.h"

namespace atelier {

struct Quantized {
    at::Tensor latents_BLHW;  // rows of the codebook; its gradient goes straight to the encoder's latents
    at::Tensor indices_BHW;   // int64
    // The reference's loss with its historical weights: mean((sg[q] − z)²) + 0.25·mean((q − sg[z])²).
    at::Tensor loss;
};

class VQModel : public torch::nn::Module {
  public:
    explicit VQModel(const VQModelConfig& config);
    ~VQModel() override;

    // pixels [B,3,H,W] → latents [B,L,h,w], not quantized.
    at::Tensor encode(const at::Tensor& pixels_BCHW);
    Quantized quantize(const at::Tensor& latents_BLHW);
    // Latents → pixels; they are quantized first unless `quantized`.
    at::Tensor decode(const at::Tensor& latents_BLHW, bool quantized = false);
    // Rows of the codebook [B,h,w] → latents [B,L,h,w].
    at::Tensor lookUp(const at::Tensor& indices_BHW);

    const VQModelConfig& config() const { return config_; }

  private:
    struct Parts;
    VQModelConfig config_;
    std::unique_ptr<Parts> parts_;
};

}  // namespace atelier
