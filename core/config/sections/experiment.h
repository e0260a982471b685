// SPDX-License-Identifier: GPL-3.0-or-later
// Sections experiment, system and distributed: what the run is called, how long it goes, where and with what
// it computes. Part of TrainConfig (core/config/train_config.h).
#pragma once

#include "core/config/field.h"

namespace atelier {

enum class Compat { Native, OpenDiffusion };
template <>
struct EnumNames<Compat> {
    static constexpr std::array kNames{
        EnumName{Compat::Native, "native", ATELIER_TR("Atelier")},
        EnumName{Compat::OpenDiffusion, "open_diffusion", ATELIER_TR("open-diffusion")},
    };
};

struct ExperimentConfig {
    std::string name;
    std::string logDir;
    std::string project = "atelier";
    std::optional<std::string> folder;
    std::int64_t numExamplesToSee = 0;  // images over all ranks; required
    std::int64_t saveEvery = 1000;      // updates
    bool saveOnlyMostRecent = false;
    bool requeue = false;
    std::optional<std::string> evalCaptionFile;
    std::int64_t numEvalImages = 1000;
    std::int64_t seed = 0;
    Compat compat = Compat::Native;
    std::string notes;

    static constexpr auto fields() {
        using C = ExperimentConfig;
        return std::tuple{
            field("name", &C::name,
                  {.label = ATELIER_TR("Name"),
                   .help = ATELIER_TR("Name of the run and of its folder inside the log folder."),
                   .related = {"experiment.log_dir"},
                   .importance = Importance::Basic,
                   .required = true}),
            field("log_dir", &C::logDir,
                  {.label = ATELIER_TR("Log folder"),
                   .help = ATELIER_TR(
                       "Folder that holds the run folders: the run is written to <log folder>/<name>. With "
                       "s3://bucket/folder it is written to a folder of the user's cache, everything goes to "
                       "the bucket while it runs, and a machine that has nothing of it goes on from there."),
                   .related = {"experiment.name"},
                   .importance = Importance::Basic,
                   .text = TextKind::Folder,
                   .required = true}),
            field(
                "project", &C::project,
                {.label = ATELIER_TR("Project"),
                 .help = ATELIER_TR("Project that a tracker files the run under; not part of the folder.")}),
            field("folder", &C::folder,
                  {.label = ATELIER_TR("Run folder"),
                   .help = ATELIER_TR(
                       "Set by the engine to <log folder>/<name>; a value given here is replaced."),
                   .importance = Importance::Expert,
                   .text = TextKind::Folder}),
            field("num_examples_to_see", &C::numExamplesToSee,
                  {.label = ATELIER_TR("Images to train on"),
                   .help = ATELIER_TR(
                       "Total number of images seen before the run ends, repeats counted, over all devices. "
                       "Divided by the effective batch it gives the number of steps."),
                   .unit = "images",
                   .min = 1,
                   .usual = {UsualRange{"lora", 500, 100'000}, UsualRange{"finetune", 1'000, 10'000'000},
                             UsualRange{"scratch", 50'000, 4e9}, UsualRange{"autoencoder", 20'000, 1e9}},
                   .higher = ATELIER_TR("Longer training; a small data set is memorised sooner or later."),
                   .lower = ATELIER_TR("Done sooner; the pictures may still be rough."),
                   .related = {"system.batch_size", "system.gradient_accumulation", "experiment.save_every"},
                   .importance = Importance::Basic,
                   .required = true}),
            field("save_every", &C::saveEvery,
                  {.label = ATELIER_TR("Checkpoint every"),
                   .help = ATELIER_TR("Optimizer steps between checkpoints."),
                   .unit = "steps",
                   .min = 1,
                   .usual = {UsualRange{"", 50, 20'000}},
                   .higher = ATELIER_TR("Less disk and time; more work lost when a machine dies."),
                   .lower = ATELIER_TR("Little is lost; more disk, and time spent writing."),
                   .related = {"checkpoint.keep_last", "checkpoint.keep_every", "sampling.every"},
                   .importance = Importance::Basic}),
            field("save_only_most_recent", &C::saveOnlyMostRecent,
                  {.label = ATELIER_TR("Keep only the newest checkpoint"),
                   .help = ATELIER_TR("An older checkpoint is removed once the new one was read back."),
                   .related = {"checkpoint.keep_last"}}),
            field("requeue", &C::requeue,
                  {.label = ATELIER_TR("Continue an existing run"),
                   .help = ATELIER_TR("When the run folder already holds a checkpoint, go on from it; "
                                      "otherwise an existing name is refused.")}),
            field("eval_caption_file", &C::evalCaptionFile,
                  {.label = ATELIER_TR("Evaluation captions"),
                   .help = ATELIER_TR("CSV file with the columns uid and caption; pictures of its first rows "
                                      "are made at each checkpoint."),
                   .related = {"experiment.num_eval_images", "sampling.prompts"},
                   .text = TextKind::File}),
            field("num_eval_images", &C::numEvalImages,
                  {.label = ATELIER_TR("Evaluation pictures"),
                   .help = ATELIER_TR("Pictures made from the evaluation captions at each checkpoint."),
                   .unit = "images",
                   .min = 0,
                   .higher = ATELIER_TR("Better statistics, longer pauses."),
                   .lower = ATELIER_TR("Shorter pauses."),
                   .related = {"experiment.eval_caption_file"}}),
            field("seed", &C::seed,
                  {.label = ATELIER_TR("Seed"),
                   .help = ATELIER_TR("Decides data order, noise, timesteps and initial weights. The same "
                                      "seed gives the same run."),
                   .min = 0,
                   .max = 9.0e15,
                   .related = {"sampling.seed"}}),
            field("compat", &C::compat,
                  {.label = ATELIER_TR("Arithmetic of"),
                   .help =
                       ATELIER_TR("open_diffusion brings back that system's arithmetic for comparisons with "
                                  "its runs: passes instead of updates are counted and clipped, AdamW "
                                  "whatever the name, the noise as target, shards drawn with replacement."),
                   .importance = Importance::Expert}),
            field("notes", &C::notes,
                  {.label = ATELIER_TR("Notes"), .help = ATELIER_TR("Free text kept with the run.")}),
        };
    }
};
ATELIER_SECTION(ExperimentConfig);

enum class DeviceChoice { Auto, Cpu, Cuda };
template <>
struct EnumNames<DeviceChoice> {
    static constexpr std::array kNames{
        EnumName{DeviceChoice::Auto, "auto", ATELIER_TR("Automatic")},
        EnumName{DeviceChoice::Cpu, "cpu", ATELIER_TR("CPU")},
        EnumName{DeviceChoice::Cuda, "cuda", ATELIER_TR("NVIDIA GPU")},
    };
};

enum class TensorFloat { Convolutions, All, Off };
template <>
struct EnumNames<TensorFloat> {
    static constexpr std::array kNames{
        EnumName{TensorFloat::Convolutions, "convolutions", ATELIER_TR("Convolutions")},
        EnumName{TensorFloat::All, "all", ATELIER_TR("Convolutions and products")},
        EnumName{TensorFloat::Off, "off", ATELIER_TR("Off")},
        EnumName{TensorFloat::All, "true", ""},
        EnumName{TensorFloat::Off, "false", ""},
    };
};

struct SystemConfig {
    std::int64_t batchSize = 1;             // images per device and micro-step
    std::int64_t gradientAccumulation = 1;  // micro-steps per update
    std::int64_t workers = 4;               // decoding threads per device
    DeviceChoice device = DeviceChoice::Auto;
    TensorFloat tf32 = TensorFloat::Convolutions;
    std::optional<std::int64_t> threads;  // compute threads on the CPU; absent: all cores
    std::string distBackend = "nccl";
    std::string distUrl = "env://";

    static constexpr auto fields() {
        using C = SystemConfig;
        return std::tuple{
            field("batch_size", &C::batchSize,
                  {.label = ATELIER_TR("Batch size"),
                   .help = ATELIER_TR("Images per device in one forward pass."),
                   .unit = "images",
                   .min = 1,
                   .usual = {UsualRange{"lora", 1, 32}, UsualRange{"finetune", 1, 128},
                             UsualRange{"scratch", 8, 512}, UsualRange{"autoencoder", 4, 128}},
                   .higher = ATELIER_TR("Smoother gradients and better use of the device; more memory."),
                   .lower = ATELIER_TR("Less memory; noisier steps."),
                   .related = {"system.gradient_accumulation", "optimizer.params.learning_rate",
                               "experiment.num_examples_to_see"},
                   .importance = Importance::Basic,
                   .required = true}),
            field("gradient_accumulation", &C::gradientAccumulation,
                  {.label = ATELIER_TR("Gradient accumulation"),
                   .help = ATELIER_TR("Forward passes per optimizer step; the effective batch is batch size "
                                      "× accumulation × devices."),
                   .unit = "passes",
                   .min = 1,
                   .usual = {UsualRange{"", 1, 64}},
                   .higher = ATELIER_TR("A larger effective batch without more memory; slower steps."),
                   .lower = ATELIER_TR("Faster steps, a smaller effective batch."),
                   .related = {"system.batch_size"}}),
            field("workers", &C::workers,
                  {.label = ATELIER_TR("Data workers"),
                   .help = ATELIER_TR("Threads per device that read and decode images."),
                   .unit = "threads",
                   .min = 1,
                   .max = 1024,
                   .usual = {UsualRange{"", 1, 32}},
                   .higher = ATELIER_TR("Keeps a fast device fed; more memory and CPU."),
                   .lower = ATELIER_TR("Less load; the device may wait for data.")}),
            field("device", &C::device,
                  {.label = ATELIER_TR("Device"),
                   .help = ATELIER_TR("Where to compute. Automatic takes the GPU when there is one.")}),
            field("tf32", &C::tf32,
                  {.label = ATELIER_TR("TF32"),
                   .help = ATELIER_TR("What 32 bit arithmetic on NVIDIA GPUs may round to 10 bits of "
                                      "mantissa, which is several times as fast; convolutions is PyTorch's "
                                      "own choice."),
                   .related = {"model.mixed_precision"},
                   .importance = Importance::Expert}),
            field("threads", &C::threads,
                  {.label = ATELIER_TR("CPU threads"),
                   .help = ATELIER_TR("Compute threads on the CPU; absent means every core. Exact repetition "
                                      "needs the same number."),
                   .unit = "threads",
                   .min = 1,
                   .max = 1024}),
            field("dist_backend", &C::distBackend,
                  {.label = ATELIER_TR("Backend"),
                   .help = ATELIER_TR("Communication between devices: nccl for GPUs, gloo for CPUs. Usually "
                                      "${distributed.dist_backend}."),
                   .related = {"distributed.dist_backend"},
                   .importance = Importance::Expert}),
            field("dist_url", &C::distUrl,
                  {.label = ATELIER_TR("Rendezvous"),
                   .help = ATELIER_TR(
                       "How the processes of a run find each other. Usually ${distributed.dist_url}."),
                   .related = {"distributed.dist_url"},
                   .importance = Importance::Expert}),
        };
    }
};
ATELIER_SECTION(SystemConfig);

struct DistributedConfig {
    std::string distBackend = "nccl";
    std::string distUrl = "env://";

    static constexpr auto fields() {
        using C = DistributedConfig;
        return std::tuple{
            field("dist_backend", &C::distBackend,
                  {.label = ATELIER_TR("Backend"),
                   .help = ATELIER_TR("Communication between devices: nccl for GPUs, gloo for CPUs. Has no "
                                      "effect on a single device."),
                   .importance = Importance::Expert}),
            field("dist_url", &C::distUrl,
                  {.label = ATELIER_TR("Rendezvous"),
                   .help = ATELIER_TR(
                       "env:// reads MASTER_ADDR and MASTER_PORT, as torchrun and SLURM scripts set them."),
                   .importance = Importance::Expert}),
        };
    }
};
ATELIER_SECTION(DistributedConfig);

}  // namespace atelier
