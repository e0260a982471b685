// SPDX-License-Identifier: GPL-3.0-or-later
// Method "autoencoder": AutoencoderKL or VQModel trained on pictures. Loss = w₁·|x−x̂| + w₂·(x−x̂)² +
// w₃·LPIPS(x,x̂)
// + KL(q(z|x) ‖ N(0,1)) or the codebook's two terms, each a mean over elements, + the adversarial terms of
// autoencoder_loss.h (Rombach et al. 2022, §3.1; Esser et al. 2021).
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/data/image_io.h"
#include "core/engine/models/latent_codec.h"
#include "core/engine/models/lpips.h"
#include "core/engine/train/autoencoder_loss.h"
#include "core/engine/train/task.h"

namespace atelier::train {
namespace {

constexpr std::int64_t kCalibrationSamples = 256;  // pictures that the latents' scale is measured on
constexpr std::int64_t kCalibrationBatch = 32;
constexpr std::size_t kMostPictures = 16;
constexpr const char* kCodebook = "quantize.embedding.weight";

// What the loss is made of besides the autoencoder; each part may be absent.
struct Critics {
    std::shared_ptr<Lpips> lpips;
    std::shared_ptr<PatchDiscriminator> discriminator;
    std::optional<CodebookAverage> codebook;
};

class AutoencoderTask final : public Task {
  public:
    AutoencoderTask(const Settings& settings, LatentCodec codec, Critics critics)
        : settings_(settings), codec_(std::move(codec)), critics_(std::move(critics)) {}

    // The discriminator's weights are among them: it learns from a term of its own, of which the autoencoder
    // sees nothing, and is saved and resumed with everything else.
    NamedTensors parameters() override {
        auto result = trainableParameters(codec_.module(), codec_.component());
        if (critics_.codebook)
            std::erase_if(result, [](auto& item) {
                if (!item.first.ends_with(kCodebook)) return false;
                item.second.requires_grad_(false);
                return true;
            });
        if (critics_.discriminator)
            for (auto& entry : trainableParameters(*critics_.discriminator, "discriminator"))
                result.push_back(std::move(entry));
        return result;
    }

    void configure(Optimizer& optimizer) override { optimizer.clipApart("discriminator."); }

    NamedTensors buffers() const override {
        return critics_.codebook ? critics_.codebook->state() : NamedTensors();
    }

    // The first pictures of the dataset, without random crops: what reconstructions are shown of and what the
    // scale is measured on, the same in every checkpoint and after every resume.
    Status prepare(std::shared_ptr<const data::DatasetIndex> index, data::TrainPlan& plan,
                   const PrepareProgress& progress) override {
        auto fixed = plan;
        fixed.shuffle = data::Shuffle::None;
        fixed.buckets = nullptr;
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
        const auto pixels = pixelsOf(batch.pixels_BCHW);
        StepLoss step;
        const auto coded = codec_.vq() ? throughCodebook(pixels, batch) : throughPosterior(pixels, batch);
        const auto difference = coded.reconstruction - pixels;
        const std::vector<std::int64_t> rest{1, 2, 3};
        const auto l1_B = difference.abs().mean(rest), mse_B = difference.square().mean(rest);
        const auto& weights = settings_.autoencoderLoss;
        auto likeness_B = weights.l1 * l1_B + weights.mse * mse_B;
        step.parts = {{"loss_l1", l1_B.detach().mean()}, {"loss_mse", mse_B.detach().mean()}};
        if (critics_.lpips) {
            const auto lpips_B = critics_.lpips->forward(pixels, coded.reconstruction);
            likeness_B = likeness_B + weights.lpips * lpips_B;
            step.parts.emplace_back("loss_lpips", lpips_B.detach().mean());
        }
        for (const auto& part : coded.parts) step.parts.push_back(part);
        const auto perSample_B = likeness_B + coded.penalty_B;
        step.perSample_B = perSample_B.detach();
        step.loss = perSample_B.mean();
        if (judges(batch)) addAdversarial(step, pixels, coded.reconstruction, likeness_B.mean());
        return step;
    }

