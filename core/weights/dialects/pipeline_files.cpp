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
    const bool upscaler = family == Family::Upscaler;
    Json json{{"beta_start", upscaler ? 0.0001 : 0.00085},
              {"beta_end", upscaler ? 0.02 : 0.012},
              {"beta_schedule", "scaled_linear"},
              {"num_train_timesteps", 1000},
              {"steps_offset", 1},
              {"trained_betas", nullptr},
              {"prediction_type", prediction},
              {"timestep_spacing", "leading"}};
    if (family == Family::Sdxl || family == Family::Refiner) {
        json["interpolation_type"] = "linear";
        json["use_karras_sigmas"] = false;
        return named(std::move(json), "EulerDiscreteScheduler");
    }
    json["set_alpha_to_one"] = false;
    json["clip_sample"] = false;
    return named(std::move(json), "DDIMScheduler");
}

// With which the upscaler blurs the picture it is given.
Json lowResolutionScheduler() {
    return named({{"beta_start", 0.0001},
                  {"beta_end", 0.02},
                  {"beta_schedule", "scaled_linear"},
                  {"num_train_timesteps", 1000},
                  {"trained_betas", nullptr},
                  {"variance_type", "fixed_small"},
                  {"clip_sample", true},
                  {"prediction_type", "epsilon"}},
                 "DDPMScheduler");
}

// The class that runs the family with that UNet.
const char* pipelineClass(const PipelineConfigs& configs) {
    const int channels = configs.unet.inChannels;
    switch (configs.family) {
        case Family::Upscaler:
            return "StableDiffusionUpscalePipeline";
        case Family::Refiner:
            return "StableDiffusionXLImg2ImgPipeline";
        case Family::Sdxl:
            return channels == 9   ? "StableDiffusionXLInpaintPipeline"
                   : channels == 8 ? "StableDiffusionXLInstructPix2PixPipeline"
                                   : "StableDiffusionXLPipeline";
        default:
            return channels == 9   ? "StableDiffusionInpaintPipeline"
                   : channels == 8 ? "StableDiffusionInstructPix2PixPipeline"
                   : channels == 5 ? "StableDiffusionDepth2ImgPipeline"
                                   : "StableDiffusionPipeline";
    }
}

// The components that the class has beside networks, tokenizers and scheduler, none of which a single file
// holds, and its own settings.
void addClassEntries(Json& index, const PipelineConfigs& configs) {
    const Json absent{nullptr, nullptr};
    switch (configs.family) {
        case Family::Upscaler:
            index["low_res_scheduler"] = {"diffusers", "DDPMScheduler"};
            index["max_noise_level"] = 350;
            for (const char* name : {"feature_extractor", "safety_checker", "watermarker"})
                index[name] = absent;
            break;
        case Family::Refiner:
            for (const char* name : {"feature_extractor", "image_encoder", "text_encoder", "tokenizer"})
                index[name] = absent;
            index["force_zeros_for_empty_prompt"] = false;
            index["requires_aesthetics_score"] = true;
            break;
        case Family::Sdxl:
            for (const char* name : {"feature_extractor", "image_encoder"}) index[name] = absent;
            index["force_zeros_for_empty_prompt"] = true;
            break;
        default:
            index["feature_extractor"] = absent;
            if (configs.unet.inChannels == 5) {
                index["depth_estimator"] = absent;
                break;
            }
            for (const char* name : {"image_encoder", "safety_checker"}) index[name] = absent;
            index["requires_safety_checker"] = false;
    }
}

// "text_encoder_2" → "tokenizer_2".
std::string tokenizerOf(const std::string& textEncoder) {
    return "tokenizer" + textEncoder.substr(std::string_view("text_encoder").size());
}

