// SPDX-License-Identifier: GPL-3.0-or-later
// config.json of UNet2DConditionModel, and of ControlNetModel, which has the keys of the UNet's first half.
#include <algorithm>

#include "core/config/architecture_reader.h"
#include "core/config/architectures.h"

namespace atelier {

using namespace architectures;

namespace {

// Values of the reference classes that this engine does not compute, but for the default.
struct Fixed {
    const char* key;
    Json value;
    const char* why;
};
const std::vector<Fixed>& unetFixed() {
    static const std::vector<Fixed> list{
        {"num_attention_heads", nullptr,
         "The reference class refuses it too: attention_head_dim gives the number of heads."},
        {"time_embedding_type", "positional", "Fourier features belong to networks in continuous time."},
        {"attention_type", "default", "Gated attention belongs to GLIGEN."},
        {"dropout", 0.0, "The networks of this family are trained without dropout inside."}};
    return list;
}
// Keys that only blocks read which are refused by name (ResnetDownsampleBlock2D, SimpleCrossAttn…): whatever
// they say is kept, and these are their defaults.
const std::map<std::string, Json>& unetIgnored() {
    static const std::map<std::string, Json> map{{"resnet_skip_time_act", false},
                                                 {"resnet_out_scale_factor", 1.0},
                                                 {"cross_attention_norm", nullptr},
                                                 {"mid_block_only_cross_attention", nullptr},
                                                 {"addition_embed_type_num_heads", 64}};
    return map;
}

// The keys of both classes.
void readEncoderHalf(ConfigReader& r, UNet2DConditionConfig& c, bool controlNet) {
    r.integer("in_channels", c.inChannels, 1, kMaxChannels);
    r.boolean("flip_sin_to_cos", c.flipSinToCos);
    r.number("freq_shift", c.freqShift);
    r.names("down_block_types", c.downBlockTypes, {"CrossAttnDownBlock2D", "DownBlock2D"});
    std::vector<std::string> middles{"UNetMidBlock2DCrossAttn", "UNetMidBlock2D"};
    if (r.isNull("mid_block_type")) c.midBlockType = "";
    r.choice("mid_block_type", c.midBlockType, controlNet ? middles : orNull(middles));
    r.integers("block_out_channels", c.blockOutChannels, 1, kMaxChannels);
    const std::size_t levels = c.blockOutChannels.size();
    r.perLevel("only_cross_attention", c.onlyCrossAttention, levels);
    r.perLevel("layers_per_block", c.layersPerBlock, levels, 1, kMaxLayers);
    r.integer("downsample_padding", c.downsamplePadding, 0, 1);
    r.number("mid_block_scale_factor", c.midBlockScaleFactor);
    r.choice("act_fn", c.actFn, kActivations);
    if (r.isNull("norm_num_groups"))
        r.refuse("norm_num_groups", "is null; the residual blocks need group norms", "");
    r.integer("norm_num_groups", c.normNumGroups, 1, kMaxChannels);
    r.number("norm_eps", c.normEps);
    r.perLevel("cross_attention_dim", c.crossAttentionDim, levels, 1, kMaxChannels);
    if (r.nested("transformer_layers_per_block") && !controlNet) {
        r.nestedIntegers("transformer_layers_per_block", c.transformerLayersPerAttention, levels, 1,
                         kMaxLayers);
        c.transformerLayersPerBlock.clear();
        for (const auto& level : c.transformerLayersPerAttention)
            c.transformerLayersPerBlock.push_back(level.empty() ? 1 : level.front());
    } else {
        r.perLevel("transformer_layers_per_block", c.transformerLayersPerBlock, levels, 1, kMaxLayers);
    }
    r.integer("encoder_hid_dim", c.encoderHidDim, 1, kMaxChannels);
    std::string projection = c.encoderHidDim ? "text_proj" : "";
    r.choice("encoder_hid_dim_type", projection, {"text_proj", ""});
    if (!projection.empty() && !c.encoderHidDim)
        r.refuse("encoder_hid_dim_type", "is text_proj without encoder_hid_dim", "");
    r.perLevel("attention_head_dim", c.attentionHeadDim, levels, 1, kMaxChannels);
    r.boolean("use_linear_projection", c.useLinearProjection);
    std::vector<std::string> classes{"timestep", "identity", "projection"};
    if (!controlNet) classes.emplace_back("simple_projection");
    r.choice("class_embed_type", c.classEmbedType, orNull(classes));
    r.integer("num_class_embeds", c.numClassEmbeds, 1, 1 << 24);
    r.choice("addition_embed_type", c.additionEmbedType, {"text_time", ""});
    r.integer("addition_time_embed_dim", c.additionTimeEmbedDim, 2, kMaxChannels);
    r.integer("projection_class_embeddings_input_dim", c.projectionClassEmbeddingsInputDim, 1, 1 << 20);
    r.boolean("upcast_attention", c.upcastAttention);
    r.choice("resnet_time_scale_shift", c.resnetTimeScaleShift, {"default", "scale_shift"});
}

Json encoderHalfJson(const UNet2DConditionConfig& c) {
    return {{"in_channels", c.inChannels},
            {"flip_sin_to_cos", c.flipSinToCos},
            {"freq_shift", wholeNumber(c.freqShift)},
            {"down_block_types", c.downBlockTypes},
            {"mid_block_type", nullIfEmpty(c.midBlockType)},
            {"only_cross_attention", numberOrList(c.onlyCrossAttention)},
            {"block_out_channels", c.blockOutChannels},
            {"layers_per_block", numberOrList(c.layersPerBlock)},
            {"downsample_padding", c.downsamplePadding},
            {"mid_block_scale_factor", c.midBlockScaleFactor},
            {"act_fn", c.actFn},
            {"norm_num_groups", c.normNumGroups},
            {"norm_eps", c.normEps},
            {"cross_attention_dim", numberOrList(c.crossAttentionDim)},
            {"transformer_layers_per_block", c.transformerLayersPerAttention.empty()
                                                 ? numberOrList(c.transformerLayersPerBlock)
                                                 : nestedJson(c.transformerLayersPerAttention)},
            {"encoder_hid_dim", optionalJson(c.encoderHidDim)},
            {"encoder_hid_dim_type", c.encoderHidDim ? Json("text_proj") : Json(nullptr)},
            {"attention_head_dim", numberOrList(c.attentionHeadDim)},
            {"num_attention_heads", nullptr},
            {"use_linear_projection", c.useLinearProjection},
            {"class_embed_type", nullIfEmpty(c.classEmbedType)},
            {"num_class_embeds", optionalJson(c.numClassEmbeds)},
            {"addition_embed_type", nullIfEmpty(c.additionEmbedType)},
            {"addition_time_embed_dim", optionalJson(c.additionTimeEmbedDim)},
            {"projection_class_embeddings_input_dim", optionalJson(c.projectionClassEmbeddingsInputDim)},
            {"upcast_attention", c.upcastAttention},
            {"resnet_time_scale_shift", c.resnetTimeScaleShift}};
}

void checkHeads(ConfigReader& r, const UNet2DConditionConfig& c) {
    const std::size_t levels = c.blockOutChannels.size();
    for (std::size_t i = 0; i < levels; ++i) {
        const bool attends =
            c.downBlockTypes[i] == "CrossAttnDownBlock2D" ||
            (c.upBlockTypes.size() == levels && c.upBlockTypes[levels - 1 - i] == "CrossAttnUpBlock2D") ||
            (i + 1 == levels && c.midBlockType == "UNetMidBlock2DCrossAttn");
        if (attends && c.blockOutChannels[i] % c.attentionHeadDim[i] != 0)
            r.refuse(
                "attention_head_dim",
                fmt::format("is {} (the number of heads), which does not divide the {} channels of level {}",
                            c.attentionHeadDim[i], c.blockOutChannels[i], i),
                "");
    }
}

void checkEmbeddings(ConfigReader& r, const UNet2DConditionConfig& c) {
    const std::string& kind = c.classEmbedType;
    if ((kind == "projection" || kind == "simple_projection") && !c.projectionClassEmbeddingsInputDim)
        r.refuse("class_embed_type", "is " + kind + " without projection_class_embeddings_input_dim", "");
    if (!c.additionEmbedType.empty() && (!c.additionTimeEmbedDim || !c.projectionClassEmbeddingsInputDim))
        r.refuse("addition_embed_type",
                 "is text_time without addition_time_embed_dim or projection_class_embeddings_input_dim", "");
    if (c.classEmbeddingsConcat && !c.takesClassLabels())
        r.refuse("class_embeddings_concat", "is true without a class embedding", "");
    if (c.classEmbeddingsConcat && !c.additionEmbedType.empty())
        r.refuse("class_embeddings_concat", "is true beside addition_embed_type",
                 "The widths of the two embeddings differ then, in the reference class too.");
    const auto& widths = c.crossAttentionDim;
    if (c.encoderHidDim && std::ranges::any_of(widths, [&](int width) { return width != widths.front(); }))
        r.refuse("encoder_hid_dim", "is given beside several cross_attention_dim", "");
    if (c.blockOutChannels.front() % 2 != 0)
        r.refuse("block_out_channels", "starts with an odd number; the timestep embedding needs an even one",
                 "");
}

// Attentions of a level on the way down, or up (one more).
void checkLayers(ConfigReader& r, const char* key, const std::vector<std::vector<int>>& layers,
                 const std::vector<int>& resnets, int more, bool reversed) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const auto wanted = static_cast<std::size_t>(resnets[reversed ? resnets.size() - 1 - i : i] + more);
        if (layers[i].size() != 1 && layers[i].size() != wanted)
            r.refuse(key,
                     fmt::format("has {} numbers in entry {}, whose block has {} attentions",
                                 layers[i].size(), i, wanted),
                     "One number, or one per attention.");
    }
}

}  // namespace

