// SPDX-License-Identifier: GPL-3.0-or-later
// Sections dataset, optimizer and lr_scheduler: what is learned from and how weights move.
// Part of TrainConfig (core/config/train_config.h).
#pragma once

#include "core/config/field.h"

namespace atelier {

enum class DatasetType { WebDataset, ClassificationWebDataset, Parquet, Csv, ImageFolder };
template <>
struct EnumNames<DatasetType> {
    static constexpr std::array kNames{
        EnumName{DatasetType::WebDataset, "WebDataset", ATELIER_TR("WebDataset shards")},
        EnumName{DatasetType::ClassificationWebDataset, "ClassificationWebDataset",
                 ATELIER_TR("Shards with classes")},
        EnumName{DatasetType::Parquet, "Parquet", ATELIER_TR("Parquet files")},
        EnumName{DatasetType::Csv, "CSV", ATELIER_TR("Table of pictures (CSV, TSV)")},
        EnumName{DatasetType::ImageFolder, "ImageFolder", ATELIER_TR("Folder of pictures")},
        EnumName{DatasetType::Parquet, "ParquetTextImageDataset", ""},
        EnumName{DatasetType::Csv, "TSV", ""},
    };
};

enum class Crop { Center, Random, Smart };
template <>
struct EnumNames<Crop> {
    static constexpr std::array kNames{
        EnumName{Crop::Center, "center", ATELIER_TR("Centre")},
        EnumName{Crop::Random, "random", ATELIER_TR("Random")},
        EnumName{Crop::Smart, "smart", ATELIER_TR("Where most is to be seen")},
    };
};

enum class LatentCache { Off, Memory, Disk };
template <>
struct EnumNames<LatentCache> {
    static constexpr std::array kNames{
        EnumName{LatentCache::Off, "off", ATELIER_TR("Encode every time")},
        EnumName{LatentCache::Memory, "memory", ATELIER_TR("Keep in memory")},
        EnumName{LatentCache::Disk, "disk", ATELIER_TR("Keep on disk")},
        EnumName{LatentCache::Off, "false", ""},
        EnumName{LatentCache::Memory, "true", ""},
    };
};

enum class CaptionChoice { All, First, Random };
template <>
struct EnumNames<CaptionChoice> {
    static constexpr std::array kNames{
        EnumName{CaptionChoice::All, "all", ATELIER_TR("As it is")},
        EnumName{CaptionChoice::First, "first", ATELIER_TR("First line")},
        EnumName{CaptionChoice::Random, "random", ATELIER_TR("One line at random")},
    };
};

struct DatasetParams {
    std::string path;               // shard spec: braces, several joined by "::"
    std::int64_t resolution = 512;  // pixels, square
    double textDropout = 0.1;       // probability of an empty caption
    CaptionChoice captionLines = CaptionChoice::All;
    bool shuffleTags = false;
    std::int64_t keepTags = 0;
    double tagDropout = 0;
    std::string captionPrefix, captionSuffix;
    bool buckets = false;
    std::int64_t bucketStep = 64;
    double bucketMaxRatio = 2;
    bool masks = false;
    Crop crop = Crop::Center;
    bool flip = false;
    double brightnessJitter = 0, contrastJitter = 0, saturationJitter = 0, hueJitter = 0;
    LatentCache latentCache = LatentCache::Off;
    LatentCache textCache = LatentCache::Off;
    std::optional<std::string> cacheFolder;  // absent: "encoded" in the user's cache
    double validationShare = 0;
    std::optional<std::string> validationPath;
    std::optional<std::int64_t> validationEvery;  // updates; absent: experiment.save_every
    std::int64_t validationCount = 256;
    std::map<std::string, std::string> filters;  // metadata key → condition such as ">=512"
    std::optional<std::int64_t> numExamplesToSee;
    std::optional<std::int64_t> batchSize;
    std::optional<std::int64_t> workers;
    Json classMapping;  // file name, or class → prompt; null: none
    std::string imageColumn, captionColumn;
    std::optional<std::string> captionFolder, maskFolder;
    bool withReplacement = false;
    std::optional<std::int64_t> streamShards;