// What a folder's configurations are the family of.
Family familyOf(const PipelineConfigs& configs, bool first, bool second) {
    if (second) return first ? Family::Sdxl : Family::Refiner;
    if (!configs.unet.useLinearProjection) return Family::Sd1;
    return configs.unet.numClassEmbeds && configs.unet.inChannels == 7 ? Family::Upscaler : Family::Sd2;
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
    for (const auto& [component, wanted] :
         {std::pair{"unet", "UNet2DConditionModel"}, {"vae", "AutoencoderKL"}}) {
        const auto entry = index.find(component);
        const Json named =
            entry != index.end() && entry->is_array() && entry->size() == 2 ? (*entry)[1] : Json();
        if (named == wanted) continue;
        return fail(ErrorCode::Model,
                    fmt::format("its {} is {}, not a {}: it is not of the Stable Diffusion family", component,
                                named.is_string() ? named.get<std::string>() : "missing", wanted),
                    (folder / "model_index.json").string(), "Only this family is converted.");
    }
    const auto config = [&](const std::string& component) { return folder / component / "config.json"; };
    ATELIER_TRY(const Json unet, readModelJson(config("unet")));
    ATELIER_TRY(configs.unet, unet2DConditionConfigFromJson(unet, config("unet").string()));
    ATELIER_TRY(const Json vae, readModelJson(config("vae")));
    ATELIER_TRY(configs.vae, autoencoderKLConfigFromJson(vae, config("vae").string()));
    std::array<bool, 2> there{};
    for (std::size_t i = 0; i < kTextComponents.size(); ++i) {
        const char* component = kTextComponents[i];
        const bool listed = index.contains(component) && index[component].is_array() &&
                            index[component].size() == 2 && index[component][1].is_string();
        if (!listed) continue;
        there[i] = true;
        ATELIER_TRY(const Json text, readModelJson(config(component)));
        ATELIER_TRY(const auto kind, textEncoderKind(text, config(component).string()));
        if (kind == TextEncoderKind::T5) {
            ATELIER_TRY(configs.t5, t5EncoderConfigFromJson(text, config(component).string()));
            continue;
        }
        ATELIER_TRY(auto read, clipTextConfigFromJson(text, config(component).string()));
        configs.text.push_back(std::move(read));
    }
    if (configs.t5 && (there[1] || !configs.text.empty()))
        return fail(ErrorCode::Model, "it has a T5EncoderModel beside another text encoder",
                    (folder / "model_index.json").string(), "Models with two text encoders are SDXL's.");
    if (configs.text.empty() && !configs.t5)
        return fail(ErrorCode::Model, "it has no text encoder, so it is not of the Stable Diffusion family",
                    (folder / "model_index.json").string(), "Only this family is converted.");
    configs.family = familyOf(configs, there[0], there[1]);
    const fs::path scheduler = folder / "scheduler" / "scheduler_config.json";
    ATELIER_TRY(const Json settings, readModelJson(scheduler));
    if (const auto type = settings.find("prediction_type"); type == settings.end())
        configs.prediction = "epsilon";
    else if (type->is_string())
        configs.prediction = type->get<std::string>();
    else
        return fail(ErrorCode::Model, "prediction_type is no word", scheduler.string(),
                    "It is epsilon or v_prediction.");
    return configs;
}

Result<PipelineConfigs> derivePipeline(const WeightSet& weights, Family family) {
    PipelineConfigs configs;
    configs.family = family;
    ATELIER_TRY(configs.unet, deriveUnet(weights, family));
    ATELIER_TRY(configs.vae, deriveVae(weights, family));
    for (std::size_t i = 0; i < textTowers(family).size(); ++i) {
        ATELIER_TRY(auto text, deriveText(weights, family, static_cast<int>(i)));
        configs.text.push_back(std::move(text));
    }
    return configs;
}

Status settlePrediction(PipelineConfigs& configs, const WeightSet& weights, const ConvertOptions& options) {
    const Family family = configs.family;
    std::string& prediction = configs.prediction;
    // Of the models with more inputs one kind each was published.
    const bool onlyKind = family != Family::Sd2 || configs.unet.inChannels != 4;
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
        else if (family == Family::Upscaler)
            prediction = "v_prediction";
        else if (architecture != metadata.end() || onlyKind)
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
    if (configs.controlNet)
        return writeJson(folder / "config.json", named(toJson(*configs.controlNet), "ControlNetModel"));
    ATELIER_DO(
        writeJson(folder / "unet" / "config.json", named(toJson(configs.unet), "UNet2DConditionModel")));
    ATELIER_DO(writeJson(folder / "vae" / "config.json", named(toJson(configs.vae), "AutoencoderKL")));
    const Json scheduler = defaultScheduler(configs.family, configs.prediction);
    Json index = Json::object();
    addClassEntries(index, configs);
    const auto towers = textTowers(configs.family);
    for (std::size_t i = 0; i < configs.text.size(); ++i) {
        Json text = toJson(configs.text[i]);
        const std::string component = towers[i].component;
        const char* className =
            configs.text[i].withProjection ? "CLIPTextModelWithProjection" : "CLIPTextModel";
        text["architectures"] = {className};
        text["model_type"] = "clip_text_model";
        ATELIER_DO(writeJson(folder / component / "config.json", text));
        index[component] = {"transformers", className};
        index[tokenizerOf(component)] = {"transformers", "CLIPTokenizer"};
    }
    index["unet"] = {"diffusers", "UNet2DConditionModel"};
    index["vae"] = {"diffusers", "AutoencoderKL"};
    index["scheduler"] = {"diffusers", scheduler["_class_name"]};
    ATELIER_DO(writeJson(folder / "model_index.json", named(std::move(index), pipelineClass(configs))));
    if (configs.family == Family::Upscaler)
        ATELIER_DO(
            writeJson(folder / "low_res_scheduler" / "scheduler_config.json", lowResolutionScheduler()));
    return writeJson(folder / "scheduler" / "scheduler_config.json", scheduler);
}

Status writePipelineFiles(const fs::path& folder, const PipelineConfigs& configs,
                          const ConvertOptions& options) {
    ATELIER_DO(writePipelineConfigs(folder, configs));
    if (options.like.empty() || configs.controlNet) return {};
    ATELIER_TRY(Json index, readModelJson(folder / "model_index.json"));
    ATELIER_TRY(const Json theirs, readModelJson(options.like / "model_index.json"));
    ATELIER_TRY(Json scheduler, readModelJson(options.like / "scheduler" / "scheduler_config.json"));
    scheduler["prediction_type"] = configs.prediction;
    ATELIER_DO(writeJson(folder / "scheduler" / "scheduler_config.json", scheduler));
    if (theirs.contains("scheduler")) index["scheduler"] = theirs["scheduler"];
    for (const auto& tower : textTowers(configs.family)) {
        const std::string name = tokenizerOf(tower.component);
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
