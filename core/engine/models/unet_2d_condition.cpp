// SPDX-License-Identifier: GPL-3.0-or-later
// The UNet of unet_2d_condition.h: down path, middle, up path with skips (Ronneberger et al. 2015; Rombach et
// al. 2022).
#include "core/engine/models/unet_2d_condition.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/engine/nn/blocks.h"
#include "core/engine/nn/fused_ops.h"
#include "core/weights/safetensors.h"

namespace atelier {
namespace {

using nn::ModuleList;
using nn::ResnetBlock;
using nn::Transformer2D;

// What every step of the up and down paths needs beside its own input.
struct Conditioning {
    at::Tensor activatedTime_BT;  // act(time embedding)
    at::Tensor context_BSD;
    bool checkpointing = false;
};

nn::ResnetOptions resnetOptions(const UNet2DConditionConfig& c, std::int64_t in, std::int64_t out) {
    nn::ResnetOptions o;
    o.in = in;
    o.out = out;
    o.timeWidth = c.timeEmbedWidth();
    o.groups = c.normNumGroups;
    o.eps = c.normEps;
    o.activation = nn::activationFromName(c.actFn);
    o.scaleShift = c.resnetTimeScaleShift == "scale_shift";
    return o;
}

nn::TransformerOptions transformerOptions(const UNet2DConditionConfig& c, std::size_t level,
                                          bool onlyCrossAttention) {
    nn::TransformerOptions o;
    o.channels = c.blockOutChannels[level];
    o.heads = c.attentionHeadDim[level];
    o.layers = c.transformerLayersPerBlock[level];
    o.contextWidth = c.crossAttentionDim[level];
    o.groups = c.normNumGroups;
    o.linearProjection = c.useLinearProjection;
    o.onlyCrossAttention = onlyCrossAttention;
    o.upcast = c.upcastAttention;
    return o;
}

// A residual block and the transformer behind it, if any: the unit of gradient checkpointing.
at::Tensor runLayer(const at::Tensor& x, const at::Tensor& skip, const ResnetBlock& resnet,
                    const Transformer2D* attention, const Conditioning& conditioning) {
    const auto compute = [&resnet,
                          attention](const std::vector<at::Tensor>& in) {  // x, time, context, perhaps a skip
        const at::Tensor h = resnet.forward(in.size() > 3 ? at::cat({in[0], in[3]}, 1) : in[0], in[1]);
        return attention ? attention->forward(h, in[2]) : h;
    };
    std::vector<at::Tensor> inputs{x, conditioning.activatedTime_BT, conditioning.context_BSD};
    if (skip.defined()) inputs.push_back(skip);
    if (!conditioning.checkpointing || !at::GradMode::is_enabled()) return compute(inputs);
    std::vector<at::Tensor> parameters = resnet.parameters();
    if (attention)
        for (const auto& parameter : attention->parameters()) parameters.push_back(parameter);
    return nn::checkpoint(compute, inputs, parameters);
}

// DownBlock2D and CrossAttnDownBlock2D.
class DownBlock : public torch::nn::Module {
  public:
    DownBlock(const UNet2DConditionConfig& c, std::size_t level) {
        const std::int64_t out = c.blockOutChannels[level];
        const std::int64_t in = c.blockOutChannels[level == 0 ? 0 : level - 1];
        resnets_ = register_module("resnets", std::make_shared<ModuleList<ResnetBlock>>());
        if (c.downBlockTypes[level] == "CrossAttnDownBlock2D")
            attentions_ = register_module("attentions", std::make_shared<ModuleList<Transformer2D>>());
        for (int i = 0; i < c.layersPerBlock[level]; ++i) {
            resnets_->add(resnetOptions(c, i == 0 ? in : out, out));
            if (attentions_) attentions_->add(transformerOptions(c, level, c.onlyCrossAttention[level]));
        }
        if (level + 1 < c.blockOutChannels.size()) {
            downsamplers_ = register_module("downsamplers", std::make_shared<ModuleList<nn::Downsample>>());
            downsamplers_->add(out, c.downsamplePadding);
        }
    }

    at::Tensor forward(at::Tensor x, const Conditioning& conditioning, std::vector<at::Tensor>& skips) const {
        for (std::size_t i = 0; i < resnets_->size(); ++i) {
            x = runLayer(x, {}, (*resnets_)[i], attentions_ ? &(*attentions_)[i] : nullptr, conditioning);
            skips.push_back(x);
        }
        if (downsamplers_) skips.push_back(x = (*downsamplers_)[0].forward(x));
        return x;
    }

