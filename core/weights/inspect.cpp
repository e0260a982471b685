// SPDX-License-Identifier: GPL-3.0-or-later
// Reports on files and folders of models, and how they read on a terminal and as JSON.
#include "core/weights/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/strings.h"
#include "core/config/architectures.h"
#include "core/weights/dialects/values.h"
#include "core/weights/readers.h"

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

// Names of tensors with NaN or infinity. Errors: the file changed meanwhile.
Result<std::vector<std::string>> scanValues(const WeightSet& weights) {
    std::vector<std::string> found;
    std::vector<std::byte> buffer;
    for (const auto& name : weights.names()) {
        const auto entry = *weights.find(name);
        if (!dialects::isConvertible(entry.tensor->type)) continue;
        const std::uint64_t size = entry.tensor->end - entry.tensor->begin;
        constexpr std::uint64_t kPiece = std::uint64_t{4} << 20;
        for (std::uint64_t at = 0; at < size; at += kPiece) {
            buffer.resize(std::min(kPiece, size - at));
            ATELIER_DO(entry.file->read(*entry.tensor, at, buffer));
            if (dialects::allFinite(buffer, entry.tensor->type)) continue;
            found.push_back(name);
            break;
        }
    }
    return found;
}

// What trainers say of themselves, under short names; lists and numbers as such where the text is JSON.
Json trainingOf(const std::map<std::string, std::string>& metadata) {
    static constexpr std::pair<const char*, const char*> kKeys[] = {
        {"ss_output_name", "name"},
        {"modelspec.title", "title"},
        {"modelspec.architecture", "architecture"},
        {"modelspec.prediction_type", "prediction"},
        {"modelspec.resolution", "resolution"},
        {"ss_resolution", "resolution"},
        {"ss_base_model_version", "base_model"},
        {"ss_sd_model_name", "base_file"},
        {"ss_network_module", "network"},
        {"ss_network_dim", "rank"},
        {"ss_network_alpha", "alpha"},
        {"ss_network_args", "network_options"},
        {"ss_num_train_images", "images"},
        {"ss_steps", "steps"},
        {"ss_epoch", "epochs"},
        {"ss_learning_rate", "learning_rate"},
        {"ss_unet_lr", "unet_learning_rate"},
        {"ss_text_encoder_lr", "text_encoder_learning_rate"},
        {"ss_optimizer", "optimizer"},
        {"ss_lr_scheduler", "schedule"},
        {"ss_mixed_precision", "mixed_precision"},
        {"ss_clip_skip", "clip_skip"},
        {"ss_seed", "seed"},
        {"modelspec.date", "date"},
        {"modelspec.trigger_phrase", "trigger"},
        {"ss_training_comment", "comment"}};
    Json training;
    for (const auto& [key, name] : kKeys)
        if (const auto it = metadata.find(key); it != metadata.end() && it->second != "None")
            training[name] = it->second;
    const auto tags = metadata.find("ss_tag_frequency");
    if (tags == metadata.end()) return training;
    const auto folders = parseJson(tags->second, "ss_tag_frequency");
    if (!folders || !folders->is_object()) return training;
    std::map<std::string, std::int64_t> counts;
    for (const auto& [folder, words] : folders->items())
        if (words.is_object())
            for (const auto& [word, count] : words.items())
                if (count.is_number_integer()) counts[word] += count.template get<std::int64_t>();
    std::vector<std::pair<std::string, std::int64_t>> order(counts.begin(), counts.end());
    std::ranges::stable_sort(order, [](const auto& x, const auto& y) { return x.second > y.second; });
    constexpr std::size_t kTop = 10;
    for (std::size_t i = 0; i < std::min(kTop, order.size()); ++i)
        training["tags"].push_back({order[i].first, order[i].second});
    return training;
}

// Dtypes of floating tensors over all parts, the one with the most bytes first.
std::string precisionOf(const std::vector<PartReport>& parts) {
    std::map<std::string, std::uint64_t> bytes;
    for (const auto& part : parts)
        for (const auto& tensor : part.tensorList)
            if (isFloating(tensor.type))
                bytes[std::string(tensorTypeName(tensor.type))] += tensor.end - tensor.begin;
    std::vector<std::pair<std::uint64_t, std::string>> order;
    for (const auto& [type, size] : bytes) order.emplace_back(size, type);
    std::sort(order.rbegin(), order.rend());
    std::vector<std::string> names;
    for (const auto& [size, type] : order) names.push_back(type);
    return join(names, " + ");
}

void addTensors(PartReport& part, const WeightSet& weights, bool values) {
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
    if (!values) return;
    if (auto found = scanValues(weights))
        part.notFinite = *std::move(found);
    else
        part.problems.push_back(found.error().message());
}