int UNet2DConditionConfig::downTransformerLayers(std::size_t level, std::size_t attention) const {
    if (transformerLayersPerAttention.empty()) return transformerLayersPerBlock[level];
    const auto& list = transformerLayersPerAttention[level];
    return list.size() == 1 ? list.front() : list[attention];
}

int UNet2DConditionConfig::upTransformerLayers(std::size_t index, std::size_t attention) const {
    if (reverseTransformerLayersPerBlock.empty())
        return transformerLayersPerBlock[blockOutChannels.size() - 1 - index];
    const auto& list = reverseTransformerLayersPerBlock[index];
    return list.size() == 1 ? list.front() : list[attention];
}

Result<UNet2DConditionConfig> unet2DConditionConfigFromJson(const Json& json, const std::string& where) {
    UNet2DConditionConfig c;
    ConfigReader r(json, where, "UNet2DConditionModel");
    readEncoderHalf(r, c, false);
    r.integers("sample_size", c.sampleSize, 1, kMaxChannels);
    r.integer("out_channels", c.outChannels, 1, kMaxChannels);
    r.boolean("center_input_sample", c.centerInputSample);
    r.names("up_block_types", c.upBlockTypes, {"CrossAttnUpBlock2D", "UpBlock2D"});
    const std::size_t levels = c.blockOutChannels.size();
    r.nestedIntegers("reverse_transformer_layers_per_block", c.reverseTransformerLayersPerBlock, levels, 1,
                     kMaxLayers);
    r.boolean("dual_cross_attention", c.dualCrossAttention);
    r.integer("time_embedding_dim", c.timeEmbeddingDim, 1, 1 << 20);
    r.choice("time_embedding_act_fn", c.timeEmbeddingActFn, orNull(kActivations));
    r.choice("timestep_post_act", c.timestepPostAct, orNull(kActivations));
    r.integer("time_cond_proj_dim", c.timeCondProjDim, 1, kMaxChannels);
    r.boolean("class_embeddings_concat", c.classEmbeddingsConcat);
    r.integer("conv_in_kernel", c.convInKernel, 1, 31);
    r.integer("conv_out_kernel", c.convOutKernel, 1, 31);
    for (const auto& [key, value, why] : unetFixed()) r.only(key, value, why);
    if (c.convInKernel % 2 == 0) r.refuse("conv_in_kernel", "must be odd", "");
    if (c.convOutKernel % 2 == 0) r.refuse("conv_out_kernel", "must be odd", "");
    checkLevels(r, c.blockOutChannels, c.downBlockTypes, c.upBlockTypes);
    if (!r.failed()) {
        checkGroups(r, c.blockOutChannels, c.normNumGroups);
        checkHeads(r, c);
        checkEmbeddings(r, c);
        checkLayers(r, "transformer_layers_per_block", c.transformerLayersPerAttention, c.layersPerBlock, 0,
                    false);
        checkLayers(r, "reverse_transformer_layers_per_block", c.reverseTransformerLayersPerBlock,
                    c.layersPerBlock, 1, true);
        if (!c.transformerLayersPerAttention.empty() && c.reverseTransformerLayersPerBlock.empty())
            r.refuse("transformer_layers_per_block",
                     "is a list of lists without reverse_transformer_layers_per_block",
                     "The way up has one attention more than the way down and needs its own list.");
    }
    if (r.failed()) return fail(r.error());
    auto known = keysOf(toJson(UNet2DConditionConfig{}));
    for (const auto& [key, value] : unetIgnored()) known.erase(key);
    c.extra = r.extra(known);
    return c;
}