  private:
    std::shared_ptr<ModuleList<ResnetBlock>> resnets_;
    std::shared_ptr<ModuleList<Transformer2D>> attentions_;
    std::shared_ptr<ModuleList<nn::Downsample>> downsamplers_;
};

// UNetMidBlock2DCrossAttn; UNetMidBlock2D is its first residual block alone.
class MidBlock : public torch::nn::Module {
  public:
    explicit MidBlock(const UNet2DConditionConfig& c) {
        const std::int64_t channels = c.blockOutChannels.back();
        nn::ResnetOptions o = resnetOptions(c, channels, channels);
        o.outputScale = c.midBlockScaleFactor;
        resnets_ = register_module("resnets", std::make_shared<ModuleList<ResnetBlock>>());
        resnets_->add(o);
        if (c.midBlockType != "UNetMidBlock2DCrossAttn") return;
        attentions_ = register_module("attentions", std::make_shared<ModuleList<Transformer2D>>());
        attentions_->add(transformerOptions(c, c.blockOutChannels.size() - 1, false));
        resnets_->add(o);
    }

    at::Tensor forward(const at::Tensor& x, const Conditioning& conditioning) const {
        const at::Tensor h =
            runLayer(x, {}, (*resnets_)[0], attentions_ ? &(*attentions_)[0] : nullptr, conditioning);
        return resnets_->size() > 1 ? runLayer(h, {}, (*resnets_)[1], nullptr, conditioning) : h;
    }

  private:
    std::shared_ptr<ModuleList<ResnetBlock>> resnets_;
    std::shared_ptr<ModuleList<Transformer2D>> attentions_;
};

// UpBlock2D and CrossAttnUpBlock2D; `index` counts from the deepest level.
class UpBlock : public torch::nn::Module {
  public:
    UpBlock(const UNet2DConditionConfig& c, std::size_t index) {
        const std::size_t levels = c.blockOutChannels.size(), level = levels - 1 - index;
        const std::int64_t out = c.blockOutChannels[level];
        const std::int64_t previous = c.blockOutChannels[index == 0 ? level : level + 1];
        const std::int64_t mirror = c.blockOutChannels[level == 0 ? 0 : level - 1];
        const int layers = c.layersPerBlock[level] + 1;
        resnets_ = register_module("resnets", std::make_shared<ModuleList<ResnetBlock>>());
        if (c.upBlockTypes[index] == "CrossAttnUpBlock2D")
            attentions_ = register_module("attentions", std::make_shared<ModuleList<Transformer2D>>());
        for (int i = 0; i < layers; ++i) {
            const std::int64_t skip = i == layers - 1 ? mirror : out;
            resnets_->add(resnetOptions(c, (i == 0 ? previous : out) + skip, out));
            if (attentions_) attentions_->add(transformerOptions(c, level, c.onlyCrossAttention[level]));
        }
        if (level > 0) {
            upsamplers_ = register_module("upsamplers", std::make_shared<ModuleList<nn::Upsample>>());
            upsamplers_->add(out);
        }
    }

    at::Tensor forward(at::Tensor x, const Conditioning& conditioning, std::vector<at::Tensor>& skips) const {
        for (std::size_t i = 0; i < resnets_->size(); ++i) {
            const at::Tensor skip = std::move(skips.back());
            skips.pop_back();
            x = runLayer(x, skip, (*resnets_)[i], attentions_ ? &(*attentions_)[i] : nullptr, conditioning);
        }
        // To the size of the next skip, which is not twice ours where a side was odd.
        if (upsamplers_) x = (*upsamplers_)[0].forward(x, skips.back().size(2), skips.back().size(3));
        return x;
    }

  private:
    std::shared_ptr<ModuleList<ResnetBlock>> resnets_;
    std::shared_ptr<ModuleList<Transformer2D>> attentions_;
    std::shared_ptr<ModuleList<nn::Upsample>> upsamplers_;
};

// linear_1, activation, linear_2.
class EmbeddingMlp : public torch::nn::Module {
  public:
    EmbeddingMlp(std::int64_t in, std::int64_t out, nn::Activation activation) : activation_(activation) {
        first_ = register_module("linear_1", std::make_shared<nn::Linear>(in, out));
        second_ = register_module("linear_2", std::make_shared<nn::Linear>(out, out));
    }
    at::Tensor forward(const at::Tensor& x) const {
        return second_->forward(
            nn::activate(first_->forward(x.to(first_->weight.scalar_type())), activation_));
    }

