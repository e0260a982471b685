// SPDX-License-Identifier: GPL-3.0-or-later
// Configurations from tensor names and shapes.
#include "core/weights/dialects/derive.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/weights/inspect.h"

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

// Noisy latents beside the picture to be enlarged, and the noise level as a class.
bool isUpscaler(const WeightSet& weights) {
    Shapes s(weights, kUnetPrefix);
    return s.has("label_emb.weight") && s.side("input_blocks.0.0.weight", 1) == 7;
}

// The first half of a UNet, which a ControlNet has too.
UNet2DConditionConfig deriveFirstHalf(Shapes& s) {
    UNet2DConditionConfig c;
    c.inChannels = s.side("input_blocks.0.0.weight", 1);
    c.blockOutChannels.clear();
    c.downBlockTypes.clear();
    c.transformerLayersPerBlock.clear();
    c.layersPerBlock.clear();
    c.onlyCrossAttention.clear();
    int width = s.side("input_blocks.0.0.weight", 0), layers = 0, depth = 0, keys = 0;
    const std::string middle = "middle_block.1.";
    const int context = s.side(middle + "transformer_blocks.0.attn2.to_k.weight", 1);
    const auto endLevel = [&] {
        c.blockOutChannels.push_back(width);
        c.layersPerBlock.push_back(layers);
        c.downBlockTypes.push_back(depth ? "CrossAttnDownBlock2D" : "DownBlock2D");
        c.transformerLayersPerBlock.push_back(std::max(depth, 1));
        c.onlyCrossAttention.push_back(depth != 0 && keys == context && keys != width);
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
            if (depth) keys = s.side(block + "1.transformer_blocks.0.attn1.to_k.weight", 1);
        } else {
            break;
        }
    }
    endLevel();
    // Levels without attention are said to be as the next one.
    for (std::size_t i = c.onlyCrossAttention.size() - 1; i > 0; --i)
        if (c.downBlockTypes[i - 1] == "DownBlock2D") c.onlyCrossAttention[i - 1] = c.onlyCrossAttention[i];
    // The middle takes the last level's depth, which that level itself need not use.
    c.transformerLayersPerBlock.back() =
        std::max(1, s.count(middle + "transformer_blocks.", ".norm1.weight"));
    c.useLinearProjection = s.rank(middle + "proj_in.weight") == 2;
    c.crossAttentionDim.assign(c.blockOutChannels.size(), context);
    if (s.has("label_emb.weight")) c.numClassEmbeds = s.side("label_emb.weight", 0);
    if (s.has("label_emb.0.0.weight")) {
        c.additionEmbedType = "text_time";
        c.additionTimeEmbedDim = 256;
        c.projectionClassEmbeddingsInputDim = s.side("label_emb.0.0.weight", 1);
    }
    return c;
}

// The published number of heads: 8 everywhere, or one for every 64 channels.
void setHeads(UNet2DConditionConfig& c, bool eight) {
    c.attentionHeadDim.clear();
    for (int w : c.blockOutChannels) c.attentionHeadDim.push_back(eight ? 8 : w / 64);
}

Status checkWidths(const WeightSet& weights, const std::vector<int>& widths, int unit, const char* what) {
    for (int w : widths)
        if (w % unit != 0)
            return notPublished(
                weights, fmt::format("a level of the {} is {} wide, not a multiple of {}", what, w, unit));
    return {};
}

}  // namespace

std::string familyName(Family family) {
    switch (family) {
        case Family::Sd1:
            return "Stable Diffusion 1";
        case Family::Sd2:
            return "Stable Diffusion 2";
        case Family::Sdxl:
            return "Stable Diffusion XL";
        case Family::Refiner:
            return "Stable Diffusion XL refiner";
        default:
            return "Stable Diffusion x4 upscaler";
    }
}

