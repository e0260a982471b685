// SPDX-License-Identifier: GPL-3.0-or-later
// Reports on files and folders of models, and how they read on a terminal and as JSON.
#include "core/weights/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/strings.h"
#include "core/config/architectures.h"

namespace atelier {
namespace {

bool isFloating(TensorType type) {
    switch (type) {
        case TensorType::Bool:
        case TensorType::U8:
        case TensorType::I8:
        case TensorType::I16:
        case TensorType::U16:
        case TensorType::I32:
        case TensorType::U32:
        case TensorType::I64:
        case TensorType::U64:
            return false;
        default:
            return true;
    }
}

// Which other programs take such a file as it is, by the rules in their readers.
std::vector<Reader> readersOf(const TensorVerdict& verdict, std::span<const TensorInfo> tensors) {
    const auto any = [&](std::string_view part) {
        return std::ranges::any_of(tensors,
                                   [&](const TensorInfo& t) { return t.name.find(part) != t.name.npos; });
    };
    if (verdict.kind == "checkpoint" && !verdict.family.empty())
        return {{"A1111", true, ""}, {"ComfyUI", true, ""}, {"diffusers", true, "from_single_file"}};
    if (verdict.kind == "textual_inversion") {
        const bool nameless = any("emb_params") || any("clip_l") || any("string_to_param");
        return {{"A1111", true, ""},
                {"ComfyUI", true, ""},
                {"diffusers", true, nameless ? "with the token given" : ""}};
    }
    if (verdict.kind != "lora") return {};
    const auto names = [](const std::string& dialect) {
        return "it reads other names: lora convert --to " + dialect;
    };
    if (any("base_model.model."))
        return {{"PEFT", true, ""},
                {"ComfyUI", true, ""},
                {"A1111", false, names("kohya")},
                {"diffusers", false, names("diffusers")}};
    if (any(".lora_down.weight"))
        return {{"A1111", true, ""}, {"ComfyUI", true, ""}, {"diffusers", true, ""}};
    return {{"diffusers", true, ""}, {"ComfyUI", true, ""}, {"A1111", false, names("kohya")}};
}

// Of a pipeline folder with nothing missing.
std::vector<Reader> folderReaders() {
    return {{"diffusers", true, "from_pretrained"},
            {"ComfyUI", true, "its DiffusersLoader"},
            {"A1111", false, "it reads single files: convert makes one"}};
}

std::string describeReaders(const std::vector<Reader>& readers) {
    std::vector<std::string> taking, others;
    for (const Reader& reader : readers) {
        if (reader.takes)
            taking.push_back(reader.program + (reader.how.empty() ? "" : " (" + reader.how + ")"));
        else
            others.push_back("; not by " + reader.program + ": " + reader.how);
    }
    return "by their rules it is read by: " + join(taking, ", ") + join(others, "");
}

void addTensors(PartReport& part, const WeightSet& weights) {
    std::vector<TensorInfo> tensors;
    for (const auto& name : weights.names()) tensors.push_back(*weights.find(name)->tensor);
    for (const TensorInfo& tensor : tensors) {
        ++part.tensors;
        part.bytes += tensor.end - tensor.begin;
        if (isFloating(tensor.type)) part.parameters += static_cast<std::uint64_t>(tensor.elements());
        ++part.types[std::string(tensorTypeName(tensor.type))];
    }
    for (const auto& file : weights.files())
        for (const auto& [key, value] : file->metadata()) part.metadata[key] = value;
    part.verdict = judgeTensors(tensors);
    if (const auto tied = weights.tied(); !tied.empty())
        part.notes.push_back(fmt::format("{} shared by several names, the first: {} is {}",
                                         plural(tied.size(), "tensor is", "tensors are"), tied.front().first,
                                         tied.front().second));
    part.readers = readersOf(part.verdict, tensors);
    if (!part.readers.empty()) part.notes.push_back(describeReaders(part.readers));
    if (part.types.size() > 1 && part.types.contains("F32") &&
        (part.types.contains("F16") || part.types.contains("BF16")))
        part.notes.push_back("its weights are of mixed precision");
    part.tensorList = std::move(tensors);
}

// The configuration as this engine reads it; "" when it can compute it.
std::string checkConfig(const std::string& className, const Json& config, const fs::path& path) {
    const auto problem = [](const auto& result) { return result ? std::string() : result.error().message(); };
    if (className == "UNet2DConditionModel")
        return problem(unet2DConditionConfigFromJson(config, path.string()));
    if (className == "AutoencoderKL") return problem(autoencoderKLConfigFromJson(config, path.string()));
    if (className == "CLIPTextModel" || className == "CLIPTextModelWithProjection")
        return problem(clipTextConfigFromJson(config, path.string()));
    return {};
}

std::string classOf(const Json& config) {
    if (config.contains("_class_name") && config["_class_name"].is_string())
        return config["_class_name"].get<std::string>();
    if (config.contains("architectures") && config["architectures"].is_array() &&
        !config["architectures"].empty() && config["architectures"][0].is_string())
        return config["architectures"][0].get<std::string>();
    return {};
}

// One component's folder: its config, its weights.
PartReport inspectComponent(const fs::path& folder, const std::string& name, const std::string& className) {
    PartReport part;
    part.name = name;
    part.className = className;
    const bool settingsOnly = className.find("Scheduler") != std::string::npos ||
                              className.find("Tokenizer") != std::string::npos ||
                              className.find("Processor") != std::string::npos ||
                              className.find("FeatureExtractor") != std::string::npos;
    if (!fs::is_directory(folder)) {
        part.problems.push_back("the folder \"" + folder.filename().string() + "\" is missing");
        return part;
    }
    const fs::path configPath =
        folder / (className.find("Scheduler") != std::string::npos ? "scheduler_config.json" : "config.json");
    if (fs::exists(configPath)) {
        if (auto config = readModelJson(configPath)) {
            part.config = *std::move(config);
            if (part.className.empty()) part.className = classOf(part.config);
            if (const std::string problem = checkConfig(part.className, part.config, configPath);
                !problem.empty())
                part.problems.push_back(problem);
        } else {
            part.problems.push_back(config.error().message());
        }
    } else if (!settingsOnly || className.find("Scheduler") != std::string::npos) {
        part.problems.push_back(configPath.filename().string() + " is missing");
    }
    if (className.find("Tokenizer") != std::string::npos && !fs::exists(folder / "tokenizer.json") &&
        !(fs::exists(folder / "vocab.json") && fs::exists(folder / "merges.txt")))
        part.problems.push_back("neither tokenizer.json nor vocab.json with merges.txt is there");
    if (settingsOnly) return part;
    Result<WeightSet> weights = WeightSet::open(folder, "diffusion_pytorch_model");
    for (const char* variant : {"", "fp16", "bf16", "ema", "non_ema"})
        for (const char* stem : {"diffusion_pytorch_model", "model"})
            if (!weights && weights.error().what.find("holds no") != std::string::npos)
                if (auto other = WeightSet::open(folder, stem, variant);
                    other || other.error().what.find("holds no") == std::string::npos)
                    weights = std::move(other);
    if (weights)
        addTensors(part, *weights);
    else
        part.problems.push_back(weights.error().message());
    return part;
}

std::string overallFamily(const std::vector<PartReport>& parts) {
    for (const char* kind : {"unet", "checkpoint", "controlnet", "lora", "text_encoder", "vae"})
        for (const auto& part : parts)
            if (part.verdict.kind == kind && !part.verdict.family.empty()) return part.verdict.family;
    return {};
}

Result<ModelReport> inspectPipeline(const fs::path& folder) {
    ATELIER_TRY(const Json index, readModelJson(folder / "model_index.json"));
    if (!index.is_object())
        return fail(ErrorCode::Model, "it is not a JSON object", (folder / "model_index.json").string());
    ModelReport report;
    report.path = folder.string();
    report.what = "pipeline folder" + (classOf(index).empty() ? std::string() : " (" + classOf(index) + ")");
    for (const auto& [name, entry] : index.items()) {
        if (!entry.is_array() || entry.size() != 2 || !entry[1].is_string()) continue;
        report.parts.push_back(inspectComponent(folder / name, name, entry[1].get<std::string>()));
    }
    if (report.parts.empty()) report.problems.push_back("model_index.json names no component");
    return report;
}

Result<ModelReport> inspectFolder(const fs::path& folder) {
    if (fs::exists(folder / "model_index.json")) return inspectPipeline(folder);
    ModelReport report;
    report.path = folder.string();
    if (fs::exists(folder / "config.json")) {
        report.what = "model folder";
        report.parts.push_back(inspectComponent(folder, folder.filename().string(), ""));
        return report;
    }
    report.what = "folder of weights";
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
        PartReport part;
        part.name = file.filename().string();
        if (auto weights = WeightSet::openFile(file))
            addTensors(part, *weights);
        else
            part.problems.push_back(weights.error().what);
        report.parts.push_back(std::move(part));
    }
    if (!files.empty()) return report;
    std::string hint =
        "Give a pipeline folder (with model_index.json), a component's folder (with config.json) or a "
        ".safetensors file.";
    if (fs::exists(folder / "events.jsonl"))
        hint = "It is a run folder: its models are under checkpoints/, the newest is current_pipeline.";
    if (fs::exists(folder / "manifest.json") || fs::exists(folder / "dataset.yaml"))
        hint = "It is a dataset: atelier-engine dataset stats tells about it.";
    return fail(ErrorCode::Model, "there is no model in this folder", folder.string(), hint);
}

}  // namespace