  private:
    nn::Activation activation_;
    std::shared_ptr<nn::Linear> first_, second_;
};

}  // namespace

struct UNet2DConditionModel::Blocks {
    std::shared_ptr<nn::Conv2d> convIn, convOut;
    std::shared_ptr<EmbeddingMlp> timeEmbedding, addEmbedding;
    std::shared_ptr<nn::Embedding> classEmbedding;
    std::shared_ptr<ModuleList<DownBlock>> down;
    std::shared_ptr<MidBlock> mid;
    std::shared_ptr<ModuleList<UpBlock>> up;
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
    b.timeEmbedding = register_module(
        "time_embedding", std::make_shared<EmbeddingMlp>(first, c.timeEmbedWidth(), b.activation));
    if (c.numClassEmbeds)
        b.classEmbedding = register_module(
            "class_embedding", std::make_shared<nn::Embedding>(*c.numClassEmbeds, c.timeEmbedWidth()));
    if (c.additionEmbedType == "text_time")
        b.addEmbedding = register_module(
            "add_embedding", std::make_shared<EmbeddingMlp>(c.projectionClassEmbeddingsInputDim.value(),
                                                            c.timeEmbedWidth(), nn::Activation::Silu));
    b.down = register_module("down_blocks", std::make_shared<ModuleList<DownBlock>>());
    b.up = register_module("up_blocks", std::make_shared<ModuleList<UpBlock>>());
    for (std::size_t i = 0; i < c.blockOutChannels.size(); ++i) {
        b.down->add(c, i);
        b.up->add(c, i);
    }
    if (!c.midBlockType.empty()) b.mid = register_module("mid_block", std::make_shared<MidBlock>(c));
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
    const std::int64_t batch = in.sample_BCHW.size(0);
    const at::ScalarType type = b.convIn->weight.scalar_type();

    const at::Tensor timesteps_B = in.timestep_B.reshape({-1}).expand({batch}).to(in.sample_BCHW.device());
    at::Tensor time = b.timeEmbedding->forward(nn::timestepEmbedding(
        timesteps_B, config_.blockOutChannels.front(), config_.flipSinToCos, config_.freqShift));
    if (b.classEmbedding) time = time + b.classEmbedding->forward(in.classLabels_B);
    if (b.addEmbedding) {
        const at::Tensor ids =
            nn::timestepEmbedding(in.timeIds_B6.flatten(), config_.additionTimeEmbedDim.value(),
                                  config_.flipSinToCos, config_.freqShift)
                .reshape({batch, -1});
        time = time + b.addEmbedding->forward(
                          at::cat({in.textEmbeds_BP, ids.to(in.textEmbeds_BP.scalar_type())}, 1));
    }
    const Conditioning conditioning{nn::activate(time, b.activation), in.encoderHiddenStates_BSD.to(type),
                                    b.checkpointing};

