// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/task.h"

#include <ATen/ATen.h>

#include <cstring>

namespace atelier::train {

Result<std::unique_ptr<Task>> makeTask(const Settings& settings, const LoadOptions& load) {
    switch (settings.method) {
        case Method::Autoencoder:
            return makeAutoencoderTask(settings, load);
        case Method::WithoutText:
            return makeLabelTask(settings, load);
        case Method::TextToImage:
            break;
    }
    return makeTextToImageTask(settings, load);
}

StepLoss denoisingLoss(UNet2DConditionModel& unet, const NoiseSchedule& schedule, const Objective& objective,
                       at::ScalarType computeType, const at::Tensor& latents_BLHW, const DrawnNoise& noise,
                       const at::Tensor& timesteps_B, const TextConditioning& conditioning,
                       const SeenBeside& seen, const at::Tensor& masks_B1HW) {
    auto noisy = addNoise(schedule, latents_BLHW, noise.input_BLHW, timesteps_B).to(computeType);
    if (seen.channels_BCHW.defined()) noisy = at::cat({noisy, seen.channels_BCHW.to(computeType)}, 1);
    const auto told = conditioning.to(noisy.device(), computeType);
    auto inputs = unetInputs(noisy, timesteps_B, told);
    if (seen.controlNet)
        addControl(inputs, seen.controlNet->forward(inputs, seen.condition_BCHW.to(computeType)));
    const auto prediction = unet.forward(inputs).to(at::kFloat);
    const auto target = predictionTarget(schedule, latents_BLHW, noise.noise_BLHW, timesteps_B);
    const auto perSample_B = perSampleLoss(objective, schedule, prediction, target, timesteps_B, masks_B1HW);
    return StepLoss{perSample_B.mean(), perSample_B.detach(), {}, perSample_B};
}

NamedTensors trainableParameters(torch::nn::Module& module, const std::string& prefix) {
    nn::layChannelsLast(module);
    NamedTensors result;
    for (auto& [name, tensor] : namedParameters(module)) {
        tensor.requires_grad_(true);
        result.emplace_back(prefix + "." + name, tensor);
    }
    return result;
}

std::map<std::string, NamedTensors> splitByComponent(const NamedTensors& weights) {
    std::map<std::string, NamedTensors> result;
    for (const auto& [name, tensor] : weights) {
        const auto dot = name.find('.');
        result[name.substr(0, dot)].emplace_back(name.substr(dot + 1), tensor);
    }
    return result;
}

void freeze(torch::nn::Module& module) {
    module.eval();
    nn::layChannelsLast(module);
    for (auto& parameter : module.parameters()) parameter.requires_grad_(false);
}

Status compareTensors(const NamedTensors& written, const WeightSet& read) {
    for (const auto& [name, tensor] : written) {
        const auto entry = read.find(name);
        const auto expected = tensor.detach().cpu().contiguous();
        const auto bytes = entry ? entry->bytes() : std::vector<std::byte>();
        if (!bytes) return fail(bytes.error());
        if (!entry || bytes->size() != expected.nbytes() ||
            std::memcmp(bytes->data(), expected.const_data_ptr(), expected.nbytes()) != 0)
            return fail(ErrorCode::Io,
                        "the tensor \"" + name + "\" reads back differently than it was written",
                        read.path().string(),
                        "The disk or its driver is at fault; the previous checkpoint was kept.");
    }
    return {};
}

Status Task::verifyPipeline(const fs::path& folder, const NamedTensors& weights) {
    for (const auto& [component, tensors] : splitByComponent(weights)) {
        const char* stem = component.starts_with("text_encoder") ? "model" : "diffusion_pytorch_model";
        ATELIER_TRY(const auto set, WeightSet::open(folder / component, stem));
        ATELIER_DO(compareTensors(tensors, set));
    }
    return {};
}

Status beginLora(Pipeline& pipeline, const Settings& settings) {
    freeze(*pipeline.unet);
    pipeline.unet->to(settings.computeType);
    ATELIER_DO(attachLora(pipeline, settings.lora->options, settings.seed));
    for (auto& [name, tensor] : loraParameters(pipeline)) tensor.requires_grad_(true);
    if (settings.lora->init.empty()) return {};
    ATELIER_TRY(const auto start, readTensors(settings.lora->init));
    return assignTensors(loraParameters(pipeline), start, settings.lora->init.string());
}

Result<LearnedTokens> beginTokens(Pipeline& pipeline, const Settings& settings) {
    if (!settings.lora) {  // whose updates stay float32
        freeze(*pipeline.unet);
        pipeline.unet->to(settings.computeType);
    }
    ATELIER_DO(attachTokens(pipeline, settings.tokens->tokens, settings.seed));
    return learnTokens(pipeline, settings.tokens->tokens);
}

void configureTokens(Optimizer& optimizer, const LearnedTokens& learned, const Settings& settings) {
    optimizer.scaleLearningRate("tokens.", settings.tokens->ratio);
    if (!settings.tokens->keepLength) return;
    for (const auto& [prefix, length] : learned.meanLengths) optimizer.keepRowLength(prefix, length);
}

std::uint64_t moduleBytes(const torch::nn::Module& module) {
    std::uint64_t total = 0;
    for (const auto& parameter : module.parameters()) total += parameter.nbytes();
    return total;
}

std::int64_t parameterCount(const torch::nn::Module& module) {
    std::int64_t total = 0;
    for (const auto& parameter : module.parameters()) total += parameter.numel();
    return total;
}

Result<fs::path> codecFolder(const ComponentSource& source) {
    std::error_code error;
    if (const fs::path inside = source.folder / "vqvae"; fs::is_directory(inside, error)) return inside;
    return componentFolder(source, "vae");
}

Result<fs::path> componentFolder(const ComponentSource& source, const std::string& name) {
    ATELIER_DO(checkComponent(source.folder, name));
    std::error_code error;
    const fs::path inside = source.folder / name;
    const bool pipeline = fs::exists(source.folder / "model_index.json", error);
    return pipeline || fs::is_directory(inside, error) ? inside : source.folder;
}

}  // namespace atelier::train
