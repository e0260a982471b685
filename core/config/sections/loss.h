// SPDX-License-Identifier: GPL-3.0-or-later
// Section loss: what the network is asked for, with which noise, and how its answer is judged.
// Part of TrainConfig (core/config/train_config.h).
#pragma once

#include "core/config/field.h"

namespace atelier {

enum class Prediction { Epsilon, VPrediction, Sample };
template <>
struct EnumNames<Prediction> {
    static constexpr std::array kNames{
        EnumName{Prediction::Epsilon, "epsilon", ATELIER_TR("Noise (epsilon)")},
        EnumName{Prediction::VPrediction, "v_prediction", ATELIER_TR("Velocity (v)")},
        EnumName{Prediction::Sample, "sample", ATELIER_TR("Picture (sample)")},
    };
};

enum class NonFinite { Stop, Skip };
template <>
struct EnumNames<NonFinite> {
    static constexpr std::array kNames{
        EnumName{NonFinite::Stop, "stop", ATELIER_TR("Stop the run")},
        EnumName{NonFinite::Skip, "skip", ATELIER_TR("Skip the step")},
    };
};

enum class LossKind { Mse, L1, Huber };
template <>
struct EnumNames<LossKind> {
    static constexpr std::array kNames{
        EnumName{LossKind::Mse, "mse", ATELIER_TR("Squared (MSE)")},
        EnumName{LossKind::L1, "l1", ATELIER_TR("Absolute (L1)")},
        EnumName{LossKind::Huber, "huber", ATELIER_TR("Huber")},
    };
};

enum class HuberKind { Snr, Exponential, Constant };
template <>
struct EnumNames<HuberKind> {
    static constexpr std::array kNames{
        EnumName{HuberKind::Snr, "snr", ATELIER_TR("By signal to noise")},
        EnumName{HuberKind::Exponential, "exponential", ATELIER_TR("Exponential")},
        EnumName{HuberKind::Constant, "constant", ATELIER_TR("Constant")},
    };
};

enum class Weighting { None, MinSnr, Debiased, P2 };
template <>
struct EnumNames<Weighting> {
    static constexpr std::array kNames{
        EnumName{Weighting::None, "none", ATELIER_TR("All alike")},
        EnumName{Weighting::MinSnr, "min_snr", ATELIER_TR("Min-SNR-γ")},
        EnumName{Weighting::Debiased, "debiased", ATELIER_TR("Debiased estimation")},
        EnumName{Weighting::P2, "p2", ATELIER_TR("P2")},
    };
};

enum class Timesteps { Uniform, LogitNormal };
template <>
struct EnumNames<Timesteps> {
    static constexpr std::array kNames{
        EnumName{Timesteps::Uniform, "uniform", ATELIER_TR("Uniform")},
        EnumName{Timesteps::LogitNormal, "logit_normal", ATELIER_TR("Logit-normal")},
    };
};

// Methods whose loss is that of a denoiser.
enum class GanLoss { Hinge, Mse };
template <>
struct EnumNames<GanLoss> {
    static constexpr std::array kNames{
        EnumName{GanLoss::Hinge, "hinge", ATELIER_TR("Hinge")},
        EnumName{GanLoss::Mse, "mse", ATELIER_TR("Squared")},
    };
};

inline constexpr std::string_view kDenoisingMethods =
    "method.type=scratch|finetune|dreambooth|lora|textual_inversion|controlnet|inpainting|without_text";

struct LossConfig {
    std::optional<Prediction> predictionType;  // absent: what the training noise schedule says
    bool zeroTerminalSnr = false;
    LossKind type = LossKind::Mse;
    double huberDelta = 0.1;
    HuberKind huberSchedule = HuberKind::Snr;
    Weighting weighting = Weighting::None;
    double minSnrGamma = 5;
    double noiseOffset = 0;
    double pyramidNoise = 0;
    double inputPerturbation = 0;
    Timesteps timestepSampling = Timesteps::Uniform;
    double timestepMean = 0;
    double timestepDeviation = 1;
    std::int64_t timestepMin = 0;
    std::optional<std::int64_t> timestepMax;
    double unmaskedWeight = 0;
    bool maskNormalize = false;
    double l1Weight = 1.0;   // autoencoder
    double mseWeight = 1.0;  // autoencoder
    double klWeight = 1e-6;  // autoencoder
    double codebookWeight = 1;
    double commitmentWeight = 0.25;
    std::optional<double> codebookDecay;
    double lpipsWeight = 0;
    std::optional<std::string> lpipsFile, lpipsBackbone;
    double discriminatorWeight = 0;
    std::int64_t discriminatorStart = 0;  // updates
    GanLoss discriminatorLoss = GanLoss::Hinge;
    bool discriminatorAdaptive = true;
    std::int64_t discriminatorLayers = 3, discriminatorWidth = 64;
    NonFinite nonFinite = NonFinite::Skip;

