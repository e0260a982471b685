// SPDX-License-Identifier: GPL-3.0-or-later
// A configuration resolved for one run: paths expanded, defaults filled, names turned into types. Made once
// from TrainConfig (settings.cpp), read by everything in this folder.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/data/dataset_index.h"
#include "core/data/sample_source.h"
#include "core/engine/eval/generate.h"
#include "core/engine/models/lora.h"
#include "core/engine/models/token_vectors.h"
#include "core/engine/train/lr_schedule.h"
#include "core/engine/train/objective.h"
#include "core/engine/train/optimizer.h"

namespace atelier {
struct TrainConfig;
}

namespace atelier::train {

// Where one component comes from: a folder that holds it (pretrained), or constructor arguments (from
// scratch).
struct ComponentSource {
    fs::path folder;  // the component's own folder, or a pipeline folder that has it as a sub-folder
    std::optional<Json> params;
    std::string target;  // class name; empty: the usual one
    bool given() const { return !folder.empty() || params.has_value(); }
};

enum class Method { TextToImage, Autoencoder, WithoutText };
enum class NonFinitePolicy { Skip, Stop };

struct ModelSources {
    ComponentSource unet, vae, textEncoder, tokenizer;
    ComponentSource textEncoder2, tokenizer2;  // SDXL; its refiner has these alone
    ComponentSource trainingSchedule;          // what noise is added while training
    ComponentSource inferenceSchedule;  // what the saved pipeline carries; not given: the training schedule
    std::optional<PredictionType> predictionType;  // absent: what the training schedule says
};

struct LoraSettings {
    LoraOptions options;
    fs::path init;  // adapter weights to start from; empty: B is zero
};

struct TokenSettings {
    std::vector<NewToken> tokens;
    double ratio = 1;         // of their learning rate over the others'
    bool keepLength = false;  // each vector as long as the model's own are on average
};

struct ControlSettings {
    fs::path init;  // a ControlNet's folder to go on from; empty: a copy of the UNet's first half
};

// What a model without text is told.
struct LabelSettings {
    std::vector<std::string> classes;
    int maskLabels = 0;
};

struct PriorSettings {
    std::string prompt;                 // of the class: "a photo of a dog"
    std::optional<std::int64_t> count;  // absent: 200 for each picture of the subject
    double weight = 1;                  // of the class pictures' loss
    fs::path folder;                    // where they are and are kept
};

// Weights of means over elements.
struct AutoencoderLoss {
    double l1 = 1.0;
    double mse = 1.0;
    double kl = 1e-6;                          // AutoencoderKL
    double codebook = 1.0, commitment = 0.25;  // VQModel
    double lpips = 0;
    fs::path lpipsFile, lpipsBackbone;
};

enum class DiscriminatorLoss { Hinge, Mse };
struct DiscriminatorSettings {
    double weight = 0.5;     // of what it says in the autoencoder's loss
    std::int64_t start = 0;  // updates before it begins
    DiscriminatorLoss loss = DiscriminatorLoss::Hinge;
    bool adaptive = true;  // the weight times the ratio of gradients at the decoder's end
    int layers = 3, width = 64;
};

// Where what is encoded once is kept.
enum class CacheKind { Off, Memory, Disk };

// Samples that are held back from training, and how often the loss over them is taken.
struct ValidationSettings {
    double share = 0;  // of the dataset, when there is no path
    std::string path;
    std::int64_t every = 1000;  // updates
    std::int64_t count = 256;   // samples at most
};

struct Settings {
    // what and how long
    std::string name;  // of the run
    Method method = Method::TextToImage;
    std::uint64_t seed = 0;
    std::int64_t totalImages = 0;   // as asked for
    std::int64_t batchSize = 1;     // of one micro-step
    std::int64_t accumulation = 1;  // micro-steps per update
    std::int64_t totalUpdates = 0;  // totalImages // (batchSize · accumulation), at least 1
    // open-diffusion's arithmetic: gradients are clipped, and checkpoints counted, by passes (micro-steps).
    bool byPasses = false;

