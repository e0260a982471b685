// SPDX-License-Identifier: GPL-3.0-or-later
// The UNet of unet_2d_condition.h: down path, middle, up path with skips (Ronneberger et al. 2015; Rombach et
// al. 2022).
#include "core/engine/models/unet_2d_condition.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/engine/nn/fused_ops.h"
#include "core/weights/safetensors.h"

namespace atelier {

using nn::ModuleList;

struct UNet2DConditionModel::Blocks {
    std::shared_ptr<nn::Conv2d> convIn, convOut;
    std::unique_ptr<unet::Embeddings> embeddings;
    std::shared_ptr<ModuleList<unet::DownBlock>> down;
    std::shared_ptr<unet::MidBlock> mid;
    std::shared_ptr<ModuleList<unet::UpBlock>> up;
    std::shared_ptr<nn::GroupNorm> normOut;
    nn::Activation activation = nn::Activation::Silu;
    bool checkpointing = false;
};

UNet2DConditionModel::UNet2DConditionModel(const UNet2DConditionConfig& config)
    : config_(config), blocks_(std::make_unique<Blocks>()) {
    const auto& c = config_;
    Blocks& b = *blocks_;
    const std::int64_t first = c.blockOutChannels.front();
    b.activation = nn::activationFromName(c.actFn);
    b.convIn = register_module("conv_in", std::make_shared<nn::Conv2d>(c.inChannels, first, c.convInKernel, 1,
                                                                       (c.convInKernel - 1) / 2));
    b.embeddings = std::make_unique<unet::Embeddings>(*this, c, false);
    b.down = register_module("down_blocks", std::make_shared<ModuleList<unet::DownBlock>>());
    b.up = register_module("up_blocks", std::make_shared<ModuleList<unet::UpBlock>>());
    for (std::size_t i = 0; i < c.blockOutChannels.size(); ++i) {
        b.down->append(unet::makeDownBlock(c, i));
        b.up->append(unet::makeUpBlock(c, i));
    }
    if (!c.midBlockType.empty()) b.mid = register_module("mid_block", unet::makeMidBlock(c));
    b.normOut =
        register_module("conv_norm_out", std::make_shared<nn::GroupNorm>(c.normNumGroups, first, c.normEps));
    b.convOut = register_module(
        "conv_out",
        std::make_shared<nn::Conv2d>(first, c.outChannels, c.convOutKernel, 1, (c.convOutKernel - 1) / 2));
}

UNet2DConditionModel::~UNet2DConditionModel() = default;

at::Tensor UNet2DConditionModel::forward(const at::Tensor& sample_BCHW, const at::Tensor& timestep_B,
                                         const at::Tensor& encoderHiddenStates_BSD) {
    UNetInputs inputs;
    inputs.sample_BCHW = sample_BCHW;
    inputs.timestep_B = timestep_B;
    inputs.encoderHiddenStates_BSD = encoderHiddenStates_BSD;
    return forward(inputs);
}

at::Tensor UNet2DConditionModel::forward(const UNetInputs& in) {
    const Blocks& b = *blocks_;
    const at::ScalarType type = b.convIn->weight.scalar_type();
    unet::Conditioning conditioning = b.embeddings->forward(in, type);
    conditioning.checkpointing = b.checkpointing;
    at::Tensor x = in.sample_BCHW.to(type);
    if (config_.centerInputSample) x = 2 * x - 1;
    x = b.convIn->forward(x);
    std::vector<at::Tensor> skips{x};
    for (const auto& block : *b.down) x = block->forward(x, conditioning, skips);
    for (std::size_t i = 0; i < in.downBlockAdditionalResiduals.size(); ++i)
        skips[i] = skips[i] + in.downBlockAdditionalResiduals[i].to(type);
    if (b.mid) x = b.mid->forward(x, conditioning);
    if (in.midBlockAdditionalResidual.defined()) x = x + in.midBlockAdditionalResidual.to(type);
    for (const auto& block : *b.up) x = block->forward(x, conditioning, skips);
    if (b.activation == nn::Activation::Silu) return nn::normSiluConv(x, *b.normOut, *b.convOut);
    return b.convOut->forward(nn::activate(b.normOut->forward(x), b.activation));
}

void UNet2DConditionModel::setGradientCheckpointing(bool enabled) {
    blocks_->checkpointing = enabled;
}

std::vector<std::vector<std::int64_t>> UNet2DConditionModel::skipShapes(std::int64_t height,
                                                                        std::int64_t width) const {
    return unet::skipShapes(config_, height, width);
}

Status UNet2DConditionModel::checkInputs(const UNetInputs& in) const {
    ATELIER_DO(unet::checkInputs(config_, in));
    if (in.downBlockAdditionalResiduals.empty() && !in.midBlockAdditionalResidual.defined()) return {};
    const std::int64_t batch = in.sample_BCHW.size(0);
    const auto shapes = skipShapes(in.sample_BCHW.size(2), in.sample_BCHW.size(3));
    if (in.downBlockAdditionalResiduals.size() != shapes.size())
        return fail(ErrorCode::Model,
                    fmt::format("{} down_block_additional_residuals are given, the model takes {}",
                                in.downBlockAdditionalResiduals.size(), shapes.size()));
    // One number per channel where the ControlNet pools over the pixels.
    const auto fits = [&](const at::Tensor& tensor, const std::vector<std::int64_t>& shape) {
        return unet::hasShape(tensor, {batch, shape[0], shape[1], shape[2]}) ||
               unet::hasShape(tensor, {batch, shape[0], 1, 1});
    };
    const auto wanted = [&](const std::vector<std::int64_t>& shape) {
        return shapeText(std::vector<std::int64_t>{batch, shape[0], shape[1], shape[2]});
    };
    for (std::size_t i = 0; i < shapes.size(); ++i)
        if (!fits(in.downBlockAdditionalResiduals[i], shapes[i]))
            return unet::badInput(fmt::format("down_block_additional_residuals.{}", i),
                                  in.downBlockAdditionalResiduals[i], wanted(shapes[i]));
    if (!fits(in.midBlockAdditionalResidual, shapes.back()))
        return unet::badInput("mid_block_additional_residual", in.midBlockAdditionalResidual,
                              wanted(shapes.back()));
    return {};
}

}  // namespace atelier
