// SPDX-License-Identifier: GPL-3.0-or-later
// Method "autoencoder": AutoencoderKL trained on pictures. Loss = w₁·|x−x̂| + w₂·(x−x̂)² + w₃·KL(q(z|x) ‖
// N(0,1)), each a mean over elements (Rombach et al. 2022, §3.1, without the adversarial part).
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/data/image_io.h"
#include "core/engine/train/task.h"

namespace atelier::train {
namespace {

constexpr std::int64_t kCalibrationSamples = 256;  // pictures that the latents' scale is measured on
constexpr std::int64_t kCalibrationBatch = 32;
constexpr std::size_t kMostPictures = 16;

class AutoencoderTask final : public Task {
  public:
    AutoencoderTask(const Settings& settings, std::shared_ptr<AutoencoderKL> vae)
        : settings_(settings), vae_(std::move(vae)) {}

    NamedTensors parameters() override { return trainableParameters(*vae_, "vae"); }

    // The first pictures of the dataset, without random crops: what reconstructions are shown of and what the
    // scale is measured on, the same in every checkpoint and after every resume.
    Status prepare(std::shared_ptr<const data::DatasetIndex> index, data::TrainPlan& plan,
                   const PrepareProgress& progress) override {
        auto fixed = plan;
        fixed.shuffle = data::Shuffle::None;
        fixed.crop = data::Crop::Center;
        fixed.flipProbability = 0;
        const data::SampleOrder order(*index, fixed);
        const auto total =
            std::min<std::int64_t>(kCalibrationSamples, static_cast<std::int64_t>(index->size()));
        std::vector<data::TrainSample> samples;
        for (std::int64_t i = 0; i < total; ++i) {
            ATELIER_TRY(auto sample,
                        data::loadTrainSample(*index, fixed, order, static_cast<std::uint64_t>(i)));
            samples.push_back(std::move(sample));
            if (progress && !progress("cache", i + 1, total))
                return fail(ErrorCode::Cancelled, "preparing was cancelled");
        }
        calibration_ = makeBatch(samples);
        return {};
    }

    Result<StepLoss> loss(const Batch& batch) override {
        const auto pixels = normalizePixels(batch.pixels_BCHW, settings_.device);
        const auto posterior = vae_->encode(pixels.to(settings_.computeType));
        const auto mean = posterior.mean_BLHW.to(at::kFloat);
        const DiagonalGaussian exact{mean, posterior.logvar_BLHW.to(at::kFloat)};
        const auto noise = normalsFor(settings_.seed, RandomStream::Latent, batch.numbers,
                                      mean.sizes().slice(1), settings_.device);
        const auto reconstruction =
            vae_->decode(exact.sample(noise).to(settings_.computeType)).to(at::kFloat);

        const auto difference = reconstruction - pixels;
        const std::vector<std::int64_t> rest{1, 2, 3};
        const auto l1_B = difference.abs().mean(rest);
        const auto mse_B = difference.square().mean(rest);
        const auto kl_B = exact.kl() / static_cast<double>(mean[0].numel());
        const auto& weights = settings_.autoencoderLoss;
        const auto perSample_B = weights.l1 * l1_B + weights.mse * mse_B + weights.kl * kl_B;
        return StepLoss{perSample_B.mean(),
                        perSample_B.detach(),
                        {{"loss_l1", l1_B.detach().mean()},
                         {"loss_mse", mse_B.detach().mean()},
                         {"kl", kl_B.detach().mean()}}};
    }

    Status savePipeline(const fs::path& folder, const NamedTensors& weights) override {
        ATELIER_DO(createDirectories(folder));
        SaveOptions options;
        options.weights = splitByComponent(weights);
        ATELIER_DO(saveVae(*vae_, folder / "vae", options));
        const fs::path file = folder / "vae" / "config.json";
        ATELIER_TRY(auto config, readModelJson(file));
        config["scaling_factor"] = measureScalingFactor();
        ATELIER_DO(writeFileAtomic(file, dumpModelJson(config)));
        const Json model{{"_class_name", "DiffusionPipeline"},
                         {"_diffusers_version", "0.30.0"},
                         {"vae", {"diffusers", "AutoencoderKL"}}};
        return writeFileAtomic(folder / "model_index.json", dumpModelJson(model));
    }

