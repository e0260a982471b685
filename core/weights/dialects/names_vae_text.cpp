// SPDX-License-Identifier: GPL-3.0-or-later
// AutoencoderKL ↔ LDM's autoencoder; CLIP text towers ↔ the two forms that single files hold them in.
#include <fmt/format.h>

#include "core/weights/dialects/names.h"

namespace atelier::dialects {
namespace {

class VaeTable {
  public:
    explicit VaeTable(const AutoencoderKLConfig& config) : c_(config) {}

    NameTable build() {
        const int levels = static_cast<int>(c_.blockOutChannels.size());
        const std::int64_t first = c_.blockOutChannels.front(), last = c_.blockOutChannels.back(),
                           latent = c_.latentChannels;
        layer("encoder.conv_in", "encoder.conv_in", {first, c_.inChannels, 3, 3});
        std::int64_t width = first;
        for (int i = 0; i < levels; ++i) {
            const std::int64_t out = c_.blockOutChannels[static_cast<std::size_t>(i)];
            for (int j = 0; j < c_.layersPerBlock; ++j, width = out)
                resnet(fmt::format("encoder.down.{}.block.{}", i, j),
                       fmt::format("encoder.down_blocks.{}.resnets.{}", i, j), width, out);
            if (i + 1 < levels)
                layer(fmt::format("encoder.down.{}.downsample.conv", i),
                      fmt::format("encoder.down_blocks.{}.downsamplers.0.conv", i), {out, out, 3, 3});
        }
        half("encoder", last, first, 2 * latent);
        layer("decoder.conv_in", "decoder.conv_in", {last, latent, 3, 3});
        width = last;
        for (int j = 0; j < levels; ++j) {
            const int i = levels - 1 - j;
            const std::int64_t out = c_.blockOutChannels[static_cast<std::size_t>(i)];
            for (int r = 0; r <= c_.layersPerBlock; ++r, width = out)
                resnet(fmt::format("decoder.up.{}.block.{}", i, r),
                       fmt::format("decoder.up_blocks.{}.resnets.{}", j, r), width, out);
            if (i > 0)
                layer(fmt::format("decoder.up.{}.upsample.conv", i),
                      fmt::format("decoder.up_blocks.{}.upsamplers.0.conv", j), {out, out, 3, 3});
        }
        half("decoder", last, first, c_.outChannels);
        if (c_.useQuantConv) layer("quant_conv", "quant_conv", {2 * latent, 2 * latent, 1, 1});
        if (c_.usePostQuantConv) layer("post_quant_conv", "post_quant_conv", {latent, latent, 1, 1});
        return std::move(table_);
    }

  private:
    void layer(const std::string& single, const std::string& folder, const std::vector<std::int64_t>& weight,
               Layout layout = Layout::Same) {
        table_.push_back({kVaePrefix + single + ".weight", folder + ".weight", weight, layout});
        table_.push_back({kVaePrefix + single + ".bias", folder + ".bias", {weight.front()}, Layout::Same});
    }
    void resnet(const std::string& single, const std::string& folder, std::int64_t in, std::int64_t out) {
        layer(single + ".norm1", folder + ".norm1", {in});
        layer(single + ".conv1", folder + ".conv1", {out, in, 3, 3});
        layer(single + ".norm2", folder + ".norm2", {out});
        layer(single + ".conv2", folder + ".conv2", {out, out, 3, 3});
        if (in != out) layer(single + ".nin_shortcut", folder + ".conv_shortcut", {out, in, 1, 1});
    }
    // The middle and the end, alike in both halves.
    void half(const std::string& name, std::int64_t last, std::int64_t first, std::int64_t out) {
        const std::string single = name + ".mid.", folder = name + ".mid_block.";
        resnet(single + "block_1", folder + "resnets.0", last, last);
        resnet(single + "block_2", folder + "resnets.1", last, last);
        layer(single + "attn_1.norm", folder + "attentions.0.group_norm", {last});
        layer(single + "attn_1.q", folder + "attentions.0.to_q", {last, last}, Layout::Conv1x1);
        layer(single + "attn_1.k", folder + "attentions.0.to_k", {last, last}, Layout::Conv1x1);
        layer(single + "attn_1.v", folder + "attentions.0.to_v", {last, last}, Layout::Conv1x1);
        layer(single + "attn_1.proj_out", folder + "attentions.0.to_out.0", {last, last}, Layout::Conv1x1);
        const std::int64_t width = name == "encoder" ? last : first;
        layer(name + ".norm_out", name + ".conv_norm_out", {width});
        layer(name + ".conv_out", name + ".conv_out", {out, width, 3, 3});
    }

