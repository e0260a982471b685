// SPDX-License-Identifier: GPL-3.0-or-later
// Rules between fields, one named function each, and the usual ranges of single fields.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/base/strings.h"
#include "core/config/findings.h"

namespace atelier {
namespace {

bool hasSource(const Findings& findings, const std::string& part, const ComponentConfig& component) {
    return component.pretrained || !component.params.empty() ||
           findings.unfilled("model." + part + ".pretrained");
}

// Each network comes from model.pretrained, its own `pretrained`, or `params`; which are needed depends on
// the method.
void everyPartHasASource(const RuleInput& in, Findings& findings) {
    const ModelConfig& model = in.config.model;
    if (model.pretrained || findings.unfilled("model.pretrained")) return;
    struct Part {
        const char* name;
        const ComponentConfig& config;
        bool needed;
    };
    const bool replay = in.purpose == Purpose::Replay;
    const bool autoencoder = in.config.method.type == MethodType::Autoencoder;
    const bool text = !autoencoder && !replay && in.config.method.type != MethodType::WithoutText;
    const auto one = [&](const char* name, const ComponentConfig& part) {
        return hasSource(findings, name, part);
    };
    const bool second = one("text_encoder_2", model.textEncoder2) || one("tokenizer_2", model.tokenizer2);
    const bool refiner =
        second && !one("text_encoder", model.textEncoder) && !one("tokenizer", model.tokenizer);
    const Part parts[] = {{"unet", model.unet, !autoencoder},
                          {"vae", model.vae, autoencoder || text},
                          {"text_encoder", model.textEncoder, text && !refiner},
                          {"tokenizer", model.tokenizer, text && !refiner},
                          {"text_encoder_2", model.textEncoder2, text && second},
                          {"tokenizer_2", model.tokenizer2, text && second},
                          {"noise_scheduler_training", model.noiseSchedulerTraining, !autoencoder}};
    std::vector<std::string> absent;
    for (const auto& part : parts)
        if (part.needed && !hasSource(findings, part.name, part.config)) absent.push_back(part.name);
    if (absent.empty()) return;
    if (absent.size() >= (autoencoder || replay ? 1U : 4U)) {
        findings.add(IssueSeverity::Error, "model_source", "model.pretrained",
                     "there is no model to start from",
                     "Give a pipeline folder as model.pretrained, or for each of " + join(absent, ", ") +
                         " a pipeline (pretrained) or an architecture (params).");
        return;
    }
    for (const auto& name : absent)
        findings.add(
            IssueSeverity::Error, "model_source", "model." + name, "this part of the model has no source",
            "Give model." + name + ".pretrained (a pipeline folder)" +
                (name == "unet" || name == "vae" ? ", or model." + name + ".params to start from scratch."
                                                 : "."));
}

// From scratch means that the trained network has an architecture to be made from.
void scratchNeedsAnArchitecture(const RuleInput& in, Findings& findings) {
    if (in.config.method.type != MethodType::Scratch) return;
    if (in.config.model.pretrained)
        findings.add(IssueSeverity::Error, "scratch_pretrained", "model.pretrained",
                     "training from scratch and a base model exclude each other: model.pretrained wins over "
                     "every part",
                     "Set method.type to finetune, or give the other parts their own pretrained entries.",
                     Remedy{"method.type", "finetune"});
    else if (in.config.model.unet.params.empty() && !findings.unfilled("model.unet.params"))
        findings.add(IssueSeverity::Error, "scratch_params", "model.unet.params",
                     "training from scratch needs the UNet's architecture",
                     "Begin with a template, or copy the values of unet/config.json of a known model.");
}

void targetsNameKnownClasses(const RuleInput& in, Findings& findings) {
    struct Known {
        const char* part;
        const ComponentConfig& config;
        std::vector<std::string> classes;
    };
    const ModelConfig& m = in.config.model;
    const std::vector<std::string> schedulers{"DDPMScheduler",
                                              "DDIMScheduler",
                                              "PNDMScheduler",
                                              "EulerDiscreteScheduler",
                                              "EulerAncestralDiscreteScheduler",
                                              "DPMSolverMultistepScheduler",
                                              "UniPCMultistepScheduler",
                                              "HeunDiscreteScheduler",
                                              "LMSDiscreteScheduler"};
    std::vector<std::string> vae{"AutoencoderKL"};
    const bool untold = in.config.method.type == MethodType::WithoutText;
    if (untold || in.config.method.type == MethodType::Autoencoder) vae.emplace_back("VQModel");
    const Known known[] = {
        {"unet", m.unet, {untold ? "UNet2DModel" : "UNet2DConditionModel"}},
        {"vae", m.vae, vae},
        {"text_encoder", m.textEncoder, {"CLIPTextModel", "CLIPTextModelWithProjection", "T5EncoderModel"}},
        {"tokenizer", m.tokenizer, {"CLIPTokenizer", "CLIPTokenizerFast", "T5Tokenizer", "T5TokenizerFast"}},
        {"text_encoder_2", m.textEncoder2, {"CLIPTextModelWithProjection"}},
        {"tokenizer_2", m.tokenizer2, {"CLIPTokenizer", "CLIPTokenizerFast"}},
        {"noise_scheduler_training", m.noiseSchedulerTraining, schedulers},
        {"noise_scheduler_inference", m.noiseSchedulerInference, schedulers}};
    for (const auto& part : known) {
        if (!part.config.target) continue;
        // A class may be written with its package; only its name counts.
        const std::string name = part.config.target->substr(part.config.target->rfind('.') + 1);
        bool found = false;
        for (const auto& one : part.classes) found = found || one == name;
        if (found) continue;
        const std::string path = std::string("model.") + part.part + ".target";
        if (name == "DDPMNoiseScheduler") {  // open-diffusion's templates say so; no library has it
            findings.add(IssueSeverity::Warning, "target", path,
                         "no class is called DDPMNoiseScheduler; the DDPM noise schedule is used",
                         "Write DDPMScheduler.", Remedy{path, "DDPMScheduler"});
            continue;
        }
        findings.add(IssueSeverity::Error, "target", path,
                     "the class \"" + name + "\" is not available for this part",
                     "Available: " + join(part.classes, ", ") + ".");
    }
}

void learningRatesAgree(const RuleInput& in, Findings& findings) {
    if (!in.config.lrScheduler.params.learningRate || !findings.given("optimizer.params.learning_rate"))
        return;
    const double schedule = *in.config.lrScheduler.params.learningRate,
                 optimizer = in.config.optimizer.params.learningRate;
    if (schedule == optimizer || findings.unfilled("optimizer.params.learning_rate")) return;
    findings.add(IssueSeverity::Warning, "two_learning_rates", "lr_scheduler.params.learning_rate",
                 "the schedule's learning rate (" + numberText(schedule) +
                     ") is used, not the optimizer's (" + numberText(optimizer) + ")",
                 "Write ${optimizer.params.learning_rate} here, so that there is one.",
                 Remedy{"lr_scheduler.params.learning_rate", "${optimizer.params.learning_rate}"});
}

std::int64_t totalSteps(const TrainConfig& config) {
    return config.experiment.numExamplesToSee /
           std::max<std::int64_t>(1, config.system.batchSize * config.system.gradientAccumulation);
}

void runIsLongerThanItsParts(const RuleInput& in, Findings& findings) {
    if (in.purpose != Purpose::Train || in.config.experiment.numExamplesToSee <= 0) return;
    const std::int64_t steps = totalSteps(in.config);
    const std::string length =
        "the run has " + plural(static_cast<std::uint64_t>(steps), "step") + " on one device (" +
        std::to_string(in.config.experiment.numExamplesToSee) + " images / effective batch " +
        std::to_string(in.config.system.batchSize * in.config.system.gradientAccumulation) + ")";
    if (steps < 1) {
        findings.add(IssueSeverity::Error, "no_step", "experiment.num_examples_to_see",
                     "fewer images than one effective batch: no step would be made",
                     "Give at least " +
                         std::to_string(in.config.system.batchSize * in.config.system.gradientAccumulation) +
                         ", or a smaller batch.");
        return;
    }
    const auto& warmupImages = in.config.lrScheduler.params.warmupImages;
    if (warmupImages && in.config.lrScheduler.params.warmupLength > 0)
        findings.add(IssueSeverity::Error, "two_warmups", "lr_scheduler.params.warmup_images",
                     "the warm-up is given in steps and in images",
                     "Remove one of the two: lr_scheduler.params.warmup_length counts steps.",
                     Remedy{"lr_scheduler.params.warmup_length", ""});
    if (warmupImages && *warmupImages > in.config.experiment.numExamplesToSee)
        findings.add(
            IssueSeverity::Warning, "warmup_too_long", "lr_scheduler.params.warmup_images",
            "warm-up (" + std::to_string(*warmupImages) + " images) does not end: " + length,
            "A tenth of the run is usual.",
            Remedy{"lr_scheduler.params.warmup_images",
                   std::to_string(std::max<std::int64_t>(1, in.config.experiment.numExamplesToSee / 10))});
    if (in.config.lrScheduler.params.warmupLength > steps)
        findings.add(IssueSeverity::Warning, "warmup_too_long", "lr_scheduler.params.warmup_length",
                     "warm-up (" + std::to_string(in.config.lrScheduler.params.warmupLength) +
                         " steps) does not end: " + length,
                     "A tenth of the run is usual.",
                     Remedy{"lr_scheduler.params.warmup_length",
                            std::to_string(std::max<std::int64_t>(1, steps / 10))});
    if (in.config.experiment.saveEvery > steps && findings.given("experiment.save_every"))
        findings.add(IssueSeverity::Note, "saved_once", "experiment.save_every",
                     "only the final checkpoint is written: " + length);
    if (in.config.sampling.every && *in.config.sampling.every > steps && !in.config.sampling.prompts.empty())
        findings.add(IssueSeverity::Warning, "never_sampled", "sampling.every",
                     "no pictures before the end: " + length, "",
                     Remedy{"sampling.every", std::to_string(std::max<std::int64_t>(1, steps / 10))});
}

void evaluationIsExplicit(const RuleInput& in, Findings& findings) {
    if (in.purpose != Purpose::Train) return;
    const bool asked = findings.given("experiment.eval_caption_file");
    if (asked && !findings.unfilled("experiment.eval_caption_file") && in.config.experiment.numEvalImages > 0)
        return;
    // open-diffusion would take its own default file and make a thousand pictures at each checkpoint.
    if (!asked && in.config.sampling.prompts.empty() && in.config.method.type != MethodType::Autoencoder &&
        in.config.method.type != MethodType::WithoutText)
        findings.add(IssueSeverity::Warning, "no_samples", "sampling.prompts",
                     "no sample pictures will be made: there are neither sampling.prompts nor "
                     "experiment.eval_caption_file",
                     "Give a few prompts, to see what the model learns.");
}

// Keys that are read and have no effect: a whole pipeline comes before its parts, and the run folder follows
// from two other keys.
void nothingIsSaidInVain(const RuleInput& in, Findings& findings) {
    const ModelConfig& model = in.config.model;
    const std::pair<const char*, const ComponentConfig&> parts[] = {
        {"vae", model.vae},
        {"text_encoder", model.textEncoder},
        {"tokenizer", model.tokenizer},
        {"unet", model.unet},
        {"noise_scheduler_training", model.noiseSchedulerTraining},
        {"noise_scheduler_inference", model.noiseSchedulerInference}};
    if (model.pretrained)
        for (const auto& [name, part] : parts)
            if (hasSource(findings, name, part))
                findings.add(IssueSeverity::Warning, "ignored_part", std::string("model.") + name,
                             "it has no effect: model.pretrained comes first, as in open-diffusion",
                             "Remove one of the two.", Remedy{std::string("model.") + name, ""});
    const auto& experiment = in.config.experiment;
    if (experiment.folder && in.purpose == Purpose::Train &&
        fs::path(*experiment.folder) != fs::path(experiment.logDir) / experiment.name)
        findings.add(IssueSeverity::Warning, "ignored_folder", "experiment.folder",
                     "it has no effect: the run folder is experiment.log_dir/experiment.name",
                     "Remove the key.", Remedy{"experiment.folder", ""});
}

// An adapter and a new word belong to something that was trained before.
void adaptersNeedABaseModel(const RuleInput& in, Findings& findings) {
    const ModelConfig& model = in.config.model;
    const MethodType type = in.config.method.type;
    if ((type != MethodType::Lora && type != MethodType::TextualInversion &&
         type != MethodType::ControlNet) ||
        model.pretrained || model.unet.pretrained || model.unet.params.empty() ||
        findings.unfilled("model.pretrained") || findings.unfilled("model.unet.pretrained"))
        return;
    findings.add(IssueSeverity::Error, "lora_base", "model.unet",
                 type == MethodType::ControlNet
                     ? "a ControlNet steers a trained UNet, and this one would start from scratch"
                 : type == MethodType::Lora
                     ? "a LoRA is an update to a trained UNet, and this one would start from scratch"
                     : "new words are learned for a trained UNet, and this one would start from scratch",
                 "Give model.pretrained (a pipeline folder).", Remedy{"method.type", "scratch"});
}

// Whether a text names one of the words, as the tokenizer finds them: in capitals or not.
bool namesToken(const std::string& text, const std::map<std::string, std::string>& tokens) {
    const auto lower = toLowerAscii(text);
    return std::ranges::any_of(tokens, [&](const auto& token) {
        return lower.find(toLowerAscii(token.first)) != std::string::npos;
    });
}

void newWordsAreWords(const RuleInput& in, Findings& findings) {
    const MethodConfig& method = in.config.method;
    if (method.type == MethodType::TextualInversion && method.tokens.empty() &&
        !findings.unfilled("method.tokens"))
        findings.add(IssueSeverity::Error, "no_tokens", "method.tokens",
                     "textual inversion learns new words, and none is given",
                     "Such as {\"<toy>\": toy cat}: the new word, and the words it starts from.");
    std::map<std::string, std::string> seen;  // as the tokenizer compares them
    for (const auto& [word, start] : method.tokens) {
        const bool blank =
            std::ranges::any_of(word, [](char c) { return c == ' ' || c == ',' || c == '\t' || c == '\n'; });
        if (word.empty() || blank)
            findings.add(IssueSeverity::Error, "token_word", "method.tokens",
                         "\"" + word + "\" is not one word", "Without blanks and commas, such as <my-toy>.");
        const auto [other, fresh] = seen.emplace(toLowerAscii(word), word);
        if (!fresh)
            findings.add(IssueSeverity::Error, "token_word", "method.tokens",
                         "\"" + other->second + "\" and \"" + word + "\" are the same word in a prompt",
                         "Capitals make no difference.");
    }
}

// A caption or prompt without the new word teaches it nothing and shows nothing of it.
void newWordsAreUsed(const RuleInput& in, Findings& findings) {
    const MethodConfig& method = in.config.method;
    if (method.tokens.empty() ||
        (method.type != MethodType::TextualInversion && method.type != MethodType::Lora))
        return;
    if (method.instancePrompt && !findings.unfilled("method.instance_prompt") &&
        !namesToken(*method.instancePrompt, method.tokens))
        findings.add(IssueSeverity::Error, "token_unused", "method.instance_prompt",
                     "no new word is in it, so that none would be learned",
                     "Write " + method.tokens.begin()->first + " into it.");
    const auto& prompts = in.config.sampling.prompts;
    if (in.purpose == Purpose::Train && !prompts.empty() &&
        std::ranges::none_of(prompts, [&](const auto& p) { return namesToken(p, method.tokens); }))
        findings.add(IssueSeverity::Warning, "token_unseen", "sampling.prompts",
                     "no prompt names a new word, so that the pictures do not show what is learned",
                     "Write " + method.tokens.begin()->first + " into one of them.");
}

// At a timestep without signal the noise says nothing about the picture; only v or x0 does.
void zeroTerminalSnrNeedsAnotherTarget(const RuleInput& in, Findings& findings) {
    const LossConfig& loss = in.config.loss;
    if (!loss.zeroTerminalSnr || loss.predictionType != Prediction::Epsilon) return;
    findings.add(IssueSeverity::Error, "zero_snr_epsilon", "loss.prediction_type",
                 "with zero terminal SNR the last timestep holds no signal, and predicting its noise teaches "
                 "nothing",
                 "Train with v_prediction, or turn loss.zero_terminal_snr off.",
                 Remedy{"loss.prediction_type", "v_prediction"});
}

void timestepRangeIsOrdered(const RuleInput& in, Findings& findings) {
    const LossConfig& loss = in.config.loss;
    if (loss.timestepMax && *loss.timestepMax < loss.timestepMin)
        findings.add(IssueSeverity::Error, "timestep_range", "loss.timestep_max",
                     "it lies before loss.timestep_min (" + std::to_string(loss.timestepMin) + ")", "",
                     Remedy{"loss.timestep_max", ""});
}

// The data section repeats three numbers of other sections by interpolation; different ones would be
// misleading.
void repeatedNumbersAgree(const RuleInput& in, Findings& findings) {
    const auto compare = [&](const char* path, const std::optional<std::int64_t>& here, const char* source,
                             std::int64_t there) {
        if (!here || *here == there || findings.unfilled(source)) return;
        findings.add(IssueSeverity::Warning, "ignored_copy", path,
                     std::string("this ") + std::to_string(*here) + " is not used: " + source + " (" +
                         std::to_string(there) + ") decides",
                     std::string("Write ${") + source + "} or remove the key.",
                     Remedy{path, std::string("${") + source + "}"});
    };
    const auto& params = in.config.dataset.params;
    compare("dataset.params.num_examples_to_see", params.numExamplesToSee, "experiment.num_examples_to_see",
            in.config.experiment.numExamplesToSee);
    compare("dataset.params.batch_size", params.batchSize, "system.batch_size", in.config.system.batchSize);
    compare("dataset.params.workers", params.workers, "system.workers", in.config.system.workers);
}

void keysBelongToTheMethod(const RuleInput& in, Findings& findings) {
    const auto visit = [&](auto&& self, const SchemaNode& node) -> void {
        for (const auto& child : node.children) {
            if (child.type == ValueType::Section) self(self, child);
            const std::string_view when = child.info.when;
            const Json* value = jsonAt(in.resolved, child.path);
            if (!when.starts_with("method.type=") || !findings.given(child.path) ||
                conditionHolds(when, in.resolved) || !value || *value == child.fallback ||
                child.type == ValueType::SectionList)  // a rule of its own says so
                continue;
            findings.add(
                IssueSeverity::Warning, "other_method", child.path,
                "this has no effect with method.type " + std::string(enumName(in.config.method.type)), "",
                Remedy{child.path, ""});
        }
    };
    visit(visit, trainSchema());
}

void latentCacheNeedsFixedPictures(const RuleInput& in, Findings& findings) {
    const auto& params = in.config.dataset.params;
    if (params.latentCache == LatentCache::Off) return;
    if (in.config.method.type == MethodType::Autoencoder)
        findings.add(IssueSeverity::Error, "cache_autoencoder", "dataset.params.latent_cache",
                     "an autoencoder is trained on pictures, not on cached latents", "Remove the key.",
                     Remedy{"dataset.params.latent_cache", "off"});
    if (in.config.method.type == MethodType::ControlNet)
        findings.add(IssueSeverity::Error, "cache_condition", "dataset.params.latent_cache",
                     "condition pictures follow the picture at every visit, so it must be read then",
                     "Remove the key.", Remedy{"dataset.params.latent_cache", "off"});
    if (in.config.method.type == MethodType::Inpainting)
        findings.add(
            IssueSeverity::Error, "cache_mask", "dataset.params.latent_cache",
            "what a mask keeps of a picture is encoded at every visit, so the picture must be read then",
            "Remove the key.", Remedy{"dataset.params.latent_cache", "off"});
    if (in.config.method.type == MethodType::WithoutText)
        findings.add(IssueSeverity::Error, "cache_labels", "dataset.params.latent_cache",
                     "latents of models without text are not cached", "Remove the key.",
                     Remedy{"dataset.params.latent_cache", "off"});
    for (const auto& [bad, path, value] :
         {std::tuple{params.crop == Crop::Random, "dataset.params.crop", "center"},
          std::tuple{params.flip, "dataset.params.flip", "false"},
          std::tuple{params.brightnessJitter > 0, "dataset.params.brightness_jitter", "0"},
          std::tuple{params.contrastJitter > 0, "dataset.params.contrast_jitter", "0"},
          std::tuple{params.saturationJitter > 0, "dataset.params.saturation_jitter", "0"},
          std::tuple{params.hueJitter > 0, "dataset.params.hue_jitter", "0"}})
        if (bad)
            findings.add(IssueSeverity::Error, "cache_random", path,
                         "cached latents are made once per picture, so crop, mirroring and colours cannot "
                         "change from visit to visit",
                         "Switch this off, or set dataset.params.latent_cache to off.", Remedy{path, value});
}

void textCacheNeedsFixedTexts(const RuleInput& in, Findings& findings) {
    const auto& params = in.config.dataset.params;
    if (params.textCache == LatentCache::Off) return;
    const auto cannot = [&](const char* path, const std::string& what) {
        findings.add(IssueSeverity::Error, "text_cache", path, what, "Set dataset.params.text_cache to off.",
                     Remedy{"dataset.params.text_cache", "off"});
    };
    const auto type = in.config.method.type;
    if (type == MethodType::Autoencoder || type == MethodType::WithoutText)
        cannot("dataset.params.text_cache", "this method reads no texts");
    if (in.config.model.trainTextEncoder)
        cannot("model.train_text_encoder",
               "a text encoder that learns makes something else of a caption at every visit");
    if (!in.config.method.tokens.empty())
        cannot("method.tokens", "words that are learned mean something else at every visit");
    if (params.shuffleTags) cannot("dataset.params.shuffle_tags", "captions are drawn anew at every visit");
    if (params.tagDropout > 0) cannot("dataset.params.tag_dropout", "captions are drawn anew at every visit");
}

void precisionFitsTheDevice(const RuleInput& in, Findings& findings) {
    if (in.config.model.mixedPrecision == Precision::Fp16 && in.config.system.device == DeviceChoice::Cpu)
        findings.add(IssueSeverity::Warning, "fp16_cpu", "model.mixed_precision",
                     "processors compute fp16 slowly, many of them slower than fp32", "Use bf16 or fp32.",
                     Remedy{"model.mixed_precision", "bf16"});
}

// Prodigy multiplies one step size for all weights by the learning rate.
void prodigyFindsTheRate(const RuleInput& in, Findings& findings) {
    if (in.config.optimizer.name != OptimizerName::Prodigy) return;
    const auto& params = in.config.optimizer.params;
    const auto& schedule = in.config.lrScheduler.params.learningRate;
    const double rate = schedule.value_or(params.learningRate);
    const std::string path =
        schedule ? "lr_scheduler.params.learning_rate" : "optimizer.params.learning_rate";
    if (rate < 0.1 && !findings.unfilled(path))
        findings.add(IssueSeverity::Warning, "prodigy_rate", path,
                     "Prodigy finds its step size itself and multiplies it by this: " + numberText(rate) +
                         " makes it learn next to nothing",
                     "1 is usual.", Remedy{path, "1.0"});
    for (const auto& [used, other, name] :
         {std::tuple{in.config.model.trainTextEncoder, params.textEncoderLearningRate,
                     "text_encoder_learning_rate"},
          std::tuple{!in.config.method.tokens.empty(), params.tokenLearningRate, "token_learning_rate"}})
        if (used && other && *other != rate)
            findings.add(IssueSeverity::Error, "prodigy_rates", std::string("optimizer.params.") + name,
                         "Prodigy finds one step size for all weights; rates of their own do not go with it",
                         "Remove the key.", Remedy{std::string("optimizer.params.") + name, ""});
}

void secondPicturesCanBeFound(const RuleInput& in, Findings& findings) {
    const MethodConfig& method = in.config.method;
    if (method.type == MethodType::ControlNet && method.condition == ConditionSource::Canny &&
        method.cannyLow > method.cannyHigh)
        findings.add(IssueSeverity::Error, "canny", "method.canny_low",
                     "it is above method.canny_high, so that no edge would go on from where it begins",
                     "Such as 100 and 200.");
    if (method.type == MethodType::ControlNet && method.condition == ConditionSource::Dataset &&
        method.conditionKey.empty())
        findings.add(IssueSeverity::Error, "condition_key", "method.condition_key",
                     "it names no member of a sample", "Such as cond.png.");
    if (method.type == MethodType::Inpainting && method.mask == MaskSource::Dataset && method.maskKey.empty())
        findings.add(IssueSeverity::Error, "mask_key", "method.mask_key", "it names no member of a sample",
                     "Such as mask.png.");
}

void autoencodersAreJudged(const RuleInput& in, Findings& findings) {
    const LossConfig& loss = in.config.loss;
    if (in.config.method.type != MethodType::Autoencoder) return;
    if (loss.lpipsWeight > 0 && !loss.lpipsFile && !findings.unfilled("loss.lpips_file"))
        findings.add(IssueSeverity::Error, "lpips_file", "loss.lpips_file",
                     "LPIPS is a trained network, and its weights are not given",
                     "A file with the state dict of lpips.LPIPS(net=\"vgg\"); or set loss.lpips_weight to 0.",
                     Remedy{"loss.lpips_weight", "0"});
    if (loss.discriminatorWeight > 0 && in.config.optimizer.name == OptimizerName::Prodigy)
        findings.add(IssueSeverity::Error, "prodigy_gan", "optimizer.name",
                     "Prodigy finds one step size for all weights, and a discriminator has its own",
                     "Use adamw, or set loss.discriminator_weight to 0.", Remedy{"optimizer.name", "adamw"});
    if (loss.discriminatorWeight > 0 && in.purpose == Purpose::Train &&
        in.config.experiment.numExamplesToSee > 0 && loss.discriminatorStart >= totalSteps(in.config))
        findings.add(IssueSeverity::Warning, "discriminator_never", "loss.discriminator_start",
                     "the run ends before the discriminator begins: it has " +
                         plural(static_cast<std::uint64_t>(totalSteps(in.config)), "step"),
                     "", Remedy{"loss.discriminator_start", "0"});
}

// What goes with pictures of one size only, or with a denoiser only.
void bucketsAndMasksFitTheMethod(const RuleInput& in, Findings& findings) {
    const auto& params = in.config.dataset.params;
    if (params.buckets && in.config.method.classPrompt)
        findings.add(IssueSeverity::Error, "bucket_class", "dataset.params.buckets",
                     "class pictures are squares, and a batch holds pictures of one size",
                     "Turn buckets off, or remove method.class_prompt.",
                     Remedy{"dataset.params.buckets", "false"});
    if (params.buckets && params.bucketStep > params.resolution)
        findings.add(IssueSeverity::Error, "bucket_step", "dataset.params.bucket_step",
                     "no side is a multiple of " + std::to_string(params.bucketStep) +
                         " at a resolution of " + std::to_string(params.resolution),
                     "Make it smaller.", Remedy{"dataset.params.bucket_step", "8"});
    const MethodType type = in.config.method.type;
    const std::string method(enumName(type));
    if (params.buckets && type == MethodType::WithoutText)
        findings.add(IssueSeverity::Error, "bucket_method", "dataset.params.buckets",
                     "a model without text learns squares, those that it will paint", "Remove the key.",
                     Remedy{"dataset.params.buckets", "false"});
    if (params.buckets && params.withReplacement)
        findings.add(
            IssueSeverity::Error, "bucket_replacement", "dataset.params.with_replacement",
            "buckets deal every picture once before any comes again, drawing with replacement does not",
            "Turn one of the two off.", Remedy{"dataset.params.with_replacement", "false"});
    if (params.masks && (type == MethodType::Autoencoder || type == MethodType::Inpainting ||
                         type == MethodType::WithoutText))
        findings.add(IssueSeverity::Error, "mask_method", "dataset.params.masks",
                     "with method.type " + method + " the loss is not weighed by masks",
                     "Remove the key; masks that a model sees are named by method.mask_key.",
                     Remedy{"dataset.params.masks", "false"});
}

void textEncoderCanBeTrained(const RuleInput& in, Findings& findings) {
    const MethodType type = in.config.method.type;
    if (in.config.model.trainTextEncoder &&
        (type == MethodType::Autoencoder || type == MethodType::TextualInversion ||
         type == MethodType::ControlNet || type == MethodType::WithoutText))
        findings.add(
            IssueSeverity::Error, "text_encoder", "model.train_text_encoder",
            std::string("the text encoder is not trained with method.type ") + std::string(enumName(type)),
            "", Remedy{"model.train_text_encoder", "false"});
}

// One class or prompt is the name of another model's.
void classesAreTold(const RuleInput& in, Findings& findings) {
    const MethodConfig& method = in.config.method;
    if (method.type != MethodType::WithoutText) return;
    std::set<std::string> seen;
    for (const auto& name : method.classes)
        if (name.empty() || !seen.insert(name).second)
            findings.add(IssueSeverity::Error, "classes", "method.classes",
                         name.empty() ? "a class has no name" : "\"" + name + "\" is named twice");
    for (const auto& prompt : in.config.sampling.prompts)
        if (!prompt.empty() && !seen.contains(prompt))
            findings.add(IssueSeverity::Error, "prompt_class", "sampling.prompts",
                         "\"" + prompt + "\" is none of the classes",
                         "A model without text is told a class of method.classes, or nothing: \"\".");
    if (!method.classes.empty() && in.config.dataset.params.textDropout == 0 &&
        in.config.sampling.guidance > 1 && findings.given("sampling.guidance"))
        findings.add(IssueSeverity::Warning, "guidance_untold", "dataset.params.text_dropout",
                     "guidance leads away from what the model makes untold, and it never learns that",
                     "0.1 is usual.", Remedy{"dataset.params.text_dropout", "0.1"});
}

void classesHavePrompts(const RuleInput& in, Findings& findings) {
    if (in.purpose != Purpose::Train || in.config.dataset.type != DatasetType::ClassificationWebDataset ||
        in.config.method.type == MethodType::WithoutText || !in.config.dataset.params.classMapping.empty() ||
        findings.unfilled("dataset.params.class_mapping"))
        return;
    findings.add(IssueSeverity::Error, "class_mapping", "dataset.params.class_mapping",
                 "shards with classes have no captions: the prompt of each class must be given",
                 "A JSON file {\"0\": \"tench\", …}, or a map like that.");
}

void openDiffusionsArithmetic(const RuleInput& in, Findings& findings) {
    if (in.config.experiment.compat != Compat::OpenDiffusion) return;
    const yaml::Node* name = selectPath(in.tree, splitKeyPath("optimizer.name"));
    if (name && name->text != "adamw")
        findings.add(IssueSeverity::Warning, "compat", "optimizer.name",
                     "open-diffusion trains with AdamW whatever stands here, and so does its arithmetic",
                     "Remove experiment.compat to train with this one.", Remedy{"experiment.compat", ""});
    if (in.config.model.mixedPrecision == Precision::Fp16)
        findings.add(IssueSeverity::Warning, "compat", "model.mixed_precision",
                     "open-diffusion knows bf16 only: there is nothing to compare this run with");
}

void streamsAreNotKept(const RuleInput& in, Findings& findings) {
    const auto& params = in.config.dataset.params;
    if (!params.streamShards) return;
    const auto cannot = [&](const char* path, const std::string& what, const std::string& hint) {
        findings.add(IssueSeverity::Error, "stream", path, what, hint,
                     Remedy{"dataset.params.stream_shards", ""});
    };
    if (in.config.dataset.type != DatasetType::WebDataset &&
        in.config.dataset.type != DatasetType::ClassificationWebDataset)
        cannot("dataset.params.stream_shards", "only shards are read while they arrive", "Remove the key.");
    if (params.validationShare > 0)
        cannot("dataset.params.validation_share", "shards that come and go have no share that is held back",
               "Name shards for validation: dataset.params.validation_path.");
    if (params.buckets)
        cannot("dataset.params.buckets", "the sizes of pictures that have yet to arrive are not known",
               "Turn one of the two off.");
    if (params.latentCache != LatentCache::Off)
        cannot("dataset.params.latent_cache", "pictures of shards that come and go are not kept either",
               "Set it to off.");
}

void copiesGoToS3(const RuleInput& in, Findings& findings) {
    const std::string& logDir = in.config.experiment.logDir;
    const auto& to = in.config.tracking.uploadTo;
    if (logDir.starts_with("s3:")) {
        if (!logDir.starts_with("s3://") || logDir.size() < 8)
            findings.add(IssueSeverity::Error, "log_dir", "experiment.log_dir",
                         "\"" + logDir + "\" names no bucket", "Write it as s3://bucket/folder.");
        if (to)
            findings.add(IssueSeverity::Error, "two_places", "tracking.upload_to",
                         "a run whose log folder is in S3 goes there already", "Remove one of the two.",
                         Remedy{"tracking.upload_to", ""});
    }
    if (to && (!to->starts_with("s3://") || to->size() < 8))
        findings.add(IssueSeverity::Error, "upload_to", "tracking.upload_to",
                     "\"" + *to + "\" names no bucket", "Write it as s3://bucket/folder.");
}

void nameIsAFolderName(const RuleInput& in, Findings& findings) {
    const std::string& name = in.config.experiment.name;
    if (name.empty() || in.purpose != Purpose::Train) return;
    if (name == "." || name == ".." || name.find('/') != std::string::npos ||
        name.find('\0') != std::string::npos)
        findings.add(IssueSeverity::Error, "name", "experiment.name",
                     "\"" + name + "\" cannot be a folder name", "Letters, digits, - and _ always work.");
}

}  // namespace

void checkRules(const RuleInput& input, std::vector<Issue>& issues) {
    Findings findings(input.tree, issues);
    everyPartHasASource(input, findings);
    nothingIsSaidInVain(input, findings);
    scratchNeedsAnArchitecture(input, findings);
    targetsNameKnownClasses(input, findings);
    learningRatesAgree(input, findings);
    runIsLongerThanItsParts(input, findings);
    evaluationIsExplicit(input, findings);
    adaptersNeedABaseModel(input, findings);
    newWordsAreWords(input, findings);
    newWordsAreUsed(input, findings);
    checkConcepts(input, findings);
    zeroTerminalSnrNeedsAnotherTarget(input, findings);
    timestepRangeIsOrdered(input, findings);
    repeatedNumbersAgree(input, findings);
    keysBelongToTheMethod(input, findings);
    latentCacheNeedsFixedPictures(input, findings);
    textCacheNeedsFixedTexts(input, findings);
    precisionFitsTheDevice(input, findings);
    prodigyFindsTheRate(input, findings);
    secondPicturesCanBeFound(input, findings);
    autoencodersAreJudged(input, findings);
    bucketsAndMasksFitTheMethod(input, findings);
    textEncoderCanBeTrained(input, findings);
    classesHavePrompts(input, findings);
    classesAreTold(input, findings);
    openDiffusionsArithmetic(input, findings);
    streamsAreNotKept(input, findings);
    copiesGoToS3(input, findings);
    nameIsAFolderName(input, findings);
}

void checkUsualRanges(const RuleInput& input, std::vector<Issue>& issues) {
    Findings findings(input.tree, issues);
    const std::string method(enumName(input.config.method.type));
    const auto visit = [&](auto&& self, const SchemaNode& node) -> void {
        for (const auto& child : node.children) {
            if (child.type == ValueType::Section) self(self, child);
            const Json* value = jsonAt(input.resolved, child.path);
            if (value && child.type == ValueType::SectionList)
                for (std::size_t i = 0; i < value->size(); ++i) self(self, entrySchema(child, i));
            if (!value || !value->is_number() || !findings.given(child.path) || findings.unfilled(child.path))
                continue;
            if (!child.info.when.empty() && !conditionHolds(child.info.when, input.resolved)) continue;
            // The usual rates are those of Adam; prodigyFindsTheRate knows the other.
            if (child.key == "learning_rate" && input.config.optimizer.name == OptimizerName::Prodigy)
                continue;
            const UsualRange* usual = nullptr;
            for (const auto& range : child.info.usual)
                if (range.high > range.low && (range.method == method || (range.method.empty() && !usual)))
                    usual = &range;
            if (!usual) continue;
            const double number = value->get<double>();
            if (number >= usual->low && number <= usual->high) continue;
            const bool high = number > usual->high;
            const double factor = high ? number / usual->high : (number > 0 ? usual->low / number : 0);
            std::string text = numberText(number) + (high ? " is high" : " is low");
            if (factor >= 1.5 && std::isfinite(factor))
                text = numberText(number) + " is " +
                       (factor < 10 ? yaml::pythonFloat(std::round(factor * 10) / 10)
                                    : numberText(std::round(factor))) +
                       (high ? " times the highest usual value" : " times below the lowest usual value");
            text += ": usual for " + std::string(method) + " is " + numberText(usual->low) + " to " +
                    numberText(usual->high);
            if (!child.info.unit.empty()) text += " " + std::string(child.info.unit);
            findings.add(IssueSeverity::Warning, "unusual", child.path, text,
                         std::string(high ? child.info.higher : child.info.lower),
                         Remedy{child.path, numberText(high ? usual->high : usual->low)});
        }
    };
    visit(visit, trainSchema());
}

}  // namespace atelier
