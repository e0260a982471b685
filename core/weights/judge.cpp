// SPDX-License-Identifier: GPL-3.0-or-later
// judgeTensors: the marks by which readers of such files tell them apart (first match wins).
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/weights/inspect.h"

namespace atelier {
namespace {

class Table {
  public:
    explicit Table(std::span<const TensorInfo> tensors) : tensors_(tensors) {}

    const TensorInfo* find(std::string_view name) const {
        const auto it = std::find_if(tensors_.begin(), tensors_.end(),
                                     [&](const TensorInfo& t) { return t.name == name; });
        return it == tensors_.end() ? nullptr : &*it;
    }
    bool has(std::string_view name) const { return find(name) != nullptr; }
    const TensorInfo* ending(std::string_view suffix, std::string_view prefix = {}) const {
        const auto it = std::find_if(tensors_.begin(), tensors_.end(), [&](const TensorInfo& t) {
            return t.name.ends_with(suffix) && t.name.starts_with(prefix);
        });
        return it == tensors_.end() ? nullptr : &*it;
    }
    std::size_t count(std::string_view suffix) const {
        return static_cast<std::size_t>(std::count_if(
            tensors_.begin(), tensors_.end(), [&](const TensorInfo& t) { return t.name.ends_with(suffix); }));
    }
    // Side `axis` of a tensor, 0 when it is absent; a negative axis counts from the back.
    static std::int64_t side(const TensorInfo* t, int axis) {
        if (!t) return 0;
        const int at = axis < 0 ? static_cast<int>(t->shape.size()) + axis : axis;
        return at >= 0 && at < static_cast<int>(t->shape.size()) ? t->shape[static_cast<std::size_t>(at)] : 0;
    }
    std::size_t size() const { return tensors_.size(); }
    std::span<const TensorInfo> all() const { return tensors_; }