    const AutoencoderKLConfig& c_;
    NameTable table_;
};

}  // namespace

std::vector<std::int64_t> singleShape(const NamePair& pair) {
    std::vector<std::int64_t> shape = pair.shape;
    switch (pair.layout) {
        case Layout::Same:
            break;
        case Layout::Conv1x1:
            shape.insert(shape.end(), {1, 1});
            break;
        case Layout::Transposed:
            std::swap(shape[0], shape[1]);
            break;
        default:
            shape[0] *= 3;
    }
    return shape;
}

Result<NameTable> vaeNames(const AutoencoderKLConfig& c) {
    if (!c.midBlockAddAttention)
        return fail(ErrorCode::Model,
                    "mid_block_add_attention = false has no names in the single-file dialect",
                    "vae/config.json", "Only autoencoders built like Stable Diffusion's can be converted.");
    return VaeTable(c).build();
}

NameTable clipNames(const ClipTextConfig& c, const std::string& prefix) {
    NameTable table;
    const std::int64_t width = c.hiddenSize, inner = c.intermediateSize;
    const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
        table.push_back({prefix + name, name, std::move(shape), Layout::Same});
    };
    const auto layer = [&](const std::string& name, const std::vector<std::int64_t>& weight) {
        add(name + ".weight", weight);
        add(name + ".bias", {weight.front()});
    };
    add("text_model.embeddings.token_embedding.weight", {c.vocabSize, width});
    add("text_model.embeddings.position_embedding.weight", {c.maxPositionEmbeddings, width});
    for (int i = 0; i < c.numHiddenLayers; ++i) {
        const std::string block = fmt::format("text_model.encoder.layers.{}.", i);
        layer(block + "layer_norm1", {width});
        layer(block + "layer_norm2", {width});
        for (const char* name : {"q_proj", "k_proj", "v_proj", "out_proj"})
            layer(block + "self_attn." + name, {width, width});
        layer(block + "mlp.fc1", {inner, width});
        layer(block + "mlp.fc2", {width, inner});
    }
    layer("text_model.final_layer_norm", {width});
    if (c.withProjection) add("text_projection.weight", {c.projectionDim, width});
    return table;
}

NameTable t5Names(const T5EncoderConfig& c) {
    NameTable table;
    const std::int64_t width = c.dModel, inner = std::int64_t{c.numHeads} * c.dKv, hidden = c.dFf;
    const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
        table.push_back({name + ".weight", name + ".weight", std::move(shape), Layout::Same});
    };
    add("shared", {c.vocabSize, width});
    for (int i = 0; i < c.numLayers; ++i) {
        const std::string block = fmt::format("encoder.block.{}.layer.", i);
        for (const char* name : {"q", "k", "v"}) add(block + "0.SelfAttention." + name, {inner, width});
        add(block + "0.SelfAttention.o", {width, inner});
        if (i == 0)
            add(block + "0.SelfAttention.relative_attention_bias",
                {c.relativeAttentionNumBuckets, c.numHeads});
        add(block + "0.layer_norm", {width});
        for (const char* name : {"wi_0", "wi_1"})
            if (c.isGatedAct) add(block + "1.DenseReluDense." + name, {hidden, width});
        if (!c.isGatedAct) add(block + "1.DenseReluDense.wi", {hidden, width});
        add(block + "1.DenseReluDense.wo", {width, hidden});
        add(block + "1.layer_norm", {width});
    }
    add("encoder.final_layer_norm", {width});
    return table;
}

NameTable openClipNames(const ClipTextConfig& c, const std::string& prefix) {
    NameTable table;
    const std::int64_t width = c.hiddenSize, inner = c.intermediateSize;
    const auto add = [&](const std::string& single, const std::string& folder,
                         std::vector<std::int64_t> shape, Layout layout = Layout::Same) {
        table.push_back({prefix + single, folder, std::move(shape), layout});
    };
    const auto layer = [&](const std::string& single, const std::string& folder,
                           const std::vector<std::int64_t>& weight) {
        add(single + ".weight", folder + ".weight", weight);
        add(single + ".bias", folder + ".bias", {weight.front()});
    };
    add("token_embedding.weight", "text_model.embeddings.token_embedding.weight", {c.vocabSize, width});
    add("positional_embedding", "text_model.embeddings.position_embedding.weight",
        {c.maxPositionEmbeddings, width});
    for (int i = 0; i < c.numHiddenLayers; ++i) {
        const std::string single = fmt::format("transformer.resblocks.{}.", i);
        const std::string folder = fmt::format("text_model.encoder.layers.{}.", i);
        layer(single + "ln_1", folder + "layer_norm1", {width});
        layer(single + "ln_2", folder + "layer_norm2", {width});
        for (const auto& [name, layout] :
             {std::pair{"q_proj", Layout::FusedQ}, std::pair{"k_proj", Layout::FusedK},
              std::pair{"v_proj", Layout::FusedV}}) {
            const std::string projection = folder + "self_attn." + name;
            add(single + "attn.in_proj_weight", projection + ".weight", {width, width}, layout);
            add(single + "attn.in_proj_bias", projection + ".bias", {width}, layout);
        }
        layer(single + "attn.out_proj", folder + "self_attn.out_proj", {width, width});
        layer(single + "mlp.c_fc", folder + "mlp.fc1", {inner, width});
        layer(single + "mlp.c_proj", folder + "mlp.fc2", {width, inner});
    }
    layer("ln_final", "text_model.final_layer_norm", {width});
    if (c.withProjection)
        add("text_projection", "text_projection.weight", {c.projectionDim, width}, Layout::Transposed);
    return table;
}

}  // namespace atelier::dialects