    static constexpr auto fields() {
        using C = DatasetParams;
        return std::tuple{
            field("path", &C::path,
                  {.label = ATELIER_TR("Shards"),
                   .help = ATELIER_TR("WebDataset shards: a pattern such as data/{000000..000007}.tar; "
                                      "several patterns are joined by \"::\"."),
                   .importance = Importance::Basic,
                   .text = TextKind::Shards,
                   .required = true,
                   .instead = "method.concepts"}),
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
            field("caption_lines", &C::captionLines,
                  {.label = ATELIER_TR("Captions of several lines"),
                   .help = ATELIER_TR("Whether each line is a caption of its own, and which one is used.")}),
            field("shuffle_tags", &C::shuffleTags,
                  {.label = ATELIER_TR("Shuffle tags"),
                   .help = ATELIER_TR("The parts of a caption between commas come in another order at every "
                                      "visit."),
                   .higher = ATELIER_TR("No tag is learned by its place; wrong for sentences."),
                   .related = {"dataset.params.keep_tags"}}),
            field("keep_tags", &C::keepTags,
                  {.label = ATELIER_TR("Tags that stay"),
                   .help = ATELIER_TR("The first so many tags keep their place and are never dropped: the "
                                      "trigger word."),
                   .unit = "tags",
                   .min = 0,
                   .max = 1000,
                   .related = {"dataset.params.shuffle_tags", "dataset.params.tag_dropout"}}),
            field("tag_dropout", &C::tagDropout,
                  {.label = ATELIER_TR("Tag dropout"),
                   .help = ATELIER_TR("Share of the tags that are left out, drawn anew at every visit."),
                   .min = 0,
                   .max = 1,
                   .usual = {UsualRange{"", 0, 0.5}},
                   .higher = ATELIER_TR("Less depends on any single tag."),
                   .fractional = true}),
            field("caption_prefix", &C::captionPrefix,
                  {.label = ATELIER_TR("Before every caption"),
                   .help = ATELIER_TR("Put in front of every caption as it is, such as a trigger word and a "
                                      "comma.")}),
            field("caption_suffix", &C::captionSuffix,
                  {.label = ATELIER_TR("After every caption"),
                   .help = ATELIER_TR("Put behind every caption as it is."),
                   .importance = Importance::Expert}),
            field(
                "buckets", &C::buckets,
                {.label = ATELIER_TR("Aspect-ratio buckets"),
                 .help = ATELIER_TR(
                     "Pictures keep their proportions: each goes to the nearest size with about as many "
                     "pixels as the square, and a batch holds pictures of one size. Every picture comes once "
                     "before any comes again. The sizes are written to buckets.json in the run folder."),
                 .higher = ATELIER_TR("Nothing important is cut off; sizes with few pictures come rarely."),
                 .related = {"dataset.params.bucket_step", "dataset.params.bucket_max_ratio"}}),
            field("bucket_step", &C::bucketStep,
                  {.label = ATELIER_TR("Step of the sizes"),
                   .help = ATELIER_TR("Sides of the sizes are multiples of this."),
                   .unit = "px",
                   .min = 8,
                   .max = 1024,
                   .usual = {UsualRange{"", 32, 128}},
                   .higher = ATELIER_TR("Fewer sizes with more pictures each; more is cut off."),
                   .lower = ATELIER_TR("Less is cut off; many sizes with few pictures."),
                   .when = "dataset.params.buckets=true"}),
            field("bucket_max_ratio", &C::bucketMaxRatio,
                  {.label = ATELIER_TR("Longest size"),
                   .help =
                       ATELIER_TR("Long side over short side of the longest size; longer pictures are cut."),
                   .min = 1,
                   .max = 16,
                   .usual = {UsualRange{"", 1.2, 4}},
                   .when = "dataset.params.buckets=true"}),
            field("masks", &C::masks,
                  {.label = ATELIER_TR("Masks"),
                   .help = ATELIER_TR(
                       "Weighs the loss by each sample's mask.png: white counts, black counts as much as "
                       "loss.unmasked_weight says. A sample without one counts as a whole."),
                   .higher = ATELIER_TR("Backgrounds and watermarks are not learned."),
                   .related = {"loss.unmasked_weight", "loss.mask_normalize"}}),
            field("crop", &C::crop,
                  {.label = ATELIER_TR("Crop"),
                   .help = ATELIER_TR("Which part of a picture that is not square is used; smart: around "
                                      "what stands out of its surroundings."),
                   .related = {"dataset.params.latent_cache"}}),
            field("flip", &C::flip,
                  {.label = ATELIER_TR("Mirror at random"),
                   .help = ATELIER_TR("Half of the samples are mirrored left to right."),
                   .higher = ATELIER_TR(
                       "More variety; wrong for text, faces with a parting, anything with a side."),
                   .related = {"dataset.params.latent_cache"}}),
            field("brightness_jitter", &C::brightnessJitter,
                  {.label = ATELIER_TR("Brightness at random"),
                   .help = ATELIER_TR("Brightness is multiplied by a factor drawn from 1 − this … 1 + this."),
                   .min = 0,
                   .max = 1,
                   .usual = {UsualRange{"", 0, 0.3}},
                   .higher = ATELIER_TR("More variety; too high and colours go wrong."),
                   .related = {"dataset.params.latent_cache"},
                   .importance = Importance::Expert,
                   .fractional = true}),
            field("contrast_jitter", &C::contrastJitter,
                  {.label = ATELIER_TR("Contrast at random"),
                   .help = ATELIER_TR("Contrast is multiplied by a factor drawn from 1 − this … 1 + this."),
                   .min = 0,
                   .max = 1,
                   .usual = {UsualRange{"", 0, 0.3}},
                   .related = {"dataset.params.latent_cache"},
                   .importance = Importance::Expert,
                   .fractional = true}),
            field("saturation_jitter", &C::saturationJitter,
                  {.label = ATELIER_TR("Saturation at random"),
                   .help = ATELIER_TR("Saturation is multiplied by a factor drawn from 1 − this … 1 + this."),
                   .min = 0,
                   .max = 1,
                   .usual = {UsualRange{"", 0, 0.3}},
                   .related = {"dataset.params.latent_cache"},
                   .importance = Importance::Expert,
                   .fractional = true}),
            field("hue_jitter", &C::hueJitter,
                  {.label = ATELIER_TR("Hue at random"),
                   .help = ATELIER_TR("The hue is turned by a share of the colour circle drawn from −this … "
                                      "this."),
                   .min = 0,
                   .max = 0.5,
                   .usual = {UsualRange{"", 0, 0.1}},
                   .related = {"dataset.params.latent_cache"},
                   .importance = Importance::Expert,
                   .fractional = true}),
            field("latent_cache", &C::latentCache,
                  {.label = ATELIER_TR("Latent cache"),
                   .help = ATELIER_TR(
                       "Encodes every picture once and keeps the latents, instead of at every visit: in "
                       "memory for this run, or on disk for later and other runs, too."),
                   .higher = ATELIER_TR("Much faster steps on small data sets; no random crops, flips or "
                                        "colours, and memory or disk per picture."),
                   .related = {"dataset.params.text_cache", "dataset.params.cache_folder"}}),
            field("text_cache", &C::textCache,
                  {.label = ATELIER_TR("Text cache"),
                   .help = ATELIER_TR("Keeps what the text encoders make of a caption, instead of encoding "
                                      "it at every visit; for runs that train no text encoder and captions "
                                      "that are not drawn anew."),
                   .higher = ATELIER_TR("Faster steps; memory or disk per caption, more than its picture's "
                                        "latents take."),
                   .related = {"dataset.params.latent_cache", "dataset.params.cache_folder"}}),
            field("cache_folder", &C::cacheFolder,
                  {.label = ATELIER_TR("Cache folder"),
                   .help = ATELIER_TR("Where latents and texts are kept on disk, for all runs that name it; "
                                      "absent: ~/.cache/atelier/encoded. `atelier-engine cache` shows how "
                                      "much it holds and clears it."),
                   .related = {"dataset.params.latent_cache", "dataset.params.text_cache"},
                   .importance = Importance::Expert,
                   .text = TextKind::Folder}),
            field(
                "validation_share", &C::validationShare,
                {.label = ATELIER_TR("Held back for validation"),
                 .help = ATELIER_TR("Share of the samples that is never trained on; the loss over it, always "
                                    "with the same noise, shows when a run begins to memorise."),
                 .min = 0,
                 .max = 0.9,
                 .usual = {UsualRange{"", 0, 0.2}},
                 .higher = ATELIER_TR("A steadier number; less to learn from."),
                 .related = {"dataset.params.validation_path", "dataset.params.validation_every"},
                 .fractional = true}),
            field("validation_path", &C::validationPath,
                  {.label = ATELIER_TR("Validation shards"),
                   .help = ATELIER_TR("Shards of their own for validation, instead of a share."),
                   .importance = Importance::Expert,
                   .text = TextKind::Shards}),
            field("validation_every", &C::validationEvery,
                  {.label = ATELIER_TR("Validate every"),
                   .help =
                       ATELIER_TR("Optimizer steps between two validations; absent: whenever a checkpoint "
                                  "is due. Before the first and after the last step it is done in any case."),
                   .unit = "steps",
                   .min = 1,
                   .related = {"dataset.params.validation_share"}}),
            field("validation_count", &C::validationCount,
                  {.label = ATELIER_TR("Validation samples"),
                   .help = ATELIER_TR("How many of the held back samples are used at most."),
                   .unit = "images",
                   .min = 1,
                   .max = 1e6,
                   .higher = ATELIER_TR("A steadier number, longer pauses."),
                   .importance = Importance::Expert}),
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
                   .help = ATELIER_TR("JSON file or map from class to prompt: the prompt of a sample's class "
                                      "(.cls in shards, the columns cls, label or class, a folder's name) is "
                                      "its caption."),
                   .importance = Importance::Expert,
                   .text = TextKind::File}),
            field(
                "image_column", &C::imageColumn,
                {.label = ATELIER_TR("Column of pictures"),
                 .help = ATELIER_TR("Which column names the picture (tables) or holds it (Parquet); absent: "
                                    "the first with a usual name."),
                 .when = "dataset.type=Parquet|CSV",
                 .importance = Importance::Expert}),
            field("caption_column", &C::captionColumn,
                  {.label = ATELIER_TR("Column of captions"),
                   .help = ATELIER_TR("Which column holds the caption; absent: text, caption, prompt or "
                                      "title."),
                   .when = "dataset.type=Parquet|CSV",
                   .importance = Importance::Expert}),
            field("caption_folder", &C::captionFolder,
                  {.label = ATELIER_TR("Folder of captions"),
                   .help = ATELIER_TR("Captions are NAME.txt in this folder, not beside their pictures."),
                   .when = "dataset.type=ImageFolder",
                   .importance = Importance::Expert,
                   .text = TextKind::Folder}),
            field("mask_folder", &C::maskFolder,
                  {.label = ATELIER_TR("Folder of masks"),
                   .help = ATELIER_TR("Masks are NAME.png in this folder, not beside their pictures; 00012 "
                                      "and 12 are one name."),
                   .when = "dataset.type=ImageFolder",
                   .importance = Importance::Expert,
                   .text = TextKind::Folder}),
            field(
                "with_replacement", &C::withReplacement,
                {.label = ATELIER_TR("Draw with replacement"),
                 .help = ATELIER_TR("Each sample is drawn from all of them, as open-diffusion draws shards, "
                                    "instead of passes that show every sample once."),
                 .importance = Importance::Expert}),
            field("stream_shards", &C::streamShards,
                  {.label = ATELIER_TR("Shards at hand"),
                   .help = ATELIER_TR(
                       "For shards from elsewhere that do not fit on this disk: so many are mixed with each "
                       "other, the next ones arrive meanwhile, and those that are done are removed. Absent: "
                       "all are fetched before the training."),
                   .unit = "shards",
                   .min = 1,
                   .max = 4096,
                   .usual = {UsualRange{"", 4, 64}},
                   .higher = ATELIER_TR("Samples are mixed better; more disk."),
                   .lower = ATELIER_TR("Less disk; samples of few shards follow each other."),
                   .importance = Importance::Expert}),
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

enum class OptimizerName { AdamW, AdamW8bit, Lion, Sgd, Adafactor, Prodigy };
template <>
struct EnumNames<OptimizerName> {
    static constexpr std::array kNames{
        EnumName{OptimizerName::AdamW, "adamw", ATELIER_TR("AdamW")},
        EnumName{OptimizerName::AdamW8bit, "adamw_8bit", ATELIER_TR("AdamW, 8 bit")},
        EnumName{OptimizerName::Lion, "lion", ATELIER_TR("Lion")},
        EnumName{OptimizerName::Sgd, "sgd", ATELIER_TR("SGD")},
        EnumName{OptimizerName::Adafactor, "adafactor", ATELIER_TR("Adafactor")},
        EnumName{OptimizerName::Prodigy, "prodigy", ATELIER_TR("Prodigy")},
        EnumName{OptimizerName::AdamW8bit, "adamw8bit", ""},
    };
};

struct OptimizerParams {
    double learningRate = 1e-4;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double weightDecay = 0.01;
    double epsilon = 1e-8;
    double momentum = 0;          // sgd
    double d0 = 1e-6, dCoef = 1;  // prodigy, as the next two
    bool useBiasCorrection = false, safeguardWarmup = false;
    std::optional<double> textEncoderLearningRate;  // absent: the same
    std::optional<double> tokenLearningRate;        // absent: the same

