// SPDX-License-Identifier: GPL-3.0-or-later
// The unconditional UNet of unet_2d.h.
#include "core/engine/models/unet_2d.h"

#include <ATen/ATen.h>

#include "core/engine/models/unet_blocks.h"
#include "core/engine/nn/fused_ops.h"

namespace atelier {
namespace {

using nn::ModuleList;

nn::ResnetOptions resnetOptions(const UNet2DConfig& c, std::int64_t in, std::int64_t out) {
    return nn::resnetOptionsOf(c, in, out, c.timeEmbedWidth());
}

std::shared_ptr<nn::PixelAttention> makeAttention(const UNet2DConfig& c, std::int64_t channels, int groups,
                                                  double outputScale) {
    return std::make_shared<nn::SpatialAttention>(
        channels, groups, c.normEps, channels / c.attentionHeadDim.value_or(static_cast<int>(channels)),
        outputScale);
}

std::shared_ptr<unet::DownBlock> makeDown(const UNet2DConfig& c, std::size_t level) {
    const int out = c.blockOutChannels[level], in = c.blockOutChannels[level == 0 ? 0 : level - 1];
    unet::Resnets resnets;
    unet::Attentions attentions;
    for (int i = 0; i < c.layersPerBlock; ++i) {
        resnets.push_back(resnetOptions(c, i == 0 ? in : out, out));
        if (c.downBlockTypes[level] == "AttnDownBlock2D")
            attentions.push_back(makeAttention(c, out, c.normNumGroups, 1));
    }
    const bool last = level + 1 == c.blockOutChannels.size();
    return std::make_shared<unet::DownBlock>(
        resnets, attentions, last ? std::nullopt : std::optional<std::int64_t>(c.downsamplePadding));
}

std::shared_ptr<unet::MidBlock> makeMid(const UNet2DConfig& c) {
    const int channels = c.blockOutChannels.back();
    nn::ResnetOptions o = resnetOptions(c, channels, channels);
    o.outputScale = c.midBlockScaleFactor;
    unet::Attentions attentions;
    if (c.addAttention)
        attentions.push_back(makeAttention(c, channels,
                                           c.attnNormNumGroups.value_or(o.scaleShift ? 0 : c.normNumGroups),
                                           c.midBlockScaleFactor));
    return std::make_shared<unet::MidBlock>(unet::Resnets{o, o}, attentions);
}

std::shared_ptr<unet::UpBlock> makeUp(const UNet2DConfig& c, std::size_t index) {
    const std::size_t level = c.blockOutChannels.size() - 1 - index;
    unet::Resnets resnets;
    unet::Attentions attentions;
    for (const std::int64_t in : unet::upInputWidths(c.blockOutChannels, index, c.layersPerBlock + 1)) {
        resnets.push_back(resnetOptions(c, in, c.blockOutChannels[level]));
        if (c.upBlockTypes[index] == "AttnUpBlock2D")
            attentions.push_back(makeAttention(c, c.blockOutChannels[level], c.normNumGroups, 1));
    }
    return std::make_shared<unet::UpBlock>(resnets, attentions, level > 0);
}

}  // namespace

struct UNet2DModel::Blocks {
    std::shared_ptr<nn::Conv2d> convIn, convOut;
    std::shared_ptr<nn::Embedding> timeTable, classTable;
    std::shared_ptr<unet::EmbeddingMlp> timeEmbedding, classMlp;
    std::shared_ptr<ModuleList<unet::DownBlock>> down;
    std::shared_ptr<unet::MidBlock> mid;
    std::shared_ptr<ModuleList<unet::UpBlock>> up;
    std::shared_ptr<nn::GroupNorm> normOut;
    bool checkpointing = false;
};

UNet2DModel::UNet2DModel(const UNet2DConfig& config) : config_(config), blocks_(std::make_unique<Blocks>()) {
    const auto& c = config_;
    Blocks& b = *blocks_;
    const int first = c.blockOutChannels.front(), width = c.timeEmbedWidth();
    b.convIn = register_module("conv_in", std::make_shared<nn::Conv2d>(c.inChannels, first, 3, 1, 1));
    if (c.timeEmbeddingType == "learned")
        b.timeTable =
            register_module("time_proj", std::make_shared<nn::Embedding>(c.numTrainTimesteps.value(), first));
    b.timeEmbedding = register_module("time_embedding", std::make_shared<unet::EmbeddingMlp>(first, width));
    if (c.classEmbedType == "timestep")
        b.classMlp = register_module("class_embedding", std::make_shared<unet::EmbeddingMlp>(first, width));
    else if (c.classEmbedType.empty() && c.numClassEmbeds)
        b.classTable =
            register_module("class_embedding", std::make_shared<nn::Embedding>(*c.numClassEmbeds, width));
    b.down = register_module("down_blocks", std::make_shared<ModuleList<unet::DownBlock>>());
    b.up = register_module("up_blocks", std::make_shared<ModuleList<unet::UpBlock>>());
    for (std::size_t i = 0; i < c.blockOutChannels.size(); ++i) {
        b.down->append(makeDown(c, i));
        b.up->append(makeUp(c, i));
    }
    if (!c.midBlockType.empty()) b.mid = register_module("mid_block", makeMid(c));
    b.normOut =
        register_module("conv_norm_out", std::make_shared<nn::GroupNorm>(c.normNumGroups, first, c.normEps));
    b.convOut = register_module("conv_out", std::make_shared<nn::Conv2d>(first, c.outChannels, 3, 1, 1));
}

UNet2DModel::~UNet2DModel() = default;

at::Tensor UNet2DModel::timeFeatures(const at::Tensor& numbers_B) const {
    if (blocks_->timeTable) return blocks_->timeTable->forward(numbers_B);
    return nn::timestepEmbedding(numbers_B, config_.blockOutChannels.front(), config_.flipSinToCos,
                                 config_.freqShift);
}

at::Tensor UNet2DModel::forward(const at::Tensor& sample_BCHW, const at::Tensor& timestep_B,
                                const at::Tensor& classLabels_B) {
    const Blocks& b = *blocks_;
    const at::ScalarType type = b.convIn->weight.scalar_type();
    at::Tensor time = b.timeEmbedding->forward(
        timeFeatures(timestep_B.reshape({-1}).expand({sample_BCHW.size(0)}).to(sample_BCHW.device())));
    if (b.classTable)
        time = time + b.classTable->forward(classLabels_B);
    else if (b.classMlp)
        time = time + b.classMlp->forward(timeFeatures(classLabels_B));
    else if (config_.classEmbedType == "identity")
        time = time + classLabels_B.to(type);
    const unet::Conditioning conditioning{
        nn::activate(time, nn::activationFromName(config_.actFn)), {}, b.checkpointing};
    at::Tensor x = sample_BCHW.to(type);
    if (config_.centerInputSample) x = 2 * x - 1;
    x = b.convIn->forward(x);
    std::vector<at::Tensor> skips{x};
    for (const auto& block : *b.down) x = block->forward(x, conditioning, skips);
    if (b.mid) x = b.mid->forward(x, conditioning);
    for (const auto& block : *b.up) x = block->forward(x, conditioning, skips);
    return nn::normSiluConv(x, *b.normOut, *b.convOut);
}

void UNet2DModel::setGradientCheckpointing(bool enabled) {
    blocks_->checkpointing = enabled;
}

}  // namespace atelier
