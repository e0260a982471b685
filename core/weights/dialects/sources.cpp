// SPDX-License-Identifier: GPL-3.0-or-later
// Matching files and folders with the name tables of their families.
#include "core/weights/dialects/sources.h"

#include <fmt/format.h>

#include <algorithm>

namespace atelier::dialects {
namespace {

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    if (const auto at = text.find(from); at != std::string::npos) text.replace(at, from.size(), to);
    return text;
}

// The names a tensor may have: the one we write first, then those of older and newer writers.
std::vector<std::string> folderNames(const std::string& name) {
    std::vector<std::string> names{name, replaced(name, "text_model.", "")};
    if (name == "shared.weight") names.push_back("encoder.embed_tokens.weight");
    for (const auto& [now, before] : {std::pair{".to_q.", ".query."}, std::pair{".to_k.", ".key."},
                                      std::pair{".to_v.", ".value."}, std::pair{".to_out.0.", ".proj_attn."}})
        if (name.find(now) != std::string::npos) names.push_back(replaced(name, now, before));
    return names;
}
std::vector<std::string> singleNames(const std::string& name, bool ema) {
    if (ema && name.starts_with(kUnetPrefix)) {
        std::string flat = name.substr(std::string_view("model.").size());
        std::erase(flat, '.');
        return {"model_ema." + flat};
    }
    return {name, replaced(name, ".text_model.", ".")};
}

Result<std::vector<Found>> match(const NameTable& table, const WeightSet& weights, bool single, bool ema,
                                 std::set<std::string>& used) {
    std::vector<Found> found;
    for (const NamePair& pair : table) {
        std::optional<WeightSet::Entry> entry;
        const auto names = single ? singleNames(pair.single, ema) : folderNames(pair.folder);
        for (const auto& name : names)
            if ((entry = weights.find(name))) {
                used.insert(name);
                break;
            }
        if (!entry)
            return fail(ErrorCode::Model, fmt::format("tensor \"{}\" is missing", names.front()),
                        weights.path().string(),
                        "The model is incomplete or its configuration is another's.");
        auto wanted = single ? singleShape(pair) : pair.shape;
        const auto& shape = entry->tensor->shape;
        // Old folders keep the autoencoder's attention as 1×1 convolutions and some single files as matrices.
        auto alike = wanted;
        if (pair.layout == Layout::Conv1x1 && single) alike = pair.shape;
        if (pair.layout == Layout::Conv1x1 && !single) alike = singleShape(pair);
        if (shape != wanted && shape != alike)
            return fail(ErrorCode::Model,
                        fmt::format("tensor \"{}\" has shape {} instead of {}", entry->tensor->name,
                                    shapeText(shape), shapeText(wanted)),
                        weights.path().string(), "Another model's configuration, or a damaged file.");
        if (!isConvertible(entry->tensor->type))
            return fail(ErrorCode::Model,
                        fmt::format("tensor \"{}\" is stored as {}", entry->tensor->name,
                                    tensorTypeName(entry->tensor->type)),
                        weights.path().string(), "F16, BF16, F32 and F64 are converted.");
        found.push_back({pair, *entry, single});
    }
    return found;
}

// What the dialects may carry beside the table: buffers that readers compute, averages, unused heads.
bool isIgnorable(const std::string& name, const std::string& sd2LastLayer) {
    if (name.ends_with("position_ids") || name.ends_with("attn_mask") || name.ends_with("logit_scale"))
        return true;
    for (const char* prefix : {"model_ema.", "low_scale_model.", "depth_model.", "betas", "alphas_cumprod",
                               "sqrt_", "log_one_minus_", "posterior_", "lvlb_weights", "denoiser.",
                               "first_stage_model.loss.", "first_stage_model.model_ema."})
        if (name.starts_with(prefix)) return true;
    if (name == "v_pred" || name == "ztsnr" || name == "global_step") return true;
    if (name == "cond_stage_model.model.text_projection") return true;
    return !sd2LastLayer.empty() && name.starts_with(sd2LastLayer);
}

Status refuseLeftOver(const WeightSet& weights, const std::set<std::string>& used,
                      const std::string& sd2LastLayer = {}) {
    std::vector<std::string> left;
    for (const auto& name : weights.names())
        if (!used.contains(name) && !isIgnorable(name, sd2LastLayer)) left.push_back(name);
    if (left.empty()) return {};
    const std::string first = "\"" + left.front() + "\"";
    return fail(ErrorCode::Model,
                left.size() == 1
                    ? fmt::format("tensor {} has no place in the other dialect", first)
                    : fmt::format("{} tensors have no place in the other dialect, the first is {}",
                                  left.size(), first),
                weights.path().string(),
                "Converting would lose them; remove them from the model if they are not needed.");
}

Status addPart(Source& source, const std::string& component, const NameTable& table, const WeightSet& weights,
               bool single, bool ema, std::set<std::string>& used) {
    ATELIER_TRY(auto tensors, match(table, weights, single, ema, used));
    source.parts.push_back({component, std::move(tensors)});
    return {};
}

NameTable textNames(const TextTower& tower, const ClipTextConfig& config) {
    return tower.openClip ? openClipNames(config, tower.prefix) : clipNames(config, tower.prefix);
}

bool hasPrefix(const WeightSet& weights, std::string_view prefix) {
    for (const auto& name : weights.names())
        if (name.starts_with(prefix)) return true;
    return false;
}

// The forms of a ControlNet in one file: cldm's with its prefix (alone, or inside a whole checkpoint), the
// same without, or the folder's names.
enum class ControlForm { None, Prefixed, Bare, FolderNames };
ControlForm controlForm(const WeightSet& weights) {
    if (weights.find("control_model.input_hint_block.0.weight")) return ControlForm::Prefixed;
    if (weights.find("input_hint_block.0.weight")) return ControlForm::Bare;
    if (weights.find("controlnet_cond_embedding.conv_in.weight")) return ControlForm::FolderNames;
    return ControlForm::None;
}

Result<ControlNetConfig> readControlNet(const fs::path& folder) {
    const fs::path path = folder / "config.json";
    ATELIER_TRY(const Json json, readModelJson(path));
    if (const auto name = json.find("_class_name"); name == json.end() || *name != "ControlNetModel")
        return fail(ErrorCode::Model, "it is no ControlNet's configuration", path.string(),
                    "Give a ControlNet's folder.");
    return controlNetConfigFromJson(json, path.string());
}

Status openControlFile(Source& source, ControlForm form, const ConvertOptions& options) {
    const WeightSet& weights = *source.weights.back();
    const std::string prefix = form == ControlForm::Prefixed ? kControlPrefix : "";
    ControlNetConfig config;
    if (!options.like.empty()) {
        ATELIER_TRY(config, readControlNet(options.like));
    } else if (form == ControlForm::FolderNames) {
        ATELIER_TRY(config, deriveControlNetOfFolderNames(weights));
    } else {
        ATELIER_TRY(config, deriveControlNet(weights, prefix));
    }
    ATELIER_TRY(const auto table, controlNetNames(config, prefix));
    ATELIER_DO(addPart(source, "", table, weights, form != ControlForm::FolderNames, false, source.used));
    if (form == ControlForm::Prefixed && hasPrefix(weights, kUnetPrefix))
        source.remarks.push_back(
            "the file also holds a whole Stable Diffusion model, which was left out: only the ControlNet was "
            "converted");
    else
        ATELIER_DO(refuseLeftOver(weights, source.used));
    source.configs.family = familyOfControlNet(config);
    source.configs.controlNet = std::move(config);
    return {};
}

// Weights of one component.
Status addComponent(Source& source, const fs::path& folder, const std::string& component, const char* stem,
                    const NameTable& table, const std::string& variant) {
    ATELIER_TRY(auto opened, WeightSet::openAny(folder, stem, variant));
    source.weights.push_back(std::make_unique<WeightSet>(std::move(opened)));
    std::set<std::string> used;
    ATELIER_DO(addPart(source, component, table, *source.weights.back(), false, false, used));
    if (source.configs.t5 && component == "text_encoder")  // the table again, and the half that decodes
        for (const auto& name : source.weights.back()->names())
            if (name == "encoder.embed_tokens.weight" || name.starts_with("decoder.") ||
                name.starts_with("lm_head."))
                used.insert(name);
    return refuseLeftOver(*source.weights.back(), used);
}

}  // namespace