    static constexpr auto fields() {
        using C = OptimizerParams;
        return std::tuple{
            field("learning_rate", &C::learningRate,
                  {.label = ATELIER_TR("Learning rate"),
                   .help = ATELIER_TR("Peak step size after warm-up."),
                   .min = 0,
                   .max = 1,
                   .usual = {UsualRange{"lora", 1e-5, 1e-3}, UsualRange{"finetune", 1e-6, 1e-4},
                             UsualRange{"scratch", 1e-5, 3e-3}, UsualRange{"autoencoder", 1e-5, 5e-3},
                             UsualRange{"textual_inversion", 1e-5, 0.1}},
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
            field("momentum", &C::momentum,
                  {.label = ATELIER_TR("Momentum"),
                   .help = ATELIER_TR("Share of the last update's direction that SGD goes on with."),
                   .min = 0,
                   .max = 1,
                   .usual = {UsualRange{"", 0, 0.99}},
                   .when = "optimizer.name=sgd"}),
            field("d0", &C::d0,
                  {.label = ATELIER_TR("First d"),
                   .help = ATELIER_TR("Prodigy's step size before it knows better; it only ever grows."),
                   .min = 1e-12,
                   .max = 1,
                   .usual = {UsualRange{"", 1e-8, 1e-4}},
                   .when = "optimizer.name=prodigy",
                   .importance = Importance::Expert,
                   .fractional = true}),
            field("d_coef", &C::dCoef,
                  {.label = ATELIER_TR("Factor of d"),
                   .help = ATELIER_TR("Multiplies the step size that Prodigy finds."),
                   .min = 1e-3,
                   .max = 1000,
                   .usual = {UsualRange{"", 0.1, 10}},
                   .higher = ATELIER_TR("Learns faster; too high and pictures fry."),
                   .lower = ATELIER_TR("Safer and slower."),
                   .when = "optimizer.name=prodigy",
                   .fractional = true}),
            field("use_bias_correction", &C::useBiasCorrection,
                  {.label = ATELIER_TR("Bias correction"),
                   .help = ATELIER_TR("Adam's correction of the first steps, which here acts as a warm-up."),
                   .when = "optimizer.name=prodigy",
                   .importance = Importance::Expert}),
            field("safeguard_warmup", &C::safeguardWarmup,
                  {.label = ATELIER_TR("Safe with warm-up"),
                   .help =
                       ATELIER_TR("Keeps a warm-up of the learning rate from inflating what Prodigy finds."),
                   .when = "optimizer.name=prodigy",
                   .importance = Importance::Expert}),
            field("text_encoder_learning_rate", &C::textEncoderLearningRate,
                  {.label = ATELIER_TR("Learning rate, text encoder"),
                   .help = ATELIER_TR("Peak step size of the text encoder's weights; it follows the same "
                                      "schedule. Absent: as the UNet's."),
                   .min = 0,
                   .max = 1,
                   .higher = ATELIER_TR("Learns new words faster."),
                   .lower =
                       ATELIER_TR("Keeps more of what the text encoder knew; half of the UNet's is usual."),
                   .related = {"optimizer.params.learning_rate"},
                   .when = "model.train_text_encoder=true",
                   .fractional = true}),
            field("token_learning_rate", &C::tokenLearningRate,
                  {.label = ATELIER_TR("Learning rate, new words"),
                   .help = ATELIER_TR("Peak step size of the vectors of method.tokens; it follows the same "
                                      "schedule. Absent: as everything else."),
                   .min = 0,
                   .max = 10,
                   .usual = {UsualRange{"", 1e-5, 0.1}},
                   .related = {"optimizer.params.learning_rate", "method.tokens"},
                   .when = "method.type=textual_inversion|lora",
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
            field(
                "name", &C::name,
                {.label = ATELIER_TR("Optimizer"),
                 .help = ATELIER_TR(
                     "Update rule. What it keeps in memory per trained weight: adamw 8 bytes, adamw_8bit 2, "
                     "lion 4, sgd none (4 with momentum), adafactor less than 1, prodigy 16. Prodigy "
                     "finds its own step size; its learning rate is a factor, usually 1.")}),
            field("params", &C::params,
                  {.label = ATELIER_TR("Parameters"), .help = ATELIER_TR("Numbers of the update rule.")}),
        };
    }
};
ATELIER_SECTION(OptimizerConfig);

enum class LrScheduler {
    ConstantWithWarmup,
    CosineWithWarmup,
    CosineWithRestarts,
    LinearWithWarmup,
    PolynomialWithWarmup,
    InverseSqrtWithWarmup,
    OneCycle,
};
template <>
struct EnumNames<LrScheduler> {
    static constexpr std::array kNames{
        EnumName{LrScheduler::ConstantWithWarmup, "ConstantWithWarmup", ATELIER_TR("Constant")},
        EnumName{LrScheduler::CosineWithWarmup, "CosineWithWarmup", ATELIER_TR("Cosine")},
        EnumName{LrScheduler::CosineWithRestarts, "CosineWithRestarts", ATELIER_TR("Cosine with restarts")},
        EnumName{LrScheduler::LinearWithWarmup, "LinearWithWarmup", ATELIER_TR("Linear")},
        EnumName{LrScheduler::PolynomialWithWarmup, "PolynomialWithWarmup", ATELIER_TR("Polynomial")},
        EnumName{LrScheduler::InverseSqrtWithWarmup, "InverseSqrtWithWarmup",
                 ATELIER_TR("Inverse square root")},
        EnumName{LrScheduler::OneCycle, "OneCycle", ATELIER_TR("One cycle")},
    };
};

struct LrSchedulerParams {
    std::optional<double> learningRate;        // absent: optimizer.params.learning_rate
    std::int64_t warmupLength = 0;             // updates
    std::optional<std::int64_t> warmupImages;  // instead
    std::int64_t cycles = 1;                   // CosineWithRestarts
    double power = 1;                          // PolynomialWithWarmup
    double minRatio = 0;                       // lowest share of the peak

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
            field("warmup_images", &C::warmupImages,
                  {.label = ATELIER_TR("Warm-up in images"),
                   .help = ATELIER_TR("Warm-up counted in images instead of steps: the same whatever the "
                                      "batch; the steps that begin within it."),
                   .unit = "images",
                   .min = 0,
                   .usual = {UsualRange{"", 0, 1e6}},
                   .related = {"lr_scheduler.params.warmup_length"},
                   .importance = Importance::Expert}),
            field("cycles", &C::cycles,
                  {.label = ATELIER_TR("Cycles"),
                   .help = ATELIER_TR("How often the cosine starts again at the peak."),
                   .min = 1,
                   .max = 1000,
                   .usual = {UsualRange{"", 1, 20}},
                   .when = "lr_scheduler.scheduler=CosineWithRestarts"}),
            field("power", &C::power,
                  {.label = ATELIER_TR("Power"),
                   .help = ATELIER_TR("Exponent of the falling share; 1 is a straight line."),
                   .min = 0,
                   .max = 100,
                   .usual = {UsualRange{"", 0.5, 4}},
                   .higher = ATELIER_TR("Falls sooner."),
                   .when = "lr_scheduler.scheduler=PolynomialWithWarmup",
                   .fractional = true}),
            field("min_ratio", &C::minRatio,
                  {.label = ATELIER_TR("Lowest share"),
                   .help = ATELIER_TR("Where a falling schedule ends, as a share of the peak."),
                   .min = 0,
                   .max = 1,
                   .usual = {UsualRange{"", 0, 0.5}},
                   .higher = ATELIER_TR("Keeps learning until the end."),
                   .when = "lr_scheduler.scheduler=CosineWithWarmup|CosineWithRestarts|LinearWithWarmup|"
                           "PolynomialWithWarmup",
                   .fractional = true}),
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
                   .help = ATELIER_TR("How the learning rate goes on after warm-up: constant, or falling "
                                      "along a cosine, a line, a power or 1/√step. OneCycle rises and falls "
                                      "along cosines."),
                   .importance = Importance::Basic}),
            field("params", &C::params,
                  {.label = ATELIER_TR("Parameters"), .help = ATELIER_TR("Numbers of the schedule.")}),
        };
    }
};
ATELIER_SECTION(LrSchedulerConfig);

}  // namespace atelier