Result<Family> familyOfSingleFile(const WeightSet& weights) {
    const auto any = [names = weights.names()](std::string_view prefix) {
        return std::any_of(names.begin(), names.end(),
                           [&](const std::string& name) { return name.starts_with(prefix); });
    };
    const std::string where = weights.path().string();
    for (const auto& name : weights.names())
        if (const auto family = foreignFamily(name); !family.empty())
            return fail(ErrorCode::Model,
                        fmt::format("it is {}, by its tensor \"{}\", and not Stable Diffusion 1, 2 or XL",
                                    family, name),
                        where, "Atelier computes the Stable Diffusion family only.");
    if (!any(kUnetPrefix))
        return fail(
            ErrorCode::Model,
            fmt::format("no tensor's name begins with \"{}\", so this is not a single-file checkpoint of "
                        "Stable Diffusion 1, 2 or XL",
                        kUnetPrefix),
            where, "`atelier-engine inspect` says what it is.");
    if (any("conditioner.embedders.1.model.")) return Family::Sdxl;
    if (any("conditioner.embedders.0.model.")) return Family::Refiner;
    if (any("cond_stage_model.transformer.")) return Family::Sd1;
    if (any("cond_stage_model.model.")) return isUpscaler(weights) ? Family::Upscaler : Family::Sd2;
    return fail(ErrorCode::Model, "it has a UNet but no text encoder of Stable Diffusion 1, 2 or XL", where,
                "A UNet alone, or a model of another family, cannot become a pipeline folder.");
}

std::vector<TextTower> textTowers(Family family) {
    switch (family) {
        case Family::Sd1:
            return {{"text_encoder", "cond_stage_model.transformer.", false}};
        case Family::Sd2:
        case Family::Upscaler:
            return {{"text_encoder", "cond_stage_model.model.", true}};
        case Family::Refiner:
            return {{"text_encoder_2", "conditioner.embedders.0.model.", true}};
        default:
            return {{"text_encoder", "conditioner.embedders.0.transformer.", false},
                    {"text_encoder_2", "conditioner.embedders.1.model.", true}};
    }
}

bool leavesLastLayerOut(Family family) {
    return family == Family::Sd2 || family == Family::Upscaler;
}

Result<UNet2DConditionConfig> deriveUnet(const WeightSet& weights, Family family) {
    Shapes s(weights, kUnetPrefix);
    UNet2DConditionConfig c = deriveFirstHalf(s);
    c.outChannels = s.side("out.2.weight", 0);
    c.upBlockTypes.clear();
    for (auto it = c.downBlockTypes.rbegin(); it != c.downBlockTypes.rend(); ++it)
        c.upBlockTypes.push_back(*it == "DownBlock2D" ? "UpBlock2D" : "CrossAttnUpBlock2D");
    setHeads(c, family == Family::Sd1 || family == Family::Upscaler);
    c.sampleSize = {family == Family::Sd1 || family == Family::Sd2 ? 64 : 128};
    ATELIER_DO(s.complete());
    ATELIER_DO(checkWidths(weights, c.blockOutChannels, 64, "UNet"));
    return c;
}

Result<ControlNetConfig> deriveControlNet(const WeightSet& weights, const std::string& prefix) {
    Shapes s(weights, prefix);
    ControlNetConfig c;
    c.unet = deriveFirstHalf(s);
    c.unet.upBlockTypes.assign(c.unet.blockOutChannels.size(), "");
    setHeads(c.unet, !c.unet.useLinearProjection);
    c.conditioningChannels = s.side("input_hint_block.0.weight", 1);
    c.conditioningEmbeddingOutChannels = {s.side("input_hint_block.0.weight", 0)};
    for (int i = 4; s.has(fmt::format("input_hint_block.{}.weight", i + 2)); i += 4)
        c.conditioningEmbeddingOutChannels.push_back(s.side(fmt::format("input_hint_block.{}.weight", i), 0));
    ATELIER_DO(s.complete());
    ATELIER_DO(checkWidths(weights, c.unet.blockOutChannels, 64, "ControlNet"));
    return c;
}

