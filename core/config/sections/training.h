// SPDX-License-Identifier: GPL-3.0-or-later
// Sections dataset, optimizer, lr_scheduler and loss: what is learned from and how weights move.
// Part of TrainConfig (core/config/train_config.h).
#pragma once

#include "core/config/field.h"

namespace atelier {

enum class DatasetType { WebDataset, ClassificationWebDataset, ParquetTextImageDataset };
template <>
struct EnumNames<DatasetType> {
    static constexpr std::array kNames{
        EnumName{DatasetType::WebDataset, "WebDataset", ATELIER_TR("WebDataset shards")},
        EnumName{DatasetType::ClassificationWebDataset, "ClassificationWebDataset",
                 ATELIER_TR("Shards with classes")},
        EnumName{DatasetType::ParquetTextImageDataset, "ParquetTextImageDataset",
                 ATELIER_TR("Parquet files")},
    };
};

enum class Crop { Center, Random };
template <>
struct EnumNames<Crop> {
    static constexpr std::array kNames{
        EnumName{Crop::Center, "center", ATELIER_TR("Centre")},
        EnumName{Crop::Random, "random", ATELIER_TR("Random")},
    };
};

enum class LatentCache { Off, Memory };
template <>
struct EnumNames<LatentCache> {
    static constexpr std::array kNames{
        EnumName{LatentCache::Off, "off", ATELIER_TR("Encode every time")},
        EnumName{LatentCache::Memory, "memory", ATELIER_TR("Keep in memory")},
        EnumName{LatentCache::Off, "false", ""},
        EnumName{LatentCache::Memory, "true", ""},
    };
};

struct DatasetParams {
    std::string path;               // shard spec: braces, several joined by "::"
    std::int64_t resolution = 512;  // pixels, square
    double textDropout = 0.1;       // probability of an empty caption
    Crop crop = Crop::Center;
    bool flip = false;
    LatentCache latentCache = LatentCache::Off;
    std::map<std::string, std::string> filters;  // metadata key → condition such as ">=512"
    std::optional<std::int64_t> numExamplesToSee;
    std::optional<std::int64_t> batchSize;
    std::optional<std::int64_t> workers;
    Json classMapping;  // file name, or class index → prompt; null: none

    static constexpr auto fields() {
        using C = DatasetParams;
        return std::tuple{
            field("path", &C::path,
                  {.label = ATELIER_TR("Shards"),
                   .help = ATELIER_TR("WebDataset shards: a pattern such as data/{000000..000007}.tar; "
                                      "several patterns are joined by \"::\"."),
                   .importance = Importance::Basic,
                   .text = TextKind::Shards,
                   .required = true}),
            field("resolution", &C::resolution,
                  {.label = ATELIER_TR("Resolution"),
                   .help = ATELIER_TR("Pictures are scaled and cropped to squares of this size."),
                   .unit = "px",
                   .min = 8,
                   .max = 8192,
                   .usual = {UsualRange{"", 32, 1024}},
                   .higher = ATELIER_TR("Finer detail; memory and time grow with the square."),
                   .lower = ATELIER_TR("Faster and smaller."),
                   .importance = Importance::Basic}),
            field("text_dropout", &C::textDropout,
                  {.label = ATELIER_TR("Caption dropout"),
                   .help = ATELIER_TR(
                       "Share of samples trained with an empty caption; guidance when sampling needs some."),
                   .min = 0,
                   .max = 1,
                   .usual = {UsualRange{"", 0, 0.3}},
                   .higher = ATELIER_TR("Guidance works better; captions are learned more slowly."),
                   .lower = ATELIER_TR("Captions bind faster; guidance gets weaker."),
                   .related = {"sampling.guidance"}}),
            field("crop", &C::crop,
                  {.label = ATELIER_TR("Crop"),
                   .help = ATELIER_TR("Which part of a picture that is not square is used."),
                   .related = {"dataset.params.latent_cache"}}),
            field("flip", &C::flip,
                  {.label = ATELIER_TR("Mirror at random"),
                   .help = ATELIER_TR("Half of the samples are mirrored left to right."),
                   .higher = ATELIER_TR(
                       "More variety; wrong for text, faces with a parting, anything with a side."),
                   .related = {"dataset.params.latent_cache"}}),
            field("latent_cache", &C::latentCache,
                  {.label = ATELIER_TR("Latent cache"),
                   .help = ATELIER_TR(
                       "Encodes every picture once and keeps the latents, instead of at every visit."),
                   .higher = ATELIER_TR("Much faster steps on small data sets; no random crops or flips, and "
                                        "memory per picture.")}),
            field("filters", &C::filters,
                  {.label = ATELIER_TR("Filters"),
                   .help = ATELIER_TR("Conditions on the metadata of a sample, such as original_width: "
                                      "\">=512\"; a sample that fails one is skipped.")}),
            field("num_examples_to_see", &C::numExamplesToSee,
                  {.label = ATELIER_TR("Images to train on"),
                   .help = ATELIER_TR(
                       "Usually ${experiment.num_examples_to_see}; the experiment's value decides."),
                   .unit = "images",
                   .min = 1,
                   .related = {"experiment.num_examples_to_see"},
                   .importance = Importance::Expert}),
            field("batch_size", &C::batchSize,
                  {.label = ATELIER_TR("Batch size"),
                   .help = ATELIER_TR("Usually ${system.batch_size}; the system's value decides."),
                   .unit = "images",
                   .min = 1,
                   .related = {"system.batch_size"},
                   .importance = Importance::Expert}),
            field("workers", &C::workers,
                  {.label = ATELIER_TR("Data workers"),
                   .help = ATELIER_TR("Usually ${system.workers}; the system's value decides."),
                   .unit = "threads",
                   .min = 1,
                   .max = 1024,
                   .related = {"system.workers"},
                   .importance = Importance::Expert}),
            field("class_mapping", &C::classMapping,
                  {.label = ATELIER_TR("Class prompts"),
                   .help = ATELIER_TR("JSON file or map from class number to prompt."),
                   .when = "dataset.type=ClassificationWebDataset",
                   .importance = Importance::Expert,
                   .text = TextKind::File,
                   .implemented = false}),
        };
    }
};
ATELIER_SECTION(DatasetParams);

struct DatasetConfig {
    DatasetType type = DatasetType::WebDataset;
    DatasetParams params;

