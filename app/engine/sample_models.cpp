// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/engine/sample_models.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "app/engine/fetch_model.h"
#include "app/engine/sample_inputs.h"
#include "app/engine/weighted_file.h"
#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/engine/models/additions.h"
#include "core/engine/nn/packed_weight.h"
#include "core/weights/safetensors.h"

namespace atelier::cli {
namespace {

// After the last change of its weights.
void prepare(torch::nn::Module& module) {
    module.eval();
    nn::packWeights(module, nn::PlainWeights::Drop);
}

Status requireFile(const std::string& option, const std::string& file) {
    std::error_code error;
    if (fs::exists(expandUser(file), error)) return {};
    return fail(ErrorCode::Usage, fmt::format("there is no file \"{}\"", file), option, "Check the path.");
}

// Some part of the pipeline has weights of that variant; the others are read as they are.
Status requireVariant(const fs::path& folder, const std::string& variant) {
    ATELIER_TRY(const auto components, pipelineComponents(folder));
    std::set<std::string> there;
    for (const auto& [component, name] : components)
        for (const char* stem : {"diffusion_pytorch_model", "model"})
            there.merge(WeightSet::variants(folder / component, stem));
    if (there.contains(variant)) return {};
    there.erase("");
    return fail(
        ErrorCode::Usage, "no part of the model has weights of the variant \"" + variant + "\"", "--variant",
        there.empty() ? "It has none; leave the option out."
                      : "It has: " + join(std::vector<std::string>(there.begin(), there.end()), ", ") + ".");
}

double shareOf(const std::vector<double>& given, std::size_t i, double otherwise) {
    if (given.empty()) return otherwise;
    return given.size() == 1 ? given.front() : given[i];
}

// A folder with a ControlNet, a pipeline folder that has one, or one file.
Result<std::shared_ptr<ControlNetModel>> loadControl(const std::string& name, const LoadOptions& options) {
    std::error_code error;
    if (const auto file = expandUser(name); fs::is_regular_file(file, error))
        return loadControlNetFile(file, options);
    ATELIER_TRY(const auto folder, modelPath(name));
    const bool inside = fs::is_directory(folder / "controlnet", error);
    if (!inside && fs::exists(folder / "model_index.json", error))
        return fail(ErrorCode::Model, "it is a pipeline folder without a ControlNet", folder.string(),
                    "Name a ControlNet's folder or file, or a pipeline that holds one.");
    return loadControlNet(inside ? folder / "controlnet" : folder, options);
}

// It paints on what the first model left: latents of the same autoencoder.
Result<Pipeline> loadRefiner(const std::string& name, const Pipeline& first, const LoadOptions& options) {
    ATELIER_TRY(const auto folder, modelPath(name));
    ATELIER_TRY(auto components, pipelineComponents(folder));
    std::set<std::string> wanted;
    for (const char* component :
         {"unet", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "scheduler"})
        if (components.contains(component)) wanted.insert(component);
    ATELIER_TRY(auto refiner, loadPipeline(folder, options, wanted));
    if (!refiner.unet || refiner.unet->config().inChannels != first.vae->config().latentChannels)
        return fail(ErrorCode::Model, "its denoiser does not take this model's latents", folder.string(),
                    "A refiner is a text-to-image model with the same autoencoder.");
    refiner.vae = first.vae;
    for (const auto& [component, module] : refiner.modules()) prepare(*module);
    return refiner;
}

bool decidesPictures(const fs::path& file) {
    static const std::set<std::string> kinds{".safetensors", ".bin", ".ckpt", ".pt",
                                             ".json",        ".txt", ".model"};
    return kinds.contains(file.extension().string()) && !file.filename().string().starts_with("samples");
}

// One line for each file: a model folder's own and those of its components.
void listStates(const fs::path& path, int depth, std::vector<std::string>& lines) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (fs::is_directory(status) && depth > 0) {
        for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error))
            if (it->is_directory(error) || decidesPictures(it->path()))
                listStates(it->path(), depth - 1, lines);
    } else if (fs::is_regular_file(status)) {
        const auto size = fs::file_size(path, error);
        const auto time = fs::last_write_time(path, error).time_since_epoch().count();
        lines.push_back(fmt::format("{} {} {}\n", path.string(), size, time));
    }
}

std::string fileName(const std::string& path) {
    const auto name = fs::path(path).filename().string();
    return name.empty() ? fs::path(path).parent_path().filename().string() : name;
}

}  // namespace

Status checkModelFiles(const ModelFiles& files) {
    for (const auto& lora : files.loras) ATELIER_DO(requireFile("--lora", splitWeight(lora).file));
    for (const auto& embedding : files.embeddings) ATELIER_DO(requireFile("--embedding", embedding));
    for (const auto& picture : files.controls) ATELIER_DO(requireFile("--control", picture));
    const std::size_t nets = files.controlNets.size(), pictures = files.controls.size();
    if (nets != pictures && !(nets == 0 && pictures == 1))
        return fail(ErrorCode::Usage,
                    fmt::format("{} and {}", plural(nets, "ControlNet"), plural(pictures, "control picture")),
                    "--control", "Give one --control PICTURE for each --controlnet, in the same order.");
    for (const auto& [option, shares] :
         {std::pair{"--control-start", &files.controlStart}, std::pair{"--control-end", &files.controlEnd}})
        if (shares->size() > 1 && shares->size() != nets)
            return fail(ErrorCode::Usage,
                        fmt::format("{} values for {}", shares->size(), plural(nets, "ControlNet")), option,
                        "Give one for all, or one for each.");
    const std::size_t acting = std::max(nets, pictures);
    for (std::size_t i = 0; i < acting; ++i) {
        const double begin = shareOf(files.controlStart, i, 0), end = shareOf(files.controlEnd, i, 1);
        if (begin >= end)
            return fail(ErrorCode::Usage,
                        fmt::format("a ControlNet that acts from {} to {} never acts", begin, end),
                        "--control-start", "Its start must be below its end.");
    }
    if (acting == 0 && !(files.controlStart.empty() && files.controlEnd.empty()))
        return fail(ErrorCode::Usage, "there is no ControlNet that it could be for",
                    files.controlStart.empty() ? "--control-end" : "--control-start",
                    "Give --controlnet and --control, or leave it out.");
    if (files.refiner.empty() && files.refinerStart != ModelFiles{}.refinerStart)
        return fail(ErrorCode::Usage, "there is no refiner that it could be for", "--refiner-start",
                    "Give --refiner, or leave it out.");
    return {};
}