    // model
    ModelSources models;
    bool trainTextEncoder = false;
    std::optional<LoraSettings> lora;
    std::optional<TokenSettings> tokens;     // with neither, the networks' own weights are trained
    std::optional<ControlSettings> control;  // a ControlNet is trained, everything else frozen
    std::optional<LabelSettings> labels;     // the model is told no text
    bool inpainting = false;  // the UNet sees a mask and the picture's kept part beside the latents
    bool gradientCheckpointing = false;
    at::ScalarType computeType = at::kFloat;
    std::optional<PriorSettings> prior;  // absent: only the subject's pictures
    AutoencoderLoss autoencoderLoss;
    std::optional<DiscriminatorSettings> discriminator;
    std::optional<double> codebookDecay;  // the codebook follows its vectors; absent: it learns by gradient

    // optimisation
    Objective objective;
    bool zeroTerminalSnr = false;  // betas rescaled so that the last timestep holds no signal
    OptimizerOptions optimizer;
    double textEncoderRatio = 1;  // its learning rate over the UNet's
    LrSchedule learningRate;
    std::optional<double> maxGradNorm;
    std::optional<EmaOptions> ema;
    fs::path emaStart;  // where the averages begin; empty: at the weights
    NonFinitePolicy nonFinite = NonFinitePolicy::Skip;

    // data
    std::string dataset;  // a folder of shards or a brace pattern; tables, Parquet files, folders
    data::SourceKind sourceKind = data::SourceKind::Shards;
    std::string imageColumn, captionColumn;  // empty: the usual names
    fs::path captionFolder, maskFolder;      // of folders of pictures; empty: beside them
    std::map<std::string, std::string> filters;
    data::TrainPlan plan;
    std::optional<data::BucketOptions> buckets;  // absent: squares
    int workers = 2;
    std::optional<ValidationSettings> validation;
    std::optional<std::int64_t> streamShards;  // at hand, of those that come and go; absent: all are kept
    CacheKind latentCache = CacheKind::Off;    // the autoencoder's moments of every sample
    CacheKind textCache = CacheKind::Off;      // what the text encoders make of the captions
    fs::path cacheFolder;                      // of what is kept on disk

    // pictures during training
    std::optional<std::int64_t> sampleEvery;  // updates
    bool sampleAtStart = false;
    std::vector<std::string> prompts;
    std::string negativePrompt;
    std::uint64_t sampleSeed = 0;
    eval::GenerateOptions generate;
    bool modelsSampler = false;  // the one that the model's scheduler_config.json stands for

    // checkpoints and reports
    std::int64_t saveEvery = 1000;          // updates; passes when byPasses
    std::optional<std::int64_t> keepLast;   // absent: keep all
    std::optional<std::int64_t> keepEvery;  // additionally every n-th update
    std::int64_t metricsEvery = 1;          // updates between metric events

    // machine
    at::Device device = at::kCPU;
    bool tf32Convolutions = true, tf32Products = false;
    int threads = 0;

    std::int64_t imagesPerUpdate() const { return batchSize * accumulation; }
    // Whether a checkpoint is due after so many updates.
    bool savesAfter(std::int64_t step) const {
        const auto unit = byPasses ? accumulation : 1;
        return step * unit / saveEvery > (step - 1) * unit / saveEvery;
    }
    // How open-diffusion's users know a checkpoint: its number of updates; of the last pass, from 0, when
    // byPasses.
    std::int64_t publicStep(std::int64_t step) const { return byPasses ? step * accumulation - 1 : step; }
    // Whether the networks stay as they are and something small beside them is trained.
    bool trainsAdapters() const { return lora || tokens; }
};

// What a sample must have to be trained on; without a split.
data::DatasetOptions datasetOptions(const Settings& settings);

// `device`: auto | cpu | cuda, from the command line; "" = what the configuration says. Paths in the
// configuration are absolute already (core/config/load.h). Errors (code Config) name the key.
Result<Settings> makeSettings(const TrainConfig& config, const std::string& device = {});
// The part of it that replay uses: model, optimisation, batch; no dataset, no pictures.
Result<Settings> makeReplaySettings(const TrainConfig& config, const std::string& device = {});

}  // namespace atelier::train