    static constexpr auto fields() {
        using C = LossConfig;
        return std::tuple{
            field("prediction_type", &C::predictionType,
                  {.label = ATELIER_TR("Network predicts"),
                   .help = ATELIER_TR("What the UNet is asked for; absent: what the training noise schedule "
                                      "says. A pretrained model keeps its own."),
                   .when = kDenoisingMethods}),
            field("zero_terminal_snr", &C::zeroTerminalSnr,
                  {.label = ATELIER_TR("Zero terminal SNR"),
                   .help = ATELIER_TR("Rescales the noise schedule so that its last step holds no signal at "
                                      "all; the network has to predict velocity."),
                   .higher = ATELIER_TR("Very dark and very bright pictures become possible."),
                   .related = {"loss.prediction_type"},
                   .when = kDenoisingMethods}),
            field("type", &C::type,
                  {.label = ATELIER_TR("Compared by"),
                   .help = ATELIER_TR("How prediction and target are compared: squared, absolute, or squared "
                                      "for small and absolute for large differences."),
                   .related = {"loss.huber_delta"},
                   .when = kDenoisingMethods}),
            field("huber_delta", &C::huberDelta,
                  {.label = ATELIER_TR("Huber delta"),
                   .help = ATELIER_TR("Difference at which the loss turns from squared to absolute."),
                   .min = 1e-6,
                   .max = 1,
                   .usual = {UsualRange{"", 0.001, 1}},
                   .higher = ATELIER_TR("Closer to the squared loss."),
                   .lower = ATELIER_TR("Outliers weigh less."),
                   .when = "loss.type=huber",
                   .fractional = true}),
            field("huber_schedule", &C::huberSchedule,
                  {.label = ATELIER_TR("Huber schedule"),
                   .help = ATELIER_TR("How delta changes with the amount of noise."),
                   .when = "loss.type=huber",
                   .importance = Importance::Expert}),
            field("weighting", &C::weighting,
                  {.label = ATELIER_TR("Weight by noise"),
                   .help = ATELIER_TR("How much samples count by the amount of noise that was added."),
                   .higher = ATELIER_TR("min_snr with gamma 5 is a common choice and often learns faster."),
                   .related = {"loss.min_snr_gamma"},
                   .when = kDenoisingMethods}),
            field("min_snr_gamma", &C::minSnrGamma,
                  {.label = ATELIER_TR("Min-SNR gamma"),
                   .help = ATELIER_TR("Signal-to-noise ratio above which samples stop counting more."),
                   .min = 1e-3,
                   .max = 1000,
                   .usual = {UsualRange{"", 1, 20}},
                   .when = "loss.weighting=min_snr",
                   .fractional = true}),
            field("noise_offset", &C::noiseOffset,
                  {.label = ATELIER_TR("Noise offset"),
                   .help = ATELIER_TR("Adds one random value per channel to the noise, so that brightness as "
                                      "a whole is learned, too."),
                   .min = 0,
                   .max = 1,
                   .usual = {UsualRange{"", 0, 0.15}},
                   .higher = ATELIER_TR("Darker and brighter pictures; too high and colours go wrong."),
                   .when = kDenoisingMethods,
                   .fractional = true}),
            field("pyramid_noise", &C::pyramidNoise,
                  {.label = ATELIER_TR("Pyramid noise"),
                   .help = ATELIER_TR(
                       "Adds noise of coarser and coarser grain, each level times this; 0 is off."),
                   .min = 0,
                   .max = 1,
                   .usual = {UsualRange{"", 0, 0.9}},
                   .higher = ATELIER_TR("Large shapes and brightness change faster."),
                   .when = kDenoisingMethods,
                   .importance = Importance::Expert,
                   .fractional = true}),
            field("input_perturbation", &C::inputPerturbation,
                  {.label = ATELIER_TR("Input perturbation"),
                   .help = ATELIER_TR(
                       "Extra noise in the network's input that it is not asked to find; 0 is off."),
                   .min = 0,
                   .max = 1,
                   .usual = {UsualRange{"", 0, 0.2}},
                   .when = kDenoisingMethods,
                   .importance = Importance::Expert,
                   .fractional = true}),
            field("timestep_sampling", &C::timestepSampling,
                  {.label = ATELIER_TR("Timesteps"),
                   .help = ATELIER_TR("Which amounts of noise are trained on how often."),
                   .when = kDenoisingMethods,
                   .importance = Importance::Expert}),
            field("timestep_mean", &C::timestepMean,
                  {.label = ATELIER_TR("Timestep mean"),
                   .help = ATELIER_TR("Centre of the logit-normal draw; 0 is the middle of the schedule."),
                   .min = -10,
                   .max = 10,
                   .usual = {UsualRange{"", -2, 2}},
                   .higher = ATELIER_TR("More noise, larger shapes."),
                   .lower = ATELIER_TR("Less noise, finer detail."),
                   .when = "loss.timestep_sampling=logit_normal",
                   .importance = Importance::Expert,
                   .fractional = true}),
            field("timestep_deviation", &C::timestepDeviation,
                  {.label = ATELIER_TR("Timestep spread"),
                   .help = ATELIER_TR("Spread of the logit-normal draw."),
                   .min = 0.01,
                   .max = 10,
                   .usual = {UsualRange{"", 0.2, 3}},
                   .when = "loss.timestep_sampling=logit_normal",
                   .importance = Importance::Expert,
                   .fractional = true}),
            field("timestep_min", &C::timestepMin,
                  {.label = ATELIER_TR("First timestep"),
                   .help = ATELIER_TR("Smallest timestep that is trained on."),
                   .min = 0,
                   .max = 100'000,
                   .when = kDenoisingMethods,
                   .importance = Importance::Expert}),
            field(
                "timestep_max", &C::timestepMax,
                {.label = ATELIER_TR("Last timestep"),
                 .help = ATELIER_TR("Largest timestep that is trained on; absent: the last of the schedule."),
                 .min = 0,
                 .max = 100'000,
                 .when = kDenoisingMethods,
                 .importance = Importance::Expert}),
            field("unmasked_weight", &C::unmaskedWeight,
                  {.label = ATELIER_TR("Weight outside masks"),
                   .help = ATELIER_TR("How much what a mask leaves out counts beside what it shows."),
                   .min = 0,
                   .max = 1,
                   .usual = {UsualRange{"", 0, 0.5}},
                   .higher = ATELIER_TR("Surroundings keep making sense."),
                   .lower = ATELIER_TR("Surroundings are not learned at all."),
                   .related = {"dataset.params.masks"},
                   .when = "dataset.params.masks=true",
                   .fractional = true}),
            field("mask_normalize", &C::maskNormalize,
                  {.label = ATELIER_TR("Alike whatever their size"),
                   .help = ATELIER_TR("Divides a sample's loss by the mean of its mask, so that small masks "
                                      "count as much as large ones."),
                   .related = {"dataset.params.masks"},
                   .when = "dataset.params.masks=true",
                   .importance = Importance::Expert}),
            field("l1_weight", &C::l1Weight,
                  {.label = ATELIER_TR("L1 weight"),
                   .help = ATELIER_TR(
                       "Weight of the mean absolute difference between picture and reconstruction."),
                   .min = 0,
                   .usual = {UsualRange{"", 0, 10}},
                   .higher = ATELIER_TR("Sharper edges."),
                   .when = "method.type=autoencoder"}),
            field("mse_weight", &C::mseWeight,
                  {.label = ATELIER_TR("MSE weight"),
                   .help = ATELIER_TR(
                       "Weight of the mean squared difference between picture and reconstruction."),
                   .min = 0,
                   .usual = {UsualRange{"", 0, 10}},
                   .higher = ATELIER_TR("Fewer large errors, softer pictures."),
                   .when = "method.type=autoencoder"}),
            field(
                "kl_weight", &C::klWeight,
                {.label = ATELIER_TR("KL weight"),
                 .help = ATELIER_TR(
                     "Weight of the pull of the latents towards a standard normal (mean per latent value)."),
                 .min = 0,
                 .usual = {UsualRange{"", 0, 1e-2}},
                 .higher = ATELIER_TR("Smoother latents, blurrier reconstructions."),
                 .lower = ATELIER_TR("Sharper reconstructions, wilder latents."),
                 .when = "method.type=autoencoder",
                 .fractional = true}),
            field("codebook_weight", &C::codebookWeight,
                  {.label = ATELIER_TR("Codebook weight"),
                   .help = ATELIER_TR("VQModel: weight of the pull of codebook rows towards the vectors that "
                                      "chose them."),
                   .min = 0,
                   .usual = {UsualRange{"", 0.1, 2}},
                   .related = {"loss.codebook_decay"},
                   .when = "method.type=autoencoder",
                   .fractional = true}),
            field("commitment_weight", &C::commitmentWeight,
                  {.label = ATELIER_TR("Commitment weight"),
                   .help = ATELIER_TR("VQModel: weight of the pull of the encoder's vectors towards their "
                                      "rows of the codebook."),
                   .min = 0,
                   .usual = {UsualRange{"", 0.05, 2}},
                   .when = "method.type=autoencoder",
                   .fractional = true}),
            field("codebook_decay", &C::codebookDecay,
                  {.label = ATELIER_TR("Codebook average"),
                   .help = ATELIER_TR("VQModel: codebook rows are running means of the vectors that chose "
                                      "them, which this much stays of per batch. Absent: they learn by "
                                      "gradient."),
                   .min = 0,
                   .max = 0.999999,
                   .usual = {UsualRange{"", 0.9, 0.9999}},
                   .higher = ATELIER_TR("Rows follow more slowly."),
                   .related = {"loss.codebook_weight"},
                   .when = "method.type=autoencoder",
                   .fractional = true}),
            field(
                "lpips_weight", &C::lpipsWeight,
                {.label = ATELIER_TR("LPIPS weight"),
                 .help = ATELIER_TR("Weight of the difference that a trained VGG16 sees between picture and "
                                    "reconstruction; 0 is off."),
                 .min = 0,
                 .usual = {UsualRange{"", 0, 2}},
                 .higher = ATELIER_TR("Textures that look right, pixels that match less."),
                 .related = {"loss.lpips_file"},
                 .when = "method.type=autoencoder",
                 .fractional = true}),
            field("lpips_file", &C::lpipsFile,
                  {.label = ATELIER_TR("LPIPS file"),
                   .help = ATELIER_TR("The whole network (state dict of lpips.LPIPS, net vgg), or the "
                                      "package's vgg.pth, with loss.lpips_backbone."),
                   .related = {"loss.lpips_weight"},
                   .when = "method.type=autoencoder",
                   .text = TextKind::File}),
            field(
                "lpips_backbone", &C::lpipsBackbone,
                {.label = ATELIER_TR("VGG16 file"),
                 .help = ATELIER_TR("torchvision's vgg16 weights, where loss.lpips_file does not hold them."),
                 .related = {"loss.lpips_file"},
                 .when = "method.type=autoencoder",
                 .text = TextKind::File}),
            field("discriminator_weight", &C::discriminatorWeight,
                  {.label = ATELIER_TR("Discriminator weight"),
                   .help = ATELIER_TR("Weight of what a second network says, which learns to tell "
                                      "reconstructions from pictures patch by patch (PatchGAN); 0 is off."),
                   .min = 0,
                   .usual = {UsualRange{"", 0, 2}},
                   .higher = ATELIER_TR("Sharper detail, some of it invented."),
                   .related = {"loss.discriminator_start", "loss.discriminator_adaptive"},
                   .when = "method.type=autoencoder",
                   .fractional = true}),
            field("discriminator_start", &C::discriminatorStart,
                  {.label = ATELIER_TR("Discriminator begins"),
                   .help = ATELIER_TR("Steps before the discriminator begins to learn and to be heard."),
                   .unit = "steps",
                   .min = 0,
                   .related = {"loss.discriminator_weight"},
                   .when = "method.type=autoencoder"}),
            field("discriminator_loss", &C::discriminatorLoss,
                  {.label = ATELIER_TR("Discriminator loss"),
                   .help = ATELIER_TR("How pictures and reconstructions are told apart."),
                   .when = "method.type=autoencoder",
                   .importance = Importance::Expert}),
            field("discriminator_adaptive", &C::discriminatorAdaptive,
                  {.label = ATELIER_TR("Adaptive weight"),
                   .help = ATELIER_TR("The discriminator's weight is multiplied by the ratio of the two "
                                      "gradients at the decoder's end, so that neither drowns the other."),
                   .related = {"loss.discriminator_weight"},
                   .when = "method.type=autoencoder",
                   .importance = Importance::Expert}),
            field("discriminator_layers", &C::discriminatorLayers,
                  {.label = ATELIER_TR("Discriminator layers"),
                   .help = ATELIER_TR("How often the discriminator halves the picture."),
                   .min = 1,
                   .max = 8,
                   .higher = ATELIER_TR("Judges larger patches; needs larger pictures."),
                   .when = "method.type=autoencoder",
                   .importance = Importance::Expert}),
            field("discriminator_width", &C::discriminatorWidth,
                  {.label = ATELIER_TR("Discriminator width"),
                   .help = ATELIER_TR("Channels of the discriminator's first layer."),
                   .min = 1,
                   .max = 1024,
                   .when = "method.type=autoencoder",
                   .importance = Importance::Expert}),
            field("non_finite", &C::nonFinite,
                  {.label = ATELIER_TR("On a broken step"),
                   .help = ATELIER_TR("What to do when loss or gradient is not a number; either way the step "
                                      "and its samples are recorded."),
                   .importance = Importance::Expert}),
        };
    }
};
ATELIER_SECTION(LossConfig);

}  // namespace atelier
