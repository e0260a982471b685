// SPDX-License-Identifier: GPL-3.0-or-later
// Loading and saving of component.h: config.json and weights of one model.
#include "core/engine/models/component.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/weights/dialects/convert.h"
#include "core/weights/dialects/values.h"

namespace atelier {
namespace {

constexpr const char* kDiffusersStem = "diffusion_pytorch_model";
constexpr const char* kTransformersStem = "model";

// The dtype a model computes in when `wanted` is asked for: half floats overflow in autoencoders that say
// force_upcast.
template <class Config>
at::ScalarType storedType(const Config& config, at::ScalarType wanted) {
    if constexpr (requires { config.forceUpcast; })
        if (config.forceUpcast && wanted == at::kHalf) return at::kFloat;
    return wanted;
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
    ATELIER_TRY(const WeightSet weights, WeightSet::openAny(folder, stem, options.variant));
    try {
        const at::ScalarType type = storedType(config, options.dtype);
        const nn::ParameterOptionsGuard inThatType{at::TensorOptions(type)};
        auto module = std::make_shared<Module>(config);
        ATELIER_TRY(const auto notFinite, loadStateDict(*module, weights, rename));
        if (!notFinite.empty())
            options.warn(
                fmt::format("{}: {} NaN or infinity, the first is {}. Nothing sensible is computed with "
                            "them: fetch the model again or take another.",
                            weights.path().string(), plural(notFinite.size(), "tensor holds", "tensors hold"),
                            notFinite.front()));
        module->to(options.device);
        module->eval();
        return module;
    } catch (const c10::Error& error) {
        return fail(ErrorCode::Model, error.what_without_backtrace(), folder.string(),
                    "There may be too little memory for a model of this size.");
    }
}

// Early files call the attention of autoencoders and unconditional UNets by other names.
std::string renameEarly(const std::string& name) {
    static const std::pair<std::string_view, std::string_view> kOld[] = {
        {".query.", ".to_q."}, {".key.", ".to_k."}, {".value.", ".to_v."}, {".proj_attn.", ".to_out.0."}};
    if (name.find(".attentions.") == std::string::npos) return name;
    for (const auto& [from, to] : kOld)
        if (const auto at = name.find(from); at != std::string::npos)
            return name.substr(0, at) + std::string(to) + name.substr(at + from.size());
    return name;
}

Result<at::ScalarType> scalarTypeOf(TensorType type) {
    switch (type) {
        case TensorType::F16:
            return at::kHalf;
        case TensorType::BF16:
            return at::kBFloat16;
        case TensorType::F32:
            return at::kFloat;
        case TensorType::F64:
            return at::kDouble;
        default:
            return fail(ErrorCode::Model, fmt::format("a tensor is stored as {}", tensorTypeName(type)));
    }
}

const NamedTensors* replacement(const SaveOptions& options, const std::string& component) {
    const auto it = options.weights.find(component);
    return it == options.weights.end() ? nullptr : &it->second;
}

// The tensors of `own`, from the files that hold them under the names that `rename` reads, `as` another type
// where that is given.
Status writeUnchanged(const fs::path& path, const NamedTensors& own, std::shared_ptr<const WeightSet> stored,
                      const RenameFunction& rename, std::optional<TensorType> as) {
    std::map<std::string, WeightSet::Entry> entries;
    for (const auto& name : stored->names()) {
        const std::string known = rename ? rename(name) : name;
        if (!known.empty()) entries.emplace(known, *stored->find(name));
    }
    std::vector<TensorToWrite> tensors;
    for (const auto& [name, tensor] : own) {
        const auto entry = entries.find(name);
        if (entry == entries.end() || entry->second.tensor->elements() != tensor.numel())
            return fail(ErrorCode::Internal, "tensor \"" + name + "\" is not the one that was loaded",
                        stored->path().string());
        const auto sizes = tensor.sizes();
        const TensorType before = entry->second.tensor->type, type = as.value_or(before);
        tensors.push_back({name,
                           type,
                           {sizes.begin(), sizes.end()},
                           [stored, from = entry->second, before, type]() -> Result<TensorBytes> {
                               ATELIER_TRY(auto bytes, from.bytes());
                               if (type != before) bytes = dialects::convertType(bytes, before, type);
                               const auto owner =
                                   std::make_shared<const std::vector<std::byte>>(std::move(bytes));
                               return TensorBytes{*owner, owner};
                           }});
    }
    return writeSafetensors(path, std::move(tensors));
}

Status saveModule(const torch::nn::Module& module, Json config, const fs::path& folder, const char* stem,
                  const std::string& component, const SaveOptions& options,
                  const RenameFunction& rename = {}) {
    ATELIER_DO(createDirectories(folder));
    ATELIER_DO(writeFileAtomic(folder / "config.json", dumpModelJson(config)));
    const NamedTensors* given = replacement(options, component);
    const NamedTensors own = baseParameters(module);
    const fs::path file = folder / (std::string(stem) + ".safetensors");
    if (const auto stored = options.unchanged.find(component); !given && stored != options.unchanged.end())
        return writeUnchanged(file, own, stored->second, rename,
                              stem == kTransformersStem ? std::optional(TensorType::F32) : std::nullopt);
    if (given && given->size() != own.size())
        return fail(ErrorCode::Internal,
                    fmt::format("{} weights given for the {} of {}", given->size(), own.size(), component),
                    folder.string());
    return writeTensors(file, given ? *given : own, options.dtype);
}

const char* dtypeName(at::ScalarType type) {
    return type == at::kHalf ? "float16" : type == at::kBFloat16 ? "bfloat16" : "float32";
}

}  // namespace

Json diffusersConfig(Json config) {
    if (!config.contains("_diffusers_version")) config["_diffusers_version"] = kFormatVersion;
    config.erase("_name_or_path");
    return config;
}

Status requireModelFolder(const fs::path& folder) {
    std::error_code error;
    if (fs::is_directory(folder, error)) return {};
    return fail(ErrorCode::Model,
                fs::exists(folder, error) ? "it is a file, not a model folder" : "there is no such folder",
                folder.string(), "Give a folder on this machine.");
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

std::shared_ptr<VQModel> makeVqModel(const VQModelConfig& config, std::uint64_t seed) {
    auto model = std::make_shared<VQModel>(config);
    initializeVq(*model, seed, "vqvae");
    return model;
}

std::shared_ptr<UNet2DModel> makeUnet2D(const UNet2DConfig& config, std::uint64_t seed) {
    auto unet = std::make_shared<UNet2DModel>(config);
    initializeDefault(*unet, seed, "unet");
    return unet;
}

std::shared_ptr<ClipTextModel> makeTextEncoder(const ClipTextConfig& config, std::uint64_t seed,
                                               const std::string& scope) {
    auto model = std::make_shared<ClipTextModel>(config);
    initializeClip(*model, seed, scope);
    return model;
}

std::shared_ptr<T5EncoderModel> makeTextEncoder(const T5EncoderConfig& config, std::uint64_t seed) {
    auto model = std::make_shared<T5EncoderModel>(config);
    initializeT5(*model, seed, "text_encoder");
    return model;
}

Result<std::shared_ptr<UNet2DConditionModel>> loadUnet(const fs::path& folder, const LoadOptions& options) {
    return loadModule<UNet2DConditionModel>(folder, options, kDiffusersStem, &unet2DConditionConfigFromJson,
                                            {});
}

Result<std::shared_ptr<AutoencoderKL>> loadVae(const fs::path& folder, const LoadOptions& options) {
    return loadModule<AutoencoderKL>(folder, options, kDiffusersStem, &autoencoderKLConfigFromJson,
                                     renameEarly);
}

Result<std::shared_ptr<ClipTextModel>> loadClipTextModel(const fs::path& folder, const LoadOptions& options) {
    return loadModule<ClipTextModel>(folder, options, kTransformersStem, &clipTextConfigFromJson,
                                     ClipTextModel::renameFromFile);
}

Result<std::shared_ptr<T5EncoderModel>> loadT5EncoderModel(const fs::path& folder,
                                                           const LoadOptions& options) {
    return loadModule<T5EncoderModel>(folder, options, kTransformersStem, &t5EncoderConfigFromJson,
                                      T5EncoderModel::renameFromFile);
}

Result<std::shared_ptr<TextEncoder>> loadTextEncoder(const fs::path& folder, const LoadOptions& options) {
    ATELIER_DO(requireModelFolder(folder));
    const fs::path config = folder / "config.json";
    ATELIER_TRY(const Json json, readModelJson(config));
    ATELIER_TRY(const auto kind, textEncoderKind(json, config.string()));
    if (kind == TextEncoderKind::T5) return loadT5EncoderModel(folder, options);
    return loadClipTextModel(folder, options);
}

Result<std::shared_ptr<ControlNetModel>> loadControlNet(const fs::path& folder, const LoadOptions& options) {
    return loadModule<ControlNetModel>(folder, options, kDiffusersStem, &controlNetConfigFromJson, {});
}

Result<std::shared_ptr<ControlNetModel>> loadControlNetFile(const fs::path& file,
                                                            const LoadOptions& options) {
    ATELIER_TRY(const auto opened, openControlNetFile(file));
    try {
        const nn::ParameterOptionsGuard inThatType{at::TensorOptions(options.dtype)};
        const at::NoGradGuard noGrad;
        auto model = std::make_shared<ControlNetModel>(opened.config);
        std::map<std::string, at::Tensor> targets;
        for (const auto& [name, tensor] : namedParameters(*model)) targets.emplace(name, tensor);
        for (const auto& tensor : opened.tensors) {
            const auto target = targets.find(tensor.name);
            if (target == targets.end())
                return fail(ErrorCode::Model, "tensor \"" + tensor.name + "\" has no place in the model",
                            file.string());
            ATELIER_TRY(auto bytes, tensor.bytes());
            ATELIER_TRY(const auto type, scalarTypeOf(tensor.type));
            target->second.copy_(at::from_blob(bytes.data(), tensor.shape, at::TensorOptions(type)));
            if (!target->second.isfinite().all().item<bool>())
                options.warn(file.string() + ": tensor \"" + tensor.name +
                             "\" holds NaN or infinity. Nothing sensible is computed with it.");
            targets.erase(target);
        }
        if (!targets.empty())
            return fail(ErrorCode::Model, "tensor \"" + targets.begin()->first + "\" is missing",
                        file.string(), "Fetch the file again.");
        model->to(options.device);
        model->eval();
        return model;
    } catch (const c10::Error& error) {
        return fail(ErrorCode::Model, error.what_without_backtrace(), file.string(),
                    "There may be too little memory for a model of this size.");
    }
}

Result<std::shared_ptr<const WeightSet>> openComponent(const fs::path& folder, const std::string& component) {
    const char* stem = component.starts_with("text_encoder") ? kTransformersStem : kDiffusersStem;
    ATELIER_TRY(auto weights, WeightSet::openAny(folder, stem));
    return std::make_shared<const WeightSet>(std::move(weights));
}

Result<std::shared_ptr<VQModel>> loadVqModel(const fs::path& folder, const LoadOptions& options) {
    return loadModule<VQModel>(folder, options, kDiffusersStem, &vqModelConfigFromJson, renameEarly);
}

Result<std::shared_ptr<UNet2DModel>> loadUnet2D(const fs::path& folder, const LoadOptions& options) {
    return loadModule<UNet2DModel>(folder, options, kDiffusersStem, &unet2DConfigFromJson, renameEarly);
}

Status saveUnet(const UNet2DConditionModel& unet, const fs::path& folder, const SaveOptions& options) {
    return saveModule(unet, diffusersConfig(toJson(unet.config())), folder, kDiffusersStem, "unet", options);
}

Status saveVae(const AutoencoderKL& vae, const fs::path& folder, const SaveOptions& options) {
    return saveModule(vae, diffusersConfig(toJson(vae.config())), folder, kDiffusersStem, "vae", options,
                      renameEarly);
}

Status saveTextEncoder(const TextEncoder& model, const fs::path& folder, const SaveOptions& options,
                       const std::string& component) {
    Json config = model.configJson();
    config.erase("_name_or_path");
    config.erase("torch_dtype");
    config["dtype"] = dtypeName(options.dtype);
    const bool t5 = dynamic_cast<const T5EncoderModel*>(&model) != nullptr;
    return saveModule(model, std::move(config), folder, kTransformersStem, component, options,
                      t5 ? T5EncoderModel::renameFromFile : ClipTextModel::renameFromFile);
}

Status saveControlNet(const ControlNetModel& model, const fs::path& folder, const SaveOptions& options) {
    return saveModule(model, diffusersConfig(toJson(model.config())), folder, kDiffusersStem, "controlnet",
                      options);
}

Status saveVqModel(const VQModel& model, const fs::path& folder, const SaveOptions& options) {
    return saveModule(model, diffusersConfig(toJson(model.config())), folder, kDiffusersStem, "vqvae",
                      options);
}

Status saveUnet2D(const UNet2DModel& model, const fs::path& folder, const SaveOptions& options) {
    return saveModule(model, diffusersConfig(toJson(model.config())), folder, kDiffusersStem, "unet",
                      options);
}

}  // namespace atelier