    Status savePipeline(const fs::path& folder, const NamedTensors& weights) override {
        ATELIER_DO(createDirectories(folder));
        const std::string component = codec_.component();
        const auto statistics = measureLatents();
        const double scale = 1 / std::sqrt(std::max(statistics.variance, 1e-12));
        SaveOptions options;
        options.weights[component] = completeWeights(weights);
        ATELIER_DO(codec_.save(folder / component, options, scale));
        ATELIER_DO(writeFileAtomic(folder / component / "latent_statistics.json",
                                   dumpJsonPretty({{"pictures", calibration_.size()},
                                                   {"scaling_factor", scale},
                                                   {"mean", statistics.means},
                                                   {"std", statistics.deviations}})));
        const Json model{{"_class_name", "DiffusionPipeline"},
                         {"_diffusers_version", kFormatVersion},
                         {component, {"diffusers", codec_.className()}}};
        return writeFileAtomic(folder / "model_index.json", dumpModelJson(model));
    }

    Status verifyPipeline(const fs::path& folder, const NamedTensors& weights) override {
        ATELIER_TRY(const auto set, WeightSet::open(folder / codec_.component(), "diffusion_pytorch_model"));
        return compareTensors(completeWeights(weights), set);
    }

    Result<int> writeSamples(const fs::path& folder, const std::vector<eval::PictureRequest>&,
                             const eval::GenerateOptions&, const Json& description) override {
        const at::NoGradGuard noGrad;
        const auto count =
            std::min<std::int64_t>(static_cast<std::int64_t>(kMostPictures), calibration_.size());
        const auto bytes = calibration_.pixels_BCHW.narrow(0, 0, count);
        const auto decoded = withChannels(codec_.decode(meanLatents(bytes)), 3);
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

    std::uint64_t weightBytes() const override {
        std::uint64_t bytes = moduleBytes(codec_.module());
        if (critics_.lpips) bytes += moduleBytes(*critics_.lpips);
        if (critics_.discriminator) bytes += moduleBytes(*critics_.discriminator);
        return bytes;
    }

    std::vector<std::pair<std::string, std::int64_t>> networkSizes() const override {
        std::vector<std::pair<std::string, std::int64_t>> sizes{
            {codec_.component(), parameterCount(codec_.module())}};
        if (critics_.lpips) sizes.emplace_back("lpips", parameterCount(*critics_.lpips));
        if (critics_.discriminator)
            sizes.emplace_back("discriminator", parameterCount(*critics_.discriminator));
        return sizes;
    }

  private:
    struct Coded {
        at::Tensor reconstruction;  // float32
        at::Tensor penalty_B;       // of the latents
        std::vector<std::pair<std::string, at::Tensor>> parts;
    };

    // uint8 RGB → −1…1 in the autoencoder's channels.
    at::Tensor pixelsOf(const at::Tensor& bytes_BCHW) const {
        return withChannels(normalizePixels(bytes_BCHW, settings_.device), codec_.pixelChannels());
    }

    Coded throughPosterior(const at::Tensor& pixels, const Batch& batch) const {
        auto& vae = *codec_.kl();
        const auto posterior = vae.encode(pixels.to(settings_.computeType));
        const auto mean = posterior.mean_BLHW.to(at::kFloat);
        const DiagonalGaussian exact{mean, posterior.logvar_BLHW.to(at::kFloat)};
        const auto noise = normalsFor(settings_.seed, RandomStream::Latent, batch.numbers,
                                      mean.sizes().slice(1), settings_.device);
        const auto kl_B = exact.kl() / static_cast<double>(mean[0].numel());
        return {vae.decode(exact.sample(noise).to(settings_.computeType)).to(at::kFloat),
                settings_.autoencoderLoss.kl * kl_B,
                {{"kl", kl_B.detach().mean()}}};
    }

    Coded throughCodebook(const at::Tensor& pixels, const Batch& batch) {
        auto& vq = *codec_.vq();
        const auto latents = vq.encode(pixels.to(settings_.computeType));
        const auto quantized = vq.quantize(latents);
        if (critics_.codebook && at::GradMode::is_enabled() && !batch.validation)
            critics_.codebook->add(latents.detach(), quantized.indices_BHW);
        const auto& weights = settings_.autoencoderLoss;
        auto penalty_B = weights.commitment * quantized.commitment_B;
        if (!critics_.codebook) penalty_B = penalty_B + weights.codebook * quantized.codebook_B;
        return {vq.decode(quantized.latents_BLHW, true).to(at::kFloat),
                penalty_B,
                {{"loss_commitment", quantized.commitment_B.detach().mean()},
                 {"codebook_used", codebookUse(quantized.indices_BHW, vq.config().numVqEmbeddings)}}};
    }

    // Whether the discriminator is at work in this batch's update.
    bool judges(const Batch& batch) const {
        if (!critics_.discriminator || batch.validation || !at::GradMode::is_enabled()) return false;
        const auto update = static_cast<std::int64_t>(batch.numbers.front()) / settings_.imagesPerUpdate();
        return update >= settings_.discriminator->start;
    }

    void addAdversarial(StepLoss& step, const at::Tensor& pixels, const at::Tensor& reconstruction,
                        const at::Tensor& likeness) const {
        const auto terms = adversarialLoss(*critics_.discriminator, *settings_.discriminator, pixels,
                                           reconstruction, likeness, lastWeight());
        step.loss = step.loss + terms.generator + terms.discriminator;
        step.parts.emplace_back("loss_generator", terms.generator.detach());
        step.parts.emplace_back("loss_discriminator", terms.discriminator.detach());
        step.parts.emplace_back("generator_weight", terms.weight);
    }

    at::Tensor lastWeight() const {
        for (const auto& [name, tensor] : namedParameters(codec_.module()))
            if (name == "decoder.conv_out.weight") return tensor;
        return {};
    }

    // The autoencoder's among them, with the codebook where it is not learned by gradient.
    NamedTensors completeWeights(const NamedTensors& weights) const {
        const auto split = splitByComponent(weights);
        const auto& given = split.at(codec_.component());
        const std::map<std::string, at::Tensor> byName(given.begin(), given.end());
        auto all = namedParameters(codec_.module());
        for (auto& [name, tensor] : all)
            if (const auto found = byName.find(name); found != byName.end()) tensor = found->second;
        return all;
    }

    // The posterior's mean, or the vectors before they are rows of the codebook.
    at::Tensor meanLatents(const at::Tensor& bytes_BCHW) const {
        const auto pixels = pixelsOf(bytes_BCHW).to(settings_.computeType);
        return codec_.vq() ? codec_.vq()->encode(pixels) : codec_.kl()->encode(pixels).mean_BLHW;
    }

    struct Statistics {
        double variance = 1;                    // over everything
        std::vector<double> means, deviations;  // of each channel
    };

    // Of what the diffusion model will see, over the calibration pictures: E[z²] = mean² + var, so that no
    // noise has to be drawn.
    Statistics measureLatents() {
        const at::NoGradGuard noGrad;
        const auto channels = codec_.latentChannels();
        auto sums = at::zeros({channels}, at::kDouble), squares = sums.clone();
        double count = 0;  // of each channel
        const std::vector<std::int64_t> others{0, 2, 3};
        for (std::int64_t first = 0; first < calibration_.size(); first += kCalibrationBatch) {
            const auto size = std::min(kCalibrationBatch, calibration_.size() - first);
            const auto pixels =
                pixelsOf(calibration_.pixels_BCHW.narrow(0, first, size)).to(settings_.computeType);
            at::Tensor mean, square;
            if (const auto vq = codec_.vq()) {
                mean = vq->quantize(vq->encode(pixels)).latents_BLHW.to(at::kDouble);
                square = mean.square();
            } else {
                const auto posterior = codec_.kl()->encode(pixels);
                mean = posterior.mean_BLHW.to(at::kDouble);
                square = mean.square() + posterior.logvar_BLHW.to(at::kDouble).exp();
            }
            sums += mean.sum(others).cpu();
            squares += square.sum(others).cpu();
            count += static_cast<double>(mean.numel()) / static_cast<double>(channels);
        }
        const auto means = sums / count, variances = squares / count - means.square();
        const auto whole = means.mean();
        const auto list = [](const at::Tensor& t) {
            return std::vector<double>(t.const_data_ptr<double>(), t.const_data_ptr<double>() + t.numel());
        };
        return {((squares / count).mean() - whole.square()).item<double>(), list(means),
                list(variances.clamp_min(0).sqrt())};
    }

    const Settings& settings_;
    LatentCodec codec_;
    Critics critics_;
    Batch calibration_;
};

Result<LatentCodec> openCodec(const Settings& settings, const LoadOptions& load) {
    const auto& source = settings.models.vae;
    if (!source.folder.empty()) {
        ATELIER_TRY(const fs::path folder, codecFolder(source));
        return loadLatentCodec(folder, load);
    }
    if (source.params) return makeLatentCodec(source.target, *source.params, settings.seed);
    return fail(ErrorCode::Config, "no autoencoder is given", "model.vae",
                "Give model.vae.pretrained (a folder) or model.vae.params (to start from scratch).");
}

Status checkSizes(const Settings& settings, const LatentCodec& codec) {
    const int factor = codec.downscale(), side = settings.plan.resolution;
    if (side % factor)
        return fail(ErrorCode::Config, fmt::format("{} is not a multiple of {}", side, factor),
                    "dataset.params.resolution", "The autoencoder shrinks pictures by this factor.");
    if (codec.pixelChannels() != 1 && codec.pixelChannels() != 3)
        return fail(ErrorCode::Config,
                    fmt::format("pictures of {} channels are not read", codec.pixelChannels()),
                    "model.vae.params.in_channels", "3 for colours, 1 for grey.");
    if (settings.autoencoderLoss.lpips > 0 && side < 16)
        return fail(ErrorCode::Config, fmt::format("LPIPS cannot compare pictures of {} pixels", side),
                    "dataset.params.resolution", "It needs 16 at least.");
    return {};
}

}  // namespace

Result<std::unique_ptr<Task>> makeAutoencoderTask(const Settings& settings, const LoadOptions& load) {
    ATELIER_TRY(auto codec, openCodec(settings, load));
    ATELIER_DO(checkSizes(settings, codec));
    codec.module().to(settings.device);
    codec.module().train();
    Critics critics;
    const auto& loss = settings.autoencoderLoss;
    if (loss.lpips > 0) {
        ATELIER_TRY(critics.lpips, loadLpips(loss.lpipsFile, loss.lpipsBackbone));
        critics.lpips->to(settings.device);
    }
    if (settings.discriminator) {
        const auto& wanted = *settings.discriminator;
        const PatchDiscriminatorOptions options{codec.pixelChannels(), wanted.width, wanted.layers};
        if (options.patches(settings.plan.resolution) < 1)
            return fail(ErrorCode::Config,
                        fmt::format("a discriminator of {} layers cannot judge pictures of {} pixels",
                                    wanted.layers, settings.plan.resolution),
                        "loss.discriminator_layers",
                        "Give fewer: each halves the picture, and 3 pixels must be left.");
        critics.discriminator = makePatchDiscriminator(options, settings.seed);
        critics.discriminator->to(settings.device);
    }
    if (settings.codebookDecay && codec.vq())
        critics.codebook.emplace(codec.vq()->codebook(), *settings.codebookDecay);
    return std::make_unique<AutoencoderTask>(settings, std::move(codec), std::move(critics));
}

}  // namespace atelier::train
