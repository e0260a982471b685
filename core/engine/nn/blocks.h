// SPDX-License-Identifier: GPL-3.0-or-later
// Blocks that the Stable Diffusion family's UNet, its ControlNets and its autoencoder build from, under
// diffusers' names.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "core/engine/nn/layers.h"

namespace atelier::nn {

struct ResnetOptions {
    std::int64_t in = 0;
    std::int64_t out = 0;
    std::optional<std::int64_t> timeWidth;  // absent: no time embedding (autoencoder)
    std::int64_t groups = 32;
    double eps = 1e-5;
    Activation activation = Activation::Silu;
    bool scaleShift = false;  // the time embedding scales and shifts norm2 instead of being added
    double outputScale = 1;
};

// As the keys of a diffusers UNet say (UNet2DConditionConfig, UNet2DConfig).
template <class Config>
ResnetOptions resnetOptionsOf(const Config& c, std::int64_t in, std::int64_t out, std::int64_t timeWidth) {
    return {.in = in,
            .out = out,
            .timeWidth = timeWidth,
            .groups = c.normNumGroups,
            .eps = c.normEps,
            .activation = activationFromName(c.actFn),
            .scaleShift = c.resnetTimeScaleShift == "scale_shift"};
}

// ResnetBlock2D: x + conv2(act(norm2(conv1(act(norm1(x))) + time))), the shortcut 1×1 where widths differ.
class ResnetBlock : public torch::nn::Module {
  public:
    explicit ResnetBlock(const ResnetOptions& options);
    // activatedTime [B, timeWidth] = act(time embedding), the same for all blocks; undefined without one.
    at::Tensor forward(const at::Tensor& x_BCHW, const at::Tensor& activatedTime = {}) const;

  private:
    at::Tensor normAct(const at::Tensor& x, const GroupNorm& norm) const;
    at::Tensor normActConv(const at::Tensor& x, const GroupNorm& norm, const Conv2d& conv) const;
    ResnetOptions options_;
    std::shared_ptr<GroupNorm> norm1_, norm2_;
    std::shared_ptr<Conv2d> conv1_, conv2_, shortcut_;
    std::shared_ptr<Linear> timeProjection_;
};

// Attention with to_q, to_k, to_v, to_out.0.
class Attention : public torch::nn::Module {
  public:
    Attention(std::int64_t width, std::int64_t contextWidth, std::int64_t heads, bool inputBias, bool upcast);
    // Self-attention when context is undefined.  x [B,S,width], context [B,T,contextWidth]
    at::Tensor forward(const at::Tensor& x_BSC, const at::Tensor& context_BTC = {}) const;

  private:
    std::int64_t heads_;
    bool upcast_;
    std::shared_ptr<Linear> query_, key_, value_, out_;
};

// What stands behind a residual block and lets pixels see each other, and the context where there is one.
class PixelAttention : public torch::nn::Module {
  public:
    virtual at::Tensor forward(const at::Tensor& x_BCHW, const at::Tensor& context_BTC) const = 0;
};

// Attention of the autoencoders and of unconditional UNets: over all pixels after a group norm, with a
// residual; the sum is divided by outputScale.
class SpatialAttention : public PixelAttention {
  public:
    // groups 0: no norm
    SpatialAttention(std::int64_t channels, std::int64_t groups, double eps, std::int64_t heads = 1,
                     double outputScale = 1);
    at::Tensor forward(const at::Tensor& x_BCHW, const at::Tensor& context_BTC = {}) const override;

  private:
    std::int64_t heads_;
    double outputScale_;
    std::shared_ptr<GroupNorm> norm_;
    std::shared_ptr<Linear> query_, key_, value_, out_;
};

struct TransformerOptions {
    std::int64_t channels = 0;
    std::int64_t heads = 1;
    std::int64_t layers = 1;
    std::int64_t contextWidth = 0;
    std::int64_t groups = 32;
    bool linearProjection = false;
    bool onlyCrossAttention = false;
    bool upcast = false;
};

// BasicTransformerBlock: x += attn1(norm1 x); x += attn2(norm2 x, context); x += ff(norm3 x).
class TransformerBlock : public torch::nn::Module {
  public:
    explicit TransformerBlock(const TransformerOptions& options);
    at::Tensor forward(const at::Tensor& x_BSC, const at::Tensor& context_BTC) const;

  private:
    bool onlyCrossAttention_;
    std::shared_ptr<LayerNorm> norm1_, norm2_, norm3_;
    std::shared_ptr<Attention> attn1_, attn2_;
    std::shared_ptr<Linear> feedForwardIn_, feedForwardOut_;
};

// Transformer2DModel: pixels become tokens, go through the blocks, and are added to what came in.
class Transformer2D : public PixelAttention {
  public:
    explicit Transformer2D(const TransformerOptions& options);
    at::Tensor forward(const at::Tensor& x_BCHW, const at::Tensor& context_BTC) const override;

  private:
    std::shared_ptr<GroupNorm> norm_;
    std::shared_ptr<Linear> linearIn_, linearOut_;
    std::shared_ptr<Conv2d> convIn_, convOut_;
    std::shared_ptr<ModuleList<TransformerBlock>> blocks_;
};

// DualTransformer2DModel (Xu et al. 2022, Versatile Diffusion): one transformer for the first 77 tokens of
// the context, one for the 257 behind them; what they add is averaged.
class DualTransformer2D : public PixelAttention {
  public:
    // Of the options it takes channels, heads, contextWidth and groups.
    explicit DualTransformer2D(const TransformerOptions& options);
    at::Tensor forward(const at::Tensor& x_BCHW, const at::Tensor& context_BTC) const override;

  private:
    std::shared_ptr<ModuleList<Transformer2D>> transformers_;
};

// Downsample2D: 3×3 convolution of stride 2. padding 0 pads one pixel right and below first.
class Downsample : public torch::nn::Module {
  public:
    Downsample(std::int64_t channels, std::int64_t padding);
    at::Tensor forward(const at::Tensor& x_BCHW) const;

  private:
    std::shared_ptr<Conv2d> conv_;
};

// Upsample2D: nearest neighbour to height × width (twice the input's, or the size of the next skip), then 3×3
// convolution.
class Upsample : public torch::nn::Module {
  public:
    explicit Upsample(std::int64_t channels);
    at::Tensor forward(const at::Tensor& x_BCHW, std::int64_t height, std::int64_t width) const;

  private:
    std::shared_ptr<Conv2d> conv_;
};

}  // namespace atelier::nn