Json toJson(const UNet2DConditionConfig& c) {
    Json j = encoderHalfJson(c);
    j.update({{"sample_size", numberOrList(c.sampleSize)},
              {"out_channels", c.outChannels},
              {"center_input_sample", c.centerInputSample},
              {"up_block_types", c.upBlockTypes},
              {"reverse_transformer_layers_per_block", c.reverseTransformerLayersPerBlock.empty()
                                                           ? Json(nullptr)
                                                           : nestedJson(c.reverseTransformerLayersPerBlock)},
              {"dual_cross_attention", c.dualCrossAttention},
              {"time_embedding_dim", optionalJson(c.timeEmbeddingDim)},
              {"time_embedding_act_fn", nullIfEmpty(c.timeEmbeddingActFn)},
              {"timestep_post_act", nullIfEmpty(c.timestepPostAct)},
              {"time_cond_proj_dim", optionalJson(c.timeCondProjDim)},
              {"class_embeddings_concat", c.classEmbeddingsConcat},
              {"conv_in_kernel", c.convInKernel},
              {"conv_out_kernel", c.convOutKernel}});
    for (const auto& [key, value, why] : unetFixed()) j[key] = value;
    for (const auto& [key, value] : unetIgnored()) j[key] = c.extra.contains(key) ? c.extra[key] : value;
    return withExtra(std::move(j), c.extra, "UNet2DConditionModel");
}

