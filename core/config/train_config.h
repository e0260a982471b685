// SPDX-License-Identifier: GPL-3.0-or-later
// TrainConfig: everything a training run is told, as plain structs whose member initialisers are the
// defaults. Filled by loadTrainConfig (core/config/load.h); read by core/engine, core/run, core/cluster and
// the studio.
#pragma once

#include "core/config/sections/experiment.h"
#include "core/config/sections/loss.h"
#include "core/config/sections/model.h"
#include "core/config/sections/output.h"
#include "core/config/sections/training.h"

namespace atelier {

inline constexpr std::int64_t kConfigVersion = 1;

struct TrainConfig {
    std::int64_t configVersion = kConfigVersion;
    ExperimentConfig experiment;
    MethodConfig method;
    ModelConfig model;
    DatasetConfig dataset;
    OptimizerConfig optimizer;
    LrSchedulerConfig lrScheduler;
    LossConfig loss;
    SystemConfig system;
    SamplingConfig sampling;
    CheckpointConfig checkpoint;
    TrackingConfig tracking;
    DistributedConfig distributed;
    std::optional<WandbConfig> wandb;  // absent: no W&B
    ClusterConfig cluster;

    static constexpr auto fields() {
        using C = TrainConfig;
        return std::tuple{
            field("config_version", &C::configVersion,
                  {.label = ATELIER_TR("Format"),
                   .help = ATELIER_TR("Version of this file's format; files without it are version 1."),
                   .min = 1,
                   .importance = Importance::Expert}),
            field("experiment", &C::experiment,
                  {.label = ATELIER_TR("Run"), .help = ATELIER_TR("Name, place and length of the run.")}),
            field("method", &C::method,
                  {.label = ATELIER_TR("Method"), .help = ATELIER_TR("What is trained.")}),
            field(
                "model", &C::model,
                {.label = ATELIER_TR("Model"), .help = ATELIER_TR("The networks and where they come from.")}),
            field("dataset", &C::dataset,
                  {.label = ATELIER_TR("Data"), .help = ATELIER_TR("What is learned from.")}),
            field("optimizer", &C::optimizer,
                  {.label = ATELIER_TR("Optimizer"), .help = ATELIER_TR("How weights move.")}),
            field("lr_scheduler", &C::lrScheduler,
                  {.label = ATELIER_TR("Learning-rate schedule"),
                   .help = ATELIER_TR("How the learning rate changes over the run.")}),
            field("loss", &C::loss, {.label = ATELIER_TR("Loss"), .help = ATELIER_TR("What is minimised.")}),
            field("system", &C::system,
                  {.label = ATELIER_TR("Compute"), .help = ATELIER_TR("Batch, devices and threads.")}),
            field("sampling", &C::sampling,
                  {.label = ATELIER_TR("Sample pictures"),
                   .help = ATELIER_TR("Pictures made while training.")}),
            field(
                "checkpoint", &C::checkpoint,
                {.label = ATELIER_TR("Checkpoints"), .help = ATELIER_TR("Which checkpoints stay on disk.")}),
            field("tracking", &C::tracking,
                  {.label = ATELIER_TR("Curves"), .help = ATELIER_TR("What is recorded while training.")}),
            field("distributed", &C::distributed,
                  {.label = ATELIER_TR("Several devices"),
                   .help = ATELIER_TR("How the processes of a run talk to each other."),
                   .importance = Importance::Expert}),
            field("wandb", &C::wandb,
                  {.label = ATELIER_TR("Weights & Biases"),
                   .help = ATELIER_TR("Tracking service; absent: not used."),
                   .importance = Importance::Expert}),
            field("cluster", &C::cluster,
                  {.label = ATELIER_TR("Cluster job"),
                   .help = ATELIER_TR("What a batch job asks for when the run is exported or submitted.")}),
        };
    }
};
ATELIER_SECTION(TrainConfig);

// Whether curves and pictures go anywhere besides the run folder.
bool isTracked(const TrainConfig& config);

}  // namespace atelier
