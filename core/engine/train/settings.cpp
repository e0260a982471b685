// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/settings.h"

#include <ATen/Context.h>

#include <algorithm>
#include <thread>

#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/config/train_config.h"
#include "core/data/encoded_cache.h"
#include "core/engine/train/caption_templates.h"
#include "core/engine/train/device.h"

namespace atelier::train {
namespace {

ComponentSource sourceOf(const ModelConfig& model, const ComponentConfig& component) {
    ComponentSource source;
    if (model.pretrained)
        source.folder = *model.pretrained;
    else if (component.pretrained)
        source.folder = *component.pretrained;
    else if (component.params.is_object() && !component.params.empty())
        source.params = component.params;
    source.target = component.target.value_or("");
    return source;
}

// New words in the order of their spelling, which decides their numbers.
std::optional<TokenSettings> tokenSettings(const TrainConfig& config) {
    if (config.method.tokens.empty()) return std::nullopt;
    TokenSettings settings;
    for (const auto& [word, start] : config.method.tokens)
        settings.tokens.push_back({word, start, config.method.vectors});
    settings.keepLength = config.method.keepLength;
    return settings;
}

Status setMethod(const TrainConfig& config, Settings& settings) {
    switch (config.method.type) {
        case MethodType::Autoencoder:
            settings.method = Method::Autoencoder;
            return {};
        case MethodType::WithoutText:
            settings.method = Method::WithoutText;
            settings.labels =
                LabelSettings{config.method.classes, static_cast<int>(config.method.maskLabels)};
            return {};
        case MethodType::Lora: {
            const auto& method = config.method;
            settings.lora = LoraSettings{
                {method.rank, method.alpha, method.useRslora, method.targets, config.model.trainTextEncoder},
                method.init.value_or("")};
            settings.tokens = tokenSettings(config);
            break;
        }
        case MethodType::TextualInversion:
            settings.tokens = tokenSettings(config);
            break;
        case MethodType::ControlNet:
            settings.control = ControlSettings{config.method.init.value_or("")};
            break;
        case MethodType::Inpainting:
            settings.inpainting = true;
            break;
        case MethodType::DreamBooth:
        case MethodType::Finetune:
        case MethodType::Scratch:
            break;
    }
    settings.method = Method::TextToImage;
    const auto& method = config.method;
    if (!method.concepts.empty())
        return fail(ErrorCode::Config, "training several subjects is not available in this version",
                    "method.concepts", "Train one: dataset.params.path and method.instance_prompt.");
    if (method.classPrompt) {
        // One folder per base model, prompt and size: another run of the same kind finds its pictures made.
        const std::string base = config.model.pretrained.value_or("");
        const auto mark = hex(xxh3(base + "\n" + *method.classPrompt + "\n" +
                                   std::to_string(config.dataset.params.resolution)));
        settings.prior =
            PriorSettings{*method.classPrompt, method.classCount, method.priorWeight,
                          method.classImages ? fs::path(*method.classImages)
                                             : fs::path(config.experiment.logDir) / ".class-images" / mark};
    }
    return {};
}

void setModel(const ModelConfig& model, const LossConfig& loss, Settings& settings) {
    auto& sources = settings.models;
    sources.unet = sourceOf(model, model.unet);
    sources.vae = sourceOf(model, model.vae);
    sources.textEncoder = sourceOf(model, model.textEncoder);
    sources.tokenizer = sourceOf(model, model.tokenizer);
    sources.textEncoder2 = sourceOf(model, model.textEncoder2);
    sources.tokenizer2 = sourceOf(model, model.tokenizer2);
    if (model.pretrained) {
        // SDXL has a second text encoder; its refiner has that one alone.
        const fs::path folder = *model.pretrained;
        std::error_code error;
        const auto given = [&](const char* part) {
            return ComponentSource{fs::is_directory(folder / part, error) ? folder : fs::path(), {}};
        };
        sources.textEncoder2 = given("text_encoder_2");
        sources.tokenizer2 = given("tokenizer_2");
        if (sources.textEncoder2.given()) {
            sources.textEncoder = given("text_encoder");
            sources.tokenizer = given("tokenizer");
        }
    }
    sources.trainingSchedule = sourceOf(model, model.noiseSchedulerTraining);
    sources.inferenceSchedule = sourceOf(model, model.noiseSchedulerInference);
    if (loss.predictionType) {
        switch (*loss.predictionType) {
            case Prediction::Epsilon:
                sources.predictionType = PredictionType::Epsilon;
                break;
            case Prediction::VPrediction:
                sources.predictionType = PredictionType::VPrediction;
                break;
            case Prediction::Sample:
                sources.predictionType = PredictionType::Sample;
                break;
        }
    }
    settings.trainTextEncoder = model.trainTextEncoder;
    settings.gradientCheckpointing = model.gradientCheckpointing;
    settings.autoencoderLoss = {loss.l1Weight,
                                loss.mseWeight,
                                loss.klWeight,
                                loss.codebookWeight,
                                loss.commitmentWeight,
                                loss.lpipsWeight,
                                loss.lpipsFile.value_or(""),
                                loss.lpipsBackbone.value_or("")};
    if (loss.discriminatorWeight > 0)
        settings.discriminator = DiscriminatorSettings{
            loss.discriminatorWeight,
            loss.discriminatorStart,
            loss.discriminatorLoss == GanLoss::Mse ? DiscriminatorLoss::Mse : DiscriminatorLoss::Hinge,
            loss.discriminatorAdaptive,
            static_cast<int>(loss.discriminatorLayers),
            static_cast<int>(loss.discriminatorWidth)};
    settings.codebookDecay = loss.codebookDecay;
}

// Each table is one enum of the configuration and its counterpart here.
LossType lossType(LossKind kind) {
    return kind == LossKind::L1 ? LossType::L1 : kind == LossKind::Huber ? LossType::Huber : LossType::Mse;
}
HuberSchedule huberSchedule(HuberKind kind) {
    return kind == HuberKind::Constant      ? HuberSchedule::Constant
           : kind == HuberKind::Exponential ? HuberSchedule::Exponential
                                            : HuberSchedule::Snr;
}
LossWeighting lossWeighting(Weighting weighting) {
    return weighting == Weighting::MinSnr     ? LossWeighting::MinSnr
           : weighting == Weighting::Debiased ? LossWeighting::Debiased
           : weighting == Weighting::P2       ? LossWeighting::P2
                                              : LossWeighting::None;
}
LrShape lrShape(LrScheduler scheduler) {
    switch (scheduler) {
        case LrScheduler::CosineWithWarmup:
            return LrShape::Cosine;
        case LrScheduler::CosineWithRestarts:
            return LrShape::CosineRestarts;
        case LrScheduler::LinearWithWarmup:
            return LrShape::Linear;
        case LrScheduler::PolynomialWithWarmup:
            return LrShape::Polynomial;
        case LrScheduler::InverseSqrtWithWarmup:
            return LrShape::InverseSqrt;
        case LrScheduler::OneCycle:
            return LrShape::OneCycle;
        case LrScheduler::ConstantWithWarmup:
            break;
    }
    return LrShape::Constant;
}
OptimizerKind optimizerKind(OptimizerName name) {
    switch (name) {
        case OptimizerName::Lion:
            return OptimizerKind::Lion;
        case OptimizerName::Sgd:
            return OptimizerKind::Sgd;
        case OptimizerName::Adafactor:
            return OptimizerKind::Adafactor;
        case OptimizerName::AdamW8bit:
            return OptimizerKind::AdamW8bit;
        case OptimizerName::Prodigy:
            return OptimizerKind::Prodigy;
        case OptimizerName::AdamW:
            break;
    }
    return OptimizerKind::AdamW;
}

void setObjective(const LossConfig& loss, Settings& settings) {
    settings.objective = {.type = lossType(loss.type),
                          .huberDelta = loss.huberDelta,
                          .huberSchedule = huberSchedule(loss.huberSchedule),
                          .weighting = lossWeighting(loss.weighting),
                          .minSnrGamma = loss.minSnrGamma,
                          .noiseOffset = loss.noiseOffset,
                          .pyramidNoise = loss.pyramidNoise,
                          .inputPerturbation = loss.inputPerturbation,
                          .timesteps = loss.timestepSampling == Timesteps::LogitNormal
                                           ? TimestepSampling::LogitNormal
                                           : TimestepSampling::Uniform,
                          .timestepMean = loss.timestepMean,
                          .timestepDeviation = loss.timestepDeviation,
                          .timestepMin = loss.timestepMin,
                          .timestepMax = loss.timestepMax,
                          .unmaskedWeight = loss.unmaskedWeight,
                          .normalizeMasks = loss.maskNormalize};
    settings.zeroTerminalSnr = loss.zeroTerminalSnr;
}

Status setOptimisation(const TrainConfig& config, Settings& settings) {
    const auto& params = config.optimizer.params;
    setObjective(config.loss, settings);
    settings.optimizer.kind = optimizerKind(config.optimizer.name);
    settings.optimizer.beta1 = params.beta1;
    settings.optimizer.beta2 = params.beta2;
    settings.optimizer.weightDecay = params.weightDecay;
    settings.optimizer.epsilon = params.epsilon;
    settings.optimizer.momentum = params.momentum;
    settings.optimizer.firstDistance = params.d0;
    settings.optimizer.distanceFactor = params.dCoef;
    settings.optimizer.biasCorrection = params.useBiasCorrection;
    settings.optimizer.safeguardWarmup = params.safeguardWarmup;
    const auto& schedule = config.lrScheduler.params;
    const std::int64_t imagesPerRate = settings.imagesPerUpdate();
    settings.learningRate = {
        .shape = lrShape(config.lrScheduler.scheduler),
        .base = schedule.learningRate.value_or(params.learningRate),
        .warmup = schedule.warmupImages ? (*schedule.warmupImages + imagesPerRate - 1) / imagesPerRate
                                        : schedule.warmupLength,
        .total = settings.byPasses ? settings.totalImages / settings.batchSize : settings.totalUpdates,
        .cycles = static_cast<double>(schedule.cycles),
        .power = schedule.power,
        .floor = schedule.minRatio};
    if (params.textEncoderLearningRate && settings.learningRate.base > 0)
        settings.textEncoderRatio = *params.textEncoderLearningRate / settings.learningRate.base;
    settings.maxGradNorm = config.model.maxGradNorm;
    if (params.tokenLearningRate && settings.tokens && settings.learningRate.base > 0)
        settings.tokens->ratio = *params.tokenLearningRate / settings.learningRate.base;
    const auto& ema = config.model.ema;
    if (config.model.useEma) settings.ema = EmaOptions{ema.decay, ema.warmup, ema.every, ema.start};
    settings.nonFinite =
        config.loss.nonFinite == NonFinite::Stop ? NonFinitePolicy::Stop : NonFinitePolicy::Skip;
    switch (config.model.mixedPrecision) {
        case Precision::Fp32:
            settings.computeType = at::kFloat;
            break;
        case Precision::Bf16:
            settings.computeType = at::kBFloat16;
            break;
        case Precision::Fp16:
            settings.computeType = at::kHalf;
            break;
    }
    if (config.model.useEma && config.model.ema.path) settings.emaStart = *config.model.ema.path;
    return {};
}

// What the pictures are called: the subject's caption, sentences with the new words, or their own captions.
void setCaptions(const MethodConfig& method, data::TrainPlan& plan) {
    if (method.instancePrompt) {
        plan.captionsInstead = {*method.instancePrompt};
        return;
    }
    if (method.type != MethodType::TextualInversion) return;
    std::vector<std::string> words;
    for (const auto& [word, start] : method.tokens) words.push_back(word);
    if (method.captions == TokenCaptions::Own)
        plan.captionWords = words;
    else
        plan.captionsInstead = captionTemplates(join(words, " "), method.captions == TokenCaptions::Style);
}

void setConditions(const MethodConfig& method, data::TrainPlan& plan) {
    if (method.type == MethodType::WithoutText) {
        for (const auto& name : method.classes) plan.classPrompts[name] = name;
        if (method.maskLabels == 0) return;
        plan.maskKey = method.maskKey;
        plan.maskIsLabels = true;
        plan.conditionDropout = method.conditionDropout;
    }
    if (method.type == MethodType::Inpainting) {
        if (method.mask == MaskSource::Dataset)
            plan.maskKey = method.maskKey;
        else
            plan.randomMask = data::TrainPlan::RandomMask{method.maskWhole};
    }
    if (method.type != MethodType::ControlNet) return;
    switch (method.condition) {
        case ConditionSource::Dataset:
            plan.conditionKey = method.conditionKey;
            break;
        case ConditionSource::Canny:
            plan.canny = data::TrainPlan::Canny{method.cannyLow, method.cannyHigh};
            break;
        case ConditionSource::Coarse:
            plan.coarseFactor = static_cast<int>(method.coarseFactor);
            break;
        case ConditionSource::Shapes:
            plan.shapes = true;
            break;
    }
    plan.conditionDropout = method.conditionDropout;
}

// Prompts by class, from the configuration or the file it names.
Result<std::map<std::string, std::string>> classPrompts(const Json& mapping) {
    std::map<std::string, std::string> prompts;
    if (mapping.empty()) return prompts;
    const char* key = "dataset.params.class_mapping";
    Json map = mapping;
    if (mapping.is_string()) {
        const auto file = mapping.get<std::string>();
        ATELIER_TRY(const auto text, readFile(file, 256 << 20));
        ATELIER_TRY(map, parseJson(text, file));
    }
    const auto wrong = [&](const std::string& what) {
        return fail(ErrorCode::Config, what, key, "Give {\"0\": \"tench\", \"1\": …}, as a file or a map.");
    };
    if (!map.is_object() || map.empty()) return wrong("it is no map from classes to prompts");
    for (const auto& [name, prompt] : map.items()) {
        if (!prompt.is_string()) return wrong("the prompt of class " + name + " is no text");
        prompts[name] = prompt.get<std::string>();
    }
    return prompts;
}

void setSource(const DatasetConfig& dataset, Settings& settings) {
    settings.dataset = dataset.params.path;
    settings.imageColumn = dataset.params.imageColumn;
    settings.captionColumn = dataset.params.captionColumn;
    settings.captionFolder = dataset.params.captionFolder.value_or("");
    settings.maskFolder = dataset.params.maskFolder.value_or("");
    switch (dataset.type) {
        case DatasetType::WebDataset:
        case DatasetType::ClassificationWebDataset:
            return;
        case DatasetType::Parquet:
            settings.sourceKind = data::SourceKind::Parquet;
            break;
        case DatasetType::Csv:
            settings.sourceKind = data::SourceKind::Table;
            break;
        case DatasetType::ImageFolder:
            settings.sourceKind = data::SourceKind::Folder;
            break;
    }
    settings.plan.imageKey = "image";
}

CacheKind cacheKind(LatentCache cache) {
    return cache == LatentCache::Memory ? CacheKind::Memory
           : cache == LatentCache::Disk ? CacheKind::Disk
                                        : CacheKind::Off;
}

Status setData(const TrainConfig& config, Settings& settings) {
    const auto& params = config.dataset.params;
    setSource(config.dataset, settings);
    ATELIER_TRY(settings.plan.classPrompts, classPrompts(params.classMapping));
    if (params.withReplacement) settings.plan.shuffle = data::Shuffle::Replacement;
    settings.filters = params.filters;
    settings.streamShards = params.streamShards;
    auto& plan = settings.plan;
    plan.seed = settings.seed;
    plan.resolution = static_cast<int>(params.resolution);
    if (params.buckets)
        settings.buckets = data::BucketOptions{.resolution = plan.resolution,
                                               .step = static_cast<int>(params.bucketStep),
                                               .maxRatio = params.bucketMaxRatio,
                                               .batch = static_cast<std::uint64_t>(settings.batchSize),
                                               .seed = settings.seed,
                                               .threads = static_cast<int>(config.system.workers)};
    if (params.masks) {
        plan.maskKey = "mask.png;mask.webp;mask.jpg";
        plan.maskMayBeAbsent = true;
    }
    plan.crop = params.crop == Crop::Random  ? data::Crop::Random
                : params.crop == Crop::Smart ? data::Crop::Smart
                                             : data::Crop::Center;
    plan.jitter = {params.brightnessJitter, params.contrastJitter, params.saturationJitter, params.hueJitter};
    plan.flipProbability = params.flip ? 0.5 : 0.0;
    plan.captionDropout = params.textDropout;
    setCaptions(config.method, plan);
    if (settings.method == Method::WithoutText) plan.classPrompts.clear();  // of text-to-image models
    setConditions(config.method, plan);
    plan.captionLines = params.captionLines == CaptionChoice::First    ? data::CaptionLines::First
                        : params.captionLines == CaptionChoice::Random ? data::CaptionLines::Random
                                                                       : data::CaptionLines::All;
    plan.shuffleTags = params.shuffleTags;
    plan.keepTags = static_cast<int>(params.keepTags);
    plan.tagDropout = params.tagDropout;
    plan.captionPrefix = params.captionPrefix;
    plan.captionSuffix = params.captionSuffix;
    plan.needCaption =
        settings.method == Method::TextToImage ? plan.captionsInstead.empty() : !plan.classPrompts.empty();
    settings.workers = static_cast<int>(std::max<std::int64_t>(config.system.workers, 1));
    if (params.validationShare > 0 || params.validationPath)
        settings.validation = ValidationSettings{
            params.validationPath ? 0.0 : params.validationShare, params.validationPath.value_or(""),
            params.validationEvery.value_or(config.experiment.saveEvery), params.validationCount};
    settings.latentCache = cacheKind(params.latentCache);
    settings.textCache = cacheKind(params.textCache);
    settings.cacheFolder =
        params.cacheFolder ? fs::path(*params.cacheFolder) : data::EncodedCache::defaultFolder();
    return {};
}

Status setSampling(const TrainConfig& config, Settings& settings) {
    const auto& sampling = config.sampling;
    settings.prompts = sampling.prompts;
    settings.negativePrompt = sampling.negative;
    settings.sampleAtStart = sampling.atStart;
    const auto unit = settings.byPasses ? settings.accumulation : 1;
    settings.sampleEvery =
        sampling.every.value_or(std::max<std::int64_t>(config.experiment.saveEvery / unit, 1));
    settings.sampleSeed = static_cast<std::uint64_t>(sampling.seed);
    auto& generate = settings.generate;
    settings.modelsSampler = sampling.sampler == SamplerName::Auto;
    if (!settings.modelsSampler) {
        ATELIER_TRY(generate.sampler, samplerFromName(std::string(enumName(sampling.sampler))));
    }
    generate.steps = static_cast<int>(sampling.steps);
    generate.guidance = sampling.guidance;
    generate.promptWeighting = sampling.promptWeighting;
    generate.width = generate.height =
        static_cast<int>(sampling.size.value_or(config.dataset.params.resolution));
    return {};
}

Status setCommon(const TrainConfig& config, const std::string& device, Settings& settings) {
    const auto& experiment = config.experiment;
    settings.name = experiment.name;
    settings.seed = static_cast<std::uint64_t>(experiment.seed);
    settings.totalImages = experiment.numExamplesToSee;
    settings.batchSize = config.system.batchSize;
    settings.accumulation = config.system.gradientAccumulation;
    settings.totalUpdates = std::max<std::int64_t>(settings.totalImages / settings.imagesPerUpdate(), 1);
    settings.byPasses = experiment.compat == Compat::OpenDiffusion;
    if (settings.byPasses) {
        // Each of its workers rounds up to whole batches; passes left over at the end make no update.
        const auto workers = std::max<std::int64_t>(config.system.workers, 1);
        const auto each = settings.batchSize * workers;
        const auto passes = workers * ((settings.totalImages + each - 1) / each);
        settings.totalUpdates = std::max<std::int64_t>(passes / settings.accumulation, 1);
    }
    ATELIER_DO(setMethod(config, settings));
    setModel(config.model, config.loss, settings);
    ATELIER_DO(setOptimisation(config, settings));
    const std::string wanted = device.empty() ? std::string(enumName(config.system.device)) : device;
    ATELIER_TRY(settings.device, chooseDevice(wanted));
    settings.threads = static_cast<int>(config.system.threads.value_or(0));
    settings.tf32Convolutions = config.system.tf32 != TensorFloat::Off;
    settings.tf32Products = config.system.tf32 == TensorFloat::All;
    return {};
}

}  // namespace

Result<Settings> makeSettings(const TrainConfig& config, const std::string& device) {
    Settings settings;
    ATELIER_DO(setCommon(config, device, settings));
    ATELIER_DO(setData(config, settings));
    ATELIER_DO(setSampling(config, settings));
    settings.saveEvery = config.experiment.saveEvery;
    settings.keepLast = config.experiment.saveOnlyMostRecent ? 1 : config.checkpoint.keepLast;
    settings.keepEvery = config.checkpoint.keepEvery;
    settings.metricsEvery = std::max<std::int64_t>(config.tracking.logEvery, 1);
    return settings;
}

Result<Settings> makeReplaySettings(const TrainConfig& config, const std::string& device) {
    Settings settings;
    ATELIER_DO(setCommon(config, device, settings));
    return settings;
}

data::DatasetOptions datasetOptions(const Settings& settings) {
    data::DatasetOptions options;
    options.kind = settings.sourceKind;
    options.imageColumn = settings.imageColumn;
    options.captionColumn = settings.captionColumn;
    options.captionFolder = settings.captionFolder;
    options.maskFolder = settings.maskFolder;
    options.classes = !settings.plan.classPrompts.empty();
    const std::string caption = options.classes ? "cls" : settings.plan.captionKey;
    options.required = settings.plan.imageKey + (settings.plan.needCaption ? "," + caption : "");
    options.filters = settings.filters;
    return options;
}

}  // namespace atelier::train
