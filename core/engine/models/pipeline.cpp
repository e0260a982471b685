// SPDX-License-Identifier: GPL-3.0-or-later
// Pipeline folders: which component is where, under which class and file name.
#include "core/engine/models/pipeline.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <unistd.h>

#include "core/base/strings.h"
#include "core/engine/models/lora.h"

namespace atelier {
namespace {

constexpr const char* kDiffusersStem = "diffusion_pytorch_model";
constexpr const char* kTransformersStem = "model";
constexpr const char* kFormatVersion =
    "0.42.0";  // the diffusers release whose folder layout and keys these are

Result<WeightSet> openWeights(const fs::path& folder, const char* stem, const std::string& variant) {
    if (!variant.empty())
        if (auto weights = WeightSet::open(folder, stem, variant)) return weights;
    return WeightSet::open(folder, stem);
}

Status requireModelFolder(const fs::path& folder) {
    std::error_code error;
    if (fs::is_directory(folder, error)) return {};
    return fail(ErrorCode::Model,
                fs::exists(folder, error) ? "it is a file, not a model folder" : "there is no such folder",
                folder.string(), "Give a folder on this machine.");
}

// Reads config.json, builds the module in the wanted dtype, and fills it.
template <class Module, class Config>
Result<std::shared_ptr<Module>> loadModule(const fs::path& folder, const LoadOptions& options,
                                           const char* stem,
                                           Result<Config> (*parse)(const Json&, const std::string&),
                                           const RenameFunction& rename) {
    ATELIER_DO(requireModelFolder(folder));
    const fs::path configPath = folder / "config.json";
    ATELIER_TRY(const Json json, readModelJson(configPath));
    ATELIER_TRY(const Config config, parse(json, configPath.string()));
    ATELIER_TRY(const WeightSet weights, openWeights(folder, stem, options.variant));
    try {
        auto module = std::make_shared<Module>(config);
        module->to(options.dtype);
        ATELIER_DO(loadStateDict(*module, weights, rename));
        module->to(options.device);
        module->eval();
        return module;
    } catch (const c10::Error& error) {
        return fail(ErrorCode::Model, error.what_without_backtrace(), folder.string(),
                    "There may be too little memory for a model of this size.");
    }
}

// Early files call the autoencoder's attention by other names.
std::string renameVae(const std::string& name) {
    static const std::pair<std::string_view, std::string_view> kOld[] = {
        {".query.", ".to_q."}, {".key.", ".to_k."}, {".value.", ".to_v."}, {".proj_attn.", ".to_out.0."}};
    if (name.find(".attentions.") == std::string::npos) return name;
    for (const auto& [from, to] : kOld)
        if (const auto at = name.find(from); at != std::string::npos)
            return name.substr(0, at) + std::string(to) + name.substr(at + from.size());
    return name;
}

const NamedTensors* replacement(const SaveOptions& options, const std::string& component) {
    const auto it = options.weights.find(component);
    return it == options.weights.end() ? nullptr : &it->second;
}

Status saveModule(const torch::nn::Module& module, Json config, const fs::path& folder, const char* stem,
                  const std::string& component, const SaveOptions& options) {
    ATELIER_DO(createDirectories(folder));
    ATELIER_DO(writeFileAtomic(folder / "config.json", dumpModelJson(config)));
    const NamedTensors* given = replacement(options, component);
    const NamedTensors own = baseParameters(module);
    if (given && given->size() != own.size())
        return fail(ErrorCode::Internal,
                    fmt::format("{} weights given for the {} of {}", given->size(), own.size(), component),
                    folder.string());
    return writeTensors(folder / (std::string(stem) + ".safetensors"), given ? *given : own, options.dtype);
}

Json diffusersConfig(Json config) {
    if (!config.contains("_diffusers_version")) config["_diffusers_version"] = kFormatVersion;
    config.erase("_name_or_path");
    return config;
}

const char* dtypeName(at::ScalarType type) {
    return type == at::kHalf ? "float16" : type == at::kBFloat16 ? "bfloat16" : "float32";
}

Result<Json> readModelIndex(const fs::path& folder) {
    const fs::path path = folder / "model_index.json";
    ATELIER_DO(requireModelFolder(folder));
    if (fs::exists(folder / "current_pipeline"))
        return fail(ErrorCode::Model, "it is a run folder, not a pipeline", folder.string(),
                    "Its newest pipeline is " + (folder / "current_pipeline").string() + ".");
    if (!fs::exists(path))
        return fail(
            ErrorCode::Model, "it is not a pipeline folder: model_index.json is missing", folder.string(),
            "Give the folder that holds model_index.json, unet, vae, text_encoder, tokenizer and scheduler.");
    ATELIER_TRY(Json index, readModelJson(path));
    if (!index.is_object()) return fail(ErrorCode::Model, "it is not a JSON object", path.string());
    return index;
}

// ["library", "Class"] → Class; "" for [null, null] and plain options.
std::string className(const Json& entry) {
    return entry.is_array() && entry.size() == 2 && entry[1].is_string() ? entry[1].get<std::string>()
                                                                         : std::string();
}

// Parts of the source that hold settings only (feature_extractor) travel along; those with weights
// (safety_checker) do not.
Status carryAlong(const Pipeline& pipeline, const fs::path& folder, Json& index) {
    static const std::set<std::string> kOurs{"unet", "vae", "text_encoder", "tokenizer", "scheduler"};
    constexpr std::uintmax_t kSmall = 1 << 20;
    for (auto& [name, entry] : index.items()) {
        if (kOurs.contains(name) || className(entry).empty()) continue;
        const fs::path from = pipeline.source / name;
        std::error_code error;
        bool small = fs::is_directory(from, error);
        for (fs::directory_iterator it(from, error), end; small && !error && it != end; it.increment(error))
            small = it->is_regular_file(error) && it->file_size(error) <= kSmall;
        if (small && !error) fs::copy(from, folder / name, error);
        if (!small || error) entry = {nullptr, nullptr};
    }
    if (index.contains("safety_checker") && className(index["safety_checker"]).empty())
        index["requires_safety_checker"] = false;
    return {};
}

Status writePipeline(const Pipeline& pipeline, const fs::path& folder, const SaveOptions& options) {
    Json index = Json::object();
    if (!pipeline.source.empty()) {
        ATELIER_TRY(index, readModelIndex(pipeline.source));
    } else {
        index = {{"_class_name", "StableDiffusionPipeline"}, {"_diffusers_version", kFormatVersion},
                 {"feature_extractor", {nullptr, nullptr}},  {"image_encoder", {nullptr, nullptr}},
                 {"requires_safety_checker", false},         {"safety_checker", {nullptr, nullptr}}};
    }
    index.erase("_name_or_path");
    ATELIER_DO(createDirectories(folder));
    ATELIER_DO(carryAlong(pipeline, folder, index));
    if (pipeline.unet) ATELIER_DO(saveUnet(*pipeline.unet, folder / "unet", options));
    if (pipeline.vae) ATELIER_DO(saveVae(*pipeline.vae, folder / "vae", options));
    if (pipeline.textEncoder)
        ATELIER_DO(saveTextEncoder(*pipeline.textEncoder, folder / "text_encoder", options));
    if (pipeline.tokenizer) ATELIER_DO(pipeline.tokenizer->save(folder / "tokenizer"));
    const auto entry = [&](const char* name, bool there, const char* library, const std::string& cls) {
        index[name] = there ? Json{library, cls} : Json{nullptr, nullptr};
    };
    entry("unet", pipeline.unet != nullptr, "diffusers", "UNet2DConditionModel");
    entry("vae", pipeline.vae != nullptr, "diffusers", "AutoencoderKL");
    entry("text_encoder", pipeline.textEncoder != nullptr, "transformers",
          pipeline.textEncoder && pipeline.textEncoder->config().withProjection
              ? "CLIPTextModelWithProjection"
              : "CLIPTextModel");
    entry("tokenizer", pipeline.tokenizer != nullptr, "transformers", "CLIPTokenizer");
    const bool scheduled = pipeline.scheduler.is_object() && pipeline.scheduler.contains("_class_name");
    entry("scheduler", scheduled, "diffusers",
          scheduled ? pipeline.scheduler["_class_name"].get<std::string>() : "");
    if (scheduled) {
        ATELIER_DO(createDirectories(folder / "scheduler"));
        ATELIER_DO(writeFileAtomic(folder / "scheduler" / "scheduler_config.json",
                                   dumpModelJson(diffusersConfig(pipeline.scheduler))));
    }
    return writeFileAtomic(folder / "model_index.json",
                           dumpModelJson(index));  // last: without it the folder is no pipeline
}

}  // namespace

std::map<std::string, std::shared_ptr<torch::nn::Module>> Pipeline::modules() const {
    std::map<std::string, std::shared_ptr<torch::nn::Module>> all;
    if (unet) all["unet"] = unet;
    if (vae) all["vae"] = vae;
    if (textEncoder) all["text_encoder"] = textEncoder;
    return all;
}

void movePipeline(Pipeline& pipeline, at::Device device, at::ScalarType dtype) {
    for (const auto& [name, module] : pipeline.modules()) module->to(device, dtype);
}

std::shared_ptr<UNet2DConditionModel> makeUnet(const UNet2DConditionConfig& config, std::uint64_t seed) {
    auto unet = std::make_shared<UNet2DConditionModel>(config);
    initializeDefault(*unet, seed, "unet");
    return unet;
}

std::shared_ptr<AutoencoderKL> makeVae(const AutoencoderKLConfig& config, std::uint64_t seed) {
    auto vae = std::make_shared<AutoencoderKL>(config);
    initializeDefault(*vae, seed, "vae");
    return vae;
}

std::shared_ptr<ClipTextModel> makeTextEncoder(const ClipTextConfig& config, std::uint64_t seed) {
    auto model = std::make_shared<ClipTextModel>(config);
    initializeClip(*model, seed, "text_encoder");
    return model;
}

Result<std::shared_ptr<UNet2DConditionModel>> loadUnet(const fs::path& folder, const LoadOptions& options) {
    return loadModule<UNet2DConditionModel>(folder, options, kDiffusersStem, &unet2DConditionConfigFromJson,
                                            {});
}

Result<std::shared_ptr<AutoencoderKL>> loadVae(const fs::path& folder, const LoadOptions& options) {
    return loadModule<AutoencoderKL>(folder, options, kDiffusersStem, &autoencoderKLConfigFromJson,
                                     renameVae);
}

Result<std::shared_ptr<ClipTextModel>> loadTextEncoder(const fs::path& folder, const LoadOptions& options) {
    return loadModule<ClipTextModel>(folder, options, kTransformersStem, &clipTextConfigFromJson,
                                     ClipTextModel::renameFromFile);
}

Result<std::map<std::string, std::string>> pipelineComponents(const fs::path& folder) {
    ATELIER_TRY(const Json index, readModelIndex(folder));
    std::map<std::string, std::string> components;
    for (const auto& [name, entry] : index.items())
        if (!className(entry).empty()) components[name] = className(entry);
    return components;
}

Result<Pipeline> loadPipeline(const fs::path& folder, const LoadOptions& options,
                              const std::set<std::string>& components) {
    static const std::map<std::string, std::set<std::string>> kClasses{
        {"unet", {"UNet2DConditionModel"}},
        {"vae", {"AutoencoderKL"}},
        {"text_encoder", {"CLIPTextModel", "CLIPTextModelWithProjection"}},
        {"tokenizer", {"CLIPTokenizer", "CLIPTokenizerFast"}},
        {"scheduler", {}}};
    if (isLoraFolder(folder)) return loadLoraPipeline(folder, options, components);
    ATELIER_TRY(const auto present, pipelineComponents(folder));
    std::vector<std::string> names;
    for (const auto& [name, cls] : present) names.push_back(name);
    std::set<std::string> wanted = components;
    if (wanted.empty())
        for (const auto& [name, classes] : kClasses)
            if (present.contains(name)) wanted.insert(name);
    for (const auto& name : wanted) {
        const auto known = kClasses.find(name);
        if (known == kClasses.end() || !present.contains(name))
            return fail(ErrorCode::Model, "it has no component \"" + name + "\"", folder.string(),
                        "It has: " + join(names, ", ") + ".");
        if (!known->second.empty() && !known->second.contains(present.at(name)))
            return fail(
                ErrorCode::Model,
                fmt::format("its {} is a {}, which this engine does not compute", name, present.at(name)),
                (folder / "model_index.json").string(), "It computes: " + *known->second.begin() + ".");
    }
    Pipeline pipeline;
    pipeline.source = folder;
    if (wanted.contains("unet")) {
        ATELIER_TRY(pipeline.unet, loadUnet(folder / "unet", options));
    }
    if (wanted.contains("vae")) {
        ATELIER_TRY(pipeline.vae, loadVae(folder / "vae", options));
    }
    if (wanted.contains("text_encoder")) {
        ATELIER_TRY(pipeline.textEncoder, loadTextEncoder(folder / "text_encoder", options));
    }
    if (wanted.contains("tokenizer")) {
        ATELIER_TRY(auto tokenizer, ClipTokenizer::load(folder / "tokenizer"));
        pipeline.tokenizer = std::make_shared<const ClipTokenizer>(std::move(tokenizer));
    }
    if (wanted.contains("scheduler")) {
        ATELIER_TRY(pipeline.scheduler, readModelJson(folder / "scheduler" / "scheduler_config.json"));
    }
    if (pipeline.tokenizer && pipeline.textEncoder &&
        pipeline.tokenizer->vocabSize() > pipeline.textEncoder->config().vocabSize)
        return fail(ErrorCode::Model,
                    fmt::format("the tokenizer has {} tokens, the text encoder knows {}",
                                pipeline.tokenizer->vocabSize(), pipeline.textEncoder->config().vocabSize),
                    folder.string(), "Tokenizer and text encoder must belong together.");
    return pipeline;
}

Status saveUnet(const UNet2DConditionModel& unet, const fs::path& folder, const SaveOptions& options) {
    return saveModule(unet, diffusersConfig(toJson(unet.config())), folder, kDiffusersStem, "unet", options);
}

Status saveVae(const AutoencoderKL& vae, const fs::path& folder, const SaveOptions& options) {
    return saveModule(vae, diffusersConfig(toJson(vae.config())), folder, kDiffusersStem, "vae", options);
}

Status saveTextEncoder(const ClipTextModel& model, const fs::path& folder, const SaveOptions& options) {
    Json config = toJson(model.config());
    config.erase("_name_or_path");
    config.erase("torch_dtype");
    config["dtype"] = dtypeName(options.dtype);
    return saveModule(model, std::move(config), folder, kTransformersStem, "text_encoder", options);
}

Status savePipeline(const Pipeline& pipeline, const fs::path& folder, const SaveOptions& options) {
    if (fs::exists(folder))
        return fail(ErrorCode::Io, "it exists already", folder.string(), "Choose another name or remove it.");
    const fs::path temporary =
        folder.parent_path() / ("." + folder.filename().string() + ".tmp-" + std::to_string(::getpid()));
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    Status status = writePipeline(pipeline, temporary, options);
    if (status) status = fsyncDirectory(temporary);
    if (status) status = renameFile(temporary, folder);
    if (!status) fs::remove_all(temporary, ignored);
    return status;
}

}  // namespace atelier