Result<Bytes> folderBytes(const Found& found) {
    ATELIER_TRY(Bytes bytes, found.entry.bytes());
    if (!found.single) return bytes;
    return toFolderLayout(found.pair, bytes, bitsPerElement(found.entry.tensor->type) / 8);
}

Result<Source> openSingle(const fs::path& path, const ConvertOptions& options) {
    Source source;
    ATELIER_TRY(auto opened, WeightSet::openFile(path));
    source.weights.push_back(std::make_unique<WeightSet>(std::move(opened)));
    const WeightSet& weights = *source.weights.back();
    if (const ControlForm form = controlForm(weights); form != ControlForm::None) {
        ATELIER_DO(openControlFile(source, form, options));
        return source;
    }
    ATELIER_TRY(const Family family, familyOfSingleFile(weights));
    if (options.like.empty()) {
        ATELIER_TRY(source.configs, derivePipeline(weights, family));
    } else {
        ATELIER_TRY(source.configs, readPipeline(options.like));
    }
    if (source.configs.family != family)
        return fail(ErrorCode::Model,
                    fmt::format("it is a folder of {}, the file is {}", familyName(source.configs.family),
                                familyName(family)),
                    options.like.string(), "Give a pipeline folder of the same family.");
    std::set<std::string> used;
    ATELIER_TRY(const auto unet, unetNames(source.configs.unet));
    ATELIER_DO(addPart(source, "unet", unet, weights, true, options.ema, used));
    if (options.ema)  // the plain weights beside them are not used, but known
        for (const auto& pair : unet) used.insert(pair.single);
    ATELIER_TRY(const auto vae, vaeNames(source.configs.vae));
    ATELIER_DO(addPart(source, "vae", vae, weights, true, false, used));
    const auto towers = textTowers(family);
    for (std::size_t i = 0; i < towers.size(); ++i)
        ATELIER_DO(addPart(source, towers[i].component, textNames(towers[i], source.configs.text[i]), weights,
                           true, false, used));
    const std::string last = leavesLastLayerOut(family)
                                 ? fmt::format("cond_stage_model.model.transformer.resblocks.{}.",
                                               source.configs.text.front().numHiddenLayers)
                                 : "";
    ATELIER_DO(refuseLeftOver(weights, used, last));
    if (hasPrefix(weights, "depth_model."))
        source.remarks.push_back(
            "the depth estimator (depth_model) was left out: the folder needs one of its own "
            "(depth_estimator, "
            "DPTForDepthEstimation) to run the depth pipeline");
    source.used = std::move(used);
    return source;
}