    static constexpr auto fields() {
        using C = DatasetConfig;
        return std::tuple{
            field("type", &C::type,
                  {.label = ATELIER_TR("Kind"),
                   .help = ATELIER_TR("How the data is stored."),
                   .importance = Importance::Advanced}),
            field("params", &C::params,
                  {.label = ATELIER_TR("Data"),
                   .help = ATELIER_TR("Where the samples are and how they are prepared.")}),
        };
    }
};
ATELIER_SECTION(DatasetConfig);

enum class OptimizerName { AdamW };
template <>
struct EnumNames<OptimizerName> {
    static constexpr std::array kNames{EnumName{OptimizerName::AdamW, "adamw", ATELIER_TR("AdamW")}};
};

struct OptimizerParams {
    double learningRate = 1e-4;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double weightDecay = 0.01;
    double epsilon = 1e-8;

    static constexpr auto fields() {
        using C = OptimizerParams;
        return std::tuple{
            field("learning_rate", &C::learningRate,
                  {.label = ATELIER_TR("Learning rate"),
                   .help = ATELIER_TR("Peak step size after warm-up."),
                   .min = 0,
                   .max = 1,
                   .usual = {UsualRange{"lora", 1e-5, 1e-3}, UsualRange{"finetune", 1e-6, 1e-4},
                             UsualRange{"scratch", 1e-5, 3e-3}, UsualRange{"autoencoder", 1e-5, 5e-3}},
                   .higher = ATELIER_TR("Learns faster; too high and pictures turn to noise or fry."),
                   .lower = ATELIER_TR("Safer and slower."),
                   .related = {"lr_scheduler.params.learning_rate", "lr_scheduler.params.warmup_length",
                               "system.batch_size"},
                   .importance = Importance::Basic,
                   .fractional = true}),
            field("beta1", &C::beta1,
                  {.label = ATELIER_TR("Beta 1"),
                   .help = ATELIER_TR("Memory of the gradient's mean."),
                   .min = 0,
                   .max = 1,
                   .usual = {UsualRange{"", 0.8, 0.99}},
                   .importance = Importance::Expert}),
            field("beta2", &C::beta2,
                  {.label = ATELIER_TR("Beta 2"),
                   .help = ATELIER_TR("Memory of the gradient's size."),
                   .min = 0,
                   .max = 1,
                   .usual = {UsualRange{"", 0.9, 0.9999}},
                   .higher = ATELIER_TR("Steadier step sizes."),
                   .lower = ATELIER_TR("Reacts sooner to growing gradients."),
                   .importance = Importance::Expert}),
            field("weight_decay", &C::weightDecay,
                  {.label = ATELIER_TR("Weight decay"),
                   .help = ATELIER_TR(
                       "Pulls every trained weight towards zero by learning rate × this at each step."),
                   .min = 0,
                   .usual = {UsualRange{"", 0, 0.3}},
                   .higher = ATELIER_TR("Smoother networks; too high and they cannot fit."),
                   .lower = ATELIER_TR("Fits more freely.")}),
            field("epsilon", &C::epsilon,
                  {.label = ATELIER_TR("Epsilon"),
                   .help = ATELIER_TR("Keeps the step finite where gradients vanish."),
                   .min = 0,
                   .max = 1,
                   .usual = {UsualRange{"", 1e-10, 1e-4}},
                   .importance = Importance::Expert,
                   .fractional = true}),
        };
    }
};
ATELIER_SECTION(OptimizerParams);

struct OptimizerConfig {
    OptimizerName name = OptimizerName::AdamW;
    OptimizerParams params;

