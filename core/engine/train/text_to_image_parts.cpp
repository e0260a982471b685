// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/text_to_image_parts.h"

#include <fmt/format.h>

#include <tuple>

#include "core/engine/train/task.h"
#include "core/text/clip_tokenizer.h"

namespace atelier::train {
namespace {

// The scheduler_config.json of a source: from its folder, or its parameters as they are.
Result<Json> scheduleJson(const ComponentSource& source) {
    if (source.folder.empty()) return source.params.value_or(Json::object());
    ATELIER_TRY(const fs::path folder, componentFolder(source, "scheduler"));
    return readModelJson(folder / "scheduler_config.json");
}

Result<std::shared_ptr<const Tokenizer>> tokenizerOf(const ComponentSource& source, const std::string& name) {
    ATELIER_TRY(const fs::path folder, componentFolder(source, name));
    return loadTokenizer(folder);
}

// The family of a text encoder made from parameters is the tokenizer's. What the tokenizer decides need not
// be repeated in the configuration.
Result<std::shared_ptr<TextEncoder>> makeTextEncoderFor(const Tokenizer& tokenizer, Json params,
                                                        std::uint64_t seed) {
    const char* where = "model.text_encoder.params";
    if (!params.contains("vocab_size")) params["vocab_size"] = tokenizer.vocabSize();
    if (!params.contains("eos_token_id")) params["eos_token_id"] = tokenizer.eosId();
    if (!params.contains("pad_token_id")) params["pad_token_id"] = tokenizer.padId();
    const auto* clip = dynamic_cast<const ClipTokenizer*>(&tokenizer);
    if (const char* other = clip ? "d_model" : "hidden_size"; params.contains(other))
        return fail(ErrorCode::Config,
                    fmt::format("\"{}\" is a key of {} text encoders, the tokenizer is {}", other,
                                clip ? "T5's" : "CLIP's", clip ? "CLIP's" : "T5's"),
                    where,
                    "Text encoder and tokenizer must be of one family: give the parameters of the other, or "
                    "another model.tokenizer.pretrained.");
    if (!clip) {
        ATELIER_TRY(const auto config, t5EncoderConfigFromJson(params, where));
        return makeTextEncoder(config, seed);
    }
    if (!params.contains("bos_token_id")) params["bos_token_id"] = clip->bosId();
    ATELIER_TRY(const auto config, clipTextConfigFromJson(params, where));
    return makeTextEncoder(config, seed);
}

Result<std::shared_ptr<TextEncoder>> makeOrLoadTextEncoder(const Settings& settings,
                                                           const Tokenizer& tokenizer,
                                                           const LoadOptions& load) {
    const auto& source = settings.models.textEncoder;
    if (source.folder.empty()) return makeTextEncoderFor(tokenizer, *source.params, settings.seed);
    ATELIER_TRY(const fs::path folder, componentFolder(source, "text_encoder"));
    return loadTextEncoder(folder, load);
}

// SDXL's: CLIP with a projection.
Result<std::shared_ptr<ClipTextModel>> makeOrLoadSecondTextEncoder(const Settings& settings,
                                                                   const Tokenizer& tokenizer,
                                                                   const LoadOptions& load) {
    const auto& source = settings.models.textEncoder2;
    if (!source.folder.empty()) {
        ATELIER_TRY(const fs::path folder, componentFolder(source, "text_encoder_2"));
        return loadClipTextModel(folder, load);
    }
    const auto* clip = dynamic_cast<const ClipTokenizer*>(&tokenizer);
    if (!clip)
        return fail(ErrorCode::Config, "the second tokenizer is T5's", "model.tokenizer_2.pretrained",
                    "Models with two text encoders are SDXL's, which are CLIP's.");
    Json params = *source.params;
    params["architectures"] = {"CLIPTextModelWithProjection"};
    if (!params.contains("vocab_size")) params["vocab_size"] = clip->vocabSize();
    if (!params.contains("bos_token_id")) params["bos_token_id"] = clip->bosId();
    if (!params.contains("eos_token_id")) params["eos_token_id"] = clip->eosId();
    if (!params.contains("pad_token_id")) params["pad_token_id"] = clip->padId();
    ATELIER_TRY(const auto config, clipTextConfigFromJson(params, "model.text_encoder_2.params"));
    return makeTextEncoder(config, settings.seed, "text_encoder_2");
}

Status requireGiven(const ComponentSource& source, const std::string& key) {
    if (source.given()) return {};
    return fail(ErrorCode::Config, "this component is not given", "model." + key,
                "Give model.pretrained (a pipeline folder), or model." + key + ".pretrained, or model." +
                    key + ".params.");
}

// Widths that have to meet where components join.
Status checkFit(const Pipeline& pipeline, const Settings& settings) {
    const auto& vae = pipeline.vae->config();
    const bool scratch = settings.models.unet.folder.empty();
    for (const auto& misfit :
         {textMisfit(pipeline), latentMisfit(pipeline.unet->config(), vae, settings.inpainting)})
        if (misfit)
            return fail(ErrorCode::Config, misfit->what,
                        scratch && !misfit->key.empty() ? "model.unet.params." + misfit->key : "model",
                        misfit->hint);
    if (settings.buckets && settings.buckets->step % vae.downscale())
        return fail(ErrorCode::Config,
                    fmt::format("{} is not a multiple of {}", settings.buckets->step, vae.downscale()),
                    "dataset.params.bucket_step", "The autoencoder shrinks pictures by this factor.");
    if (settings.plan.resolution % vae.downscale())
        return fail(ErrorCode::Config,
                    fmt::format("{} is not a multiple of {}", settings.plan.resolution, vae.downscale()),
                    "dataset.params.resolution", "The autoencoder shrinks pictures by this factor.");
    using Part = std::pair<const Tokenizer*, const TextEncoder*>;
    for (const auto& [tokenizer, encoder] : {Part{pipeline.tokenizer.get(), pipeline.textEncoder.get()},
                                             Part{pipeline.tokenizer2.get(), pipeline.textEncoder2.get()}})
        if (encoder && tokenizer->vocabSize() > encoder->vocabSize())
            return fail(ErrorCode::Config,
                        fmt::format("the tokenizer has {} tokens, the text encoder knows {}",
                                    tokenizer->vocabSize(), encoder->vocabSize()),
                        "model.text_encoder", "Tokenizer and text encoder must belong together.");
    return {};
}

}  // namespace

Result<Sampler> samplerOf(const Json& scheduler) {
    ATELIER_TRY(const auto config, scheduleConfigFromJson(scheduler, "scheduler/scheduler_config.json"));
    return samplerFromConfig(config);
}

Result<Pipeline> loadParts(const Settings& settings, const LoadOptions& load) {
    const auto& models = settings.models;
    ATELIER_DO(requireGiven(models.vae, "vae"));
    ATELIER_DO(requireGiven(models.unet, "unet"));
    const bool refiner = models.textEncoder2.given() && !models.textEncoder.given();
    if (!refiner) ATELIER_DO(requireGiven(models.textEncoder, "text_encoder"));
    if (models.vae.folder.empty())
        return fail(ErrorCode::Config, "an autoencoder with random weights cannot be trained on", "model.vae",
                    "Train one first (method.type: autoencoder), or give model.vae.pretrained.");
    using Words = std::tuple<const ComponentSource*, const char*, bool>;
    for (const auto& [source, key, needed] :
         {Words{&models.tokenizer, "model.tokenizer", !refiner},
          Words{&models.tokenizer2, "model.tokenizer_2", models.textEncoder2.given()}})
        if (needed && source->folder.empty())
            return fail(ErrorCode::Config, "no tokenizer is given", key,
                        fmt::format("Give {}.pretrained.", key));

    Pipeline pipeline;
    if (!refiner) {
        ATELIER_TRY(pipeline.tokenizer, tokenizerOf(models.tokenizer, "tokenizer"));
        ATELIER_TRY(pipeline.textEncoder, makeOrLoadTextEncoder(settings, *pipeline.tokenizer, load));
    }
    if (models.textEncoder2.given()) {
        ATELIER_TRY(pipeline.tokenizer2, tokenizerOf(models.tokenizer2, "tokenizer_2"));
        ATELIER_TRY(pipeline.textEncoder2, makeOrLoadSecondTextEncoder(settings, *pipeline.tokenizer2, load));
        pipeline.zerosForEmptyPrompt = true;
        std::error_code error;
        if (const auto& folder = models.textEncoder2.folder; fs::exists(folder / "model_index.json", error)) {
            ATELIER_TRY(pipeline.zerosForEmptyPrompt, zerosForEmptyPrompt(folder));
        }
    }
    ATELIER_TRY(const fs::path vae, componentFolder(models.vae, "vae"));
    ATELIER_TRY(pipeline.vae, loadVae(vae, load));
    if (!models.unet.folder.empty()) {
        ATELIER_TRY(const fs::path folder, componentFolder(models.unet, "unet"));
        ATELIER_TRY(pipeline.unet, loadUnet(folder, load));
    } else {
        ATELIER_TRY(const auto config,
                    unet2DConditionConfigFromJson(*models.unet.params, "model.unet.params"));
        pipeline.unet = makeUnet(config, settings.seed);
    }
    if (models.unet.folder == models.vae.folder) pipeline.source = models.unet.folder;
    ATELIER_DO(checkFit(pipeline, settings));
    return pipeline;
}

Result<NoiseSchedule> makeSchedule(const Settings& settings, Json& scheduler) {
    const auto& models = settings.models;
    ATELIER_TRY(auto trainingJson, scheduleJson(models.trainingSchedule));
    ATELIER_TRY(auto config, scheduleConfigFromJson(trainingJson, "model.noise_scheduler_training"));
    if (models.predictionType) config.predictionType = *models.predictionType;
    if (settings.zeroTerminalSnr && config.predictionType == PredictionType::Epsilon)
        return fail(ErrorCode::Config, "this model predicts noise, which zero terminal SNR does not go with",
                    "loss.zero_terminal_snr", "Set loss.prediction_type: v_prediction, or turn it off.");
    if (settings.zeroTerminalSnr) config.rescaleBetasZeroSnr = true;
    scheduler = scheduleConfigToJson(config);
    const auto& inference =
        models.inferenceSchedule.given() ? models.inferenceSchedule : models.trainingSchedule;
    if (!inference.folder.empty()) {
        ATELIER_TRY(scheduler, scheduleJson(inference));
        scheduler["prediction_type"] = predictionTypeName(config.predictionType);
    }
    if (settings.zeroTerminalSnr) {
        // Sampling has to begin at the timestep without signal (Lin et al. 2023).
        scheduler["rescale_betas_zero_snr"] = true;
        scheduler["timestep_spacing"] = "trailing";
    }
    if (settings.modelsSampler && !settings.prompts.empty()) ATELIER_DO(samplerOf(scheduler));
    return makeNoiseSchedule(config, settings.device);
}

}  // namespace atelier::train
