// SPDX-License-Identifier: GPL-3.0-or-later
// Sections sampling, checkpoint, tracking, wandb and cluster: what comes out of a run and where it is sent.
// Part of TrainConfig (core/config/train_config.h).
#pragma once

#include "core/config/field.h"

namespace atelier {

enum class SamplerName {
    Auto,
    Ddim,
    Euler,
    EulerA,
    Heun,
    Lms,
    Dpmpp2m,
    Dpmpp2mKarras,
    Dpmpp2mSde,
    Dpmpp2mSdeKarras,
    DpmppSde,
    DpmppSdeKarras,
    UniPc,
    Pndm,
    Ddpm,
    Lcm
};
template <>
struct EnumNames<SamplerName> {
    static constexpr std::array kNames{
        EnumName{SamplerName::Auto, "auto", ATELIER_TR("The model's own")},
        EnumName{SamplerName::Ddim, "ddim", ATELIER_TR("DDIM")},
        EnumName{SamplerName::Euler, "euler", ATELIER_TR("Euler")},
        EnumName{SamplerName::EulerA, "euler_a", ATELIER_TR("Euler ancestral")},
        EnumName{SamplerName::Heun, "heun", ATELIER_TR("Heun")},
        EnumName{SamplerName::Lms, "lms", ATELIER_TR("LMS")},
        EnumName{SamplerName::Dpmpp2m, "dpmpp_2m", ATELIER_TR("DPM++ 2M")},
        EnumName{SamplerName::Dpmpp2mKarras, "dpmpp_2m_karras", ATELIER_TR("DPM++ 2M Karras")},
        EnumName{SamplerName::Dpmpp2mSde, "dpmpp_2m_sde", ATELIER_TR("DPM++ 2M SDE")},
        EnumName{SamplerName::Dpmpp2mSdeKarras, "dpmpp_2m_sde_karras", ATELIER_TR("DPM++ 2M SDE Karras")},
        EnumName{SamplerName::DpmppSde, "dpmpp_sde", ATELIER_TR("DPM++ SDE")},
        EnumName{SamplerName::DpmppSdeKarras, "dpmpp_sde_karras", ATELIER_TR("DPM++ SDE Karras")},
        EnumName{SamplerName::UniPc, "unipc", ATELIER_TR("UniPC")},
        EnumName{SamplerName::Pndm, "pndm", ATELIER_TR("PNDM (PLMS)")},
        EnumName{SamplerName::Ddpm, "ddpm", ATELIER_TR("DDPM")},
        EnumName{SamplerName::Lcm, "lcm", ATELIER_TR("LCM")},
    };
};

struct SamplingConfig {
    std::vector<std::string> prompts;
    std::optional<std::int64_t> every;  // updates; absent: with each checkpoint
    bool atStart = false;
    std::int64_t steps = 30;
    double guidance = 7.5;
    SamplerName sampler = SamplerName::Ddim;
    std::int64_t seed = 0;
    std::optional<std::int64_t> size;  // pixels; absent: dataset.params.resolution
    std::string negative;
    bool promptWeighting = false;