Result<Source> openFolder(const fs::path& path, const std::string& variant) {
    Source source;
    if (!fs::exists(path / "model_index.json") && fs::exists(path / "config.json")) {
        ATELIER_TRY(auto config, readControlNet(path));
        ATELIER_TRY(const auto table, controlNetNames(config));
        source.configs.family = familyOfControlNet(config);
        source.configs.controlNet = std::move(config);
        ATELIER_DO(addComponent(source, path, "", "diffusion_pytorch_model", table, variant));
        return source;
    }
    ATELIER_TRY(source.configs, readPipeline(path));
    ATELIER_TRY(const auto unet, unetNames(source.configs.unet));
    ATELIER_DO(addComponent(source, path / "unet", "unet", "diffusion_pytorch_model", unet, variant));
    ATELIER_TRY(const auto vae, vaeNames(source.configs.vae));
    ATELIER_DO(addComponent(source, path / "vae", "vae", "diffusion_pytorch_model", vae, variant));
    if (source.configs.t5) {
        ATELIER_DO(addComponent(source, path / "text_encoder", "text_encoder", "model",
                                t5Names(*source.configs.t5), variant));
        return source;
    }
    const auto towers = textTowers(source.configs.family);
    for (std::size_t i = 0; i < towers.size(); ++i)
        ATELIER_DO(addComponent(source, path / towers[i].component, towers[i].component, "model",
                                textNames(towers[i], source.configs.text[i]), variant));
    if (source.configs.family == Family::Sd2 && source.configs.unet.inChannels == 5)
        source.remarks.push_back(
            "a depth estimator is no part of the single file: programs that want one take it from elsewhere");
    return source;
}

}  // namespace atelier::dialects
