// SPDX-License-Identifier: GPL-3.0-or-later
// Writing LoRA files: names, alphas and what their readers want to know beside the tensors.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/json.h"
#include "core/weights/lora/lora_file.h"
#include "core/weights/lora/lora_math.h"
#include "core/weights/lora/lora_names.h"
#include "core/weights/model_spec.h"
#include "core/weights/safetensors.h"
#include "core/weights/tensor_hash.h"
#include "core/weights/work_folder.h"

namespace atelier::lora {
namespace {

TensorToWrite toWrite(std::string name, const Tensor& tensor, std::vector<std::int64_t> shape) {
    auto owner = std::make_shared<const dialects::Bytes>(tensor.bytes);
    return {std::move(name), tensor.type, std::move(shape), [owner] { return TensorBytes{*owner, owner}; }};
}
TensorToWrite toWrite(std::string name, const Tensor& tensor) {
    return toWrite(std::move(name), tensor, tensor.shape);
}

// The value in the weights' own dtype when that holds it exactly, else as F32.
TensorToWrite alphaTensor(const std::string& name, double value, TensorType type) {
    using namespace dialects;
    const auto wide = std::as_bytes(std::span(&value, 1));
    if (maximumDifference(convertType(wide, TensorType::F64, type), type, wide, TensorType::F64) != 0)
        type = TensorType::F32;
    return toWrite(name, Tensor{type, {}, convertType(wide, TensorType::F64, type)});
}

double alphaOf(const Module& module) {
    return module.alpha.value_or(static_cast<double>(module.rank()));
}

template <class Value, class Get>
Value mostCommon(const std::vector<const Module*>& modules, Get get) {
    std::map<Value, std::size_t> counts;
    for (const Module* module : modules) ++counts[get(*module)];
    return std::ranges::max_element(counts, {}, [](const auto& item) { return item.second; })->first;
}

bool isSecond(const File& file) {
    if (file.isXl()) return false;
    return std::ranges::any_of(file.modules, [](const Module& m) {
        return m.path.ends_with("attn2.to_k") && m.down.shape[1] == 1024;
    });
}

// The file's own metadata, with what ModelSpec asks for where it is missing. `out`: the final name.
std::map<std::string, std::string> describe(const File& file, const fs::path& out) {
    const bool second = isSecond(file);
    const auto base = file.metadata.find("ss_base_model_version");
    const bool velocity = base != file.metadata.end() && base->second.ends_with("_v");
    const bool refiner = base != file.metadata.end() && base->second.starts_with("sdxl_refiner");
    const auto* architecture = refiner       ? "stable-diffusion-xl-v1-refiner/lora"
                               : file.isXl() ? "stable-diffusion-xl-v1-base/lora"
                               : !second     ? "stable-diffusion-v1/lora"
                               : velocity    ? "stable-diffusion-v2-768-v/lora"
                                             : "stable-diffusion-v2-512/lora";
    const auto* resolution = file.isXl() ? "1024x1024" : second && velocity ? "768x768" : "512x512";
    auto metadata = file.metadata;
    eraseHashes(metadata);
    metadata.merge(modelSpec(architecture, "diffusers", out.stem().string(), resolution));
    return metadata;
}

Status writeKohya(const File& file, const fs::path& made, const fs::path& out) {
    std::vector<TensorToWrite> tensors;
    std::vector<const Module*> all;
    const bool xl = file.isXl();
    for (const Module& module : file.modules) {
        all.push_back(&module);
        std::string path = module.path, prefix = "lora_unet_";
        if (module.component == "text_encoder") prefix = xl ? "lora_te1_" : "lora_te_";
        if (module.component == "text_encoder_2") prefix = "lora_te2_";
        if (xl && module.component == "unet") path = toLdmPath(path).value_or(path);
        const std::string name = prefix + flattened(path);
        tensors.push_back(toWrite(name + ".lora_down.weight", module.down));
        tensors.push_back(toWrite(name + ".lora_up.weight", module.up));
        if (module.mid) tensors.push_back(toWrite(name + ".lora_mid.weight", *module.mid));
        if (module.alpha) tensors.push_back(alphaTensor(name + ".alpha", *module.alpha, module.down.type));
        if (module.magnitude) {
            std::vector<std::int64_t> shape = module.magnitude->shape;
            if (shape.size() == 1 || (shape.size() == 4 && shape[0] == 1 && shape[1] == module.up.shape[0])) {
                shape = {module.up.shape[0], 1};
                if (module.down.shape.size() == 4) shape.insert(shape.end(), {1, 1});
            }
            tensors.push_back(toWrite(name + ".dora_scale", *module.magnitude, shape));
        }
    }
    auto metadata = describe(file, out);
    metadata.erase("lora_adapter_metadata");
    metadata["sshs_model_hash"] = tensorHashPlaceholder();
    metadata["ss_network_dim"] =
        std::to_string(mostCommon<std::int64_t>(all, [](const Module& m) { return m.rank(); }));
    metadata["ss_network_alpha"] = fmt::format("{}", mostCommon<double>(all, alphaOf));
    metadata.emplace("ss_network_module", "networks.lora");
    metadata.emplace("ss_network_args", "{}");
    const bool second = isSecond(file);
    metadata.emplace("ss_v2", second ? "True" : "False");
    metadata.emplace("ss_base_model_version", xl ? "sdxl_base_v1-0" : second ? "sd_v2" : "sd_v1");
    ATELIER_DO(writeSafetensors(made, std::move(tensors), std::move(metadata)));
    return stampTensorHash(made);
}

// What PEFT must know of one component; patterns name the modules that differ from the rest.
Json peftConfig(const std::vector<const Module*>& modules) {
    const auto rank = mostCommon<std::int64_t>(modules, [](const Module& m) { return m.rank(); });
    const auto alpha = mostCommon<double>(modules, alphaOf);
    const auto number = [](double value) {
        return value == static_cast<double>(static_cast<std::int64_t>(value))
                   ? Json(static_cast<std::int64_t>(value))
                   : Json(value);
    };
    Json ranks = Json::object(), alphas = Json::object();
    std::set<std::string> targets;
    bool dora = false;
    for (const Module* module : modules) {
        // Libraries differ in whether "text_model." is part of the path: the end of it is unique, too.
        const bool text = module->component != "unet";
        const std::string path =
            text && module->path.starts_with("text_model.") ? module->path.substr(11) : module->path;
        if (module->rank() != rank) ranks[path] = module->rank();
        if (alphaOf(*module) != alpha) alphas[path] = number(alphaOf(*module));
        targets.insert(text ? path.substr(path.rfind('.') + 1) : path);
        dora |= module->magnitude.has_value();
    }
    return {{"r", rank},
            {"lora_alpha", number(alpha)},
            {"rank_pattern", ranks},
            {"alpha_pattern", alphas},
            {"lora_dropout", 0.0},
            {"bias", "none"},
            {"use_rslora", false},
            {"use_dora", dora},
            {"target_modules", targets}};
}

// lora_A, lora_B and the magnitude, under `prefix` + path.
Status addPeft(std::vector<TensorToWrite>& tensors, const Module& module, const std::string& prefix,
               const fs::path& out) {
    const std::string name = prefix + module.path;
    const bool convolution = module.down.shape.size() == 4 || module.up.shape.size() == 4 || module.mid;
    const Tensor down = module.mid ? foldMiddle(module) : module.down;
    const auto shaped = [&](const Tensor& tensor) {
        auto shape = tensor.shape;
        if (convolution && shape.size() == 2) shape.insert(shape.end(), {1, 1});
        return shape;
    };
    tensors.push_back(toWrite(name + ".lora_A.weight", down, shaped(down)));
    tensors.push_back(toWrite(name + ".lora_B.weight", module.up, shaped(module.up)));
    if (!module.magnitude) return {};
    const std::int64_t wide = module.up.shape[0];
    if (module.magnitude->elements() != wide ||
        (module.magnitude->shape.size() > 1 && module.magnitude->shape[0] != wide &&
         module.magnitude->shape[1] != wide))
        return fail(ErrorCode::Model,
                    fmt::format("module \"{}\" has its DoRA scale per input {}, which PEFT cannot express",
                                module.name(), shapeText(module.magnitude->shape)),
                    out.string(), "Keep it in kohya's dialect, or merge it into its model.");
    tensors.push_back(
        toWrite(name + ".lora_magnitude_vector", *module.magnitude,
                convolution ? std::vector<std::int64_t>{1, wide, 1, 1} : std::vector<std::int64_t>{wide}));
    return {};
}

// PEFT's use_dora holds for all modules of a network.
Status checkDora(const File& file, const fs::path& out) {
    for (const auto& component : {"unet", "text_encoder", "text_encoder_2"}) {
        const Module *with = nullptr, *without = nullptr;
        for (const Module& module : file.modules)
            if (module.component == component) (module.magnitude ? with : without) = &module;
        if (with && without)
            return fail(
                ErrorCode::Model,
                fmt::format("only some modules have a DoRA scale: \"{}\" has, \"{}\" has not", with->name(),
                            without->name()),
                out.string(),
                "PEFT and diffusers cannot express it: keep kohya's dialect, or merge it into its model.");
    }
    return {};
}

std::map<std::string, std::vector<const Module*>> byComponent(const File& file) {
    std::map<std::string, std::vector<const Module*>> all;
    for (const Module& module : file.modules) all[module.component].push_back(&module);
    return all;
}

Status writeDiffusers(const File& file, const fs::path& made, const fs::path& out) {
    std::vector<TensorToWrite> tensors;
    Json config = Json::object();
    for (const auto& [component, modules] : byComponent(file)) {
        for (const Module* module : modules) ATELIER_DO(addPeft(tensors, *module, component + ".", out));
        const Json own = peftConfig(modules);
        for (const auto& [key, value] : own.items()) config[component + "." + key] = value;
    }
    auto metadata = describe(file, out);
    metadata["lora_adapter_metadata"] = dumpJson(config);
    ATELIER_DO(writeSafetensors(made, std::move(tensors), std::move(metadata)));
    return stampTensorHash(made);
}

Status writePeft(const File& file, const fs::path& out) {
    const auto components = byComponent(file);
    for (const auto& [component, modules] : components) {
        const fs::path folder = components.size() > 1 ? out / component : out;
        ATELIER_DO(createDirectories(folder));
        std::vector<TensorToWrite> tensors;
        for (const Module* module : modules) ATELIER_DO(addPeft(tensors, *module, "base_model.model.", out));
        ATELIER_DO(writeSafetensors(folder / "adapter_model.safetensors", std::move(tensors)));
        Json config = peftConfig(modules);
        config["peft_type"] = "LORA";
        config["task_type"] = nullptr;
        config["base_model_name_or_path"] = nullptr;
        config["fan_in_fan_out"] = false;
        config["inference_mode"] = true;
        config["init_lora_weights"] = true;
        config["modules_to_save"] = nullptr;
        ATELIER_DO(writeFileAtomic(folder / "adapter_config.json", dumpJsonPretty(config)));
    }
    return {};
}

}  // namespace

Status write(const File& file, const fs::path& out, Dialect dialect) {
    if (file.modules.empty()) return fail(ErrorCode::Model, "the LoRA has no modules", out.string());
    if (dialect != Dialect::Kohya) ATELIER_DO(checkDora(file, out));
    ATELIER_TRY(const auto work, WorkFolder::create(out));
    const fs::path made = work.path() / "lora";
    ATELIER_DO(dialect == Dialect::Kohya       ? writeKohya(file, made, out)
               : dialect == Dialect::Diffusers ? writeDiffusers(file, made, out)
                                               : writePeft(file, made));
    return renameFile(made, out);
}

}  // namespace atelier::lora