bool ModelReport::complete() const {
    return problems.empty() && std::all_of(parts.begin(), parts.end(),
                                           [](const PartReport& part) { return part.problems.empty(); });
}

Result<ModelReport> inspectModel(const fs::path& path) try {
    if (!fs::exists(path)) return fail(ErrorCode::Model, "there is no such file or folder", path.string());
    ModelReport report;
    if (fs::is_directory(path)) {
        ATELIER_TRY(report, inspectFolder(path));
    } else {
        const std::string name = path.filename().string();
        ATELIER_TRY(const auto weights, WeightSet::openFile(path));
        report.path = path.string();
        report.what = std::string(weights.files().front()->format()) + " file";
        report.parts.emplace_back().name = name;
        addTensors(report.parts.back(), weights);
    }
    report.family = overallFamily(report.parts);
    if (report.parts.size() == 1)
        report.readers = report.parts.front().readers;
    else if (report.what.starts_with("pipeline") && report.complete())
        report.readers = folderReaders();
    return report;
} catch (const fs::filesystem_error& error) {  // folders that may not be looked into
    return failErrno(error.code().value(), "read", error.path1().string());
}

namespace {

Json tensorsToJson(const std::vector<TensorInfo>& tensors) {
    Json list = Json::array();
    for (const TensorInfo& tensor : tensors)
        list.push_back(
            {{"name", tensor.name}, {"dtype", tensorTypeName(tensor.type)}, {"shape", tensor.shape}});
    return list;
}

}  // namespace