// The configuration as this engine reads it; "" when it can compute it.
std::string checkConfig(const std::string& className, const Json& config, const fs::path& path) {
    const auto problem = [](const auto& result) { return result ? std::string() : result.error().message(); };
    if (className == "UNet2DConditionModel")
        return problem(unet2DConditionConfigFromJson(config, path.string()));
    if (className == "AutoencoderKL") return problem(autoencoderKLConfigFromJson(config, path.string()));
    if (className == "CLIPTextModel" || className == "CLIPTextModelWithProjection")
        return problem(clipTextConfigFromJson(config, path.string()));
    if (className == "T5EncoderModel") return problem(t5EncoderConfigFromJson(config, path.string()));
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
PartReport inspectComponent(const fs::path& folder, const std::string& name, const std::string& className,
                            bool values) {
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
    const bool t5 = className.starts_with("T5");
    if (className.find("Tokenizer") != std::string::npos && !fs::exists(folder / "tokenizer.json") &&
        !(t5 ? fs::exists(folder / "spiece.model")
             : fs::exists(folder / "vocab.json") && fs::exists(folder / "merges.txt")))
        part.problems.push_back(t5 ? "neither tokenizer.json nor spiece.model is there"
                                   : "neither tokenizer.json nor vocab.json with merges.txt is there");
    if (settingsOnly) return part;
    Result<WeightSet> weights = WeightSet::open(folder, "diffusion_pytorch_model");
    for (const char* stem : {"model", "diffusion_pytorch_model"})
        if (!WeightSet::variants(folder, stem).empty()) weights = WeightSet::openAny(folder, stem);
    if (weights)
        addTensors(part, *weights, values);
    else
        part.problems.push_back(weights.error().message());
    return part;
}

std::string overallFamily(const std::vector<PartReport>& parts) {
    for (const auto& part : parts)
        if (part.className == "T5EncoderModel") return "Stable Diffusion's form with a T5 text encoder";
    for (const char* kind : {"unet", "checkpoint", "controlnet", "lora", "text_encoder", "vae"})
        for (const auto& part : parts)
            if (part.verdict.kind == kind && !part.verdict.family.empty()) return part.verdict.family;
    return {};
}

Result<ModelReport> inspectPipeline(const fs::path& folder, bool values) {
    ATELIER_TRY(const Json index, readModelJson(folder / "model_index.json"));
    ModelReport report;
    report.path = folder.string();
    report.what = "pipeline folder" + (classOf(index).empty() ? std::string() : " (" + classOf(index) + ")");
    static const std::set<std::string> kNetworks{"unet",      "vae",         "text_encoder", "text_encoder_2",
                                                 "tokenizer", "tokenizer_2", "scheduler",    "controlnet"};
    for (const auto& [name, entry] : index.items()) {
        const bool pair = entry.is_array() && entry.size() == 2 && entry[0].type() == entry[1].type() &&
                          (entry[1].is_null() || entry[1].is_string());
        if (kNetworks.contains(name) && !pair)
            report.problems.push_back("model_index.json: the entry of " + name +
                                      " is no [\"library\", \"Class\"]");
        if (!entry.is_array() || entry.size() != 2 || !entry[1].is_string()) continue;
        report.parts.push_back(inspectComponent(folder / name, name, entry[1].get<std::string>(), values));
    }
    if (report.parts.empty()) report.problems.push_back("model_index.json names no component");
    return report;
}

Result<ModelReport> inspectFolder(const fs::path& folder, bool values) {
    if (fs::exists(folder / "model_index.json")) return inspectPipeline(folder, values);
    ModelReport report;
    report.path = folder.string();
    if (fs::exists(folder / "config.json")) {
        report.what = "model folder";
        report.parts.push_back(inspectComponent(folder, folder.filename().string(), "", values));
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
            addTensors(part, *weights, values);
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

Result<ModelReport> inspectModel(const fs::path& path, bool values) try {
    if (!fs::exists(path)) return fail(ErrorCode::Model, "there is no such file or folder", path.string());
    ModelReport report;
    if (fs::is_directory(path)) {
        ATELIER_TRY(report, inspectFolder(path, values));
    } else {
        const std::string name = path.filename().string();
        ATELIER_TRY(const auto weights, WeightSet::openFile(path));
        report.path = path.string();
        report.what = std::string(weights.files().front()->format()) + " file";
        report.parts.emplace_back().name = name;
        addTensors(report.parts.back(), weights, values);
    }
    report.family = overallFamily(report.parts);
    report.precision = precisionOf(report.parts);
    for (const auto& part : report.parts)
        if (!part.verdict.variant.empty()) report.variant = part.verdict.variant;
    if (report.parts.size() == 1) report.training = trainingOf(report.parts.front().metadata);
    if (report.parts.size() == 1)
        report.readers = report.parts.front().readers;
    else if (report.what.starts_with("pipeline") && report.complete())
        report.readers = folderReaders(report.family, report.variant);
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
                         {"not_finite", part.notFinite},
                         {"problems", part.problems}});
        if (withTensors) parts.back()["tensor_list"] = tensorsToJson(part.tensorList);
    }
    return {{"path", report.path},
            {"what", report.what},
            {"family", report.family},
            {"variant", report.variant},
            {"precision", report.precision},
            {"training", report.training},
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
        if (!part.notFinite.empty())
            out += fmt::format("  {:{}}  warning: {} NaN or infinity: {}{}\n", "", width,
                               plural(part.notFinite.size(), "tensor holds", "tensors hold"),
                               join(std::vector(part.notFinite.begin(),
                                                part.notFinite.begin() +
                                                    std::min<std::ptrdiff_t>(3, std::ssize(part.notFinite))),
                                    ", "),
                               part.notFinite.size() > 3 ? ", …" : "");
        for (const auto& problem : part.problems)
            out += fmt::format("  {:{}}  problem: {}\n", "", width, problem);
    }
    for (const auto& problem : report.problems) out += "  problem: " + problem + "\n";
    if (report.parts.size() > 1)
        out += fmt::format("\n  {} parameters, {} in all\n", humanCount(parameters), humanBytes(bytes));
    return out;
}

}  // namespace atelier