  private:
    std::span<const TensorInfo> tensors_;
};

constexpr std::int64_t kStableDiffusionWidth = 320;  // first level of SD 1, 2 and XL

std::string familyOfContext(std::int64_t context) {
    switch (context) {
        case 768:
            return "Stable Diffusion 1";
        case 1024:
            return "Stable Diffusion 2";
        case 2048:
            return "Stable Diffusion XL";
        default:
            return {};
    }
}

std::string inputPurpose(std::int64_t channels) {
    return channels == 9   ? ", for inpainting"
           : channels == 8 ? ", edits by instruction"
           : channels == 7 ? ", enlarges pictures"
           : channels == 5 ? ", with depth"
                           : "";
}

std::string inputVariant(std::int64_t channels) {
    return channels == 9   ? "inpainting"
           : channels == 8 ? "edit"
           : channels == 7 ? "upscaling"
           : channels == 5 ? "depth"
                           : "";
}

TensorVerdict judgeUnet(const Table& t) {
    const TensorInfo* in = t.find("conv_in.weight");
    const std::int64_t width = Table::side(in, 0), channels = Table::side(in, 1),
                       context = Table::side(t.ending("attn2.to_k.weight"), 1);
    std::string family;
    if (width == kStableDiffusionWidth) family = familyOfContext(context);
    if (channels == 7 && t.has("class_embedding.weight")) family = "Stable Diffusion x4 upscaler";
    if (t.has("add_embedding.linear_1.weight") && context == 1280) family = "Stable Diffusion XL refiner";
    return {"unet", family,
            fmt::format("UNet, {} → {} channels, first level {} wide, {}{}", channels,
                        Table::side(t.find("conv_out.weight"), 0), width,
                        context ? fmt::format("context {}", context) : "no attention to text",
                        inputPurpose(channels)),
            inputVariant(channels)};
}

TensorVerdict judgeVae(const Table& t) {
    const std::int64_t latent = Table::side(t.find("decoder.conv_in.weight"), 1);
    return {"vae", "",
            fmt::format("autoencoder, {} latent channels{}", latent,
                        t.has("quantize.embedding.weight") ? ", quantised" : "")};
}

TensorVerdict judgeText(const Table& t, const TensorInfo& tokens) {
    const std::int64_t width = Table::side(&tokens, 1);
    const char* known = width == 768    ? "CLIP ViT-L/14 (Stable Diffusion 1 and XL)"
                        : width == 1024 ? "OpenCLIP ViT-H/14 (Stable Diffusion 2)"
                        : width == 1280 ? "OpenCLIP ViT-bigG/14 (Stable Diffusion XL)"
                                        : "";
    const bool stock = Table::side(&tokens, 0) >= 49408;
    return {"text_encoder", stock ? known : "",
            fmt::format("CLIP text encoder, {} tokens, {} wide, {} layers{}", Table::side(&tokens, 0), width,
                        t.count("layer_norm1.weight"),
                        t.has("text_projection.weight") ? ", with projection" : "")};
}

TensorVerdict judgeT5(const Table& t, const TensorInfo& query) {
    const TensorInfo* tokens = t.find("shared.weight");
    if (!tokens) tokens = t.find("encoder.embed_tokens.weight");
    const bool gated = t.has("encoder.block.0.layer.1.DenseReluDense.wi_1.weight");
    return {
        "text_encoder", "",
        fmt::format("T5 {} text encoder, {} tokens, {} wide, {} layers{}", gated ? "1.1" : "1.0",
                    Table::side(tokens, 0), Table::side(&query, 1), t.count(".1.DenseReluDense.wo.weight"),
                    t.has("decoder.final_layer_norm.weight") ? ", with its decoder" : "")};
}

TensorVerdict judgeCheckpoint(const Table& t) {
    std::string family;
    if (t.ending(".weight", "conditioner.embedders.1.model.")) {
        family = "Stable Diffusion XL";
    } else if (t.ending(".weight", "conditioner.embedders.0.model.")) {
        family = "Stable Diffusion XL refiner";
    } else if (t.has("model.diffusion_model.label_emb.weight") &&
               Table::side(t.find("model.diffusion_model.input_blocks.0.0.weight"), 1) == 7) {
        family = "Stable Diffusion x4 upscaler";
    } else {
        family = familyOfContext(Table::side(
            t.find("model.diffusion_model.input_blocks.2.1.transformer_blocks.0.attn2.to_k.weight"), 1));
        // Of an unusual width: the form of its text encoder tells, as it does for `convert`.
        if (family.empty() && t.ending(".weight", "cond_stage_model.transformer."))
            family = "Stable Diffusion 1";
        else if (family.empty() && t.ending(".weight", "cond_stage_model.model."))
            family = "Stable Diffusion 2";
    }
    const char* dialect = t.ending(".weight", "conditioner.") ? "SGM names" : "LDM names";
    std::string parts = "UNet";
    if (t.ending(".weight", "first_stage_model.")) parts += ", autoencoder";
    if (t.ending(".weight", "cond_stage_model.") || t.ending(".weight", "conditioner."))
        parts += ", text encoder";
    const std::int64_t channels = Table::side(t.find("model.diffusion_model.input_blocks.0.0.weight"), 1);
    return {"checkpoint", family,
            fmt::format("single-file checkpoint ({}): {}{}{}", dialect, parts,
                        t.has("model_ema.num_updates") || t.has("model_ema.decay") ? ", averaged UNet" : "",
                        inputPurpose(channels)),
            inputVariant(channels)};
}

TensorVerdict judgeLora(const Table& t) {
    static constexpr std::string_view kDown[] = {".lora_down.weight", ".lora_A.weight", ".lora.down.weight",
                                                 "_lora.down.weight", ".lora_linear_layer.down.weight"};
    std::set<std::int64_t> ranks;
    std::size_t modules = 0;
    bool text = false;
    std::int64_t context = 0;
    for (const TensorInfo& tensor : t.all())
        for (std::string_view suffix : kDown) {
            if (!tensor.name.ends_with(suffix)) continue;
            ++modules;
            ranks.insert(Table::side(&tensor, 0));
            text |= tensor.name.starts_with("lora_te") || tensor.name.starts_with("text_encoder");
            if (tensor.name.find("attn2") != std::string::npos &&
                tensor.name.find("to_k") != std::string::npos)
                context = Table::side(&tensor, 1);
            break;
        }
    const std::string rank = ranks.size() == 1
                                 ? fmt::format("rank {}", *ranks.begin())
                                 : fmt::format("ranks {} to {}", *ranks.begin(), *ranks.rbegin());
    return {"lora", familyOfContext(context),
            fmt::format("LoRA, {}, {} modules{}{}", rank, modules, text ? ", text encoder too" : "",
                        t.count(".lora_down.weight") ? ", kohya names" : "")};
}

bool isLora(const Table& t) {
    return t.count(".lora_down.weight") + t.count(".lora_A.weight") + t.count("lora.down.weight") +
               t.count(".lora_linear_layer.down.weight") >
           0;
}

TensorVerdict judgeEmbedding(const Table& t) {
    if (t.has("clip_l") && t.has("clip_g"))
        return {"textual_inversion", "Stable Diffusion XL",
                fmt::format("textual inversion, {} vectors", Table::side(t.find("clip_l"), 0))};
    const TensorInfo& first = t.all().front();
    const std::int64_t vectors = first.shape.size() == 2 ? first.shape[0] : 1;
    return {"textual_inversion", familyOfContext(Table::side(&first, -1)),
            fmt::format("textual inversion, {} vectors", vectors)};
}

std::string foreignFamily(const Table& t) {
    for (const TensorInfo& tensor : t.all())
        if (auto family = atelier::foreignFamily(tensor.name); !family.empty()) return family;
    return {};
}

}  // namespace

std::string foreignFamily(std::string_view name) {
    static constexpr std::pair<std::string_view, std::string_view> kMarks[] = {
        {"single_transformer_blocks.", "FLUX"},
        {"double_blocks.", "FLUX or a relative of it"},
        {"joint_blocks.", "Stable Diffusion 3"},
        {"adaln_single.", "PixArt or a relative of it"},
        {"transformer_blocks.0.attn.add_", "Stable Diffusion 3"},
        {"lm_head.", "a language model"},
        {"model.layers.0.", "a language model"}};
    for (const std::string_view prefix : {"model.diffusion_model.", "transformer."})
        if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
    for (const auto& [mark, family] : kMarks)
        if (name.starts_with(mark)) return std::string(family);
    return {};
}

TensorVerdict judgeTensors(std::span<const TensorInfo> tensors) {
    const Table t(tensors);
    if (tensors.empty()) return {"unknown", "", "no tensors"};
    if (isLora(t)) return judgeLora(t);
    for (const auto& [mark, name] : {std::pair{".hada_w1_a", "LoHa"},
                                     {".lokr_w1", "LoKr"},
                                     {".lokr_w1_a", "LoKr"},
                                     {".on_input", "IA³"},
                                     {".oft_blocks", "OFT"},
                                     {".diff", "full difference"}})
        if (t.count(mark) > 0)
            return {"lycoris", "", fmt::format("LyCORIS {}, which is not LoRA and is not applied", name)};
    if (const TensorInfo* query = t.find("encoder.block.0.layer.0.SelfAttention.q.weight"))
        return judgeT5(t, *query);
    if (const auto family = foreignFamily(t); !family.empty())
        return {"unknown", family, "weights of " + family + ", which Atelier does not compute"};
    if (t.ending(".weight", "model.diffusion_model.")) return judgeCheckpoint(t);
    if (t.has("control_model.time_embed.0.weight")) return {"controlnet", "", "ControlNet in a single file"};
    if (t.has("controlnet_cond_embedding.conv_in.weight")) {
        TensorVerdict verdict = judgeUnet(t);
        return {"controlnet", verdict.family,
                "ControlNet, " + verdict.detail.substr(verdict.detail.find(',') + 2)};
    }
    if (t.has("clip_txt_mapper.weight")) return {"unet", "Stable Cascade", "stage C (prior)"};
    if (t.has("down_blocks.1.0.channelwise.0.weight")) return {"unet", "Stable Cascade", "stage B (decoder)"};
    if (t.has("conv_in.weight") && t.has("time_embedding.linear_1.weight")) return judgeUnet(t);
    if (t.has("encoder.conv_in.weight") && t.has("decoder.conv_in.weight")) return judgeVae(t);
    if (const TensorInfo* tokens = t.ending("embeddings.token_embedding.weight"))
        return judgeText(t, *tokens);
    const bool small =
        tensors.size() <= 4 && std::all_of(tensors.begin(), tensors.end(), [](const TensorInfo& x) {
            return !x.shape.empty() && x.shape.size() <= 2;
        });
    if (t.has("emb_params") || (t.has("clip_l") && t.has("clip_g")) ||
        (small && !familyOfContext(Table::side(&tensors.front(), -1)).empty()))
        return judgeEmbedding(t);
    return {"unknown", "",
            fmt::format("the first tensor is {} {}", tensors.front().name, shapeText(tensors.front().shape))};
}

}  // namespace atelier
