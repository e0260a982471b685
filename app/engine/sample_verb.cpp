// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine sample: pictures from a pipeline folder.
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>

#include "app/engine/cli.h"
#include "app/engine/cli_checks.h"
#include "app/engine/progress.h"
#include "app/engine/sample_inputs.h"
#include "app/engine/sample_models.h"
#include "app/engine/sample_output.h"
#include "app/engine/sample_requests.h"
#include "app/engine/stop_signals.h"
#include "core/base/strings.h"
#include "core/engine/eval/picture_file.h"
#include "core/engine/models/conditioning.h"
#include "core/engine/train/device.h"
#include "core/weights/hub_cache.h"

namespace atelier::cli {
namespace {

volatile std::sig_atomic_t stopSignal = 0;

// First Ctrl-C: end after the network evaluation at work; second: abort. SIGTERM and SIGUSR1 (SLURM's
// warning): end and say with exit code 4 that there is more to do.
void onStop(int signal) {
    if (stopSignal == SIGINT && signal == SIGINT) ::_exit(130);
    stopSignal = signal;
}

Status checkArguments(const SampleArguments& arguments) {
    if (!std::isfinite(arguments.guidance))
        return fail(ErrorCode::Usage, "it must be a finite number", "--guidance", "7.5 is usual; 1 is off.");
    if (arguments.strength >= 0 && arguments.start.image.empty())
        return fail(ErrorCode::Usage, "a strength needs a picture to start from", "--strength",
                    "Give --image.");
    // Before the model is loaded for nothing.
    for (const auto& [option, file] : {std::pair{"--latents", &arguments.start.latents},
                                       {"--image", &arguments.start.image},
                                       {"--mask", &arguments.start.mask},
                                       {"--depth", &arguments.start.depth}}) {
        std::error_code error;
        if (!file->empty() && !fs::exists(expandUser(*file), error))
            return fail(ErrorCode::Usage, fmt::format("there is no file \"{}\"", *file), option,
                        "Check the path.");
    }
    ATELIER_DO(checkModelFiles(arguments.models));
    if (arguments.guessMode && arguments.models.controls.empty())
        return fail(ErrorCode::Usage, "there is no ControlNet that it could be for", "--guess-mode",
                    "Give --controlnet and --control, or leave it out.");
    if (arguments.resume && !arguments.start.latents.empty())
        return fail(ErrorCode::Usage, "given noise cannot be resumed", "--resume",
                    "Leave out --latents or --resume.");
    return {};
}

// "auto": what the model's scheduler_config.json stands for.
Result<eval::GenerateOptions> makeOptions(const SampleArguments& arguments, const ScheduleConfig& schedule) {
    eval::GenerateOptions options;
    ATELIER_TRY(options.sampler, arguments.sampler == "auto" ? samplerFromConfig(schedule)
                                                             : samplerFromName(arguments.sampler));
    options.steps = arguments.steps;
    options.guidance = arguments.guidance;
    options.guidanceRescale = arguments.guidanceRescale;
    options.batch = arguments.batch;
    options.promptWeighting = arguments.promptWeighting;
    options.guessMode = arguments.guessMode;
    options.noiseLevel = arguments.noiseLevel;
    options.tiled = arguments.tiles;
    options.aestheticScore = arguments.aestheticScore.value_or(options.aestheticScore);
    options.negativeAestheticScore =
        arguments.negativeAestheticScore.value_or(options.negativeAestheticScore);
    if (!arguments.start.image.empty())
        options.strength = arguments.strength >= 0        ? arguments.strength
                           : arguments.start.mask.empty() ? 0.8
                                                          : 1.0;
    return options;
}

void showProgress(ProgressDisplay& display, const SampleOutput& output, int done, int total,
                  std::chrono::steady_clock::time_point start) {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    ProgressState state;
    state.phase = "sample";
    state.done = static_cast<std::uint64_t>(done);
    state.total = static_cast<std::uint64_t>(total);
    state.unit = "steps";
    if (seconds > 0) {
        state.rate = done / seconds;
        state.etaSeconds = (total - done) / state.rate;
    }
    state.extra = fmt::format("{} of {}", output.made(), plural(output.all(), "picture"));
    display.update(state);
}

using MakePictures =
    std::function<Status(const std::vector<eval::PictureRequest>& requests,
                         const eval::GenerateOptions& options, const eval::PictureSink& sink)>;

// Makes what is not there yet, with progress, and says what came of it.
Status makeAll(const SampleArguments& arguments, std::vector<NamedRequest> requests,
               eval::GenerateOptions options, const MakePictures& make) {
    std::error_code ignored;
    const auto folder = expandUser(arguments.out);
    const bool fresh = !fs::exists(folder, ignored);
    ATELIER_DO(createDirectories(folder));  // before the work, not after it
    SampleOutput output(arguments, std::move(requests), options);
    ProgressDisplay display(arguments.json ? ProgressDisplay::Mode::Silent : ProgressDisplay::Mode::Auto);
    const auto began = std::chrono::steady_clock::now();
    onStopSignals(onStop);
    options.onStep = [&](int done, int total) {
        if (arguments.json) {
            std::printf("%s\n", dumpJson({{"done", done}, {"total", total}}).c_str());
            std::fflush(stdout);
        }
        showProgress(display, output, done, total, began);
        return stopSignal == 0;
    };
    const auto status = make(output.openRequests(), options, [&](std::size_t first, const at::Tensor& batch) {
        return output.take(first, batch);
    });
    display.finish();
    if (!status && status.error().code != ErrorCode::Cancelled) {
        if (fresh) fs::remove(folder, ignored);  // only where nothing is in it
        return status;
    }
    ATELIER_DO(output.finish(status.has_value()));
    if (!status)
        return fail(stopSignal == SIGINT ? ErrorCode::Cancelled : ErrorCode::Suspended,
                    fmt::format("stopped after {} of {}", output.made(), plural(output.all(), "picture")),
                    output.place().string(), "The same command with --resume makes the rest.");
    if (arguments.json)
        std::printf("%s\n", dumpJson({{"out", output.place().string()}, {"count", output.made()}}).c_str());
    else
        std::printf("%s in %s\n", plural(output.made(), "picture").c_str(), output.place().c_str());
    return {};
}

// A model without text: prompts are classes.
Status runLabels(const SampleArguments& arguments, std::vector<NamedRequest> requests,
                 const LoadOptions& load) {
    const auto& models = arguments.models;
    for (const auto& [option, given] : {std::pair{"--lora", !models.loras.empty()},
                                        {"--embedding", !models.embeddings.empty()},
                                        {"--controlnet", !models.controlNets.empty()},
                                        {"--refiner", !models.refiner.empty()},
                                        {"--negative", arguments.prompts.negative.has_value()},
                                        {"--image", !arguments.start.image.empty()},
                                        {"--depth", !arguments.start.depth.empty()},
                                        {"--tiles", arguments.tiles},
                                        {"--prompt-weighting", arguments.promptWeighting}})
        if (given)
            return fail(ErrorCode::Usage, "this is a model without text, which takes none", option,
                        "Leave the option out; a prompt is the name or number of a class, or empty.");
    ATELIER_TRY(const auto pipeline, loadLabelPipeline(expandUser(models.model), load));
    ATELIER_TRY(const auto schedule,
                scheduleConfigFromJson(pipeline.scheduler, "scheduler/scheduler_config.json"));
    ATELIER_TRY(auto options, makeOptions(arguments, schedule));
    ATELIER_TRY(const auto start,
                readLabelStart(arguments.start, pipeline, schedule, requests.size(), options));
    return makeAll(arguments, std::move(requests), std::move(options),
                   [&](const auto& open, const auto& with, const auto& sink) {
                       return eval::generateLabels(pipeline, open, with, start, sink);
                   });
}

Status runSample(SampleArguments& arguments) {
    ATELIER_TRY(const auto device, chooseDevice(arguments.device));
    setThreads(arguments.threads);
    ATELIER_DO(checkArguments(arguments));
    arguments.prompts.part = partOfThisProcess(arguments.prompts.part);
    ATELIER_TRY(auto requests, readRequests(arguments.prompts));
    LoadOptions load;
    load.device = device;
    load.variant = arguments.models.variant;
    load.dtype = arguments.bf16 ? at::kBFloat16 : arguments.fp16 ? at::kHalf : at::kFloat;
    if (isLabelFolder(expandUser(arguments.models.model)))
        return runLabels(arguments, std::move(requests), load);
    ATELIER_TRY(const auto models, loadModels(arguments.models, load));
    const auto& pipeline = models.pipeline;
    ATELIER_TRY(const auto schedule,
                scheduleConfigFromJson(pipeline.scheduler, "scheduler/scheduler_config.json"));
    const bool scored = takesScore(pipeline) || (models.refiner && takesScore(*models.refiner));
    if (!scored && (arguments.aestheticScore || arguments.negativeAestheticScore))
        return fail(ErrorCode::Usage, "this model is told no score",
                    arguments.aestheticScore ? "--aesthetic-score" : "--negative-aesthetic-score",
                    "SDXL's refiner is: give one as --model or --refiner, or leave the option out.");
    ATELIER_TRY(auto options, makeOptions(arguments, schedule));
    arguments.start.strengthGiven = arguments.strength >= 0;
    ATELIER_TRY(auto start, readStart(arguments.start, pipeline, schedule, requests.size(), options));
    ATELIER_DO(addModels(arguments.models, models, options, start));
    return makeAll(arguments, std::move(requests), std::move(options),
                   [&](const auto& open, const auto& with, const auto& sink) {
                       return eval::generate(pipeline, open, with, start, sink);
                   });
}

void addModelOptions(CLI::App& app, ModelFiles& models) {
    app.add_option("--model", models.model, "diffusers pipeline folder, or a name on a hub (org/name)")
        ->required();
    app.add_option("--variant", models.variant,
                   "weights of this variant (fp16, ema, non_ema) where a part has them");
    app.add_option("--lora", models.loras, "FILE[:weight], of any dialect; several are added up")
        ->allow_extra_args(false);
    app.add_option("--embedding", models.embeddings, "textual inversion: its token can stand in prompts")
        ->allow_extra_args(false);
    app.add_option("--controlnet", models.controlNets, "FOLDER[:scale] or FILE[:scale]; several are added up")
        ->allow_extra_args(false);
    app.add_option("--control", models.controls, "picture that the ControlNet reads; one for each of them")
        ->allow_extra_args(false);
    app.add_option("--control-start", models.controlStart,
                   "share of the steps before a ControlNet acts; one for all or one for each")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--control-end", models.controlEnd, "share of the steps after which it no longer acts")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--refiner", models.refiner, "a second model for the last steps, as SDXL has one");
    app.add_option("--refiner-start", models.refinerStart, "share of the noise levels before it takes over")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
}

// What models of SDXL's kind are told about the picture.
void addSizeOptions(CLI::App& app, SampleArguments& arguments) {
    app.add_option("--original-size", arguments.start.originalSize,
                   "SDXL: SIDE or WIDTHxHEIGHT that the picture seems to come from; default: its size");
    app.add_option("--crop", arguments.start.crop,
                   "SDXL: LEFT,TOP of the picture in a larger one; default 0,0");
    app.add_option("--aesthetic-score", arguments.aestheticScore,
                   "SDXL's refiner: score of the prompt; default 6");
    app.add_option("--negative-aesthetic-score", arguments.negativeAestheticScore,
                   "SDXL's refiner: score of the negative prompt; default 2.5");
}

void addOptions(CLI::App& app, SampleArguments& arguments) {
    addModelOptions(app, arguments.models);
    app.add_option("--prompt", arguments.prompts.prompts,
                   "one or more prompts; a picture each. Models without text: classes");
    app.add_option("--prompts", arguments.prompts.file,
                   "file with one prompt per line, or CSV with a caption column (and uid, negative_prompt, "
                   "seed)");
    app.add_option("--per-prompt", arguments.prompts.perPrompt, "pictures of every prompt")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    app.add_option("--part", arguments.prompts.part,
                   "K/N: only the K-th of N parts of the prompts, for several processes; auto: by this "
                   "process's rank under torchrun, MPI or SLURM");
    app.add_option("--out", arguments.out, "folder for the pictures and samples.json, or for tars of them")
        ->required();
    app.add_flag("--tar", arguments.tar, "the pictures in OUT/shard_R.tar, R being the part counted from 0");
    app.add_option("--format", arguments.prompts.format, "of the pictures: png or jpg")
        ->check(CLI::IsMember({"png", "jpg"}))
        ->capture_default_str();
    app.add_flag("--resume", arguments.resume, "keep the pictures that --out already holds of this command");
    app.add_option(
        "--negative", arguments.prompts.negative,
        "what not to show; SDXL: left out it is zeros where the model says so, given as \"\" the empty text");
    app.add_flag("--prompt-weighting", arguments.promptWeighting,
                 "read (word:1.2), (word), [word] and BREAK in prompts, and prompts of any length");
    addSizeOptions(app, arguments);
    app.add_flag("--guess-mode", arguments.guessMode,
                 "ControlNets act on the prompt's half only, so that they need no prompt");
    app.add_option("--image", arguments.start.image, "picture to start from");
    app.add_option("--mask", arguments.start.mask, "with --image: white is painted anew, black is kept");
    app.add_option("--strength", arguments.strength,
                   "with --image: share of the steps that are made; default 0.8, with --mask 1")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--depth", arguments.start.depth,
                   "depth models: picture whose bright parts are near, or safetensors with \"depth\"");
    app.add_option("--noise-level", arguments.noiseLevel,
                   "upscalers: how blurred --image is taken to be, so how much is invented; default 20")
        ->check(cli::atLeast(0));
    app.add_option("--steps", arguments.steps, "denoising steps per picture")->capture_default_str();
    app.add_option("--guidance", arguments.guidance, "classifier-free guidance scale; 1 or less: off")
        ->capture_default_str();
    app.add_option("--guidance-rescale", arguments.guidanceRescale,
                   "0 … 1: how far guidance keeps the contrast of the prompt alone")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    app.add_option("--sampler", arguments.sampler, "auto: the model's own; or " + join(samplerNames(), ", "))
        ->capture_default_str();
    app.add_option("--seed", arguments.prompts.seed, "start of the noise")
        ->check(cli::atLeast(0))
        ->capture_default_str();
    app.add_option("--size", arguments.start.size,
                   "SIDE or WIDTHxHEIGHT in pixels; default: the picture's or the model's own");
    app.add_option("--latents", arguments.start.latents, "safetensors file with the noise to start from");
    app.add_option("--batch", arguments.batch, "pictures computed together; fewer where memory is short")
        ->check(cli::atLeast(1))
        ->capture_default_str();
    app.add_flag("--tiles", arguments.tiles,
                 "decode in overlapping pieces: large pictures in little memory, hardly different");
    app.add_option("--device", arguments.device, "auto, cpu or cuda")->capture_default_str();
    app.add_option("--threads", arguments.threads, "CPU threads; default: physical cores")
        ->check(CLI::Range(0, 1024));
    auto* bf16 = app.add_flag("--bf16", arguments.bf16, "compute in bfloat16");
    app.add_flag("--fp16", arguments.fp16,
                 "compute in float16; an autoencoder that asks for it (SDXL's) stays in float32")
        ->excludes(bf16);
    app.add_flag("--json", arguments.json, "progress and result as JSON lines on stdout");
}

}  // namespace

int sampleVerb(Arguments words) {
    SampleArguments arguments;
    CLI::App app{
        "Make pictures with a pipeline folder: from text, from a picture, or in the masked part of one."};
    app.name("atelier-engine sample");
    addOptions(app, arguments);
    if (const auto code = parse(app, words)) return *code;
    const auto status = runSample(arguments);
    return status ? 0 : report(status.error(), arguments.json);
}

}  // namespace atelier::cli
