// SPDX-License-Identifier: GPL-3.0-or-later
// Encoder and decoder of the latent autoencoders (Rombach et al. 2022, §3.1; Esser et al. 2021). Used by
// AutoencoderKL and VQModel only. All their group norms use eps 1e-6.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <vector>

#include "core/engine/nn/blocks.h"

namespace atelier::autoencoder {

struct Options {
    int inChannels = 3;
    int outChannels = 3;
    std::vector<int> blockOutChannels;
    int layersPerBlock = 1;
    nn::Activation activation = nn::Activation::Silu;
    int latentChannels = 4;   // the decoder's input
    int encodedChannels = 4;  // the encoder's output: latents, or mean ‖ logvar
    int groups = 32;
    bool middleAttention = true;
};

template <class Config>
Options optionsFrom(const Config& c, int encodedChannels) {
    return {c.inChannels,
            c.outChannels,
            c.blockOutChannels,
            c.layersPerBlock,
            nn::activationFromName(c.actFn),
            c.latentChannels,
            encodedChannels,
            c.normNumGroups,
            c.midBlockAddAttention};
}

class Level;
class MidBlock;

// pixels [B,in,H,W] → [B,encoded,h,w]
class Encoder : public torch::nn::Module {
  public:
    explicit Encoder(const Options& options);
    ~Encoder() override;
    at::Tensor forward(const at::Tensor& pixels_BCHW) const;

  private:
    std::shared_ptr<nn::Conv2d> convIn_, convOut_;
    std::shared_ptr<nn::ModuleList<Level>> levels_;
    std::shared_ptr<MidBlock> mid_;
    std::shared_ptr<nn::GroupNorm> normOut_;
};

// latents [B,latent,h,w] → pixels [B,out,H,W]
class Decoder : public torch::nn::Module {
  public:
    explicit Decoder(const Options& options);
    ~Decoder() override;
    at::Tensor forward(const at::Tensor& latents_BLHW) const;

  private:
    std::shared_ptr<nn::Conv2d> convIn_, convOut_;
    std::shared_ptr<MidBlock> mid_;
    std::shared_ptr<nn::ModuleList<Level>> levels_;
    std::shared_ptr<nn::GroupNorm> normOut_;
};

// In pieces that overlap by a quarter, blended linearly, when either side is longer than `tile`: memory no
// longer grows with the picture. run: one piece → its result. The same pieces and weights as the reference's
// tiled_encode and tiled_decode.
struct Tiling {
    std::int64_t tile = 0;    // side of a piece of x
    std::int64_t result = 0;  // side of what comes out of it
};
at::Tensor runTiled(const at::Tensor& x, const Tiling& tiling,
                    const std::function<at::Tensor(const at::Tensor&)>& run);

}  // namespace atelier::autoencoder
