// SPDX-License-Identifier: GPL-3.0-or-later
// Reading and writing a pipeline folder's configurations.
#include "core/weights/dialects/pipeline_files.h"

#include <fmt/format.h>

#include <array>

namespace atelier::dialects {
namespace {

constexpr std::array kTextComponents{"text_encoder", "text_encoder_2"};
constexpr const char* kLibraryVersion = "0.30.0";  // whose keys the written files have

Status writeJson(const fs::path& path, const Json& json) {
    ATELIER_DO(createDirectories(path.parent_path()));
    return writeFileAtomic(path, dumpModelJson(json));
}

Json named(Json json, const char* className) {
    json["_class_name"] = className;
    if (!json.contains("_diffusers_version")) json["_diffusers_version"] = kLibraryVersion;
    return json;
}

Json defaultScheduler(Family family, const std::string& prediction) {
    Json json{{"beta_start", 0.00085},
              {"beta_end", 0.012},
              {"beta_schedule", "scaled_linear"},
              {"num_train_timesteps", 1000},
              {"steps_offset", 1},
              {"trained_betas", nullptr},
              {"prediction_type", prediction},
              {"timestep_spacing", "leading"}};
    if (family == Family::Sdxl) {
        json["interpolation_type"] = "linear";
        json["use_karras_sigmas"] = false;
        return named(std::move(json), "EulerDiscreteScheduler");
    }
    json["set_alpha_to_one"] = false;
    json["clip_sample"] = false;
    return named(std::move(json), "DDIMScheduler");
}

Status copyFolder(const fs::path& from, const fs::path& to) {
    std::error_code error;
    if (!fs::is_directory(from, error))
        return fail(ErrorCode::Model, "the folder is missing", from.string(),
                    "--like needs a whole pipeline folder of the same family.");
    fs::copy(from, to, fs::copy_options::recursive, error);
    if (error) return fail(ErrorCode::Io, "cannot be copied: " + error.message(), from.string());
    return {};
}

}  // namespace

Result<PipelineConfigs> readPipeline(const fs::path& folder) {
    PipelineConfigs configs;
    ATELIER_TRY(const Json index, readModelJson(folder / "model_index.json"));
    const auto config = [&](const std::string& component) { return folder / component / "config.json"; };
    ATELIER_TRY(const Json unet, readModelJson(config("unet")));
    ATELIER_TRY(configs.unet, unet2DConditionConfigFromJson(unet, config("unet").string()));
    ATELIER_TRY(const Json vae, readModelJson(config("vae")));
    ATELIER_TRY(configs.vae, autoencoderKLConfigFromJson(vae, config("vae").string()));
    for (const char* component : kTextComponents) {
        const bool listed = index.contains(component) && index[component].is_array() &&
                            index[component].size() == 2 && index[component][1].is_string();
        if (!listed) continue;
        ATELIER_TRY(const Json text, readModelJson(config(component)));
        ATELIER_TRY(auto read, clipTextConfigFromJson(text, config(component).string()));
        configs.text.push_back(std::move(read));
    }
    if (configs.text.empty() || !(index.contains("text_encoder") && index["text_encoder"][1].is_string()))
        return fail(ErrorCode::Model, "it has no text_encoder, so it is not Stable Diffusion 1, 2 or XL base",
                    (folder / "model_index.json").string(), "Only these families are converted.");
    const fs::path scheduler = folder / "scheduler" / "scheduler_config.json";
    ATELIER_TRY(const Json settings, readModelJson(scheduler));
    configs.prediction = settings.value("prediction_type", "epsilon");
    return configs;
}

Result<PipelineConfigs> derivePipeline(const WeightSet& weights, Family family) {
    PipelineConfigs configs;
    ATELIER_TRY(configs.unet, deriveUnet(weights, family));
    ATELIER_TRY(configs.vae, deriveVae(weights, family));
    for (std::size_t i = 0; i < textTowers(family).size(); ++i) {
        ATELIER_TRY(auto text, deriveText(weights, family, static_cast<int>(i)));
        configs.text.push_back(std::move(text));
    }
    return configs;
}

Status settlePrediction(PipelineConfigs& configs, const WeightSet& weights, Family family,
                        const ConvertOptions& options) {
    std::string& prediction = configs.prediction;
    const bool marked = weights.find("v_pred").has_value();
    if (!options.prediction.empty()) {
        prediction = options.prediction;
    } else if (options.like.empty()) {
        const auto& metadata = weights.files().front()->metadata();
        const auto spec = metadata.find("modelspec.prediction_type");
        const auto architecture = metadata.find("modelspec.architecture");
        if (spec != metadata.end())
            prediction = spec->second == "v" || spec->second == "v_prediction" ? "v_prediction" : "epsilon";
        else if (marked ||
                 (architecture != metadata.end() && architecture->second == "stable-diffusion-v2-768-v"))
            prediction = "v_prediction";
        else if (architecture != metadata.end() || family != Family::Sd2)
            prediction = "epsilon";
        else
            return fail(
                ErrorCode::Usage,
                "a Stable Diffusion 2 file does not say whether it predicts the noise (512 base) or v (768)",
                weights.path().string(), "Add --prediction epsilon or --prediction v_prediction.");
    }
    if (options.like.empty() && family == Family::Sd2 && prediction == "v_prediction") {
        configs.unet.upcastAttention = true;  // 2.1 overflows half precision without it
        configs.unet.sampleSize = {96};
    }
    return {};
}

Status writePipelineConfigs(const fs::path& folder, const PipelineConfigs& configs) {
    ATELIER_DO(
        writeJson(folder / "unet" / "config.json", named(toJson(configs.unet), "UNet2DConditionModel")));
    ATELIER_DO(writeJson(folder / "vae" / "config.json", named(toJson(configs.vae), "AutoencoderKL")));
    Json index = Json::object();
    for (std::size_t i = 0; i < configs.text.size(); ++i) {
        Json text = toJson(configs.text[i]);
        const char* className =
            configs.text[i].withProjection ? "CLIPTextModelWithProjection" : "CLIPTextModel";
        text["architectures"] = {className};
        text["model_type"] = "clip_text_model";
        ATELIER_DO(writeJson(folder / kTextComponents[i] / "config.json", text));
        index[kTextComponents[i]] = {"transformers", className};
        index[fmt::format("tokenizer{}", i ? "_2" : "")] = {"transformers", "CLIPTokenizer"};
    }
    index["unet"] = {"diffusers", "UNet2DConditionModel"};
    index["vae"] = {"diffusers", "AutoencoderKL"};
    index["scheduler"] = {"diffusers", configs.text.size() == 2 ? "EulerDiscreteScheduler" : "DDIMScheduler"};
    for (const char* absent : {"feature_extractor", "image_encoder"}) index[absent] = {nullptr, nullptr};
    if (configs.text.size() == 1) {
        index["safety_checker"] = {nullptr, nullptr};
        index["requires_safety_checker"] = false;
    } else {
        index["force_zeros_for_empty_prompt"] = true;
    }
    const bool inpaints = configs.unet.inChannels == 9;
    const std::string name = configs.text.size() == 2 ? "StableDiffusionXL" : "StableDiffusion";
    ATELIER_DO(
        writeJson(folder / "model_index.json",
                  named(std::move(index), (name + (inpaints ? "InpaintPipeline" : "Pipeline")).c_str())));
    const Family family = configs.text.size() == 2 ? Family::Sdxl : Family::Sd1;  // SD 2 has SD 1's scheduler
    return writeJson(folder / "scheduler" / "scheduler_config.json",
                     defaultScheduler(family, configs.prediction));
}

Status writePipelineFiles(const fs::path& folder, const PipelineConfigs& configs, Family family,
                          const ConvertOptions& options) {
    ATELIER_DO(writePipelineConfigs(folder, configs));
    if (options.like.empty()) return {};
    ATELIER_TRY(Json index, readModelJson(folder / "model_index.json"));
    ATELIER_TRY(const Json theirs, readModelJson(options.like / "model_index.json"));
    ATELIER_TRY(Json scheduler, readModelJson(options.like / "scheduler" / "scheduler_config.json"));
    scheduler["prediction_type"] = configs.prediction;
    ATELIER_DO(writeJson(folder / "scheduler" / "scheduler_config.json", scheduler));
    std::vector<std::string> tokenizers{"tokenizer"};
    if (textTowers(family).size() == 2) tokenizers.emplace_back("tokenizer_2");
    if (theirs.contains("scheduler")) index["scheduler"] = theirs["scheduler"];
    for (const auto& name : tokenizers) {
        ATELIER_DO(copyFolder(options.like / name, folder / name));
        if (theirs.contains(name)) index[name] = theirs[name];
    }
    // Whatever else belongs to that pipeline comes along: safety checker, feature extractor, depth estimator.
    for (const auto& [name, entry] : theirs.items()) {
        const bool component = entry.is_array() && entry.size() == 2 && entry[1].is_string();
        if (!component || (index.contains(name) && !index[name][1].is_null())) continue;
        if (!fs::is_directory(options.like / name)) continue;
        ATELIER_DO(copyFolder(options.like / name, folder / name));
        index[name] = entry;
    }
    if (theirs.contains("requires_safety_checker"))
        index["requires_safety_checker"] = theirs["requires_safety_checker"];
    return writeJson(folder / "model_index.json", index);
}

}  // namespace atelier::dialects