    static constexpr auto fields() {
        using C = OptimizerConfig;
        return std::tuple{
            field("name", &C::name, {.label = ATELIER_TR("Optimizer"), .help = ATELIER_TR("Update rule.")}),
            field("params", &C::params,
                  {.label = ATELIER_TR("Parameters"), .help = ATELIER_TR("Numbers of the update rule.")}),
        };
    }
};
ATELIER_SECTION(OptimizerConfig);

enum class LrScheduler { ConstantWithWarmup, CosineWithWarmup };
template <>
struct EnumNames<LrScheduler> {
    static constexpr std::array kNames{
        EnumName{LrScheduler::ConstantWithWarmup, "ConstantWithWarmup", ATELIER_TR("Constant")},
        EnumName{LrScheduler::CosineWithWarmup, "CosineWithWarmup", ATELIER_TR("Cosine")},
    };
};

struct LrSchedulerParams {
    std::optional<double> learningRate;  // absent: optimizer.params.learning_rate
    std::int64_t warmupLength = 0;       // updates

    static constexpr auto fields() {
        using C = LrSchedulerParams;
        return std::tuple{
            field("learning_rate", &C::learningRate,
                  {.label = ATELIER_TR("Learning rate"),
                   .help = ATELIER_TR("Peak of the schedule; wins over the optimizer's. Usually "
                                      "${optimizer.params.learning_rate}, or absent."),
                   .min = 0,
                   .max = 1,
                   .related = {"optimizer.params.learning_rate"},
                   .importance = Importance::Expert,
                   .fractional = true}),
            field("warmup_length", &C::warmupLength,
                  {.label = ATELIER_TR("Warm-up"),
                   .help = ATELIER_TR("Steps over which the learning rate rises from near zero to its peak."),
                   .unit = "steps",
                   .min = 0,
                   .usual = {UsualRange{"", 0, 20'000}},
                   .higher = ATELIER_TR("Gentler start; fewer steps at the full rate."),
                   .lower = ATELIER_TR("Full rate at once; early steps may be rough."),
                   .related = {"optimizer.params.learning_rate"},
                   .importance = Importance::Basic}),
        };
    }
};
ATELIER_SECTION(LrSchedulerParams);

struct LrSchedulerConfig {
    LrScheduler scheduler = LrScheduler::ConstantWithWarmup;
    LrSchedulerParams params;

    static constexpr auto fields() {
        using C = LrSchedulerConfig;
        return std::tuple{
            field("scheduler", &C::scheduler,
                  {.label = ATELIER_TR("Learning-rate schedule"),
                   .help = ATELIER_TR("How the learning rate goes on after warm-up: constant, or falling to "
                                      "zero along a cosine."),
                   .importance = Importance::Basic}),
            field("params", &C::params,
                  {.label = ATELIER_TR("Parameters"), .help = ATELIER_TR("Numbers of the schedule.")}),
        };
    }
};
ATELIER_SECTION(LrSchedulerConfig);

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

struct LossConfig {
    std::optional<Prediction> predictionType;  // absent: what the training noise schedule says
    double l1Weight = 1.0;                     // autoencoder
    double mseWeight = 1.0;                    // autoencoder
    double klWeight = 1e-6;                    // autoencoder
    NonFinite nonFinite = NonFinite::Skip;

    static constexpr auto fields() {
        using C = LossConfig;
        return std::tuple{
            field("prediction_type", &C::predictionType,
                  {.label = ATELIER_TR("Network predicts"),
                   .help = ATELIER_TR("What the UNet is asked for; absent: what the training noise schedule "
                                      "says. A pretrained model keeps its own."),
                   .when = "method.type=scratch|finetune|lora"}),
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
