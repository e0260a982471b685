// SPDX-License-Identifier: GPL-3.0-or-later
// Pipeline folders: which component is where, under which class and file name.
#include "core/engine/models/pipeline.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <unistd.h>

#include "core/base/strings.h"
#include "core/engine/models/lora.h"
#include "core/engine/models/token_vectors.h"

namespace atelier {
namespace {

// What a pipeline may hold, and the classes this engine computes; scheduler: any.
const std::map<std::string, std::set<std::string>>& ourComponents() {
    static const std::set<std::string> kText{"CLIPTextModel", "CLIPTextModelWithProjection",
                                             "T5EncoderModel"};
    static const std::set<std::string> kTokenizer{"CLIPTokenizer", "CLIPTokenizerFast", "T5Tokenizer",
                                                  "T5TokenizerFast"};
    static const std::map<std::string, std::set<std::string>> kClasses{
        {"unet", {"UNet2DConditionModel"}},  {"vae", {"AutoencoderKL"}}, {"text_encoder", kText},
        {"text_encoder_2", kText},           {"tokenizer", kTokenizer},  {"tokenizer_2", kTokenizer},
        {"controlnet", {"ControlNetModel"}}, {"scheduler", {}}};
    return kClasses;
}
// Components that every pipeline names, as [null, null] where it has none.
const std::set<std::string> kAlwaysListed{"unet", "vae", "text_encoder", "tokenizer", "scheduler"};

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
    return readModelJson(path);
}

// ["library", "Class"] → Class; "" for [null, null] and plain options.
std::string className(const Json& entry) {
    return entry.is_array() && entry.size() == 2 && entry[1].is_string() ? entry[1].get<std::string>()
                                                                         : std::string();
}

// The entry must name a class that this engine computes.
Status requireComponent(const Json& index, const fs::path& folder, const std::string& name) {
    const std::string where = (folder / "model_index.json").string();
    const auto entry = index.find(name);
    const bool absent = entry == index.end() || *entry == Json::array({nullptr, nullptr});
    if (!absent && className(*entry).empty())
        return fail(ErrorCode::Model,
                    fmt::format("its entry \"{}\" is {} and no [\"library\", \"Class\"]", name,
                                dumpJson(*entry).substr(0, 60)),
                    where, "Fetch the file again, or put the pair of another model of the family there.");
    const auto known = ourComponents().find(name);
    if (absent || known == ourComponents().end()) {
        std::vector<std::string> names;
        for (const auto& [other, pair] : index.items())
            if (!className(pair).empty()) names.push_back(other);
        return fail(ErrorCode::Model, "it has no component \"" + name + "\"", folder.string(),
                    "It has: " + join(names, ", ") + ".");
    }
    if (!known->second.empty() && !known->second.contains(className(*entry)))
        return fail(
            ErrorCode::Model,
            fmt::format("its {} is a {}, which this engine does not compute", name, className(*entry)), where,
            "It computes: " + *known->second.begin() + ".");
    return {};
}

bool hasScheduler(const Pipeline& pipeline) {
    return pipeline.scheduler.is_object() && pipeline.scheduler.contains("_class_name");
}

bool holds(const Pipeline& pipeline, const std::string& component) {
    if (component == "tokenizer") return pipeline.tokenizer != nullptr;
    if (component == "tokenizer_2") return pipeline.tokenizer2 != nullptr;
    if (component == "scheduler") return hasScheduler(pipeline);
    return pipeline.modules().contains(component);
}

// A folder's files and sub-folders as they are. Weights are linked where possible: model files are replaced
// as a whole, never written into.
std::error_code copyFolder(const fs::path& from, const fs::path& to) {
    constexpr std::uintmax_t kSmall = 1 << 20;
    std::error_code error;
    fs::create_directories(to, error);
    for (fs::recursive_directory_iterator it(from, error), end; !error && it != end; it.increment(error)) {
        const fs::path target = to / fs::relative(it->path(), from, error);
        if (error) break;
        if (it->is_directory(error)) {
            fs::create_directories(target, error);
        } else if (!error) {
            const fs::path source = fs::canonical(it->path(), error);  // what a hub's cache links to
            if (!error && fs::file_size(source, error) > kSmall) {
                fs::create_hard_link(source, target, error);
                if (!error) continue;
                error.clear();
            }
            if (!error) fs::copy_file(source, target, error);
        }
    }
    return error;
}

// The components of `source` that the pipeline does not hold, for it does not compute them or was not asked
// to load them, keep their files and their entry.
Status carryAlong(const Pipeline& pipeline, const fs::path& folder, Json& index) {
    for (auto& [name, entry] : index.items()) {
        if (holds(pipeline, name) || className(entry).empty()) continue;
        const fs::path from = pipeline.source / name;
        std::error_code error;
        if (!fs::is_directory(from,
                              error)) {  // never fetched: the folder that is written does not promise it
            entry = {nullptr, nullptr};
            if (name == "safety_checker") index["requires_safety_checker"] = false;
            continue;
        }
        if (error = copyFolder(from, folder / name); error)
            return fail(ErrorCode::Io, "it could not be copied: " + error.message(), from.string());
    }
    return {};
}

// The pipeline class that runs these parts, for models made from nothing.
std::string pipelineClass(const Pipeline& pipeline) {
    std::string name = pipeline.textEncoder2 ? "StableDiffusionXL" : "StableDiffusion";
    if (pipeline.controlNet)
        name += "ControlNet";
    else if (pipeline.unet && pipeline.unet->config().inChannels == 9)
        name += "Inpaint";
    return name + "Pipeline";
}

Json newIndex(const Pipeline& pipeline) {
    Json index{{"_class_name", pipelineClass(pipeline)},
               {"_diffusers_version", kFormatVersion},
               {"feature_extractor", {nullptr, nullptr}},
               {"image_encoder", {nullptr, nullptr}}};
    if (pipeline.textEncoder2) {
        index["force_zeros_for_empty_prompt"] = true;
    } else {
        index["requires_safety_checker"] = false;
        index["safety_checker"] = {nullptr, nullptr};
    }
    return index;
}

Status writePipeline(const Pipeline& pipeline, const fs::path& folder, const SaveOptions& options) {
    Json index = Json::object();
    if (!pipeline.source.empty()) {
        ATELIER_TRY(index, readModelIndex(pipeline.source));
    } else {
        index = newIndex(pipeline);
    }
    index.erase("_name_or_path");
    // A text-to-image model's folder whose UNet has learned to inpaint since.
    const auto made = index.value("_class_name", "");
    if (pipelineClass(pipeline).find("Inpaint") != std::string::npos &&
        made.find("Inpaint") == std::string::npos)
        index["_class_name"] = pipelineClass(pipeline);
    ATELIER_DO(createDirectories(folder));
    ATELIER_DO(carryAlong(pipeline, folder, index));
    const auto entry = [&](const char* name, bool there, const char* library, const std::string& cls) {
        if (there)
            index[name] = Json{library, cls};
        else if (!index.contains(name) && kAlwaysListed.contains(name))
            index[name] = Json{nullptr, nullptr};
    };
    const auto textEncoder = [&](const char* name, const std::shared_ptr<TextEncoder>& model) -> Status {
        if (model) ATELIER_DO(saveTextEncoder(*model, folder / name, options, name));
        entry(name, model != nullptr, "transformers", model ? model->className() : "");
        return {};
    };
    const auto tokenizer = [&](const char* name, const std::shared_ptr<const Tokenizer>& part) -> Status {
        if (part) ATELIER_DO(part->save(folder / name));
        entry(name, part != nullptr, "transformers", part ? part->className() : "");
        return {};
    };
    if (pipeline.unet) ATELIER_DO(saveUnet(*pipeline.unet, folder / "unet", options));
    if (pipeline.vae) ATELIER_DO(saveVae(*pipeline.vae, folder / "vae", options));
    if (pipeline.controlNet) ATELIER_DO(saveControlNet(*pipeline.controlNet, folder / "controlnet", options));
    entry("unet", pipeline.unet != nullptr, "diffusers", "UNet2DConditionModel");
    entry("vae", pipeline.vae != nullptr, "diffusers", "AutoencoderKL");
    entry("controlnet", pipeline.controlNet != nullptr, "diffusers", "ControlNetModel");
    ATELIER_DO(textEncoder("text_encoder", pipeline.textEncoder));
    ATELIER_DO(textEncoder("text_encoder_2", pipeline.textEncoder2));
    ATELIER_DO(tokenizer("tokenizer", pipeline.tokenizer));
    ATELIER_DO(tokenizer("tokenizer_2", pipeline.tokenizer2));
    const bool scheduled = hasScheduler(pipeline);
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

Status checkVocabulary(const Tokenizer* tokenizer, const TextEncoder* model, const fs::path& folder) {
    if (!tokenizer || !model || tokenizer->vocabSize() <= model->vocabSize()) return {};
    return fail(ErrorCode::Model,
                fmt::format("the tokenizer has {} tokens, the text encoder knows {}", tokenizer->vocabSize(),
                            model->vocabSize()),
                folder.string(), "Tokenizer and text encoder must belong together.");
}

}  // namespace

std::map<std::string, std::shared_ptr<torch::nn::Module>> Pipeline::modules() const {
    std::map<std::string, std::shared_ptr<torch::nn::Module>> all;
    if (unet) all["unet"] = unet;
    if (vae) all["vae"] = vae;
    if (textEncoder) all["text_encoder"] = textEncoder;
    if (textEncoder2) all["text_encoder_2"] = textEncoder2;
    if (controlNet) all["controlnet"] = controlNet;
    return all;
}

std::vector<std::shared_ptr<TextEncoder>> Pipeline::textEncoders() const {
    std::vector<std::shared_ptr<TextEncoder>> all;
    if (textEncoder) all.push_back(textEncoder);
    if (textEncoder2) all.push_back(textEncoder2);
    return all;
}

std::vector<TextPart> textParts(const Pipeline& pipeline) {
    std::vector<TextPart> parts;
    if (pipeline.textEncoder && pipeline.tokenizer)
        parts.push_back({"text_encoder", false, pipeline.tokenizer.get(), pipeline.textEncoder.get()});
    if (pipeline.textEncoder2 && pipeline.tokenizer2)
        parts.push_back({"text_encoder_2", true, pipeline.tokenizer2.get(), pipeline.textEncoder2.get()});
    return parts;
}

void movePipeline(Pipeline& pipeline, at::Device device, at::ScalarType dtype) {
    for (const auto& [name, module] : pipeline.modules()) {
        const bool upcast = name == "vae" && dtype == at::kHalf && pipeline.vae->config().forceUpcast;
        module->to(device, upcast ? at::kFloat : dtype);
    }
}

Result<bool> zerosForEmptyPrompt(const fs::path& folder) {
    ATELIER_TRY(const Json index, readModelIndex(folder));
    const auto given = index.find("force_zeros_for_empty_prompt");
    if (given != index.end() && given->is_boolean()) return given->get<bool>();
    const auto name = index.find("_class_name");
    return name != index.end() && name->is_string() &&
           name->get<std::string>().starts_with("StableDiffusionXL");
}

namespace {

// diffusers sets this factor whatever the autoencoder's file says, as the first published ones were without.
constexpr double kUpscalerScaling = 0.08333;

Result<std::optional<Upscaling>> readUpscaling(const Json& index, const fs::path& folder) {
    const fs::path file = folder / "low_res_scheduler" / "scheduler_config.json";
    std::error_code error;
    if (className(index.value("low_res_scheduler", Json())).empty() || !fs::exists(file, error))
        return std::nullopt;
    Upscaling upscaling;
    ATELIER_TRY(upscaling.lowResScheduler, readModelJson(file));
    const auto most = index.find("max_noise_level");
    if (most != index.end() && !most->is_null()) {
        if (!most->is_number_integer() || most->get<std::int64_t>() < 0 ||
            most->get<std::int64_t>() > 100'000)
            return fail(ErrorCode::Model,
                        fmt::format("its max_noise_level is {}", dumpJson(*most).substr(0, 60)),
                        (folder / "model_index.json").string(), "It is a number of timesteps, usually 350.");
        upscaling.maxNoiseLevel = most->get<int>();
    }
    return upscaling;
}

}  // namespace

Result<std::map<std::string, std::string>> pipelineComponents(const fs::path& folder) {
    ATELIER_TRY(const Json index, readModelIndex(folder));
    std::map<std::string, std::string> components;
    for (const auto& [name, entry] : index.items())
        if (!className(entry).empty()) components[name] = className(entry);
    return components;
}

Status checkComponent(const fs::path& folder, const std::string& name) {
    std::error_code error;
    if (!fs::exists(folder / "model_index.json", error)) return {};
    ATELIER_TRY(const Json index, readModelIndex(folder));
    return requireComponent(index, folder, name);
}

Result<Pipeline> loadPipeline(const fs::path& folder, const LoadOptions& options,
                              const std::set<std::string>& components) {
    if (isTokenFolder(folder)) return loadTokenPipeline(folder, options, components);
    if (isLoraFolder(folder)) return loadLoraPipeline(folder, options, components);
    ATELIER_TRY(const Json index, readModelIndex(folder));
    std::set<std::string> wanted = components;
    if (wanted.empty())
        for (const auto& [name, entry] : index.items())
            if (ourComponents().contains(name) && entry != Json::array({nullptr, nullptr}))
                wanted.insert(name);
    for (const auto& name : wanted) ATELIER_DO(requireComponent(index, folder, name));
    Pipeline pipeline;
    pipeline.source = folder;
    ATELIER_TRY(pipeline.zerosForEmptyPrompt, zerosForEmptyPrompt(folder));
    ATELIER_TRY(pipeline.upscaling, readUpscaling(index, folder));
    if (wanted.contains("unet")) {
        ATELIER_TRY(pipeline.unet, loadUnet(folder / "unet", options));
    }
    if (wanted.contains("vae")) {
        ATELIER_TRY(pipeline.vae, loadVae(folder / "vae", options));
        if (index.value("_class_name", "") == "StableDiffusionUpscalePipeline")
            pipeline.vae->setScalingFactor(kUpscalerScaling);
    }
    if (wanted.contains("text_encoder")) {
        ATELIER_TRY(pipeline.textEncoder, loadTextEncoder(folder / "text_encoder", options));
    }
    if (wanted.contains("text_encoder_2")) {
        ATELIER_TRY(pipeline.textEncoder2, loadClipTextModel(folder / "text_encoder_2", options));
    }
    if (wanted.contains("controlnet")) {
        ATELIER_TRY(pipeline.controlNet, loadControlNet(folder / "controlnet", options));
    }
    for (const auto& [name, tokenizer] :
         {std::pair{"tokenizer", &pipeline.tokenizer}, std::pair{"tokenizer_2", &pipeline.tokenizer2}}) {
        if (!wanted.contains(name)) continue;
        ATELIER_TRY(*tokenizer, loadTokenizer(folder / name));
    }
    if (wanted.contains("scheduler")) {
        ATELIER_TRY(pipeline.scheduler, readModelJson(folder / "scheduler" / "scheduler_config.json"));
    }
    ATELIER_DO(checkVocabulary(pipeline.tokenizer.get(), pipeline.textEncoder.get(), folder));
    ATELIER_DO(checkVocabulary(pipeline.tokenizer2.get(), pipeline.textEncoder2.get(), folder));
    return pipeline;
}

Status writeFolderWhole(const fs::path& folder, const std::function<Status(const fs::path&)>& fill) {
    if (fs::exists(folder))
        return fail(ErrorCode::Io, "it exists already", folder.string(), "Choose another name or remove it.");
    const fs::path temporary =
        folder.parent_path() / ("." + folder.filename().string() + ".tmp-" + std::to_string(::getpid()));
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    Status status = fill(temporary);
    if (status) status = fsyncDirectory(temporary);
    if (status) status = renameFile(temporary, folder);
    if (!status) fs::remove_all(temporary, ignored);
    return status;
}

Status savePipeline(const Pipeline& pipeline, const fs::path& folder, const SaveOptions& options) {
    return writeFolderWhole(folder, [&](const fs::path& to) { return writePipeline(pipeline, to, options); });
}

}  // namespace atelier
