// SPDX-License-Identifier: GPL-3.0-or-later
// PatchGAN (Isola et al. 2017): tells for each patch of a picture whether it is one of the data. Called by
// autoencoder training (Esser et al. 2021).
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

namespace atelier {

struct PatchDiscriminatorOptions {
    int channels = 3;
    int width = 64;  // of the first layer; doubled by each further one, up to 8 times it
    int layers = 3;  // that halve the picture
    // Patches along one side of a picture of this size; below 1 it cannot be judged.
    int patches(int side) const;
};

class PatchDiscriminator : public torch::nn::Module {
  public:
    explicit PatchDiscriminator(const PatchDiscriminatorOptions& options);
    ~PatchDiscriminator() override;
    // pixels [B,C,H,W] in −1…1 → logits [B,1,h,w]. Normalised over the batch, as in training always.
    // `fixed`: gradients go into the picture only.
    at::Tensor forward(const at::Tensor& pixels_BCHW, bool fixed) const;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

// With the values of initializeNormal() (state_dict.h).
std::shared_ptr<PatchDiscriminator> makePatchDiscriminator(const PatchDiscriminatorOptions& options,
                                                           std::uint64_t seed);

}  // namespace atelier