    Result<int> writeSamples(const fs::path& folder, const std::vector<eval::PictureRequest>&,
                             const eval::GenerateOptions&, const Json& description) override {
        const at::NoGradGuard noGrad;
        const auto count =
            std::min<std::int64_t>(static_cast<std::int64_t>(kMostPictures), calibration_.size());
        const auto bytes = calibration_.pixels_BCHW.narrow(0, 0, count);
        const auto pixels = normalizePixels(bytes, settings_.device).to(settings_.computeType);
        const auto decoded = vae_->decode(vae_->encode(pixels).mean_BLHW).to(at::kFloat);
        const auto pictures = (decoded / 2 + 0.5).clamp(0, 1).mul(255).round().to(at::kByte).cpu();
        const auto pairs =
            at::cat({bytes, pictures}, 3).permute({0, 2, 3, 1}).contiguous();  // original | reconstruction
        ATELIER_DO(createDirectories(folder));
        Json list = Json::array();
        for (std::int64_t i = 0; i < count; ++i) {
            auto image =
                data::Image::allocate(static_cast<int>(pairs.size(2)), static_cast<int>(pairs.size(1)));
            std::memcpy(image.rgb.get(), pairs[i].const_data_ptr<std::uint8_t>(), image.byteSize());
            ATELIER_TRY(const auto encoded, data::encodeImage(image, {.format = data::ImageFormat::Png}));
            const auto name = fmt::format("{:04}.png", i);
            ATELIER_DO(writeFileAtomic(folder / name, encoded));
            const auto& key = calibration_.keys[static_cast<std::size_t>(i)];
            list.push_back({{"file", name}, {"prompt", key}, {"kind", "reconstruction"}});
        }
        Json document = description;
        document["samples"] = list;
        ATELIER_DO(writeFileAtomic(folder / "samples.json", dumpJsonPretty(document)));
        return static_cast<int>(count);
    }

    std::uint64_t weightBytes() const override { return moduleBytes(*vae_); }
    std::vector<std::pair<std::string, std::int64_t>> networkSizes() const override {
        return {{"vae", parameterCount(*vae_)}};
    }

  private:
    // 1/std of the posterior's samples over the calibration pictures: latents times this have unit variance.
    double measureScalingFactor() {
        const at::NoGradGuard noGrad;
        double sum = 0;
        double squares = 0;
        double count = 0;
        for (std::int64_t first = 0; first < calibration_.size(); first += kCalibrationBatch) {
            const auto size = std::min(kCalibrationBatch, calibration_.size() - first);
            const auto pixels =
                normalizePixels(calibration_.pixels_BCHW.narrow(0, first, size), settings_.device);
            const auto posterior = vae_->encode(pixels.to(settings_.computeType));
            const auto mean = posterior.mean_BLHW.to(at::kDouble);
            // E[z²] = mean² + var, so that no noise has to be drawn.
            sum += mean.sum().item<double>();
            squares += (mean.square() + posterior.logvar_BLHW.to(at::kDouble).exp()).sum().item<double>();
            count += static_cast<double>(mean.numel());
        }
        const double variance = squares / count - (sum / count) * (sum / count);
        return 1 / std::sqrt(std::max(variance, 1e-12));
    }

    const Settings& settings_;
    std::shared_ptr<AutoencoderKL> vae_;
    Batch calibration_;
};

}  // namespace

Result<std::unique_ptr<Task>> makeAutoencoderTask(const Settings& settings, const LoadOptions& load) {
    const auto& source = settings.models.vae;
    std::shared_ptr<AutoencoderKL> vae;
    if (!source.folder.empty()) {
        ATELIER_TRY(const fs::path folder, componentFolder(source, "vae"));
        ATELIER_TRY(vae, loadVae(folder, load));
    } else if (source.params) {
        ATELIER_TRY(const auto config, autoencoderKLConfigFromJson(*source.params, "model.vae.params"));
        vae = makeVae(config, settings.seed);
    } else {
        return fail(ErrorCode::Config, "no autoencoder is given", "model.vae",
                    "Give model.vae.pretrained (a folder) or model.vae.params (to start from scratch).");
    }
    const int factor = vae->config().downscale();
    if (settings.plan.resolution % factor)
        return fail(ErrorCode::Config,
                    fmt::format("{} is not a multiple of {}", settings.plan.resolution, factor),
                    "dataset.params.resolution", "The autoencoder shrinks pictures by this factor.");
    vae->to(settings.device);
    vae->train();
    return std::make_unique<AutoencoderTask>(settings, std::move(vae));
}

}  // namespace atelier::train
