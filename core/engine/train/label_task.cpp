// SPDX-License-Identifier: GPL-3.0-or-later
// Method "without_text": the denoiser of pictures or of an autoencoder's latents (Ho et al. 2020; Rombach et
// al. 2022, §3.2) that is told nothing, a class (an embedding added to the timestep's), or what lies where
// (one channel per label beside the latents). What is told is left out at random, for guidance (Ho & Salimans
// 2022).
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "core/engine/eval/generate_labels.h"
#include "core/engine/eval/picture_file.h"
#include "core/engine/models/label_pipeline.h"
#include "core/engine/train/task.h"
#include "core/engine/train/text_to_image_parts.h"

namespace atelier::train {
namespace {

constexpr std::size_t kMostPictures = 16;  // without prompts

class LabelTask final : public Task {
  public:
    LabelTask(const Settings& settings, LabelPipeline pipeline, NoiseSchedule schedule)
        : settings_(settings), pipeline_(std::move(pipeline)), schedule_(std::move(schedule)) {}

    NamedTensors parameters() override { return trainableParameters(*pipeline_.unet, "unet"); }

    // Masks of the first samples: for the pictures in training one after another.
    Status prepare(std::shared_ptr<const data::DatasetIndex> index, data::TrainPlan& plan,
                   const PrepareProgress&) override {
        if (pipeline_.maskLabels == 0) return {};
        auto fixed = plan;
        fixed.shuffle = data::Shuffle::None;
        fixed.crop = data::Crop::Center;
        fixed.flipProbability = fixed.conditionDropout = 0;
        const data::SampleOrder order(*index, fixed);
        const auto wanted =
            std::min<std::uint64_t>(std::max<std::size_t>(settings_.prompts.size(), 1), index->size());
        for (std::uint64_t i = 0; i < wanted; ++i) {
            ATELIER_TRY(const auto sample, data::loadTrainSample(*index, fixed, order, i));
            masks_.push_back(makeBatch({sample}).mask_BHW);
        }
        return {};
    }

    Result<StepLoss> loss(const Batch& batch) override {
        const auto start = std::chrono::steady_clock::now();
        const auto latents = encode(batch);
        at::Tensor labels_B;
        if (!pipeline_.classes.empty()) {
            std::vector<std::int64_t> labels;
            for (const auto& name : batch.captions) {
                ATELIER_TRY(const auto label, labelOf(pipeline_, name));
                labels.push_back(label);
            }
            labels_B = at::tensor(labels).to(settings_.device);
        }
        const auto& objective = settings_.objective;
        const auto noise =
            drawNoise(objective, settings_.seed, batch.numbers, latents.sizes().slice(1), settings_.device);
        const auto timesteps_B =
            drawTimesteps(objective, settings_.seed, batch.numbers, schedule_.size(), settings_.device);
        encodeSeconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

        auto input = addNoise(schedule_, latents, noise.input_BLHW, timesteps_B);
        if (pipeline_.maskLabels > 0)
            input = at::cat({input, labelChannels(batch.mask_BHW.to(settings_.device), pipeline_.maskLabels,
                                                  latents.sizes().slice(2))},
                            1);
        const auto prediction =
            pipeline_.unet->forward(input.to(settings_.computeType), timesteps_B, labels_B).to(at::kFloat);
        const auto target = predictionTarget(schedule_, latents, noise.noise_BLHW, timesteps_B);
        const auto perSample_B = perSampleLoss(objective, schedule_, prediction, target, timesteps_B);
        return StepLoss{perSample_B.mean(), perSample_B.detach(), {}, {}};
    }

    double takeEncodeSeconds() override { return std::exchange(encodeSeconds_, 0.0); }

    Status savePipeline(const fs::path& folder, const NamedTensors& weights) override {
        SaveOptions options;
        options.weights = splitByComponent(weights);
        return saveLabelPipeline(pipeline_, folder, options);
    }

    // Of the prompts, which are classes; without any, of each class, or of nothing.
    Result<int> writeSamples(const fs::path& folder, const std::vector<eval::PictureRequest>& asked,
                             const eval::GenerateOptions& given, const Json& description) override {
        auto requests = asked;
        for (std::size_t i = 0; asked.empty() && i < kMostPictures; ++i) {
            if (!pipeline_.classes.empty() && i >= pipeline_.classes.size()) break;
            requests.push_back({pipeline_.classes.empty() ? "" : pipeline_.classes[i], std::nullopt,
                                settings_.sampleSeed, i});
        }
        auto options = given;
        if (settings_.modelsSampler) {
            ATELIER_TRY(options.sampler, samplerOf(pipeline_.scheduler));
        }
        pipeline_.unet->eval();
        std::vector<at::Tensor> pictures;
        const auto keep = [&](std::size_t, const at::Tensor& batch) -> Status {
            pictures.push_back(batch);
            return {};
        };
        Status made;
        if (masks_.empty()) made = eval::generateLabels(pipeline_, requests, options, {}, keep);
        for (std::size_t i = 0; !masks_.empty() && made && i < requests.size(); ++i)
            made = eval::generateLabels(pipeline_, {requests[i]}, options, {{}, masks_[i % masks_.size()]},
                                        keep);
        pipeline_.unet->train();
        if (!made) return tl::make_unexpected(std::move(made).error());
        ATELIER_DO(eval::writePictures(at::cat(pictures), requests, options, folder, description));
        return static_cast<int>(requests.size());
    }

