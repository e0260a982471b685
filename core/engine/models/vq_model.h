// SPDX-License-Identifier: GPL-3.0-or-later
// VQModel: an autoencoder whose latents are rows of a codebook (Esser et al. 2021, VQ-GAN). Parameters carry
// diffusers' names and shapes. Called by training and by what loads a model folder.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <memory>
#include <string>

#include "core/config/architectures.h"

namespace atelier {

struct Quantized {
    at::Tensor latents_BLHW;  // rows of the codebook; its gradient goes straight to the encoder's latents
    at::Tensor indices_BHW;   // int64
    // Means over a sample's elements, float32: (q − sg[z])², which moves the codebook, and (sg[q] − z)²,
    // which moves the encoder.
    at::Tensor codebook_B, commitment_B;
};

// Rows that are nearest are found, and compared, in float32.
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
    at::Tensor codebook() const;  // [K,L], the parameter itself

  private:
    struct Parts;
    VQModelConfig config_;
    std::unique_ptr<Parts> parts_;
};

// Initial values: PyTorch's defaults, the codebook from U(±1/rows) as the reference has it.
void initializeVq(VQModel& model, std::uint64_t seed, const std::string& scope);

}  // namespace atelier
