// SPDX-License-Identifier: GPL-3.0-or-later
// config.json of UNet2DModel, the unconditional UNet.
#include "core/config/architecture_reader.h"
#include "core/config/architectures.h"

namespace atelier {

using namespace architectures;

namespace {

void checkAttention(ConfigReader& r, const UNet2DConfig& c) {
    const std::size_t levels = c.blockOutChannels.size();
    for (std::size_t i = 0; i < levels; ++i) {
        const bool attends = c.downBlockTypes[i] == "AttnDownBlock2D" ||
                             c.upBlockTypes[levels - 1 - i] == "AttnUpBlock2D" ||
                             (i + 1 == levels && c.midBlockType == "UNetMidBlock2D" && c.addAttention);
        if (attends && c.attentionHeadDim && c.blockOutChannels[i] % *c.attentionHeadDim != 0)
            r.refuse("attention_head_dim",
                     fmt::format("is {}, which does not divide the {} channels of level {}",
                                 *c.attentionHeadDim, c.blockOutChannels[i], i),
                     "");
    }
    if (c.attnNormNumGroups && c.blockOutChannels.back() % *c.attnNormNumGroups != 0)
        r.refuse("attn_norm_num_groups", "does not divide the channels of the middle block", "");
    if (c.blockOutChannels.front() % 2 != 0)
        r.refuse("block_out_channels", "starts with an odd number; the timestep embedding needs an even one",
                 "");
}

}  // namespace

Result<UNet2DConfig> unet2DConfigFromJson(const Json& json, const std::string& where) {
    UNet2DConfig c;
    ConfigReader r(json, where, "UNet2DModel");
    r.integers("sample_size", c.sampleSize, 1, kMaxChannels);
    r.integer("in_channels", c.inChannels, 1, kMaxChannels);
    r.integer("out_channels", c.outChannels, 1, kMaxChannels);
    r.boolean("center_input_sample", c.centerInputSample);
    r.choice("time_embedding_type", c.timeEmbeddingType, {"positional", "learned"});
    r.integer("time_embedding_dim", c.timeEmbeddingDim, 1, 1 << 20);
    r.number("freq_shift", c.freqShift);
    r.boolean("flip_sin_to_cos", c.flipSinToCos);
    r.names("down_block_types", c.downBlockTypes, {"DownBlock2D", "AttnDownBlock2D"});
    if (r.isNull("mid_block_type")) c.midBlockType = "";
    r.choice("mid_block_type", c.midBlockType, {"UNetMidBlock2D", ""});
    r.names("up_block_types", c.upBlockTypes, {"UpBlock2D", "AttnUpBlock2D"});
    r.integers("block_out_channels", c.blockOutChannels, 1, kMaxChannels);
    r.integer("layers_per_block", c.layersPerBlock, 1, kMaxLayers);
    r.number("mid_block_scale_factor", c.midBlockScaleFactor);
    r.integer("downsample_padding", c.downsamplePadding, 0, 1);
    const std::string resizing =
        "Residual blocks that change the size belong to guided diffusion's networks.";
    r.only("downsample_type", "conv", resizing);
    r.only("upsample_type", "conv", resizing);
    r.only("dropout", 0.0);
    r.choice("act_fn", c.actFn, kActivations);
    if (r.isNull("attention_head_dim")) c.attentionHeadDim.reset();
    r.integer("attention_head_dim", c.attentionHeadDim, 1, kMaxChannels);
    r.integer("norm_num_groups", c.normNumGroups, 1, kMaxChannels);
    r.integer("attn_norm_num_groups", c.attnNormNumGroups, 1, kMaxChannels);
    r.number("norm_eps", c.normEps);
    r.choice("resnet_time_scale_shift", c.resnetTimeScaleShift, {"default", "scale_shift"});
    r.boolean("add_attention", c.addAttention);
    r.choice("class_embed_type", c.classEmbedType, {"timestep", "identity", ""});
    r.integer("num_class_embeds", c.numClassEmbeds, 1, 1 << 24);
    r.integer("num_train_timesteps", c.numTrainTimesteps, 1, 1 << 24);
    if (c.timeEmbeddingType == "learned" && !c.numTrainTimesteps)
        r.refuse("time_embedding_type", "is learned without num_train_timesteps", "");
    checkLevels(r, c.blockOutChannels, c.downBlockTypes, c.upBlockTypes);
    if (!r.failed()) {
        checkGroups(r, c.blockOutChannels, c.normNumGroups);
        checkAttention(r, c);
    }
    if (r.failed()) return fail(r.error());
    c.extra = r.extra(keysOf(toJson(UNet2DConfig{})));
    return c;
}

Json toJson(const UNet2DConfig& c) {
    Json j{{"sample_size", numberOrList(c.sampleSize)},
           {"in_channels", c.inChannels},
           {"out_channels", c.outChannels},
           {"center_input_sample", c.centerInputSample},
           {"time_embedding_type", c.timeEmbeddingType},
           {"time_embedding_dim", optionalJson(c.timeEmbeddingDim)},
           {"freq_shift", wholeNumber(c.freqShift)},
           {"flip_sin_to_cos", c.flipSinToCos},
           {"down_block_types", c.downBlockTypes},
           {"mid_block_type", nullIfEmpty(c.midBlockType)},
           {"up_block_types", c.upBlockTypes},
           {"block_out_channels", c.blockOutChannels},
           {"layers_per_block", c.layersPerBlock},
           {"mid_block_scale_factor", c.midBlockScaleFactor},
           {"downsample_padding", c.downsamplePadding},
           {"downsample_type", "conv"},
           {"upsample_type", "conv"},
           {"dropout", 0.0},
           {"act_fn", c.actFn},
           {"attention_head_dim", optionalJson(c.attentionHeadDim)},
           {"norm_num_groups", c.normNumGroups},
           {"attn_norm_num_groups", optionalJson(c.attnNormNumGroups)},
           {"norm_eps", c.normEps},
           {"resnet_time_scale_shift", c.resnetTimeScaleShift},
           {"add_attention", c.addAttention},
           {"class_embed_type", nullIfEmpty(c.classEmbedType)},
           {"num_class_embeds", optionalJson(c.numClassEmbeds)},
           {"num_train_timesteps", optionalJson(c.numTrainTimesteps)}};
    return withExtra(std::move(j), c.extra, "UNet2DModel");
}

}  // namespace atelier
