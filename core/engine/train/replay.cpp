// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/replay.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <map>

#include "core/engine/models/pipeline.h"
#include "core/engine/train/device.h"
#include "core/engine/train/ema_start.h"
#include "core/engine/train/optimizer.h"
#include "core/engine/train/settings.h"
#include "core/engine/train/task.h"

namespace atelier::train {
namespace {

struct RecordedBatch {
    at::Tensor latents, noise, timesteps;
    TextConditioning conditioning;  // with tokens: the sizes alone
    TextTokens tokens;              // where words are learned: what the text encoders read
    at::Tensor condition;           // where a ControlNet is trained
    at::Tensor channels;            // of an inpainting model: mask and the kept part's latents
};

Result<std::vector<fs::path>> batchFiles(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code error;
    for (;;) {
        const fs::path file = folder / fmt::format("batch-{:05}.safetensors", files.size());
        if (!fs::exists(file, error)) break;
        files.push_back(file);
    }
    if (files.empty())
        return fail(ErrorCode::Usage, "there is no batch-00000.safetensors", folder.string(),
                    "Give the folder of the recorded batches.");
    std::size_t present = 0;
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (entry.path().filename().string().starts_with("batch-") &&
            entry.path().extension() == ".safetensors")
            ++present;
    if (present != files.size())
        return fail(ErrorCode::Usage,
                    fmt::format("batch-{:05}.safetensors is missing between others", files.size()),
                    folder.string());
    return files;
}

// Names and types of a batch's tensors. Learned words go through the text encoders, so that token numbers are
// recorded instead of the encoders' outputs.
std::map<std::string, at::ScalarType> expectedTensors(const Pipeline& pipeline, bool learnsWords) {
    std::map<std::string, at::ScalarType> expected{
        {"latents", at::kFloat}, {"noise", at::kFloat}, {"timesteps", at::kLong}};
    const bool sized = pipeline.unet->config().additionEmbedType == "text_time";
    if (sized) expected["time_ids"] = at::kFloat;
    if (learnsWords) {
        if (pipeline.textEncoder) expected["input_ids"] = at::kLong;
        if (pipeline.textEncoder2) expected["input_ids_2"] = at::kLong;
    } else {
        expected["encoder_hidden_states"] = at::kFloat;
        if (sized) expected["text_embeds"] = at::kFloat;
    }
    if (pipeline.controlNet) expected["controlnet_cond"] = at::kFloat;
    if (pipeline.unet->config().inChannels == inpaintingChannels(pipeline))
        expected["mask"] = expected["masked_image_latents"] = at::kFloat;
    return expected;
}

// What the UNet is told, with gradients into learned words.
TextConditioning conditioningOf(const Pipeline& pipeline, const RecordedBatch& batch, at::Device device) {
    if (!batch.tokens.first_NS.defined() && !batch.tokens.second_NS.defined()) return batch.conditioning;
    auto conditioning = encodeTokens(pipeline, batch.tokens);
    conditioning.timeIds_NI = batch.conditioning.timeIds_NI;
    return conditioning.to(device, at::kFloat);
}

Result<RecordedBatch> readBatch(const fs::path& file, const Pipeline& pipeline, bool learnsWords,
                                const NoiseSchedule& schedule, at::Device device) {
    ATELIER_TRY(const auto list, readTensors(file));
    const std::map<std::string, at::Tensor> tensors(list.begin(), list.end());
    const auto wrong = [&](const std::string& what) { return fail(ErrorCode::Usage, what, file.string()); };
    const auto expected = expectedTensors(pipeline, learnsWords);
    for (const auto& [name, type] : expected) {
        const auto found = tensors.find(name);
        if (found == tensors.end()) return wrong("the tensor \"" + name + "\" is missing");
        if (found->second.scalar_type() != type)
            return wrong("the tensor \"" + name + "\" must be " + (type == at::kLong ? "I64" : "F32"));
    }
    for (const auto& [name, tensor] : tensors)
        if (!expected.contains(name)) return wrong("the tensor \"" + name + "\" is not known here");
    const auto given = [&](const char* name) {
        const auto found = tensors.find(name);
        return found == tensors.end() ? at::Tensor() : found->second;
    };
    RecordedBatch batch{tensors.at("latents"),
                        tensors.at("noise"),
                        tensors.at("timesteps"),
                        {given("encoder_hidden_states"), given("text_embeds"), given("time_ids")},
                        {given("input_ids"), given("input_ids_2")},
                        given("controlnet_cond"),
                        {}};
    using Given = std::pair<const TextEncoder*, at::Tensor>;
    for (const auto& [encoder, ids] : {Given{pipeline.textEncoder.get(), batch.tokens.first_NS},
                                       Given{pipeline.textEncoder2.get(), batch.tokens.second_NS}})
        if (ids.defined())
            if (auto checked = encoder->checkInputs(ids); !checked) return wrong(checked.error().what);
    if (batch.latents.sizes() != batch.noise.sizes()) return wrong("latents and noise differ in shape");
    if (const auto mask = given("mask"), kept = given("masked_image_latents"); mask.defined()) {
        if (kept.sizes() != batch.latents.sizes())
            return wrong("latents and masked_image_latents differ in shape");
        if (mask.dim() != 4 || mask.size(1) != 1 || mask.size(0) != kept.size(0) ||
            mask.sizes().slice(2) != kept.sizes().slice(2))
            return wrong("mask must be [B,1,h,w]");
        batch.channels = at::cat({mask, kept}, 1).to(device);
    }
    if (batch.timesteps.numel() > 0 && (batch.timesteps.min().item<std::int64_t>() < 0 ||
                                        batch.timesteps.max().item<std::int64_t>() >= schedule.size()))
        return wrong(fmt::format("timesteps must lie in 0…{}", schedule.size() - 1));
    {
        const at::NoGradGuard noGrad;
        const auto seen =
            batch.channels.defined() ? at::cat({batch.latents, batch.channels.cpu()}, 1) : batch.latents;
        const auto inputs = unetInputs(seen, batch.timesteps, conditioningOf(pipeline, batch, at::kCPU));
        if (auto checked = pipeline.unet->checkInputs(inputs); !checked) return wrong(checked.error().what);
        if (batch.condition.defined())
            if (auto checked = pipeline.controlNet->checkInputs(inputs, batch.condition); !checked)
                return wrong(checked.error().what);
    }
    if (batch.condition.defined()) batch.condition = batch.condition.to(device);
    for (auto* tensor : {&batch.latents, &batch.noise, &batch.timesteps}) *tensor = tensor->to(device);
    batch.conditioning = batch.conditioning.to(device, at::kFloat);
    return batch;
}

Status requireEmpty(const fs::path& folder) {
    std::error_code error;
    if (fs::exists(folder, error) && !fs::is_empty(folder, error))
        return fail(ErrorCode::Usage, "the output folder is not empty", folder.string(),
                    "Give a new folder.");
    return createDirectories(folder);
}

struct Record {
    std::vector<double> loss, learningRate, gradNorm;
};

// The updates of the run; a rest of micro-steps that fills no update gives its losses only.
Result<Record> runUpdates(const std::vector<fs::path>& files, const Pipeline& pipeline,
                          const NoiseSchedule& schedule, Optimizer& optimizer, const Settings& settings,
                          const ReplayOptions& options) {
    Record record;
    for (std::size_t i = 0; i < files.size(); ++i) {
        ATELIER_TRY(const auto batch,
                    readBatch(files[i], pipeline, settings.tokens.has_value(), schedule, settings.device));
        const auto step = denoisingLoss(*pipeline.unet, schedule, settings.objective, settings.computeType,
                                        batch.latents, {batch.noise, batch.noise}, batch.timesteps,
                                        conditioningOf(pipeline, batch, settings.device),
                                        {pipeline.controlNet.get(), batch.condition, batch.channels});
        optimizer.scaled(step.loss / static_cast<double>(settings.accumulation)).backward();
        optimizer.gatherGradients();
        record.loss.push_back(step.loss.item<double>());
        if (options.onStep)
            options.onStep(static_cast<std::int64_t>(i + 1), static_cast<std::int64_t>(files.size()),
                           record.loss.back());
        if ((i + 1) % static_cast<std::size_t>(settings.accumulation)) {
            if (settings.byPasses && settings.maxGradNorm) optimizer.clipSoFar(*settings.maxGradNorm);
            continue;
        }
        const auto norm = optimizer.clip(settings.maxGradNorm);
        const double learningRate = settings.learningRate.at(optimizer.updates());
        optimizer.step(learningRate, norm.isfinite().logical_not().to(at::kFloat));
        record.learningRate.push_back(learningRate);
        record.gradNorm.push_back(norm.item<double>());
    }
    optimizer.zeroGradients();
    return record;
}

Json numbers(const std::vector<double>& values) {
    Json list = Json::array();
    for (const double value : values) list.push_back(jsonNumber(value));
    return list;
}

NamedTensors withoutComponent(const NamedTensors& tensors) {
    return splitByComponent(tensors).begin()->second;
}

struct Trained {
    NamedTensors parameters;
    LearnedTokens words;
};

Result<Trained> beginTraining(Pipeline& pipeline, const Settings& settings) {
    Trained trained;
    if (settings.control) {
        ATELIER_DO(beginControl(pipeline, settings, {}));
        trained.parameters = trainableParameters(*pipeline.controlNet, "controlnet");
        return trained;
    }
    pipeline.controlNet.reset();  // one that came with the base model has no part in it
    if (settings.inpainting) beginInpainting(pipeline);
    if (settings.lora) {
        ATELIER_DO(beginLora(pipeline, settings));
        trained.parameters = loraParameters(pipeline);
    }
    if (settings.tokens) {
        for (const auto& encoder : pipeline.textEncoders()) {
            freeze(*encoder);
            encoder->to(settings.computeType);
        }
        ATELIER_TRY(trained.words, beginTokens(pipeline, settings));
        for (const auto& item : trained.words.parameters) trained.parameters.push_back(item);
    }
    if (!settings.trainsAdapters()) trained.parameters = trainableParameters(*pipeline.unet, "unet");
    return trained;
}

Status writeResult(Pipeline& pipeline, const Optimizer& optimizer, const Settings& settings,
                   const fs::path& out) {
    const auto final = optimizer.hasEma() ? optimizer.averages() : optimizer.masters();
    if (settings.control) {
        ATELIER_DO(writeTensors(out / "controlnet_raw.safetensors", withoutComponent(optimizer.masters())));
        return writeControl(pipeline, final, settings.name, out / "controlnet");
    }
    SaveOptions save;
    if (settings.trainsAdapters()) {
        NamedTensors updates, words;
        for (const auto& item : final) (item.first.starts_with("tokens.") ? words : updates).push_back(item);
        if (settings.lora) ATELIER_DO(writeTensors(out / "pytorch_lora_weights.safetensors", updates));
        if (settings.tokens) {
            ATELIER_DO(keepTokens(pipeline, words));
            ATELIER_DO(writeTokens(words, settings.models.unet.folder, out));
        }
    } else {
        ATELIER_DO(writeTensors(out / "unet_raw.safetensors", withoutComponent(optimizer.masters())));
        save.weights["unet"] = withoutComponent(final);
    }
    return savePipeline(pipeline, out / "pipeline", save);
}

Status replayCaught(const LoadedConfig& config, const ReplayOptions& options) {
    ATELIER_TRY(auto settings, makeReplaySettings(config.config, options.device));
    if (settings.lora) settings.lora->options.textEncoder = false;  // its outputs are what is recorded
    setThreads(settings.threads);
    const auto& source = settings.models.unet.folder;
    if (source.empty())
        return fail(ErrorCode::Config, "replay starts from a pipeline folder", "model.pretrained",
                    "Set it to a diffusers pipeline folder.");
    ATELIER_TRY(const auto files, batchFiles(options.batches));
    LoadOptions load;
    load.device = settings.device;
    ATELIER_TRY(auto pipeline, loadPipeline(source, load));
    ATELIER_TRY(auto scheduleConfig,
                scheduleConfigFromJson(pipeline.scheduler, (source / "scheduler").string()));
    if (settings.models.predictionType) scheduleConfig.predictionType = *settings.models.predictionType;
    ATELIER_TRY(const auto schedule, makeNoiseSchedule(scheduleConfig, settings.device));
    ATELIER_DO(requireEmpty(options.out));

    ATELIER_TRY(const auto trained, beginTraining(pipeline, settings));
    pipeline.unet->train();
    pipeline.unet->setGradientCheckpointing(settings.gradientCheckpointing);
    Optimizer optimizer(trained.parameters, settings.computeType, settings.optimizer, settings.ema);
    if (!settings.emaStart.empty()) ATELIER_DO(beginAverages(settings.emaStart, optimizer));
    if (settings.tokens) configureTokens(optimizer, trained.words, settings);
    ATELIER_TRY(const auto record, runUpdates(files, pipeline, schedule, optimizer, settings, options));
    ATELIER_DO(writeResult(pipeline, optimizer, settings, options.out));
    return writeFileAtomic(options.out / "losses.json",
                           dumpJsonPretty({{"loss", numbers(record.loss)},
                                           {"lr", numbers(record.learningRate)},
                                           {"grad_norm", numbers(record.gradNorm)}}));
}

}  // namespace

Status replay(const LoadedConfig& config, const ReplayOptions& options) {
    try {
        return replayCaught(config, options);
    } catch (const c10::Error& error) {
        return fail(ErrorCode::Internal, error.what_without_backtrace(), options.batches.string());
    }
}

}  // namespace atelier::train