    std::uint64_t weightBytes() const override {
        return moduleBytes(*pipeline_.unet) + (pipeline_.codec ? moduleBytes(pipeline_.codec->module()) : 0);
    }
    std::vector<std::pair<std::string, std::int64_t>> networkSizes() const override {
        std::vector<std::pair<std::string, std::int64_t>> sizes{{"unet", parameterCount(*pipeline_.unet)}};
        if (pipeline_.codec)
            sizes.emplace_back(pipeline_.codec->component(), parameterCount(pipeline_.codec->module()));
        return sizes;
    }

  private:
    // Scaled latents, or the pixels themselves: [B,L,h,w] float32.
    at::Tensor encode(const Batch& batch) const {
        const at::NoGradGuard noGrad;
        const auto pixels = normalizePixels(batch.pixels_BCHW, settings_.device);
        if (!pipeline_.codec) return withChannels(pixels, pipeline_.latentChannels());
        const auto& codec = *pipeline_.codec;
        const std::vector<std::int64_t> shape{codec.latentChannels(), pixels.size(2) / codec.downscale(),
                                              pixels.size(3) / codec.downscale()};
        const auto noise = codec.kl() ? normalsFor(settings_.seed, RandomStream::Latent, batch.numbers, shape,
                                                   settings_.device)
                                      : at::Tensor();
        return codec.encode(withChannels(pixels, codec.pixelChannels()), noise) * codec.scalingFactor();
    }

    const Settings& settings_;
    LabelPipeline pipeline_;
    NoiseSchedule schedule_;
    std::vector<at::Tensor> masks_;  // [1,H,W] labels
    double encodeSeconds_ = 0;
};

// What autoencoder, classes and masks decide need not be repeated in the configuration.
Json completeParams(const Settings& settings, const LabelPipeline& pipeline, Json params) {
    const int pixels = params.value("out_channels", 3);
    const int latent = pipeline.codec ? pipeline.codec->latentChannels() : pixels;
    const auto set = [&](const char* key, const Json& value) {
        if (!params.contains(key)) params[key] = value;
    };
    set("in_channels", latent + pipeline.maskLabels);
    set("out_channels", latent);
    set("sample_size", settings.plan.resolution / (pipeline.codec ? pipeline.codec->downscale() : 1));
    if (!pipeline.classes.empty()) set("num_class_embeds", pipeline.classes.size() + 1);
    return params;
}

Result<LabelPipeline> openPipeline(const Settings& settings, const LoadOptions& load) {
    const auto& models = settings.models;
    LabelPipeline pipeline;
    pipeline.classes = settings.labels->classes;
    pipeline.maskLabels = settings.labels->maskLabels;
    std::error_code error;
    const bool inside = fs::exists(models.vae.folder / "vqvae", error) ||
                        fs::exists(models.vae.folder / "vae", error) ||
                        models.vae.folder != models.unet.folder;
    if (!models.vae.folder.empty() && inside) {
        ATELIER_TRY(const fs::path folder, codecFolder(models.vae));
        ATELIER_TRY(auto codec, loadLatentCodec(folder, load));
        pipeline.codec.emplace(std::move(codec));
    } else if (models.vae.params) {
        return fail(ErrorCode::Config, "an autoencoder with random weights cannot be trained on", "model.vae",
                    "Train one first (method.type: autoencoder), or give model.vae.pretrained.");
    }
    if (!models.unet.folder.empty()) {
        const fs::path part = models.unet.folder / "unet";
        ATELIER_TRY(pipeline.unet,
                    loadUnet2D(fs::is_directory(part, error) ? part : models.unet.folder, load));
    } else if (models.unet.params) {
        ATELIER_TRY(const auto config,
                    unet2DConfigFromJson(completeParams(settings, pipeline, *models.unet.params),
                                         "model.unet.params"));
        pipeline.unet = makeUnet2D(config, settings.seed);
    } else {
        return fail(ErrorCode::Config, "no UNet is given", "model.unet",
                    "Give model.unet.params (to start from scratch) or model.pretrained.");
    }
    return pipeline;
}

}  // namespace

Result<std::unique_ptr<Task>> makeLabelTask(const Settings& settings, const LoadOptions& load) {
    ATELIER_TRY(auto pipeline, openPipeline(settings, load));
    if (auto fits = checkLabelPipeline(pipeline, settings.plan.resolution, settings.plan.resolution); !fits) {
        fits.error().code = ErrorCode::Config;
        if (fits.error().where.empty()) fits.error().where = "dataset.params.resolution";
        return tl::make_unexpected(std::move(fits).error());
    }
    ATELIER_TRY(auto schedule, makeSchedule(settings, pipeline.scheduler));
    pipeline.unet->to(settings.device);
    pipeline.unet->train();
    pipeline.unet->setGradientCheckpointing(settings.gradientCheckpointing);
    if (pipeline.codec) {
        pipeline.codec->module().to(settings.device);
        freeze(pipeline.codec->module());
    }
    return std::make_unique<LabelTask>(settings, std::move(pipeline), std::move(schedule));
}

}  // namespace atelier::train
