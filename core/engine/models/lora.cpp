// SPDX-License-Identifier: GPL-3.0-or-later
// Names and metadata of LoRA files: diffusers' own, and those of kohya's tools and A1111.
#include "core/engine/models/lora.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/strings.h"
#include "core/engine/nn/layers.h"
#include "core/weights/lora/lora_names.h"
#include "core/weights/model_spec.h"
#include "core/weights/tensor_hash.h"

namespace atelier {
namespace {

constexpr const char* kDiffusersFile = "pytorch_lora_weights.safetensors";
constexpr const char* kRecordFile = "lora.json";

bool matches(const std::string& path, const std::string& target) {
    return path == target || path.ends_with("." + target);
}

// The targets that met a layer.
std::set<std::string> attachTo(torch::nn::Module& module, const LoraOptions& options,
                               const std::vector<std::string>& targets) {
    std::set<std::string> met;
    for (const auto& item : module.named_modules("", /*include_self=*/false)) {
        auto* linear = dynamic_cast<nn::Linear*>(item.value().get());
        auto* conv = dynamic_cast<nn::Conv2d*>(item.value().get());
        if (!linear && !conv) continue;
        bool wanted = false;
        for (const auto& target : targets)
            if (matches(item.key(), target)) wanted = met.insert(target).second || true;
        if (!wanted) continue;
        if (linear)
            linear->attachLowRank(options.rank, options.scale());
        else
            conv->attachLowRank(options.rank, options.scale());
    }
    return met;
}

// The last parts of the paths of all layers that can carry an update: what a target may be.
std::vector<std::string> possibleTargets(const torch::nn::Module& module) {
    std::set<std::string> ends;
    for (const auto& item : module.named_modules("", false)) {
        const auto* layer = item.value().get();
        if (!dynamic_cast<const nn::Linear*>(layer) && !dynamic_cast<const nn::Conv2d*>(layer)) continue;
        const auto parts = split(item.key(), '.');
        const bool numbered = parts.size() > 1 &&
                              std::ranges::all_of(parts.back(), [](char c) { return c >= '0' && c <= '9'; });
        ends.insert(numbered ? parts[parts.size() - 2] + "." + parts.back() : parts.back());
    }
    return {ends.begin(), ends.end()};
}

// "unet.a.b.lora_A.weight" → "unet", "a.b", 'A'.
struct LoraName {
    std::string component, path;
    char part = 'A';
};
LoraName parseName(const std::string& name) {
    constexpr std::size_t kTail = std::string_view(".lora_A.weight").size();
    const auto dot = name.find('.');
    return {name.substr(0, dot), name.substr(dot + 1, name.size() - kTail - dot - 1), name[name.size() - 8]};
}

// diffusers keeps PEFT's configuration as JSON text, one key per network and field.
std::map<std::string, std::string> adapterMetadata(const Pipeline& pipeline, const LoraOptions& options) {
    Json config = Json::object();
    const auto add = [&](const std::string& component, const std::vector<std::string>& targets) {
        config[component + ".r"] = options.rank;
        config[component + ".lora_alpha"] = options.alpha;
        config[component + ".lora_dropout"] = 0.0;
        config[component + ".bias"] = "none";
        config[component + ".use_rslora"] = options.rankStabilized;
        config[component + ".target_modules"] = targets;
    };
    add("unet", options.targets);
    if (options.textEncoder)
        for (const auto& part : textParts(pipeline)) add(part.component, part.encoder->attentionLayers());
    return {{"lora_adapter_metadata", dumpJson(config)}};
}

// ---- kohya's names
// ------------------------------------------------------------------------------------------------------------

// For XL the original repositories' block numbers, and the text encoders by number.
std::string kohyaName(const LoraName& name, bool xl) {
    if (name.component == "text_encoder") return (xl ? "lora_te1_" : "lora_te_") + lora::flattened(name.path);
    if (name.component == "text_encoder_2") return "lora_te2_" + lora::flattened(name.path);
    const auto original = xl ? lora::toLdmPath(name.path) : std::nullopt;
    return "lora_unet_" + lora::flattened(original.value_or(name.path));
}

NamedTensors kohyaTensors(const NamedTensors& weights, const LoraOptions& options, bool xl) {
    // Readers multiply by alpha / rank; a rank-stabilised scale is written as the alpha that gives it.
    const auto alpha = at::scalar_tensor(options.scale() * static_cast<double>(options.rank), at::kFloat);
    NamedTensors result;
    for (const auto& [full, tensor] : weights) {
        const LoraName name = parseName(full);
        const std::string key = kohyaName(name, xl);
        result.emplace_back(key + (name.part == 'A' ? ".lora_down.weight" : ".lora_up.weight"), tensor);
        if (name.part == 'A') result.emplace_back(key + ".alpha", alpha);
    }
    return result;
}

struct Family {
    const char* baseVersion;   // kohya's ss_base_model_version
    const char* architecture;  // modelspec
    bool second = false;       // ss_v2
};
Family familyOf(const Pipeline& pipeline) {
    if (pipeline.textEncoder2)
        return pipeline.textEncoder ? Family{"sdxl_base_v1-0", "stable-diffusion-xl-v1-base/lora"}
                                    : Family{"sdxl_refiner_v1-0", "stable-diffusion-xl-v1-refiner/lora"};
    const auto& widths = pipeline.unet->config().crossAttentionDim;
    const auto prediction = pipeline.scheduler.find("prediction_type");
    const bool velocity = prediction != pipeline.scheduler.end() && *prediction == "v_prediction";
    if (!widths.empty() && widths.front() == 1024)
        return velocity ? Family{"sd_v2_v", "stable-diffusion-v2-768-v/lora", true}
                        : Family{"sd_v2", "stable-diffusion-v2-512/lora", true};
    return {velocity ? "sd_v1_v" : "sd_v1", "stable-diffusion-v1/lora", false};
}

std::map<std::string, std::string> kohyaMetadata(const Pipeline& pipeline, const LoraRecord& record) {
    const Family family = familyOf(pipeline);
    const auto resolution = fmt::format("{}x{}", record.resolution, record.resolution);
    std::map<std::string, std::string> metadata{
        {"ss_v2", family.second ? "True" : "False"},
        {"ss_base_model_version", family.baseVersion},
        {"ss_network_module", "networks.lora"},
        {"ss_network_dim", std::to_string(record.options.rank)},
        {"ss_network_alpha", fmt::format("{}", record.options.alpha)},
        {"ss_network_args", "{}"},
        {"ss_output_name", record.name},
        {"ss_sd_model_name", record.base.filename().string()},
        {"ss_resolution", fmt::format("({}, {})", record.resolution, record.resolution)},
        {"sshs_model_hash", tensorHashPlaceholder()},
    };
    metadata.merge(modelSpec(family.architecture, "diffusers", record.name, resolution));
    metadata.erase("modelspec.date");  // the same run gives the same bytes
    for (const auto& [key, value] : record.training.items())
        metadata[key] = value.is_string() ? value.get<std::string>() : dumpJson(value);
    return metadata;
}

// Readers name a file by the hash of what follows its header.
Status writeKohya(const fs::path& path, const NamedTensors& tensors,
                  const std::map<std::string, std::string>& metadata) {
    ATELIER_DO(writeTensors(path, tensors, at::kHalf, metadata));
    return stampTensorHash(path);
}

Result<LoraRecord> readRecord(const fs::path& folder) {
    const fs::path file = folder / kRecordFile;
    ATELIER_TRY(const Json json, readModelJson(file));
    const auto wrong = [&](const char* key) {
        return fail(ErrorCode::Model, fmt::format("\"{}\" is missing or of the wrong type", key),
                    file.string(), "The file belongs to a LoRA that atelier-engine trained.");
    };
    if (!json.is_object() || !json.contains("base_model") || !json["base_model"].is_string())
        return wrong("base_model");
    if (!json.contains("rank") || !json["rank"].is_number_integer() || json["rank"].get<std::int64_t>() < 1)
        return wrong("rank");
    if (!json.contains("alpha") || !json["alpha"].is_number()) return wrong("alpha");
    if (!json.contains("targets") || !json["targets"].is_array()) return wrong("targets");
    LoraRecord record;
    record.base = json["base_model"].get<std::string>();
    record.options.rank = json["rank"].get<std::int64_t>();
    record.options.alpha = json["alpha"].get<double>();
    record.options.rankStabilized = json.contains("use_rslora") && json["use_rslora"] == Json(true);
    record.options.textEncoder = json.contains("text_encoder") && json["text_encoder"] == Json(true);
    for (const auto& target : json["targets"]) {
        if (!target.is_string()) return wrong("targets");
        record.options.targets.push_back(target.get<std::string>());
    }
    return record;
}

}  // namespace

double LoraOptions::scale() const {
    const auto r = static_cast<double>(rank);
    return alpha / (rankStabilized ? std::sqrt(r) : r);
}

Status attachLora(Pipeline& pipeline, const LoraOptions& options, std::uint64_t seed) {
    const auto met = attachTo(*pipeline.unet, options, options.targets);
    for (const auto& target : options.targets)
        if (!met.contains(target))
            return fail(ErrorCode::Config, fmt::format("no layer of the UNet is called \"{}\"", target),
                        "method.targets",
                        "These have layers: " + join(possibleTargets(*pipeline.unet), ", ") + ".");
    if (met.empty())
        return fail(ErrorCode::Config, "there is no target", "method.targets",
                    "to_q, to_k, to_v, to_out.0 are usual.");
    initializeLowRank(*pipeline.unet, seed, "unet");
    if (!options.textEncoder) return {};
    for (const auto& part : textParts(pipeline)) {
        attachTo(*part.encoder, options, part.encoder->attentionLayers());
        initializeLowRank(*part.encoder, seed, part.component);
    }
    return {};
}

NamedTensors loraParameters(const Pipeline& pipeline) {
    NamedTensors result;
    const auto add = [&](const char* component, const torch::nn::Module* module) {
        if (!module) return;
        for (auto& [name, tensor] : lowRankParameters(*module))
            result.emplace_back(fmt::format("{}.{}", component, name), std::move(tensor));
    };
    add("unet", pipeline.unet.get());
    add("text_encoder", pipeline.textEncoder.get());
    add("text_encoder_2", pipeline.textEncoder2.get());
    return result;
}

Status writeLora(const Pipeline& pipeline, const NamedTensors& weights, const LoraRecord& record,
                 const fs::path& folder) {
    ATELIER_DO(createDirectories(folder / "a1111"));
    ATELIER_DO(writeTensors(folder / kDiffusersFile, weights, at::kFloat,
                            adapterMetadata(pipeline, record.options)));
    ATELIER_DO(writeKohya(folder / "a1111" / (record.name + ".safetensors"),
                          kohyaTensors(weights, record.options, pipeline.textEncoder2 != nullptr),
                          kohyaMetadata(pipeline, record)));
    const auto& o = record.options;
    const Json description{
        {"base_model", record.base.string()}, {"rank", o.rank},       {"alpha", o.alpha},
        {"use_rslora", o.rankStabilized},     {"targets", o.targets}, {"text_encoder", o.textEncoder}};
    return writeFileAtomic(folder / kRecordFile, dumpJsonPretty(description));
}

bool isLoraFolder(const fs::path& folder) {
    std::error_code error;
    return fs::exists(folder / kRecordFile, error) && !fs::exists(folder / "model_index.json", error);
}

Result<Pipeline> loadLoraPipeline(const fs::path& folder, const LoadOptions& options,
                                  const std::set<std::string>& components) {
    ATELIER_TRY(const auto record, readRecord(folder));
    std::error_code error;
    if (!fs::exists(record.base, error))
        return fail(
            ErrorCode::Model, "the model that this LoRA was trained on is not there", record.base.string(),
            "Put it back, or write its place as base_model into " + (folder / kRecordFile).string() + ".");
    if (isLoraFolder(record.base))
        return fail(ErrorCode::Model, "its base model is a LoRA itself", record.base.string());
    ATELIER_TRY(auto pipeline, loadPipeline(record.base, options, components));
    if (!pipeline.unet || (record.options.textEncoder && pipeline.textEncoders().empty())) return pipeline;
    ATELIER_DO(attachLora(pipeline, record.options, 0));
    ATELIER_TRY(const auto tensors, readTensors(folder / kDiffusersFile));
    ATELIER_DO(assignTensors(loraParameters(pipeline), tensors, (folder / kDiffusersFile).string()));
    pipeline.unet->to(options.dtype);
    for (const auto& encoder : pipeline.textEncoders()) encoder->to(options.dtype);
    return pipeline;
}

}  // namespace atelier
