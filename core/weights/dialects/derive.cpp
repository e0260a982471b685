// SPDX-License-Identifier: GPL-3.0-or-later
// Configurations from tensor names and shapes.
#include "core/weights/dialects/derive.h"

#include <fmt/format.h>

#include <algorithm>

namespace atelier::dialects {
namespace {

using Shape = std::vector<std::int64_t>;

// Shapes by name; the first name that is missing or of another rank is remembered.
class Shapes {
  public:
    Shapes(const WeightSet& weights, std::string prefix) : weights_(weights), prefix_(std::move(prefix)) {}

    bool has(const std::string& name) const { return weights_.find(prefix_ + name).has_value(); }
    int side(const std::string& name, std::size_t axis) {
        const auto entry = weights_.find(prefix_ + name);
        if (entry && axis < entry->tensor->shape.size()) return static_cast<int>(entry->tensor->shape[axis]);
        if (missing_.empty()) missing_ = prefix_ + name;
        return 1;
    }
    std::size_t rank(const std::string& name) const {
        const auto entry = weights_.find(prefix_ + name);
        return entry ? entry->tensor->shape.size() : 0;
    }
    // How many of prefix0suffix, prefix1suffix, … are there.
    int count(const std::string& before, const std::string& after) const {
        int n = 0;
        while (has(before + std::to_string(n) + after)) ++n;
        return n;
    }
    Status complete() const {
        if (missing_.empty()) return {};
        return fail(ErrorCode::Model, fmt::format("tensor \"{}\" is missing or has too few axes", missing_),
                    weights_.path().string(),
                    "The file is not a complete Stable Diffusion 1, 2 or XL checkpoint.");
    }

