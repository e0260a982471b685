// SPDX-License-Identifier: GPL-3.0-or-later
// config.json of AutoencoderKL and VQModel.
#include "core/config/architectures.h"

#include "core/config/architecture_reader.h"

namespace atelier {

using namespace architectures;

Result<AutoencoderKLConfig> autoencoderKLConfigFromJson(const Json& json, const std::string& where) {
    AutoencoderKLConfig c;
    ConfigReader r(json, where, "AutoencoderKL");
    r.integer("in_channels", c.inChannels, 1, kMaxChannels);
    r.integer("out_channels", c.outChannels, 1, kMaxChannels);
    r.names("down_block_types", c.downBlockTypes, {"DownEncoderBlock2D"});
    r.names("up_block_types", c.upBlockTypes, {"UpDecoderBlock2D"});
    r.integers("block_out_channels", c.blockOutChannels, 1, kMaxChannels);
    r.integer("layers_per_block", c.layersPerBlock, 1, kMaxLayers);
    r.choice("act_fn", c.actFn, kActivations);
    r.integer("latent_channels", c.latentChannels, 1, kMaxChannels);
    r.integer("norm_num_groups", c.normNumGroups, 1, kMaxChannels);
    r.integers("sample_size", c.sampleSize, 1, 1 << 20);
    r.number("scaling_factor", c.scalingFactor);
    r.number("shift_factor", c.shiftFactor);
    r.numbers("latents_mean", c.latentsMean);
    r.numbers("latents_std", c.latentsStd);
    r.boolean("force_upcast", c.forceUpcast);
    r.boolean("use_quant_conv", c.useQuantConv);
    r.boolean("use_post_quant_conv", c.usePostQuantConv);
    r.boolean("mid_block_add_attention", c.midBlockAddAttention);
    checkLevels(r, c.blockOutChannels, c.downBlockTypes, c.upBlockTypes);
    checkGroups(r, c.blockOutChannels, c.normNumGroups);
    if (c.scalingFactor == 0) r.refuse("scaling_factor", "is 0", "");
    if (r.failed()) return fail(r.error());
    c.extra = r.extra(keysOf(toJson(AutoencoderKLConfig{})));
    return c;
}

Json toJson(const AutoencoderKLConfig& c) {
    Json j{{"in_channels", c.inChannels},
           {"out_channels", c.outChannels},
           {"down_block_types", c.downBlockTypes},
           {"up_block_types", c.upBlockTypes},
           {"block_out_channels", c.blockOutChannels},
           {"layers_per_block", c.layersPerBlock},
           {"act_fn", c.actFn},
           {"latent_channels", c.latentChannels},
           {"norm_num_groups", c.normNumGroups},
           {"sample_size", numberOrList(c.sampleSize)},
           {"scaling_factor", c.scalingFactor},
           {"shift_factor", optionalJson(c.shiftFactor)},
           {"latents_mean", optionalJson(c.latentsMean)},
           {"latents_std", optionalJson(c.latentsStd)},
           {"force_upcast", c.forceUpcast},
           {"use_quant_conv", c.useQuantConv},
           {"use_post_quant_conv", c.usePostQuantConv},
           {"mid_block_add_attention", c.midBlockAddAttention}};
    return withExtra(std::move(j), c.extra, "AutoencoderKL");
}

Result<VQModelConfig> vqModelConfigFromJson(const Json& json, const std::string& where) {
    VQModelConfig c;
    ConfigReader r(json, where, "VQModel");
    r.integer("in_channels", c.inChannels, 1, kMaxChannels);
    r.integer("out_channels", c.outChannels, 1, kMaxChannels);
    r.names("down_block_types", c.downBlockTypes, {"DownEncoderBlock2D"});
    r.names("up_block_types", c.upBlockTypes, {"UpDecoderBlock2D"});
    r.integers("block_out_channels", c.blockOutChannels, 1, kMaxChannels);
    r.integer("layers_per_block", c.layersPerBlock, 1, kMaxLayers);
    r.choice("act_fn", c.actFn, kActivations);
    r.integer("latent_channels", c.latentChannels, 1, kMaxChannels);
    r.integers("sample_size", c.sampleSize, 1, 1 << 20);
    r.integer("num_vq_embeddings", c.numVqEmbeddings, 1, 1 << 24);
    r.integer("norm_num_groups", c.normNumGroups, 1, kMaxChannels);
    r.integer("vq_embed_dim", c.vqEmbedDim, 1, kMaxChannels);
    r.number("scaling_factor", c.scalingFactor);
    r.only("norm_type", "group", "Spatially conditioned norms belong to MoVQ, Kandinsky's decoder.");
    r.boolean("mid_block_add_attention", c.midBlockAddAttention);
    r.boolean("lookup_from_codebook", c.lookupFromCodebook);
    r.boolean("force_upcast", c.forceUpcast);
    checkLevels(r, c.blockOutChannels, c.downBlockTypes, c.upBlockTypes);
    checkGroups(r, c.blockOutChannels, c.normNumGroups);
    if (r.failed()) return fail(r.error());
    c.extra = r.extra(keysOf(toJson(VQModelConfig{})));
    return c;
}

Json toJson(const VQModelConfig& c) {
    Json j{{"in_channels", c.inChannels},
           {"out_channels", c.outChannels},
           {"down_block_types", c.downBlockTypes},
           {"up_block_types", c.upBlockTypes},
           {"block_out_channels", c.blockOutChannels},
           {"layers_per_block", c.layersPerBlock},
           {"act_fn", c.actFn},
           {"latent_channels", c.latentChannels},
           {"sample_size", numberOrList(c.sampleSize)},
           {"num_vq_embeddings", c.numVqEmbeddings},
           {"norm_num_groups", c.normNumGroups},
           {"vq_embed_dim", optionalJson(c.vqEmbedDim)},
           {"scaling_factor", c.scalingFactor},
           {"norm_type", "group"},
           {"mid_block_add_attention", c.midBlockAddAttention},
           {"lookup_from_codebook", c.lookupFromCodebook},
           {"force_upcast", c.forceUpcast}};
    return withExtra(std::move(j), c.extra, "VQModel");
}

}  // namespace atelier