Result<ControlNetConfig> controlNetConfigFromJson(const Json& json, const std::string& where) {
    ControlNetConfig c;
    ConfigReader r(json, where, "ControlNetModel");
    readEncoderHalf(r, c.unet, true);
    c.unet.upBlockTypes.assign(c.unet.blockOutChannels.size(), "");
    const auto& layers = c.unet.layersPerBlock;
    if (std::adjacent_find(layers.begin(), layers.end(), std::not_equal_to<>()) != layers.end())
        r.refuse("layers_per_block", "is a list of different numbers", "ControlNets take one number.");
    r.only("num_attention_heads", nullptr, "attention_head_dim gives the number of heads.");
    r.integer("conditioning_channels", c.conditioningChannels, 1, kMaxChannels);
    r.choice("controlnet_conditioning_channel_order", c.conditioningChannelOrder, {"rgb", "bgr"});
    r.integers("conditioning_embedding_out_channels", c.conditioningEmbeddingOutChannels, 1, kMaxChannels);
    r.boolean("global_pool_conditions", c.globalPoolConditions);
    if (c.unet.downBlockTypes.size() != c.unet.blockOutChannels.size())
        r.refuse("block_out_channels",
                 fmt::format("has {} levels, down_block_types {}", c.unet.blockOutChannels.size(),
                             c.unet.downBlockTypes.size()),
                 "Both lists need the same length.");
    if (!r.failed()) {
        checkGroups(r, c.unet.blockOutChannels, c.unet.normNumGroups);
        checkHeads(r, c.unet);
        checkEmbeddings(r, c.unet);
    }
    if (r.failed()) return fail(r.error());
    auto known = keysOf(toJson(ControlNetConfig{}));
    known.erase("addition_embed_type_num_heads");
    c.extra = r.extra(known);
    return c;
}

Json toJson(const ControlNetConfig& c) {
    Json j = encoderHalfJson(c.unet);
    j.update({{"conditioning_channels", c.conditioningChannels},
              {"controlnet_conditioning_channel_order", c.conditioningChannelOrder},
              {"conditioning_embedding_out_channels", c.conditioningEmbeddingOutChannels},
              {"global_pool_conditions", c.globalPoolConditions}});
    j["addition_embed_type_num_heads"] = c.extra.value("addition_embed_type_num_heads", 64);
    return withExtra(std::move(j), c.extra, "ControlNetModel");
}

}  // namespace atelier
