// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine sample: pictures from a pipeline folder.
#include <fmt/format.h>

#include <ATen/ATen.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/engine/cli.h"
#include "app/engine/progress.h"
#include "core/base/csv.h"
#include "core/base/strings.h"
#include "core/engine/eval/generate.h"
#include "core/engine/train/device.h"

namespace atelier::cli {
namespace {

struct SampleArguments {
    std::string model;
    std::vector<std::string> prompts;
    std::string promptFile;
    std::string out;
    std::string negative;
    std::string latents;
    std::string sampler = "auto";
    std::string device = "auto";
    int steps = 30;
    double guidance = 7.5;
    std::uint64_t seed = 0;
    std::string size;
    int batch = 8;
    int threads = 0;
    bool bf16 = false;
    bool json = false;
};

// "512" or "768x512".
Status readSize(const std::string& text, eval::GenerateOptions& options) {
    const auto parts = split(text, 'x');
    char* end = nullptr;
    const auto number = [&](const std::string& part) {
        return static_cast<int>(std::strtol(part.c_str(), &end, 10));
    };
    options.width = number(parts.front());
    options.height = parts.size() == 2 ? number(parts.back()) : options.width;
    constexpr int kLargest = 4096;
    if (parts.size() <= 2 && std::max(options.width, options.height) > kLargest)
        return fail(ErrorCode::Usage,
                    fmt::format("{}×{} is too large a picture", options.width, options.height), "--size",
                    fmt::format("Give at most {} pixels a side.", kLargest));
    if (parts.size() > 2 || options.width <= 0 || options.height <= 0 || *end != '\0')
        return fail(ErrorCode::Usage, "the size \"" + text + "\" is not understood", "--size",
                    "Write 512 or 768x512 (width x height).");
    return {};
}

// One prompt per line; with a header that has a "caption" or "prompt" column, that column of a CSV file.
Result<std::vector<std::string>> readPrompts(const std::string& file) {
    std::error_code error;
    if (!fs::exists(expandUser(file), error))
        return fail(ErrorCode::Usage, "there is no such file", file, "--prompts names a file with prompts.");
    ATELIER_TRY(const auto text, readFile(expandUser(file), 64 << 20));
    if (!isValidUtf8(text) || text.find('\0') != std::string::npos)
        return fail(ErrorCode::Usage, "it is not a text in UTF-8", file,
                    "Give a text file with one prompt per line, or a CSV file.");
    const auto rows = parseCsv(text);
    std::vector<std::string> prompts;
    std::size_t column = 0;
    bool header = false;
    if (!rows.empty())
        for (std::size_t i = 0; i < rows.front().size(); ++i)
            if (rows.front()[i] == "caption" || rows.front()[i] == "prompt") column = i, header = true;
    if (!header) {
        for (const auto& line : split(text, '\n'))
            if (!trim(line).empty()) prompts.emplace_back(trim(line));
        return prompts;
    }
    for (std::size_t i = 1; i < rows.size(); ++i)
        if (column < rows[i].size()) prompts.push_back(rows[i][column]);
    return prompts;
}

// "auto": what the model's scheduler_config.json stands for.
Result<Sampler> chooseSampler(const std::string& name, const ScheduleConfig& config) {
    return name == "auto" ? samplerFromConfig(config) : samplerFromName(name);
}

Result<eval::GivenNoise> readNoise(const SampleArguments& arguments, const Pipeline& pipeline,
                                   const ScheduleConfig& schedule, std::size_t pictures,
                                   eval::GenerateOptions& options) {
    eval::GivenNoise noise;
    if (arguments.latents.empty()) return noise;
    ATELIER_TRY(const auto tensors, readTensors(arguments.latents));
    for (const auto& [name, tensor] : tensors) {
        if (name == "latents")
            noise.latents = tensor;
        else if (name == "step_noise")
            noise.stepNoise = tensor;
        else
            return fail(ErrorCode::Usage, "it holds a tensor \"" + name + "\"", arguments.latents,
                        "Known: latents, step_noise.");
    }
    const auto channels = pipeline.unet->config().inChannels;
    const auto& latents = noise.latents;
    if (!latents.defined() || latents.dim() != 4 || latents.scalar_type() != at::kFloat ||
        latents.size(0) != static_cast<std::int64_t>(pictures) || latents.size(1) != channels)
        return fail(ErrorCode::Usage,
                    fmt::format("\"latents\" must be F32 of shape [{}, {}, h, w]", pictures, channels),
                    arguments.latents);
    const int evaluations = networkEvaluations(schedule, options.sampler, options.steps);
    if (noise.stepNoise.defined() && (noise.stepNoise.dim() != 5 || noise.stepNoise.size(0) < evaluations ||
                                      noise.stepNoise[0].sizes() != latents.sizes()))
        return fail(ErrorCode::Usage,
                    fmt::format("\"step_noise\" must be F32 of shape [{}, N, C, h, w]", evaluations),
                    arguments.latents, "It holds the noise added after each network evaluation.");
    const int factor = pipeline.vae->config().downscale();
    options.height = static_cast<int>(latents.size(2)) * factor;
    options.width = static_cast<int>(latents.size(3)) * factor;
    return noise;
}

Status runSample(SampleArguments& arguments) {
    ATELIER_TRY(const auto device, chooseDevice(arguments.device));
    setThreads(arguments.threads);
    auto prompts = arguments.prompts;
    if (!arguments.promptFile.empty()) {
        ATELIER_TRY(prompts, readPrompts(arguments.promptFile));
    }
    for (const auto& prompt : prompts)
        if (!isValidUtf8(prompt)) return fail(ErrorCode::Usage, "a prompt is not UTF-8", "--prompt");
    if (!std::isfinite(arguments.guidance))
        return fail(ErrorCode::Usage, "it must be a finite number", "--guidance", "7.5 is usual; 1 is off.");
    if (prompts.empty())
        return fail(ErrorCode::Usage, "no prompt is given", "", "Use --prompt TEXT or --prompts FILE.");
    ATELIER_DO(createDirectories(expandUser(arguments.out)));  // before the work, not after it
    LoadOptions load;
    load.device = device;
    load.dtype = arguments.bf16 ? at::kBFloat16 : at::kFloat;
    ATELIER_TRY(const auto pipeline, loadPipeline(expandUser(arguments.model), load));
    pipeline.unet->eval();
    pipeline.textEncoder->eval();
    pipeline.vae->eval();

    eval::GenerateOptions options;
    ATELIER_TRY(const auto schedule,
                scheduleConfigFromJson(pipeline.scheduler, "scheduler/scheduler_config.json"));
    ATELIER_TRY(options.sampler, chooseSampler(arguments.sampler, schedule));
    options.steps = arguments.steps;
    options.guidance = arguments.guidance;
    options.batch = arguments.batch;
    const auto& side = pipeline.unet->config().sampleSize;
    options.width = options.height = (side.empty() ? 64 : side.back()) * pipeline.vae->config().downscale();
    if (!arguments.size.empty()) ATELIER_DO(readSize(arguments.size, options));
    ATELIER_TRY(const auto noise, readNoise(arguments, pipeline, schedule, prompts.size(), options));
    std::vector<eval::PictureRequest> requests;
    for (std::size_t i = 0; i < prompts.size(); ++i)
        requests.push_back({prompts[i], arguments.negative, arguments.seed, i});

    ProgressDisplay display(arguments.json ? ProgressDisplay::Mode::Silent : ProgressDisplay::Mode::Auto);
    options.onStep = [&](int done, int total) {
        if (arguments.json) {
            std::printf("%s\n", dumpJson({{"done", done}, {"total", total}}).c_str());
            std::fflush(stdout);
        }
        ProgressState state;
        state.phase = "sample";
        state.done = static_cast<std::uint64_t>(done);
        state.total = static_cast<std::uint64_t>(total);
        state.unit = "steps";
        display.update(state);
        return true;
    };
    ATELIER_TRY(const auto pictures, eval::generate(pipeline, requests, options, noise));
    display.finish();
    const fs::path out = expandUser(arguments.out);
    ATELIER_DO(eval::writePictures(pictures, requests, options, out,
                                   {{"model", fs::absolute(expandUser(arguments.model)).string()}}));
    if (arguments.json)
        std::printf("%s\n", dumpJson({{"out", out.string()}, {"count", prompts.size()}}).c_str());
    else
        std::printf("%s in %s\n", plural(prompts.size(), "picture").c_str(), out.c_str());
    return {};
}

}  // namespace

int sampleVerb(Arguments words) {
    SampleArguments arguments;
    CLI::App app{"Make pictures with a pipeline folder."};
    app.name("atelier-engine sample");
    app.add_option("--model", arguments.model, "diffusers pipeline folder")->required();
    app.add_option("--prompt", arguments.prompts, "one or more prompts; a picture each");
    app.add_option("--prompts", arguments.promptFile,
                   "file with one prompt per line, or CSV with a caption column");
    app.add_option("--out", arguments.out, "folder for 0000.png … and samples.json")->required();
    app.add_option("--negative", arguments.negative, "what not to show");
    app.add_option("--steps", arguments.steps, "denoising steps per picture")->capture_default_str();
    app.add_option("--guidance", arguments.guidance, "classifier-free guidance scale; 1 or less: off")
        ->capture_default_str();
    app.add_option("--sampler", arguments.sampler, "auto: the model's own; or " + join(samplerNames(), ", "))
        ->capture_default_str();
    app.add_option("--seed", arguments.seed, "start of the noise")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    app.add_option("--size", arguments.size, "SIDE or WIDTHxHEIGHT in pixels; default: the model's own");
    app.add_option("--latents", arguments.latents, "safetensors file with the noise to start from");
    app.add_option("--batch", arguments.batch, "pictures computed together")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--device", arguments.device, "auto, cpu or cuda")->capture_default_str();
    app.add_option("--threads", arguments.threads, "CPU threads; default: physical cores")
        ->check(CLI::Range(0, 1024));
    app.add_flag("--bf16", arguments.bf16, "compute in bfloat16");
    app.add_flag("--json", arguments.json, "progress and result as JSON lines on stdout");
    if (const auto code = parse(app, words)) return *code;
    const auto status = runSample(arguments);
    return status ? 0 : report(status.error(), arguments.json);
}

}  // namespace atelier::cli
