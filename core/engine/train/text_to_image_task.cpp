// SPDX-License-Identifier: GPL-3.0-or-later
// Methods "scratch", "finetune", "dreambooth", "lora", "textual_inversion", "controlnet" and "inpainting":
// the denoiser of a latent diffusion model (Rombach et al. 2022, eq. 3), optionally with its text encoder;
// all of their weights, or low-rank updates to them and the vectors of new words, or a ControlNet beside
// them. The loss is that of objective.h, in float32.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "core/base/strings.h"
#include "core/engine/eval/picture_file.h"
#include "core/engine/nn/packed_weight.h"
#include "core/engine/train/latent_cache.h"
#include "core/engine/train/prior.h"
#include "core/engine/train/task.h"
#include "core/engine/train/text_cache.h"
#include "core/engine/train/text_to_image_parts.h"

namespace atelier::train {
namespace {

double secondsSince(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string optimizerName(OptimizerKind kind) {
    switch (kind) {
        case OptimizerKind::AdamW:
            break;
        case OptimizerKind::Lion:
            return "Lion";
        case OptimizerKind::Sgd:
            return "SGD";
        case OptimizerKind::Adafactor:
            return "Adafactor";
        case OptimizerKind::AdamW8bit:
            return "AdamW8bit";
        case OptimizerKind::Prodigy:
            return "Prodigy";
    }
    return "AdamW";
}

using FrozenWeights = std::map<std::string, std::shared_ptr<const WeightSet>>;

class TextToImageTask final : public Task {
  public:
    TextToImageTask(const Settings& settings, Pipeline pipeline, NoiseSchedule schedule, LearnedTokens tokens,
                    FrozenWeights frozen)
        : settings_(settings),
          pipeline_(std::move(pipeline)),
          schedule_(std::move(schedule)),
          tokens_(std::move(tokens)),
          frozen_(std::move(frozen)) {}

    NamedTensors parameters() override {
        if (settings_.trainsAdapters()) {
            auto adapters = settings_.lora ? loraParameters(pipeline_) : NamedTensors();
            adapters.insert(adapters.end(), tokens_.parameters.begin(), tokens_.parameters.end());
            return adapters;
        }
        if (settings_.control) return trainableParameters(*pipeline_.controlNet, "controlnet");
        auto result = trainableParameters(*pipeline_.unet, "unet");
        if (!settings_.trainTextEncoder) return result;
        for (const auto& [name, module] : pipeline_.modules())
            if (name.starts_with("text_encoder"))
                for (auto& entry : trainableParameters(*module, name)) result.push_back(std::move(entry));
        return result;
    }

    void configure(Optimizer& optimizer) override {
        optimizer.scaleLearningRate("text_encoder", settings_.textEncoderRatio);
        if (settings_.tokens) configureTokens(optimizer, tokens_, settings_);
    }

    Status prepare(std::shared_ptr<const data::DatasetIndex> index, data::TrainPlan& plan,
                   const PrepareProgress& progress) override {
        if (settings_.control || settings_.inpainting) ATELIER_DO(keepShown(*index, plan));
        if (settings_.prior) ATELIER_DO(preparePrior(static_cast<std::int64_t>(index->size()), progress));
        if (settings_.textCache != CacheKind::Off)
            texts_.emplace(pipeline_, settings_.device, cacheOf(settings_.textCache));
        if (settings_.latentCache == CacheKind::Off) return {};
        constexpr int kVersion = 1;  // of how pictures are encoded
        latents_.emplace(settings_, cacheOf(settings_.latentCache),
                         fmt::format("latents {} {} {}", kVersion, arithmeticOf(settings_.device),
                                     networkHash(*pipeline_.vae, dumpJson(toJson(pipeline_.vae->config())))),
                         std::move(index), plan,
                         [this](const Batch& one) -> CachedPicture { return encodeForCache(one); });
        ATELIER_DO(latents_->fill(progress));
        tellOfCaches();
        plan.decodeImages = false;
        return {};
    }

    Result<StepLoss> loss(const Batch& batch) override {
        const auto start = std::chrono::steady_clock::now();
        ATELIER_TRY(auto encoded, encode(batch));
        const bool withClass = prior_ && !batch.validation;
        if (withClass) ATELIER_DO(addClassPictures(encoded));
        const auto& objective = settings_.objective;
        const auto noise = drawNoise(objective, settings_.seed, encoded.numbers,
                                     encoded.latents_BLHW.sizes().slice(1), settings_.device);
        const auto timesteps_B =
            drawTimesteps(objective, settings_.seed, encoded.numbers, schedule_.size(), settings_.device);
        encodeSeconds_ += secondsSince(start);
        tellOfCaches();

        auto step = denoisingLoss(*pipeline_.unet, schedule_, objective, settings_.computeType,
                                  encoded.latents_BLHW, noise, timesteps_B, encoded.conditioning,
                                  seenBeside(batch, encoded), encoded.masks_B1HW);
        return withClass ? withPrior(std::move(step), batch.size()) : std::move(step);
    }

    double takeEncodeSeconds() override { return std::exchange(encodeSeconds_, 0.0); }

    Status savePipeline(const fs::path& folder, const NamedTensors& weights) override {
        if (settings_.trainsAdapters())
            return writeFolderWhole(folder, [&](const fs::path& to) { return writeAdapters(weights, to); });
        if (settings_.control)
            return writeFolderWhole(folder, [&](const fs::path& to) {
                return writeControl(pipeline_, weights, settings_.name, to);
            });
        SaveOptions options;
        options.weights = splitByComponent(weights);
        options.unchanged = frozen_;
        return atelier::savePipeline(pipeline_, folder, options);
    }

    Status verifyPipeline(const fs::path& folder, const NamedTensors& weights) override {
        if (settings_.control) {
            ATELIER_TRY(const auto set, WeightSet::open(folder, "diffusion_pytorch_model"));
            return compareTensors(splitByComponent(weights).at("controlnet"), set);
        }
        if (!settings_.trainsAdapters()) return Task::verifyPipeline(folder, weights);
        const auto [updates, words] = splitAdapters(weights);
        if (settings_.lora) {
            ATELIER_TRY(const auto file, WeightSet::openFile(folder / "pytorch_lora_weights.safetensors"));
            ATELIER_DO(compareTensors(updates, file));
        }
        return settings_.tokens ? verifyTokens(words, folder) : Status();
    }

    Result<int> writeSamples(const fs::path& folder, const std::vector<eval::PictureRequest>& requests,
                             const eval::GenerateOptions& asked, const Json& description) override {
        auto options = asked;
        if (settings_.modelsSampler) {
            ATELIER_TRY(options.sampler, samplerOf(pipeline_.scheduler));
        }
        pipeline_.unet->eval();
        for (const auto& encoder : pipeline_.textEncoders()) encoder->eval();
        auto pictures = settings_.control || settings_.inpainting
                            ? generateShown(requests, options)
                            : eval::generate(pipeline_, requests, options);
        pipeline_.unet->train();
        for (const auto& encoder : pipeline_.textEncoders()) encoder->train(settings_.trainTextEncoder);
        if (!pictures) return tl::make_unexpected(std::move(pictures).error());
        ATELIER_DO(eval::writePictures(*pictures, requests, options, folder, description));
        return static_cast<int>(requests.size());
    }

    std::uint64_t weightBytes() const override {
        std::uint64_t bytes = 0;
        for (const auto& [name, module] : pipeline_.modules()) bytes += moduleBytes(*module);
        return bytes;
    }

    std::vector<std::pair<std::string, std::int64_t>> networkSizes() const override {
        std::vector<std::pair<std::string, std::int64_t>> sizes;
        for (const auto& [name, module] : pipeline_.modules())
            sizes.emplace_back(name, parameterCount(*module));
        return sizes;
    }

    std::uint64_t cacheBytes(std::uint64_t samples) const override {
        const auto& vae = pipeline_.vae->config();
        const auto side =
            static_cast<std::uint64_t>(settings_.plan.resolution) >> (vae.blockOutChannels.size() - 1);
        return samples * 2 * static_cast<std::uint64_t>(vae.latentChannels) * side * side * sizeof(float);
    }

    std::uint64_t textBytes() const override {
        const at::NoGradGuard noGrad;
        const auto text = encodePrompts(pipeline_, {""});
        if (!text) return 0;
        return text->context_NSD.nbytes() +
               (text->textEmbeds_NP.defined() ? text->textEmbeds_NP.nbytes() : 0);
    }

  private:
    struct Encoded {
        at::Tensor latents_BLHW;   // scaled, float32
        at::Tensor channels_BCHW;  // inpainting: mask and kept part's latents; else undefined
        at::Tensor masks_B1HW;     // 0…1 at the latents' size, weights of the loss; else undefined
        TextConditioning conditioning;
        std::vector<std::uint64_t> numbers;
    };

    // What the first samples of the dataset show beside their captions: for the prompts one after another.
    Status keepShown(const data::DatasetIndex& index, const data::TrainPlan& training) {
        auto plan = training;
        plan.shuffle = data::Shuffle::None;
        plan.crop = data::Crop::Center;
        plan.flipProbability = plan.conditionDropout = 0;
        if (plan.randomMask) plan.randomMask->whole = 0;
        const data::SampleOrder order(index, plan);
        const auto wanted = std::min<std::uint64_t>(settings_.prompts.size(), index.size());
        for (std::uint64_t i = 0; i < wanted; ++i) {
            ATELIER_TRY(const auto sample, data::loadTrainSample(index, plan, order, i));
            const auto batch = makeBatch({sample});
            eval::GenerateInputs inputs;
            if (settings_.control)
                inputs.controls = {{pipeline_.controlNet, batch.condition_BCHW.to(at::kFloat).div_(255)}};
            else
                inputs.picture = {normalizePixels(batch.pixels_BCHW, at::kCPU),
                                  batch.mask_BHW.ge(128).to(at::kFloat).unsqueeze(1)};
            shown_.push_back(std::move(inputs));
        }
        return {};
    }

    SeenBeside seenBeside(const Batch& batch, const Encoded& encoded) const {
        if (!settings_.control) return {nullptr, {}, encoded.channels_BCHW};
        return {pipeline_.controlNet.get(),
                batch.condition_BCHW.to(settings_.device).to(at::kFloat).div_(255),
                {}};
    }

    // One after another: each prompt has a condition picture, or a picture and a mask, of its own. [N,H,W,3]
    Result<at::Tensor> generateShown(const std::vector<eval::PictureRequest>& requests,
                                     const eval::GenerateOptions& options) {
        if (pipeline_.controlNet) pipeline_.controlNet->eval();
        std::vector<at::Tensor> pictures;
        Status made;
        for (std::size_t i = 0; i < requests.size() && made && !shown_.empty(); ++i)
            made = eval::generate(pipeline_, {requests[i]}, options, shown_[i % shown_.size()],
                                  [&](std::size_t, const at::Tensor& pictures_NHWC) -> Status {
                                      pictures.push_back(pictures_NHWC);
                                      return {};
                                  });
        if (pipeline_.controlNet) pipeline_.controlNet->train();
        if (!made) return tl::make_unexpected(std::move(made).error());
        return at::cat(pictures);
    }

    // Updates of the networks, vectors of new words.
    static std::pair<NamedTensors, NamedTensors> splitAdapters(const NamedTensors& weights) {
        std::pair<NamedTensors, NamedTensors> parts;
        for (const auto& item : weights)
            (item.first.starts_with("tokens.") ? parts.second : parts.first).push_back(item);
        return parts;
    }

    Status writeAdapters(const NamedTensors& weights, const fs::path& folder) const {
        const auto [updates, words] = splitAdapters(weights);
        if (settings_.lora) ATELIER_DO(writeLora(pipeline_, updates, loraRecord(), folder));
        if (settings_.tokens) ATELIER_DO(writeTokens(words, settings_.models.unet.folder, folder));
        return {};
    }

    LoraRecord loraRecord() const {
        const auto number = [](double value) { return fmt::format("{}", value); };
        return {settings_.lora->options,
                settings_.models.unet.folder,
                settings_.name,
                settings_.plan.resolution,
                {{"ss_learning_rate", number(settings_.learningRate.base)},
                 {"ss_seed", std::to_string(settings_.seed)},
                 {"ss_max_train_steps", std::to_string(settings_.totalUpdates)},
                 {"ss_total_batch_size", std::to_string(settings_.imagesPerUpdate())},
                 {"ss_gradient_accumulation_steps", std::to_string(settings_.accumulation)},
                 {"ss_mixed_precision", settings_.computeType == at::kFloat  ? "no"
                                        : settings_.computeType == at::kHalf ? "fp16"
                                                                             : "bf16"},
                 {"ss_optimizer", optimizerName(settings_.optimizer.kind)},
                 {"ss_caption_dropout_rate", number(settings_.plan.captionDropout)}}};
    }

    Status preparePrior(std::int64_t subjectPictures, const PrepareProgress& progress) {
        const auto of = [&](const char* phase) {
            return [&progress, phase](std::int64_t done, std::int64_t total) {
                return !progress || progress(phase, done, total);
            };
        };
        ATELIER_TRY(auto prior, Prior::prepare(settings_, *pipeline_.vae, subjectPictures, of("class_images"),
                                               of("cache")));
        prior_.emplace(std::move(prior));
        return {};
    }

    // Behind the subject's samples, as many of the class: [instance; class].
    Status addClassPictures(Encoded& encoded) {
        auto numbers = encoded.numbers;
        const auto moments = prior_->momentsFor(numbers).to(settings_.device);
        for (auto& number : numbers) number |= kClassNumbers;
        const auto latents = drawLatents(moments, numbers);
        ATELIER_TRY(const auto conditioning,
                    encodeText(std::vector<std::string>(numbers.size(), settings_.prior->prompt),
                               std::vector<SizeCondition>(numbers.size(), wholePicture())));
        if (encoded.masks_B1HW.defined())
            encoded.masks_B1HW = at::cat({encoded.masks_B1HW, at::ones_like(encoded.masks_B1HW)});
        encoded.latents_BLHW = at::cat({encoded.latents_BLHW, latents});
        encoded.conditioning = concatenate(std::vector{encoded.conditioning, conditioning});
        encoded.numbers.insert(encoded.numbers.end(), numbers.begin(), numbers.end());
        return {};
    }

    // loss = mean(instance) + weight · mean(class)
    StepLoss withPrior(StepLoss step, std::int64_t instances) const {
        const auto instance = step.perSampleGraph_B.slice(0, 0, instances).mean(),
                   prior = step.perSampleGraph_B.slice(0, instances).mean();
        return {instance + settings_.prior->weight * prior,
                step.perSample_B.slice(0, 0, instances),
                {{"loss_instance", instance.detach()}, {"loss_class", prior.detach()}},
                {}};
    }

    // Draw number `draw` of each sample's posterior, scaled.
    at::Tensor drawLatents(const at::Tensor& moments_BLHW, const std::vector<std::uint64_t>& numbers,
                           std::int64_t draw = 0) {
        const at::NoGradGuard noGrad;
        const auto parts = moments_BLHW.chunk(2, 1);
        const DiagonalGaussian posterior{parts[0], parts[1].clamp(-30, 20)};
        const auto channels = parts[0].size(1);
        const auto noise =
            normalsFor(settings_.seed, RandomStream::Latent, numbers,
                       {(draw + 1) * channels, parts[0].size(2), parts[0].size(3)}, settings_.device)
                .narrow(1, draw * channels, channels);
        return pipeline_.vae->scaleLatents(posterior.sample(noise));
    }

    Result<Encoded> encode(const Batch& batch) {
        Encoded result;
        result.numbers = batch.numbers;
        auto captions = batch.captions;
        auto sizes = batch.sizes;
        {
            const at::NoGradGuard noGrad;
            at::Tensor moments;
            if (!latents_ || batch.validation) {
                moments = encodeMoments(batch.pixels_BCHW);
                result.masks_B1HW = latentMasks(batch, moments);
            } else {
                ATELIER_TRY(moments, cachedMoments(batch, captions, sizes, result.masks_B1HW));
            }
            result.latents_BLHW = drawLatents(moments, batch.numbers);
            if (settings_.inpainting) result.channels_BCHW = inpaintingInput(batch, result.latents_BLHW);
        }
        ATELIER_TRY(result.conditioning, encodeText(captions, sizes));
        return result;
    }

    // Mask and latents of the kept part, as diffusers' inpainting pipelines join them to the latents.
    at::Tensor inpaintingInput(const Batch& batch, const at::Tensor& latents_BLHW) {
        const auto mask = batch.mask_BHW.to(settings_.device);
        const auto kept = keptPixels(normalizePixels(batch.pixels_BCHW, settings_.device), mask);
        return at::cat({maskChannel(mask, latents_BLHW.sizes().slice(2)),
                        drawLatents(pipeline_.vae->encodeMoments(kept), batch.numbers, 1)},
                       1);
    }

    // A mask that shows nothing, often one that was saved the wrong way round, is said once.
    void tellOfBlackMask(const at::Tensor& mask, const std::string& key) {
        if (toldOfMask_ || settings_.objective.unmaskedWeight > 0 || mask.max().item<double>() > 0) return;
        toldOfMask_ = true;
        if (warn)
            warn("black_mask", "The mask of " + key + " is black all over: nothing is learned from it.",
                 "White counts. If it is the wrong way round, invert it; loss.unmasked_weight lets the rest "
                 "count, too.");
    }

    // Means of the masks over what becomes one latent element.
    at::Tensor latentMasks(const Batch& batch, const at::Tensor& moments_BLHW) {
        if (!settings_.plan.maskMayBeAbsent) return {};  // a mask of another use, or none
        for (std::int64_t i = 0; i < batch.size(); ++i)
            tellOfBlackMask(batch.mask_BHW[i], batch.keys[static_cast<std::size_t>(i)]);
        const auto masks = batch.mask_BHW.unsqueeze(1).to(settings_.device).to(at::kFloat).mul_(1 / 255.0);
        return at::adaptive_avg_pool2d(masks, {moments_BLHW.size(2), moments_BLHW.size(3)});
    }

    // The autoencoder is frozen and stays in float32 whatever the compute type.
    at::Tensor encodeMoments(const at::Tensor& pixels_BCHW) {
        return pipeline_.vae->encodeMoments(normalizePixels(pixels_BCHW, settings_.device));
    }

    Result<TextConditioning> encodeText(const std::vector<std::string>& captions,
                                        const std::vector<SizeCondition>& sizes) {
        const at::AutoGradMode gradients(at::GradMode::is_enabled() &&
                                         (settings_.trainTextEncoder || settings_.tokens));
        ATELIER_TRY(auto conditioning,
                    texts_ ? texts_->encode(captions) : encodePrompts(pipeline_, captions));
        if (conditioning.textEmbeds_NP.defined())
            conditioning.timeIds_NI =
                sizeIds(pipeline_.unet->config(), conditioning.textEmbeds_NP.size(1), sizes);
        return conditioning;
    }

    // A picture that has the resolution and is all there.
    SizeCondition wholePicture() const {
        const int side = settings_.plan.resolution;
        return {side, side, 0, 0, side, side};
    }

    TensorCache cacheOf(CacheKind kind) const {
        return kind == CacheKind::Disk ? TensorCache(settings_.cacheFolder) : TensorCache();
    }

    CachedPicture encodeForCache(const Batch& one) {
        const at::NoGradGuard noGrad;
        const auto moments = encodeMoments(one.pixels_BCHW).cpu();
        const auto mask = latentMasks(one, moments);
        return {moments[0], mask.defined() ? mask[0].cpu() : mask, one.sizes.front()};
    }

    void tellOfCaches() {
        const auto tell = [&](auto& cache) {
            if (!cache) return;
            if (const auto problem = cache->takeProblem(); problem && warn)
                warn("not_cached", problem->message(),
                     "What is not kept is encoded at every visit: the same result, slower.");
        };
        tell(latents_);
        tell(texts_);
    }

    Result<at::Tensor> cachedMoments(const Batch& batch, std::vector<std::string>& captions,
                                     std::vector<SizeCondition>& sizes, at::Tensor& masks_B1HW) {
        std::vector<at::Tensor> rows, masks;
        for (std::size_t i = 0; i < batch.indices.size(); ++i) {
            ATELIER_TRY(const auto picture, latents_->picture(batch, i, captions[i]));
            rows.push_back(picture.moments_LHW);
            if (picture.mask_1HW.defined()) {
                tellOfBlackMask(picture.mask_1HW, batch.keys[i]);
                masks.push_back(picture.mask_1HW);
            }
            sizes[i] = picture.size;
        }
        if (!masks.empty()) masks_B1HW = at::stack(masks).to(settings_.device);
        return at::stack(rows).to(settings_.device);
    }

    const Settings& settings_;
    Pipeline pipeline_;
    NoiseSchedule schedule_;
    LearnedTokens tokens_;
    FrozenWeights frozen_;
    std::optional<LatentCache> latents_;
    std::optional<TextCache> texts_;
    std::optional<Prior> prior_;
    std::vector<eval::GenerateInputs> shown_;  // for the prompts in turn
    double encodeSeconds_ = 0;
    bool toldOfMask_ = false;
};

// The files of the networks that stay as they are, for the folders that are saved.
Result<FrozenWeights> openFrozen(const Settings& settings) {
    FrozenWeights frozen;
    if (settings.trainsAdapters() || settings.control) return frozen;
    const auto& models = settings.models;
    using Source = std::pair<const char*, const ComponentSource*>;
    for (const auto& [name, source] :
         {Source{"vae", &models.vae}, Source{"text_encoder", &models.textEncoder},
          Source{"text_encoder_2", &models.textEncoder2}}) {
        const bool trained = settings.trainTextEncoder && std::string_view(name).starts_with("text");
        if (source->folder.empty() || trained) continue;
        ATELIER_TRY(const auto folder, componentFolder(*source, name));
        ATELIER_TRY(frozen[name], openComponent(folder, name));
    }
    return frozen;
}

}  // namespace

Result<std::unique_ptr<Task>> makeTextToImageTask(const Settings& settings, const LoadOptions& load) {
    ATELIER_TRY(auto pipeline, loadParts(settings, load));
    ATELIER_TRY(auto schedule, makeSchedule(settings, pipeline.scheduler));
    if (settings.inpainting) beginInpainting(pipeline);
    pipeline.vae->to(settings.device);
    pipeline.unet->to(settings.device);
    freeze(*pipeline.vae);
    nn::packWeights(*pipeline.vae, nn::PlainWeights::Keep);
    for (const auto& encoder : pipeline.textEncoders()) {
        encoder->to(settings.device);
        if (settings.trainTextEncoder && !settings.trainsAdapters()) continue;
        freeze(*encoder);
        encoder->to(settings.computeType);
        nn::packWeights(*encoder, nn::PlainWeights::Keep);
    }
    if (settings.lora) ATELIER_DO(beginLora(pipeline, settings));
    LearnedTokens tokens;
    if (settings.tokens) {
        ATELIER_TRY(tokens, beginTokens(pipeline, settings));
    }
    if (settings.control) ATELIER_DO(beginControl(pipeline, settings, load));
    pipeline.unet->train();
    pipeline.unet->setGradientCheckpointing(settings.gradientCheckpointing);
    ATELIER_TRY(auto frozen, openFrozen(settings));
    return std::make_unique<TextToImageTask>(settings, std::move(pipeline), std::move(schedule),
                                             std::move(tokens), std::move(frozen));
}

}  // namespace atelier::train