  private:
    const WeightSet& weights_;
    std::string prefix_;
    std::string missing_;
};

tl::unexpected<Error> notPublished(const WeightSet& weights, const std::string& what) {
    return fail(ErrorCode::Model, what + ", so the tensors do not tell the whole configuration",
                weights.path().string(), "Add --like FOLDER: a pipeline folder with these configurations.");
}

}  // namespace

std::string familyName(Family family) {
    switch (family) {
        case Family::Sd1:
            return "Stable Diffusion 1";
        case Family::Sd2:
            return "Stable Diffusion 2";
        default:
            return "Stable Diffusion XL";
    }
}

Result<Family> familyOfSingleFile(const WeightSet& weights) {
    const auto any = [names = weights.names()](std::string_view prefix) {
        return std::any_of(names.begin(), names.end(),
                           [&](const std::string& name) { return name.starts_with(prefix); });
    };
    const std::string where = weights.path().string();
    if (!any(kUnetPrefix))
        return fail(
            ErrorCode::Model,
            fmt::format("no tensor's name begins with \"{}\", so this is not a single-file checkpoint of "
                        "Stable Diffusion 1, 2 or XL",
                        kUnetPrefix),
            where, "`atelier-engine inspect` says what it is.");
    if (any("conditioner.embedders.1.model.")) return Family::Sdxl;
    if (any("conditioner.embedders.0.model."))
        return fail(ErrorCode::Model, "this is a Stable Diffusion XL refiner, which is not converted", where,
                    "Stable Diffusion 1, 2 and XL base are.");
    if (any("cond_stage_model.transformer.")) return Family::Sd1;
    if (any("cond_stage_model.model.")) return Family::Sd2;
    return fail(ErrorCode::Model, "it has a UNet but no text encoder of Stable Diffusion 1, 2 or XL", where,
                "A UNet alone, or a model of another family, cannot become a pipeline folder.");
}

std::vector<TextTower> textTowers(Family family) {
    switch (family) {
        case Family::Sd1:
            return {{"text_encoder", "cond_stage_model.transformer.", false}};
        case Family::Sd2:
            return {{"text_encoder", "cond_stage_model.model.", true}};
        default:
            return {{"text_encoder", "conditioner.embedders.0.transformer.", false},
                    {"text_encoder_2", "conditioner.embedders.1.model.", true}};
    }
}

Result<UNet2DConditionConfig> deriveUnet(const WeightSet& weights, Family family) {
    Shapes s(weights, kUnetPrefix);
    UNet2DConditionConfig c;
    c.inChannels = s.side("input_blocks.0.0.weight", 1);
    c.outChannels = s.side("out.2.weight", 0);
    const int base = s.side("input_blocks.0.0.weight", 0);
    c.blockOutChannels.clear();
    c.downBlockTypes.clear();
    c.transformerLayersPerBlock.clear();
    c.layersPerBlock.clear();
    int context = 1, width = base, layers = 0, depth = 0;
    const auto endLevel = [&] {
        c.blockOutChannels.push_back(width);
        c.layersPerBlock.push_back(layers);
        c.downBlockTypes.push_back(depth ? "CrossAttnDownBlock2D" : "DownBlock2D");
        c.transformerLayersPerBlock.push_back(std::max(depth, 1));
        layers = depth = 0;
    };
    for (int i = 1;; ++i) {
        const std::string block = fmt::format("input_blocks.{}.", i);
        if (s.has(block + "0.op.weight")) {
            endLevel();
        } else if (s.has(block + "0.out_layers.3.weight")) {
            width = s.side(block + "0.out_layers.3.weight", 0);
            ++layers;
            depth = std::max(depth, s.count(block + "1.transformer_blocks.", ".norm1.weight"));
        } else {
            break;
        }
    }
    endLevel();
    const std::string middle = "middle_block.1.";
    context = s.side(middle + "transformer_blocks.0.attn2.to_k.weight", 1);
    // The middle takes the last level's depth, which that level itself need not use.
    c.transformerLayersPerBlock.back() =
        std::max(1, s.count(middle + "transformer_blocks.", ".norm1.weight"));
    c.useLinearProjection = s.rank(middle + "proj_in.weight") == 2;
    c.upBlockTypes.clear();
    for (auto it = c.downBlockTypes.rbegin(); it != c.downBlockTypes.rend(); ++it)
        c.upBlockTypes.push_back(*it == "DownBlock2D" ? "UpBlock2D" : "CrossAttnUpBlock2D");
    c.crossAttentionDim.assign(c.blockOutChannels.size(), context);
    c.onlyCrossAttention.assign(c.blockOutChannels.size(), false);
    c.attentionHeadDim.clear();
    for (int w : c.blockOutChannels) c.attentionHeadDim.push_back(family == Family::Sd1 ? 8 : w / 64);
    if (s.has("label_emb.weight")) c.numClassEmbeds = s.side("label_emb.weight", 0);
    if (s.has("label_emb.0.0.weight")) {
        c.additionEmbedType = "text_time";
        c.additionTimeEmbedDim = 256;
        c.projectionClassEmbeddingsInputDim = s.side("label_emb.0.0.weight", 1);
    }
    c.sampleSize = {family == Family::Sdxl ? 128 : 64};
    ATELIER_DO(s.complete());
    for (int w : c.blockOutChannels)
        if (w % 64 != 0)
            return notPublished(weights,
                                fmt::format("a level of the UNet is {} wide, not a multiple of 64", w));
    return c;
}

Result<AutoencoderKLConfig> deriveVae(const WeightSet& weights, Family family) {
    Shapes s(weights, kVaePrefix);
    AutoencoderKLConfig c;
    c.inChannels = s.side("encoder.conv_in.weight", 1);
    c.outChannels = s.side("decoder.conv_out.weight", 0);
    c.latentChannels = s.side("decoder.conv_in.weight", 1);
    c.layersPerBlock = s.count("encoder.down.0.block.", ".conv1.weight");
    c.blockOutChannels.clear();
    const int levels = s.count("encoder.down.", ".block.0.conv1.weight");
    for (int i = 0; i < levels; ++i)
        c.blockOutChannels.push_back(s.side(fmt::format("encoder.down.{}.block.0.conv1.weight", i), 0));
    c.downBlockTypes.assign(static_cast<std::size_t>(levels), "DownEncoderBlock2D");
    c.upBlockTypes.assign(static_cast<std::size_t>(levels), "UpDecoderBlock2D");
    c.useQuantConv = s.has("quant_conv.weight");
    c.usePostQuantConv = s.has("post_quant_conv.weight");
    c.scalingFactor = family == Family::Sdxl ? 0.13025 : 0.18215;
    c.sampleSize = {family == Family::Sdxl ? 1024 : 512};
    ATELIER_DO(s.complete());
    if (levels == 0)
        return fail(ErrorCode::Model, "the autoencoder has no levels", weights.path().string(),
                    "The file is not a complete checkpoint.");
    for (int w : c.blockOutChannels)
        if (w % 32 != 0)
            return notPublished(
                weights, fmt::format("a level of the autoencoder is {} wide, not a multiple of 32", w));
    return c;
}

Result<ClipTextConfig> deriveText(const WeightSet& weights, Family family, int index) {
    const TextTower tower = textTowers(family)[static_cast<std::size_t>(index)];
    ClipTextConfig c;
    Shapes s(weights, tower.prefix);
    if (tower.openClip) {
        const std::string block = "transformer.resblocks.";
        c.vocabSize = s.side("token_embedding.weight", 0);
        c.hiddenSize = s.side("token_embedding.weight", 1);
        c.maxPositionEmbeddings = s.side("positional_embedding", 0);
        c.intermediateSize = s.side(block + "0.mlp.c_fc.weight", 0);
        // SD 2 conditions on the last layer but one: its folders leave the last one out.
        c.numHiddenLayers = s.count(block, ".ln_1.weight") - (family == Family::Sd2 ? 1 : 0);
        c.hiddenAct = "gelu";
        c.withProjection = family == Family::Sdxl;
        c.projectionDim = c.withProjection ? s.side("text_projection", 1) : 512;
    } else {
        const std::string text = s.has("text_model.final_layer_norm.weight") ? "text_model." : "";
        c.vocabSize = s.side(text + "embeddings.token_embedding.weight", 0);
        c.hiddenSize = s.side(text + "embeddings.token_embedding.weight", 1);
        c.maxPositionEmbeddings = s.side(text + "embeddings.position_embedding.weight", 0);
        c.intermediateSize = s.side(text + "encoder.layers.0.mlp.fc1.weight", 0);
        c.numHiddenLayers = s.count(text + "encoder.layers.", ".layer_norm1.weight");
        c.projectionDim = c.hiddenSize;
    }
    c.numAttentionHeads = c.hiddenSize / 64;
    c.bosTokenId = 0;  // as published for all of them; 2 makes readers take the row's largest id
    c.eosTokenId = 2;
    ATELIER_DO(s.complete());
    if (c.hiddenSize % 64 != 0)
        return notPublished(weights,
                            fmt::format("the text encoder is {} wide, not a multiple of 64", c.hiddenSize));
    return c;
}

}  // namespace atelier::dialects