Result<SampleModels> loadModels(const ModelFiles& files, const LoadOptions& options) {
    SampleModels models;
    ATELIER_TRY(const auto folder, modelPath(files.model));
    if (!files.variant.empty()) ATELIER_DO(requireVariant(folder, files.variant));
    ATELIER_TRY(models.pipeline, loadPipeline(folder, options));
    for (const auto& [part, there] : {std::pair{"unet", models.pipeline.unet != nullptr},
                                      std::pair{"vae", models.pipeline.vae != nullptr}})
        if (!there)
            return fail(ErrorCode::Model, fmt::format("the pipeline has no {}, which pictures need", part),
                        (folder / "model_index.json").string(),
                        "`atelier-engine inspect` says what it holds.");
    for (const auto& text : files.loras) {
        const auto [file, weight] = splitWeight(text);
        ATELIER_DO(mergeLora(models.pipeline, expandUser(file), weight));
    }
    for (const auto& file : files.embeddings) {
        ATELIER_DO(addEmbedding(models.pipeline, expandUser(file)));
    }
    for (const auto& [name, module] : models.pipeline.modules()) prepare(*module);
    const auto control = [&](std::shared_ptr<ControlNetModel> model, double scale) {
        const std::size_t i = models.controls.size();
        prepare(*model);
        models.controls.push_back({std::move(model),
                                   {},
                                   scale,
                                   shareOf(files.controlStart, i, 0),
                                   shareOf(files.controlEnd, i, 1)});
    };
    for (const auto& text : files.controlNets) {
        const auto [name, scale] = splitWeight(text);
        ATELIER_TRY(auto model, loadControl(name, options));
        control(std::move(model), scale);
    }
    if (files.controlNets.empty() && !files.controls.empty()) {
        if (!models.pipeline.controlNet)
            return fail(ErrorCode::Usage, "the model holds no ControlNet", "--control",
                        "Name one with --controlnet FOLDER or FILE.");
        control(models.pipeline.controlNet, 1);
    }
    if (!files.refiner.empty()) {
        ATELIER_TRY(models.refiner, loadRefiner(files.refiner, models.pipeline, options));
    }
    return models;
}

Status addModels(const ModelFiles& files, const SampleModels& models, const eval::GenerateOptions& options,
                 eval::GenerateInputs& inputs) {
    inputs.controls = models.controls;
    for (std::size_t i = 0; i < inputs.controls.size(); ++i) {
        ATELIER_TRY(inputs.controls[i].condition_1CHW, readCondition(files.controls[i], options));
    }
    if (models.refiner) inputs.refiner = eval::Refiner{&*models.refiner, files.refinerStart};
    return {};
}

std::string inputStamp(const ModelFiles& files, const std::vector<std::string>& pictures) {
    std::vector<std::string> paths{files.model, files.refiner};
    for (const auto* list : {&files.loras, &files.controlNets})
        for (const auto& text : *list) paths.push_back(splitWeight(text).file);
    for (const auto* list : {&files.embeddings, &files.controls, &pictures})
        paths.insert(paths.end(), list->begin(), list->end());
    std::string all;
    for (const auto& path : paths) {
        if (path.empty()) continue;
        const auto place = modelPath(path).value_or(expandUser(path));
        std::error_code error;
        std::vector<std::string> lines;
        listStates(fs::absolute(place, error).lexically_normal(), 2, lines);
        std::ranges::sort(lines);
        all += join(lines, "") + "\n";
    }
    return hex(xxh3(all));
}

void describeModels(const ModelFiles& files, Json& description) {
    if (!files.variant.empty()) description["variant"] = files.variant;
    for (const auto& text : files.loras) {
        const auto [file, weight] = splitWeight(text);
        description["loras"].push_back({{"file", fileName(file)}, {"weight", weight}});
    }
    for (const auto& file : files.embeddings) description["embeddings"].push_back(fileName(file));
    for (std::size_t i = 0; i < files.controls.size(); ++i) {
        const auto [name, scale] =
            splitWeight(files.controlNets.empty() ? files.model : files.controlNets[i]);
        description["controlnets"].push_back({{"model", fileName(name)},
                                              {"picture", fileName(files.controls[i])},
                                              {"scale", scale},
                                              {"start", shareOf(files.controlStart, i, 0)},
                                              {"end", shareOf(files.controlEnd, i, 1)}});
    }
    if (files.refiner.empty()) return;
    description["refiner"] = fileName(files.refiner);
    description["refiner_start"] = files.refinerStart;
}

}  // namespace atelier::cli
