// SPDX-License-Identifier: GPL-3.0-or-later
// What UNet2DConditionModel, ControlNetModel and UNet2DModel are put together from: the levels of the way
// down and up, the middle, and the embeddings that condition them. Used by those three only.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <vector>

#include "core/config/architectures.h"
#include "core/engine/nn/blocks.h"

namespace atelier {

struct UNetInputs {
    at::Tensor sample_BCHW;  // noisy latents, already scaled for the network; H and W need not be even
    at::Tensor timestep_B;   // int64 or float (fractions allowed); [B], [1] or a scalar
    at::Tensor encoderHiddenStates_BSD;  // text
    // When the config takes class labels: int64 [B] for a table, numbers [B] for "timestep", else [B, width].
    at::Tensor classLabels_B;
    at::Tensor timestepCond_BW;            // guidance embedding; only with time_cond_proj_dim, may be absent
    at::Tensor textEmbeds_BP, timeIds_B6;  // when the config has text_time
    std::vector<at::Tensor> downBlockAdditionalResiduals;  // ControlNet: one per skip, or none
    at::Tensor midBlockAdditionalResidual;
};

namespace unet {

// What every layer takes beside its own input.
struct Conditioning {
    at::Tensor activatedTime_BT;  // act(time embedding)
    at::Tensor context_BSD;       // undefined in unconditional networks
    bool checkpointing = false;
};

using Resnets = std::vector<nn::ResnetOptions>;
// One per residual block, or none; in the middle one less.
using Attentions = std::vector<std::shared_ptr<nn::PixelAttention>>;

// DownBlock2D, AttnDownBlock2D, CrossAttnDownBlock2D. Pushes every layer's output on `skips`.
class DownBlock : public torch::nn::Module {
  public:
    // padding: of the halving convolution, absent on the last level
    DownBlock(const Resnets& resnets, const Attentions& attentions, std::optional<std::int64_t> padding);
    at::Tensor forward(at::Tensor x, const Conditioning& conditioning, std::vector<at::Tensor>& skips) const;

  private:
    std::shared_ptr<nn::ModuleList<nn::ResnetBlock>> resnets_;
    std::shared_ptr<nn::ModuleList<nn::PixelAttention>> attentions_;
    std::shared_ptr<nn::ModuleList<nn::Downsample>> downsamplers_;
};

// UNetMidBlock2DCrossAttn and UNetMidBlock2D: a residual block, then pairs of attention and residual block.
class MidBlock : public torch::nn::Module {
  public:
    MidBlock(const Resnets& resnets, const Attentions& attentions);
    at::Tensor forward(const at::Tensor& x, const Conditioning& conditioning) const;

  private:
    std::shared_ptr<nn::ModuleList<nn::ResnetBlock>> resnets_;
    std::shared_ptr<nn::ModuleList<nn::PixelAttention>> attentions_;
};

// UpBlock2D, AttnUpBlock2D, CrossAttnUpBlock2D. Takes its skips from the end of `skips`.
class UpBlock : public torch::nn::Module {
  public:
    UpBlock(const Resnets& resnets, const Attentions& attentions, bool upsample);
    at::Tensor forward(at::Tensor x, const Conditioning& conditioning, std::vector<at::Tensor>& skips) const;

  private:
    std::shared_ptr<nn::ModuleList<nn::ResnetBlock>> resnets_;
    std::shared_ptr<nn::ModuleList<nn::PixelAttention>> attentions_;
    std::shared_ptr<nn::ModuleList<nn::Upsample>> upsamplers_;
};

// Input widths of an up block's residual blocks: what comes from below, and the skips of the mirrored level.
// channels: of the levels, finest first; index counts from the deepest.
std::vector<std::int64_t> upInputWidths(const std::vector<int>& channels, std::size_t index, int layers);

// TimestepEmbedding: linear_1, activation, linear_2.
class EmbeddingMlp : public torch::nn::Module {
  public:
    EmbeddingMlp(std::int64_t in, std::int64_t out, nn::Activation activation = nn::Activation::Silu,
                 std::optional<nn::Activation> behind = {}, std::optional<int> conditionWidth = {});
    at::Tensor forward(const at::Tensor& x, const at::Tensor& condition = {}) const;

  private:
    nn::Activation activation_;
    std::optional<nn::Activation> behind_;
    std::shared_ptr<nn::Linear> condition_, first_, second_;
};

// Everything that depends on the timestep, the class, the text and the picture's size; registered in the
// model under the reference's names.
class Embeddings {
  public:
    Embeddings(torch::nn::Module& model, const UNet2DConditionConfig& config, bool controlNet);
    // In the parameters' dtype.
    Conditioning forward(const UNetInputs& inputs, at::ScalarType type) const;

  private:
    at::Tensor classEmbedding(const at::Tensor& labels) const;
    UNet2DConditionConfig config_;
    std::shared_ptr<EmbeddingMlp> time_, add_, classMlp_;
    std::shared_ptr<nn::Linear> context_, classLinear_;
    std::shared_ptr<nn::Embedding> classTable_;
};

std::shared_ptr<DownBlock> makeDownBlock(const UNet2DConditionConfig& config, std::size_t level);
std::shared_ptr<MidBlock> makeMidBlock(const UNet2DConditionConfig& config);
std::shared_ptr<UpBlock> makeUpBlock(const UNet2DConditionConfig& config, std::size_t index);

// Shapes [C,H,W] of the skip tensors for a latent of this size.
std::vector<std::vector<std::int64_t>> skipShapes(const UNet2DConditionConfig& config, std::int64_t height,
                                                  std::int64_t width);
// What is wrong with sample, timestep, context, class labels, text_embeds and time_ids (code Model).
Status checkInputs(const UNet2DConditionConfig& config, const UNetInputs& inputs);
// true when `tensor` has this shape; −1 = any side.
bool hasShape(const at::Tensor& tensor, const std::vector<std::int64_t>& shape);
Status badInput(const std::string& name, const at::Tensor& tensor, const std::string& wanted);

}  // namespace unet
}  // namespace atelier
