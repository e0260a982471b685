// SPDX-License-Identifier: GPL-3.0-or-later
// Levels, middle and embeddings of unet_blocks.h (Ronneberger et al. 2015; Rombach et al. 2022; Podell et al.
// 2023 for text and size).
#include "core/engine/models/unet_blocks.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/engine/nn/fused_ops.h"
#include "core/weights/safetensors.h"

namespace atelier::unet {
namespace {

using nn::ModuleList;
using nn::PixelAttention;
using nn::ResnetBlock;

std::shared_ptr<ModuleList<ResnetBlock>> addResnets(torch::nn::Module& block, const Resnets& options) {
    auto list = block.register_module("resnets", std::make_shared<ModuleList<ResnetBlock>>());
    for (const auto& o : options) list->add(o);
    return list;
}

std::shared_ptr<ModuleList<PixelAttention>> addAttentions(torch::nn::Module& block,
                                                          const Attentions& attentions) {
    if (attentions.empty()) return nullptr;
    auto list = block.register_module("attentions", std::make_shared<ModuleList<PixelAttention>>());
    for (const auto& attention : attentions) list->append(attention);
    return list;
}

// A residual block and the attention behind it, if any: the unit of gradient checkpointing.
at::Tensor runLayer(const at::Tensor& x, const at::Tensor& skip, const ResnetBlock& resnet,
                    const PixelAttention* attention, const Conditioning& conditioning) {
    const bool withContext = conditioning.context_BSD.defined();
    const auto compute = [&resnet, attention, withContext](const std::vector<at::Tensor>& in) {
        const std::size_t skipAt = withContext ? 3 : 2;  // x, time, perhaps the context, perhaps a skip
        const at::Tensor h =
            resnet.forward(in.size() > skipAt ? at::cat({in[0], in[skipAt]}, 1) : in[0], in[1]);
        return attention ? attention->forward(h, withContext ? in[2] : at::Tensor()) : h;
    };
    std::vector<at::Tensor> inputs{x, conditioning.activatedTime_BT};
    if (withContext) inputs.push_back(conditioning.context_BSD);
    if (skip.defined()) inputs.push_back(skip);
    if (!conditioning.checkpointing || !at::GradMode::is_enabled()) return compute(inputs);
    std::vector<at::Tensor> parameters = resnet.parameters();
    if (attention)
        for (const auto& parameter : attention->parameters()) parameters.push_back(parameter);
    return nn::checkpoint(compute, inputs, parameters);
}

nn::ResnetOptions resnetOptions(const UNet2DConditionConfig& c, std::int64_t in, std::int64_t out) {
    return nn::resnetOptionsOf(c, in, out, c.blockTimeWidth());
}

std::shared_ptr<PixelAttention> makeTransformer(const UNet2DConditionConfig& c, std::size_t level, int layers,
                                                bool onlyCrossAttention) {
    nn::TransformerOptions o;
    o.channels = c.blockOutChannels[level];
    o.heads = c.attentionHeadDim[level];
    o.layers = layers;
    o.contextWidth = c.crossAttentionDim[level];
    o.groups = c.normNumGroups;
    o.linearProjection = c.useLinearProjection;
    o.onlyCrossAttention = onlyCrossAttention;
    o.upcast = c.upcastAttention;
    if (c.dualCrossAttention) return std::make_shared<nn::DualTransformer2D>(o);
    return std::make_shared<nn::Transformer2D>(o);
}

std::optional<nn::Activation> optionalActivation(const std::string& name) {
    return name.empty() ? std::nullopt : std::optional(nn::activationFromName(name));
}

}  // namespace

DownBlock::DownBlock(const Resnets& resnets, const Attentions& attentions,
                     std::optional<std::int64_t> padding) {
    resnets_ = addResnets(*this, resnets);
    attentions_ = addAttentions(*this, attentions);
    if (!padding) return;
    downsamplers_ = register_module("downsamplers", std::make_shared<ModuleList<nn::Downsample>>());
    downsamplers_->add(resnets.back().out, *padding);
}

at::Tensor DownBlock::forward(at::Tensor x, const Conditioning& conditioning,
                              std::vector<at::Tensor>& skips) const {
    for (std::size_t i = 0; i < resnets_->size(); ++i) {
        x = runLayer(x, {}, (*resnets_)[i], attentions_ ? &(*attentions_)[i] : nullptr, conditioning);
        skips.push_back(x);
    }
    if (downsamplers_) skips.push_back(x = (*downsamplers_)[0].forward(x));
    return x;
}

MidBlock::MidBlock(const Resnets& resnets, const Attentions& attentions) {
    resnets_ = addResnets(*this, resnets);
    attentions_ = addAttentions(*this, attentions);
}

at::Tensor MidBlock::forward(const at::Tensor& x, const Conditioning& conditioning) const {
    at::Tensor h = x;
    for (std::size_t i = 0; i < resnets_->size(); ++i) {
        const bool attends = attentions_ && i < attentions_->size();
        h = runLayer(h, {}, (*resnets_)[i], attends ? &(*attentions_)[i] : nullptr, conditioning);
    }
    return h;
}

UpBlock::UpBlock(const Resnets& resnets, const Attentions& attentions, bool upsample) {
    resnets_ = addResnets(*this, resnets);
    attentions_ = addAttentions(*this, attentions);
    if (!upsample) return;
    upsamplers_ = register_module("upsamplers", std::make_shared<ModuleList<nn::Upsample>>());
    upsamplers_->add(resnets.back().out);
}

at::Tensor UpBlock::forward(at::Tensor x, const Conditioning& conditioning,
                            std::vector<at::Tensor>& skips) const {
    for (std::size_t i = 0; i < resnets_->size(); ++i) {
        const at::Tensor skip = std::move(skips.back());
        skips.pop_back();
        x = runLayer(x, skip, (*resnets_)[i], attentions_ ? &(*attentions_)[i] : nullptr, conditioning);
    }
    // To the size of the next skip, which is not twice ours where a side was odd.
    if (upsamplers_) x = (*upsamplers_)[0].forward(x, skips.back().size(2), skips.back().size(3));
    return x;
}

std::vector<std::int64_t> upInputWidths(const std::vector<int>& channels, std::size_t index, int layers) {
    const std::size_t level = channels.size() - 1 - index;
    const std::int64_t own = channels[level], below = channels[index == 0 ? level : level + 1],
                       mirror = channels[level == 0 ? 0 : level - 1];
    std::vector<std::int64_t> widths;
    for (int i = 0; i < layers; ++i)
        widths.push_back((i == 0 ? below : own) + (i == layers - 1 ? mirror : own));
    return widths;
}

EmbeddingMlp::EmbeddingMlp(std::int64_t in, std::int64_t out, nn::Activation activation,
                           std::optional<nn::Activation> behind, std::optional<int> conditionWidth)
    : activation_(activation), behind_(behind) {
    first_ = register_module("linear_1", std::make_shared<nn::Linear>(in, out));
    if (conditionWidth)
        condition_ = register_module("cond_proj", std::make_shared<nn::Linear>(*conditionWidth, in, false));
    second_ = register_module("linear_2", std::make_shared<nn::Linear>(out, out));
}

at::Tensor EmbeddingMlp::forward(const at::Tensor& x, const at::Tensor& condition) const {
    const auto type = first_->weight.scalar_type();
    at::Tensor in = x.to(type);
    if (condition_ && condition.defined()) in = in + condition_->forward(condition.to(type));
    const at::Tensor out = second_->forward(nn::activate(first_->forward(in), activation_));
    return behind_ ? nn::activate(out, *behind_) : out;
}

Embeddings::Embeddings(torch::nn::Module& model, const UNet2DConditionConfig& config, bool controlNet)
    : config_(config) {
    const auto& c = config_;
    const int first = c.blockOutChannels.front(), width = c.timeEmbedWidth();
    const nn::Activation activation = nn::activationFromName(c.actFn);
    time_ = model.register_module(
        "time_embedding",
        std::make_shared<EmbeddingMlp>(first, width, activation, optionalActivation(c.timestepPostAct),
                                       c.timeCondProjDim));
    if (c.encoderHidDim)
        context_ = model.register_module(
            "encoder_hid_proj", std::make_shared<nn::Linear>(*c.encoderHidDim, c.crossAttentionDim.front()));
    const char* name = "class_embedding";
    if (c.classEmbedType == "timestep")  // ControlNetModel does not hand its activation on
        classMlp_ = model.register_module(
            name,
            std::make_shared<EmbeddingMlp>(first, width, controlNet ? nn::Activation::Silu : activation));
    else if (c.classEmbedType == "projection")
        classMlp_ = model.register_module(
            name, std::make_shared<EmbeddingMlp>(c.projectionClassEmbeddingsInputDim.value(), width));
    else if (c.classEmbedType == "simple_projection")
        classLinear_ = model.register_module(
            name, std::make_shared<nn::Linear>(c.projectionClassEmbeddingsInputDim.value(), width));
    else if (c.classEmbedType.empty() && c.numClassEmbeds)
        classTable_ = model.register_module(name, std::make_shared<nn::Embedding>(*c.numClassEmbeds, width));
    if (c.additionEmbedType == "text_time")
        add_ = model.register_module(
            "add_embedding",
            std::make_shared<EmbeddingMlp>(c.projectionClassEmbeddingsInputDim.value(), width));
}

at::Tensor Embeddings::classEmbedding(const at::Tensor& labels) const {
    if (classTable_) return classTable_->forward(labels);
    if (classLinear_) return classLinear_->forward(labels.to(classLinear_->weight.scalar_type()));
    if (!classMlp_) return labels;  // identity
    if (config_.classEmbedType != "timestep") return classMlp_->forward(labels);
    return classMlp_->forward(nn::timestepEmbedding(labels, config_.blockOutChannels.front(),
                                                    config_.flipSinToCos, config_.freqShift));
}

Conditioning Embeddings::forward(const UNetInputs& in, at::ScalarType type) const {
    const auto& c = config_;
    const std::int64_t batch = in.sample_BCHW.size(0);
    const at::Tensor timesteps_B = in.timestep_B.reshape({-1}).expand({batch}).to(in.sample_BCHW.device());
    at::Tensor time = time_->forward(
        nn::timestepEmbedding(timesteps_B, c.blockOutChannels.front(), c.flipSinToCos, c.freqShift),
        in.timestepCond_BW);
    if (c.takesClassLabels()) {
        const at::Tensor label = classEmbedding(in.classLabels_B).to(time.scalar_type());
        time = c.classEmbeddingsConcat ? at::cat({time, label}, 1) : time + label;
    }
    if (add_) {
        const at::Tensor ids = nn::timestepEmbedding(in.timeIds_B6.flatten(), c.additionTimeEmbedDim.value(),
                                                     c.flipSinToCos, c.freqShift)
                                   .reshape({batch, -1});
        time = time + add_->forward(at::cat({in.textEmbeds_BP, ids.to(in.textEmbeds_BP.scalar_type())}, 1));
    }
    if (const auto activation = optionalActivation(c.timeEmbeddingActFn))
        time = nn::activate(time, *activation);
    const at::Tensor context = in.encoderHiddenStates_BSD.to(type);
    return {nn::activate(time, nn::activationFromName(c.actFn)),
            context_ ? context_->forward(context) : context, false};
}

std::shared_ptr<DownBlock> makeDownBlock(const UNet2DConditionConfig& c, std::size_t level) {
    const std::int64_t out = c.blockOutChannels[level];
    Resnets resnets;
    Attentions attentions;
    for (int i = 0; i < c.layersPerBlock[level]; ++i) {
        resnets.push_back(
            resnetOptions(c, i == 0 ? c.blockOutChannels[level == 0 ? 0 : level - 1] : out, out));
        if (c.downBlockTypes[level] == "CrossAttnDownBlock2D")
            attentions.push_back(makeTransformer(c, level,
                                                 c.downTransformerLayers(level, static_cast<std::size_t>(i)),
                                                 c.onlyCrossAttention[level]));
    }
    const bool last = level + 1 == c.blockOutChannels.size();
    return std::make_shared<DownBlock>(
        resnets, attentions, last ? std::nullopt : std::optional<std::int64_t>(c.downsamplePadding));
}

std::shared_ptr<MidBlock> makeMidBlock(const UNet2DConditionConfig& c) {
    const std::int64_t channels = c.blockOutChannels.back();
    nn::ResnetOptions o = resnetOptions(c, channels, channels);
    o.outputScale = c.midBlockScaleFactor;
    if (c.midBlockType != "UNetMidBlock2DCrossAttn")
        return std::make_shared<MidBlock>(Resnets{o}, Attentions{});
    return std::make_shared<MidBlock>(Resnets{o, o},
                                      Attentions{makeTransformer(c, c.blockOutChannels.size() - 1,
                                                                 c.transformerLayersPerBlock.back(), false)});
}

std::shared_ptr<UpBlock> makeUpBlock(const UNet2DConditionConfig& c, std::size_t index) {
    const std::size_t level = c.blockOutChannels.size() - 1 - index;
    const auto widths = upInputWidths(c.blockOutChannels, index, c.layersPerBlock[level] + 1);
    Resnets resnets;
    Attentions attentions;
    for (std::size_t i = 0; i < widths.size(); ++i) {
        resnets.push_back(resnetOptions(c, widths[i], c.blockOutChannels[level]));
        if (c.upBlockTypes[index] == "CrossAttnUpBlock2D")
            attentions.push_back(
                makeTransformer(c, level, c.upTransformerLayers(index, i), c.onlyCrossAttention[level]));
    }
    return std::make_shared<UpBlock>(resnets, attentions, level > 0);
}

std::vector<std::vector<std::int64_t>> skipShapes(const UNet2DConditionConfig& c, std::int64_t height,
                                                  std::int64_t width) {
    std::vector<std::vector<std::int64_t>> shapes{{c.blockOutChannels.front(), height, width}};
    const std::int64_t padding = c.downsamplePadding == 0 ? 1 : 2 * c.downsamplePadding;
    for (std::size_t level = 0; level < c.blockOutChannels.size(); ++level) {
        const std::int64_t channels = c.blockOutChannels[level];
        for (int i = 0; i < c.layersPerBlock[level]; ++i) shapes.push_back({channels, height, width});
        if (level + 1 == c.blockOutChannels.size()) break;
        height = (height + padding - 3) / 2 + 1;
        width = (width + padding - 3) / 2 + 1;
        shapes.push_back({channels, height, width});
    }
    return shapes;
}

bool hasShape(const at::Tensor& tensor, const std::vector<std::int64_t>& shape) {
    if (!tensor.defined() || tensor.dim() != static_cast<std::int64_t>(shape.size())) return false;
    std::int64_t axis = 0;
    for (std::int64_t side : shape)
        if (const std::int64_t actual = tensor.size(axis++); side >= 0 ? actual != side : actual < 1)
            return false;
    return true;
}

Status badInput(const std::string& name, const at::Tensor& tensor, const std::string& wanted) {
    return fail(
        ErrorCode::Model,
        fmt::format("input \"{}\" {}, the model takes {}", name,
                    tensor.defined() ? "has shape " + shapeText(tensor.sizes()) : "is missing", wanted));
}

namespace {

Status checkClassLabels(const UNet2DConditionConfig& c, const at::Tensor& labels, std::int64_t batch) {
    if (!c.takesClassLabels()) {
        if (!labels.defined()) return {};
        return fail(ErrorCode::Model,
                    "input \"class_labels\" is given, but the model has no class embedding");
    }
    std::vector<std::int64_t> shape{batch};
    if (c.classEmbedType == "identity") shape.push_back(c.timeEmbedWidth());
    if (c.classEmbedType == "projection" || c.classEmbedType == "simple_projection")
        shape.push_back(*c.projectionClassEmbeddingsInputDim);
    if (!hasShape(labels, shape)) return badInput("class_labels", labels, shapeText(shape));
    if (!c.classEmbedType.empty()) return {};
    if (labels.scalar_type() != at::kLong)
        return fail(ErrorCode::Model, "input \"class_labels\" must hold whole numbers (I64)");
    if (labels.min().item<std::int64_t>() < 0 || labels.max().item<std::int64_t>() >= *c.numClassEmbeds)
        return fail(ErrorCode::Model,
                    fmt::format("input \"class_labels\" goes beyond 0 to {}", *c.numClassEmbeds - 1));
    return {};
}

}  // namespace

Status checkInputs(const UNet2DConditionConfig& c, const UNetInputs& in) {
    if (!hasShape(in.sample_BCHW, {-1, c.inChannels, -1, -1}))
        return badInput("sample", in.sample_BCHW, fmt::format("[B, {}, h, w]", c.inChannels));
    const std::int64_t batch = in.sample_BCHW.size(0);
    if (!hasShape(in.timestep_B, {batch}))
        return badInput("timestep", in.timestep_B, fmt::format("[{}]", batch));
    if (!hasShape(in.encoderHiddenStates_BSD, {batch, -1, c.contextWidth()}))
        return badInput("encoder_hidden_states", in.encoderHiddenStates_BSD,
                        fmt::format("[{}, S, {}]", batch, c.contextWidth()));
    ATELIER_DO(checkClassLabels(c, in.classLabels_B, batch));
    if (in.timestepCond_BW.defined() &&
        (!c.timeCondProjDim || !hasShape(in.timestepCond_BW, {batch, *c.timeCondProjDim})))
        return badInput("timestep_cond", in.timestepCond_BW,
                        c.timeCondProjDim ? fmt::format("[{}, {}]", batch, *c.timeCondProjDim) : "none");
    if (c.additionEmbedType == "text_time") {
        const std::int64_t text = *c.projectionClassEmbeddingsInputDim;
        const auto numbers = in.timeIds_B6.defined() && in.timeIds_B6.dim() == 2 ? in.timeIds_B6.size(1) : 6;
        if (!hasShape(in.textEmbeds_BP, {batch, text - numbers * *c.additionTimeEmbedDim}))
            return badInput("text_embeds", in.textEmbeds_BP,
                            fmt::format("[{}, {}]", batch, text - numbers * *c.additionTimeEmbedDim));
        if (!hasShape(in.timeIds_B6, {batch, -1}))
            return badInput("time_ids", in.timeIds_B6, fmt::format("[{}, 6]", batch));
    } else if (in.textEmbeds_BP.defined() || in.timeIds_B6.defined()) {
        return fail(
            ErrorCode::Model,
            "inputs \"text_embeds\" and \"time_ids\" are given, but the model has no addition_embed_type");
    }
    return {};
}

}  // namespace atelier::unet