    static constexpr auto fields() {
        using C = SamplingConfig;
        return std::tuple{
            field("prompts", &C::prompts,
                  {.label = ATELIER_TR("Sample prompts"),
                   .help = ATELIER_TR(
                       "One picture is made from each while training; none given: no sample pictures."),
                   .importance = Importance::Basic,
                   .text = TextKind::Prompt}),
            field(
                "every", &C::every,
                {.label = ATELIER_TR("Sample every"),
                 .help = ATELIER_TR("Optimizer steps between sample pictures; absent: with each checkpoint."),
                 .unit = "steps",
                 .min = 1,
                 .usual = {UsualRange{"", 25, 20'000}},
                 .higher = ATELIER_TR("Fewer pauses."),
                 .lower = ATELIER_TR("A closer look at progress; each round pauses training."),
                 .related = {"experiment.save_every"},
                 .importance = Importance::Basic}),
            field("at_start", &C::atStart,
                  {.label = ATELIER_TR("Sample before the first step"),
                   .help = ATELIER_TR("Pictures of the model as it is before training, to compare with."),
                   .related = {"sampling.every"}}),
            field("steps", &C::steps,
                  {.label = ATELIER_TR("Sampling steps"),
                   .help = ATELIER_TR("Denoising steps per picture."),
                   .unit = "steps",
                   .min = 1,
                   .max = 1000,
                   .usual = {UsualRange{"", 10, 100}},
                   .higher = ATELIER_TR("Cleaner pictures, slower."),
                   .lower = ATELIER_TR("Faster, rougher.")}),
            field("guidance", &C::guidance,
                  {.label = ATELIER_TR("Guidance"),
                   .help = ATELIER_TR("How strongly the prompt is followed; 1 means no guidance."),
                   .min = 0,
                   .max = 100,
                   .usual = {UsualRange{"", 1, 15}},
                   .higher = ATELIER_TR("Closer to the prompt, harsher colours."),
                   .lower = ATELIER_TR("Freer and softer."),
                   .related = {"dataset.params.text_dropout"}}),
            field("sampler", &C::sampler,
                  {.label = ATELIER_TR("Sampler"),
                   .help = ATELIER_TR(
                       "Method that turns noise into a picture; auto: what the model's scheduler_config.json "
                       "stands for. Heun and DPM++ SDE run the network twice per "
                       "step; those called ancestral, SDE, DDPM and LCM add fresh noise; LCM is for models "
                       "distilled for it.")}),
            field(
                "seed", &C::seed,
                {.label = ATELIER_TR("Sample seed"),
                 .help = ATELIER_TR(
                     "Noise that each prompt starts from; the same at every round, so that rounds compare."),
                 .min = 0,
                 .max = 9.0e15}),
            field("size", &C::size,
                  {.label = ATELIER_TR("Picture size"),
                   .help = ATELIER_TR("Side of the sample pictures; absent: the training resolution."),
                   .unit = "px",
                   .min = 8,
                   .max = 8192,
                   .related = {"dataset.params.resolution"}}),
            field("negative", &C::negative,
                  {.label = ATELIER_TR("Negative prompt"),
                   .help = ATELIER_TR("What guidance leads away from."),
                   .text = TextKind::Prompt}),
            field("prompt_weighting", &C::promptWeighting,
                  {.label = ATELIER_TR("Prompt weighting"),
                   .help = ATELIER_TR(
                       "Reads (word:1.2), [word] and BREAK in sample prompts, and prompts longer than "
                       "the text encoder's window. Captions are never read so."),
                   .importance = Importance::Expert}),
        };
    }
};
ATELIER_SECTION(SamplingConfig);

struct CheckpointConfig {
    std::optional<std::int64_t> keepLast;   // absent: keep all
    std::optional<std::int64_t> keepEvery;  // updates; kept whatever keepLast says

    static constexpr auto fields() {
        using C = CheckpointConfig;
        return std::tuple{
            field("keep_last", &C::keepLast,
                  {.label = ATELIER_TR("Keep the last"),
                   .help = ATELIER_TR("Number of newest checkpoints to keep; absent: all."),
                   .unit = "checkpoints",
                   .min = 1,
                   .higher = ATELIER_TR("More ways back, more disk."),
                   .lower = ATELIER_TR("Less disk."),
                   .related = {"checkpoint.keep_every", "experiment.save_every",
                               "experiment.save_only_most_recent"}}),
            field("keep_every", &C::keepEvery,
                  {.label = ATELIER_TR("Also keep every"),
                   .help = ATELIER_TR("Checkpoints at multiples of this many steps are kept for good."),
                   .unit = "steps",
                   .min = 1,
                   .related = {"checkpoint.keep_last"}}),
        };
    }
};
ATELIER_SECTION(CheckpointConfig);

struct TrackingConfig {
    std::int64_t logEvery = 10;  // updates
    bool tensorboard = false;
    std::int64_t uploadEvery = 15;   // seconds
    std::int64_t finishWithin = 60;  // seconds
    std::optional<std::string> uploadTo;

    static constexpr auto fields() {
        using C = TrackingConfig;
        return std::tuple{
            field(
                "log_every", &C::logEvery,
                {.label = ATELIER_TR("Log every"),
                 .help = ATELIER_TR(
                     "Optimizer steps between points of the curves; each point is the mean since the last."),
                 .unit = "steps",
                 .min = 1,
                 .usual = {UsualRange{"", 1, 500}},
                 .higher = ATELIER_TR("Smaller logs."),
                 .lower = ATELIER_TR("Finer curves.")}),
            field("tensorboard", &C::tensorboard,
                  {.label = ATELIER_TR("TensorBoard files"),
                   .help = ATELIER_TR("Curves, sample pictures and settings also as event files in the run's "
                                      "folder tensorboard."),
                   .related = {"wandb.mode"}}),
            field("upload_every", &C::uploadEvery,
                  {.label = ATELIER_TR("Upload every"),
                   .help = ATELIER_TR("Seconds between two uploads to a tracking service."),
                   .unit = "s",
                   .min = 1,
                   .max = 3600,
                   .usual = {UsualRange{"", 5, 120}},
                   .higher = ATELIER_TR("Fewer requests."),
                   .lower = ATELIER_TR("Fresher curves there."),
                   .importance = Importance::Expert}),
            field(
                "finish_within", &C::finishWithin,
                {.label = ATELIER_TR("Finish uploads within"),
                 .help = ATELIER_TR("Longest time that a run waits at its end for what is still to be sent; "
                                    "what remains is sent by `atelier-engine track RUN_DIR`."),
                 .unit = "s",
                 .min = 0,
                 .max = 86'400,
                 .usual = {UsualRange{"", 10, 600}},
                 .importance = Importance::Expert}),
            field(
                "upload_to", &C::uploadTo,
                {.label = ATELIER_TR("Copy the run to"),
                 .help = ATELIER_TR("s3://bucket/folder that gets a copy of the run while it goes on: "
                                    "configuration, events, sample pictures and checkpoints. Keys come from "
                                    "the places of AWS's own tools."),
                 .related = {"tracking.finish_within", "checkpoint.keep_last"},
                 .importance = Importance::Expert}),
        };
    }
};
ATELIER_SECTION(TrackingConfig);

enum class WandbMode { Online, Offline, Disabled };
template <>
struct EnumNames<WandbMode> {
    static constexpr std::array kNames{
        EnumName{WandbMode::Online, "online", ATELIER_TR("Online")},
        EnumName{WandbMode::Offline, "offline", ATELIER_TR("Offline")},
        EnumName{WandbMode::Disabled, "disabled", ATELIER_TR("Off")},
    };
};

// Present in open-diffusion's files. The curves are recorded in the run folder in any case.
struct WandbConfig {
    std::string apiKey;
    std::optional<std::string> entity;
    WandbMode mode = WandbMode::Online;
    std::optional<std::string> runId;
    std::vector<std::string> tags;
    std::optional<std::string> group;
    std::optional<std::string> notes;
    std::optional<std::string> baseUrl;

    static constexpr auto fields() {
        using C = WandbConfig;
        return std::tuple{
            field("api_key", &C::apiKey,
                  {.label = ATELIER_TR("W&B key"),
                   .help = ATELIER_TR("Key of a Weights & Biases account. Better given as the environment "
                                      "variable WANDB_API_KEY, which comes first, or in ~/.netrc; never "
                                      "written to a run folder."),
                   .when = "wandb.mode=online",
                   .importance = Importance::Expert,
                   .text = TextKind::Secret}),
            field("entity", &C::entity,
                  {.label = ATELIER_TR("W&B entity"),
                   .help = ATELIER_TR("Account or team that the run belongs to."),
                   .importance = Importance::Expert}),
            field("mode", &C::mode,
                  {.label = ATELIER_TR("W&B mode"),
                   .help = ATELIER_TR("Whether curves also go to Weights & Biases; offline: into a file that "
                                      "`wandb sync` sends."),
                   .importance = Importance::Expert}),
            field("run_id", &C::runId,
                  {.label = ATELIER_TR("W&B run"),
                   .help = ATELIER_TR("Identity of the run there; kept when it is continued."),
                   .importance = Importance::Expert}),
            field("tags", &C::tags,
                  {.label = ATELIER_TR("W&B tags"),
                   .help = ATELIER_TR("Words to find the run by."),
                   .importance = Importance::Expert}),
            field("group", &C::group,
                  {.label = ATELIER_TR("W&B group"),
                   .help = ATELIER_TR("Runs of one group are shown together."),
                   .importance = Importance::Expert}),
            field("notes", &C::notes,
                  {.label = ATELIER_TR("W&B notes"),
                   .help = ATELIER_TR("A description of the run."),
                   .importance = Importance::Expert}),
            field("base_url", &C::baseUrl,
                  {.label = ATELIER_TR("W&B server"),
                   .help = ATELIER_TR("Address of a server of your own; absent: WANDB_BASE_URL, else "
                                      "https://api.wandb.ai."),
                   .importance = Importance::Expert}),
        };
    }
};
ATELIER_SECTION(WandbConfig);

// What a batch job asks for; which cluster, by the settings file (configs/clusters/*.yaml).
struct ClusterConfig {
    std::optional<std::string> settings;
    std::optional<std::string> partition;
    std::optional<std::string> account;
    std::optional<std::int64_t> nodes;
    std::optional<std::int64_t> gpusPerNode;
    std::optional<std::int64_t> cpusPerGpu;
    std::optional<std::string> memory;
    std::optional<std::string> timeLimit;

    static constexpr auto fields() {
        using C = ClusterConfig;
        return std::tuple{
            field("settings", &C::settings,
                  {.label = ATELIER_TR("Cluster settings"),
                   .help = ATELIER_TR("YAML file that describes the cluster (configs/clusters)."),
                   .text = TextKind::File}),
            field("partition", &C::partition,
                  {.label = ATELIER_TR("Partition"),
                   .help = ATELIER_TR("Queue of the cluster; absent: that of the cluster settings.")}),
            field("account", &C::account,
                  {.label = ATELIER_TR("Account"),
                   .help = ATELIER_TR(
                       "Project that the job is billed to; absent: that of the cluster settings.")}),
            field(
                "nodes", &C::nodes,
                {.label = ATELIER_TR("Nodes"),
                 .help = ATELIER_TR("Machines that the job asks for; absent: that of the cluster settings."),
                 .min = 1,
                 .max = 10'000}),
            field(
                "gpus_per_node", &C::gpusPerNode,
                {.label = ATELIER_TR("GPUs per node"),
                 .help = ATELIER_TR("One process is started per GPU; absent: that of the cluster settings."),
                 .min = 0,
                 .max = 64}),
            field("cpus_per_gpu", &C::cpusPerGpu,
                  {.label = ATELIER_TR("CPU cores per GPU"),
                   .help = ATELIER_TR("Cores for each process; absent: that of the cluster settings."),
                   .min = 1,
                   .max = 1024}),
            field("memory", &C::memory,
                  {.label = ATELIER_TR("Memory per node"),
                   .help = ATELIER_TR("As SLURM writes it, such as 64G; absent: the cluster's default.")}),
            field("time_limit", &C::timeLimit,
                  {.label = ATELIER_TR("Time limit"),
                   .help = ATELIER_TR("Longest run time, as [days-]hours:minutes:seconds; absent: that of "
                                      "the cluster settings."),
                   .related = {"experiment.requeue"}}),
        };
    }
};
ATELIER_SECTION(ClusterConfig);

}  // namespace atelier