Result<ControlNetConfig> deriveControlNetOfFolderNames(const WeightSet& weights) {
    Shapes s(weights, "");
    ControlNetConfig c;
    UNet2DConditionConfig& u = c.unet;
    u.inChannels = s.side("conv_in.weight", 1);
    const int levels = s.count("down_blocks.", ".resnets.0.conv1.weight");
    u.blockOutChannels.clear();
    u.downBlockTypes.clear();
    u.transformerLayersPerBlock.clear();
    u.layersPerBlock.clear();
    for (int i = 0; i < levels; ++i) {
        const std::string block = fmt::format("down_blocks.{}.", i);
        const int depth = s.count(block + "attentions.0.transformer_blocks.", ".norm1.weight");
        u.blockOutChannels.push_back(s.side(block + "resnets.0.conv1.weight", 0));
        u.layersPerBlock.push_back(s.count(block + "resnets.", ".conv1.weight"));
        u.downBlockTypes.push_back(depth ? "CrossAttnDownBlock2D" : "DownBlock2D");
        u.transformerLayersPerBlock.push_back(std::max(1, depth));
    }
    const std::string middle = "mid_block.attentions.0.";
    const int context = s.side(middle + "transformer_blocks.0.attn2.to_k.weight", 1);
    const int depth = s.count(middle + "transformer_blocks.", ".norm1.weight");
    if (levels) u.transformerLayersPerBlock.back() = std::max(1, depth);
    u.useLinearProjection = s.rank(middle + "proj_in.weight") == 2;
    u.crossAttentionDim.assign(u.blockOutChannels.size(), context);
    u.onlyCrossAttention.assign(u.blockOutChannels.size(), false);
    u.upBlockTypes.assign(u.blockOutChannels.size(), "");
    setHeads(u, !u.useLinearProjection);
    if (s.has("add_embedding.linear_1.weight")) {
        u.additionEmbedType = "text_time";
        u.additionTimeEmbedDim = 256;
        u.projectionClassEmbeddingsInputDim = s.side("add_embedding.linear_1.weight", 1);
    }
    const std::string hint = "controlnet_cond_embedding.";
    c.conditioningChannels = s.side(hint + "conv_in.weight", 1);
    c.conditioningEmbeddingOutChannels = {s.side(hint + "conv_in.weight", 0)};
    for (int i = 1; s.has(hint + fmt::format("blocks.{}.weight", i)); i += 2)
        c.conditioningEmbeddingOutChannels.push_back(s.side(hint + fmt::format("blocks.{}.weight", i), 0));
    ATELIER_DO(s.complete());
    ATELIER_DO(checkWidths(weights, u.blockOutChannels, 64, "ControlNet"));
    return c;
}

Family familyOfControlNet(const ControlNetConfig& config) {
    if (!config.unet.additionEmbedType.empty()) return Family::Sdxl;
    return config.unet.useLinearProjection ? Family::Sd2 : Family::Sd1;
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
    const bool large = family == Family::Sdxl || family == Family::Refiner;
    c.scalingFactor = large ? 0.13025 : family == Family::Upscaler ? 0.08333 : 0.18215;
    c.sampleSize = {large ? 1024 : family == Family::Upscaler ? 256 : 512};
    ATELIER_DO(s.complete());
    if (levels == 0)
        return fail(ErrorCode::Model, "the autoencoder has no levels", weights.path().string(),
                    "The file is not a complete checkpoint.");
    ATELIER_DO(checkWidths(weights, c.blockOutChannels, 32, "autoencoder"));
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
        c.numHiddenLayers = s.count(block, ".ln_1.weight") - (leavesLastLayerOut(family) ? 1 : 0);
        c.hiddenAct = "gelu";
        c.withProjection = !leavesLastLayerOut(family);
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