    at::Tensor x = in.sample_BCHW.to(type);
    if (config_.centerInputSample) x = 2 * x - 1;
    x = b.convIn->forward(x);
    std::vector<at::Tensor> skips{x};
    for (const auto& block : *b.down) x = block->forward(x, conditioning, skips);
    for (std::size_t i = 0; i < in.downBlockAdditionalResiduals.size(); ++i)
        skips[i] = skips[i] + in.downBlockAdditionalResiduals[i];
    if (b.mid) x = b.mid->forward(x, conditioning);
    if (in.midBlockAdditionalResidual.defined()) x = x + in.midBlockAdditionalResidual;
    for (const auto& block : *b.up) x = block->forward(x, conditioning, skips);
    if (b.activation == nn::Activation::Silu) return nn::normSiluConv(x, *b.normOut, *b.convOut);
    return b.convOut->forward(nn::activate(b.normOut->forward(x), b.activation));
}

void UNet2DConditionModel::setGradientCheckpointing(bool enabled) {
    blocks_->checkpointing = enabled;
}

std::vector<std::vector<std::int64_t>> UNet2DConditionModel::skipShapes(std::int64_t height,
                                                                        std::int64_t width) const {
    std::vector<std::vector<std::int64_t>> shapes{{config_.blockOutChannels.front(), height, width}};
    const std::int64_t padding = config_.downsamplePadding == 0 ? 1 : 2 * config_.downsamplePadding;
    for (std::size_t level = 0; level < config_.blockOutChannels.size(); ++level) {
        const std::int64_t channels = config_.blockOutChannels[level];
        for (int i = 0; i < config_.layersPerBlock[level]; ++i) shapes.push_back({channels, height, width});
        if (level + 1 == config_.blockOutChannels.size()) break;
        height = (height + padding - 3) / 2 + 1;
        width = (width + padding - 3) / 2 + 1;
        shapes.push_back({channels, height, width});
    }
    return shapes;
}

Status UNet2DConditionModel::checkInputs(const UNetInputs& in) const {
    const auto bad = [](std::string name, const at::Tensor& tensor, const std::string& wanted) {
        return fail(
            ErrorCode::Model,
            fmt::format("input \"{}\" {}, the model takes {}", name,
                        tensor.defined() ? "has shape " + shapeText(tensor.sizes()) : "is missing", wanted));
    };
    const auto is = [](const at::Tensor& tensor, std::initializer_list<std::int64_t> shape) {
        if (!tensor.defined() || tensor.dim() != static_cast<std::int64_t>(shape.size())) return false;
        std::int64_t axis = 0;
        for (std::int64_t side : shape)
            if (const std::int64_t actual = tensor.size(axis++); side >= 0 ? actual != side : actual < 1)
                return false;
        return true;
    };
    if (!is(in.sample_BCHW, {-1, config_.inChannels, -1, -1}))
        return bad("sample", in.sample_BCHW, fmt::format("[B, {}, h, w]", config_.inChannels));
    const std::int64_t batch = in.sample_BCHW.size(0);
    if (!is(in.timestep_B, {batch})) return bad("timestep", in.timestep_B, fmt::format("[{}]", batch));
    const int width = config_.crossAttentionDim.front();
    if (!is(in.encoderHiddenStates_BSD, {batch, -1, width}))
        return bad("encoder_hidden_states", in.encoderHiddenStates_BSD,
                   fmt::format("[{}, S, {}]", batch, width));
    if (config_.numClassEmbeds) {
        if (!is(in.classLabels_B, {batch}))
            return bad("class_labels", in.classLabels_B, fmt::format("[{}]", batch));
        if (in.classLabels_B.min().item<std::int64_t>() < 0 ||
            in.classLabels_B.max().item<std::int64_t>() >= *config_.numClassEmbeds)
            return fail(ErrorCode::Model, fmt::format("input \"class_labels\" goes beyond 0 to {}",
                                                      *config_.numClassEmbeds - 1));
    } else if (in.classLabels_B.defined()) {
        return fail(ErrorCode::Model,
                    "input \"class_labels\" is given, but the model has no class embedding");
    }
    if (config_.additionEmbedType == "text_time") {
        const std::int64_t text =
            *config_.projectionClassEmbeddingsInputDim - 6 * *config_.additionTimeEmbedDim;
        if (!is(in.textEmbeds_BP, {batch, text}))
            return bad("text_embeds", in.textEmbeds_BP, fmt::format("[{}, {}]", batch, text));
        if (!is(in.timeIds_B6, {batch, 6}))
            return bad("time_ids", in.timeIds_B6, fmt::format("[{}, 6]", batch));
    } else if (in.textEmbeds_BP.defined() || in.timeIds_B6.defined()) {
        return fail(
            ErrorCode::Model,
            "inputs \"text_embeds\" and \"time_ids\" are given, but the model has no addition_embed_type");
    }
    if (in.downBlockAdditionalResiduals.empty() && !in.midBlockAdditionalResidual.defined()) return {};
    const auto shapes = skipShapes(in.sample_BCHW.size(2), in.sample_BCHW.size(3));
    if (in.downBlockAdditionalResiduals.size() != shapes.size())
        return fail(ErrorCode::Model,
                    fmt::format("{} down_block_additional_residuals are given, the model takes {}",
                                in.downBlockAdditionalResiduals.size(), shapes.size()));
    for (std::size_t i = 0; i < shapes.size(); ++i)
        if (!is(in.downBlockAdditionalResiduals[i], {batch, shapes[i][0], shapes[i][1], shapes[i][2]}))
            return bad(fmt::format("down_block_additional_residuals.{}", i),
                       in.downBlockAdditionalResiduals[i],
                       shapeText(std::vector<std::int64_t>{batch, shapes[i][0], shapes[i][1], shapes[i][2]}));
    if (!is(in.midBlockAdditionalResidual, {batch, shapes.back()[0], shapes.back()[1], shapes.back()[2]}))
        return bad("mid_block_additional_residual", in.midBlockAdditionalResidual,
                   shapeText(std::vector<std::int64_t>{batch, shapes.back()[0], shapes.back()[1],
                                                       shapes.back()[2]}));
    return {};
}

}  // namespace atelier