Json toJson(const ModelReport& report, bool withTensors) {
    Json parts = Json::array(), readers = Json::array();
    for (const Reader& reader : report.readers)
        readers.push_back({{"program", reader.program}, {"takes", reader.takes}, {"how", reader.how}});
    for (const auto& part : report.parts) {
        parts.push_back({{"name", part.name},
                         {"class", part.className},
                         {"kind", part.verdict.kind},
                         {"family", part.verdict.family},
                         {"detail", part.verdict.detail},
                         {"tensors", part.tensors},
                         {"parameters", part.parameters},
                         {"bytes", part.bytes},
                         {"dtypes", part.types},
                         {"metadata", part.metadata},
                         {"config", part.config},
                         {"notes", part.notes},
                         {"problems", part.problems}});
        if (withTensors) parts.back()["tensor_list"] = tensorsToJson(part.tensorList);
    }
    return {{"path", report.path},
            {"what", report.what},
            {"family", report.family},
            {"complete", report.complete()},
            {"problems", report.problems},
            {"readers", readers},
            {"parts", parts}};
}

namespace {

std::string humanCount(std::uint64_t count) {
    if (count >= 1'000'000'000) return fmt::format("{:.2f} G", static_cast<double>(count) * 1e-9);
    if (count >= 1'000'000) return fmt::format("{:.1f} M", static_cast<double>(count) * 1e-6);
    return fmt::format("{:.1f} k", static_cast<double>(count) * 1e-3);
}

}  // namespace

std::string describe(const ModelReport& report) {
    std::string out =
        report.path + "\n" + report.what + (report.family.empty() ? "" : ", " + report.family) + "\n\n";
    std::size_t width = 4;
    for (const auto& part : report.parts) width = std::max(width, part.name.size());
    std::uint64_t parameters = 0, bytes = 0;
    for (const auto& part : report.parts) {
        std::vector<std::string> types;
        for (const auto& [type, count] : part.types) types.push_back(type);
        parameters += part.parameters;
        bytes += part.bytes;
        if (part.tensors == 0)
            out += fmt::format("  {:{}}  {}\n", part.name, width, part.className);
        else
            out += fmt::format("  {:{}}  {:>9} parameters in {} tensors, {}, {}\n  {:{}}  {}{}\n", part.name,
                               width, humanCount(part.parameters), part.tensors, join(types, " + "),
                               humanBytes(part.bytes), "", width,
                               part.className.empty() ? "" : part.className + ": ", part.verdict.detail);
        for (const auto& [key, value] : part.metadata)
            if (key != "format")
                out += fmt::format("  {:{}}  {}: {}\n", "", width, key,
                                   value.size() > 100
                                       ? value.substr(0, validUtf8Prefix(value.substr(0, 100))) + "…"
                                       : value);
        for (const auto& note : part.notes) out += fmt::format("  {:{}}  {}\n", "", width, note);
        for (const auto& problem : part.problems)
            out += fmt::format("  {:{}}  problem: {}\n", "", width, problem);
    }
    for (const auto& problem : report.problems) out += "  problem: " + problem + "\n";
    if (report.parts.size() > 1)
        out += fmt::format("\n  {} parameters, {} in all\n", humanCount(parameters), humanBytes(bytes));
    return out;
}

}  // namespace atelier
