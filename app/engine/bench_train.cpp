// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine bench train: the time of one optimizer update of a UNet, of a LoRA on it or of its
// ControlNet on random latents, and the memory it takes. The step is the training loop's own: noise, forward,
// loss, backward, clip, AdamW (and EMA on request).
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "app/engine/cli.h"
#include "app/engine/cli_checks.h"
#include "core/base/json.h"
#include "core/base/version.h"
#include "core/engine/models/pipeline.h"
#include "core/engine/train/batch.h"
#include "core/engine/train/device.h"
#include "core/engine/train/optimizer.h"
#include "core/engine/train/task.h"

namespace atelier::cli {
namespace {

struct BenchArguments {
    int steps = 10;
    int warmup = 3;
    int batch = 8;
    int size = 32;
    int tokens = 77;
    int context = 768;
    int threads = 0;
    std::vector<int> channels{64, 128, 256};
    std::string method = "full";
    int rank = 16;
    std::string precision = "fp32";
    std::string device = "cpu";
    bool ema = false;
    bool checkpointing = false;
};

UNet2DConditionConfig configFor(const BenchArguments& arguments) {
    UNet2DConditionConfig config;
    const auto levels = arguments.channels.size();
    config.sampleSize = {arguments.size};
    config.blockOutChannels = arguments.channels;
    config.downBlockTypes.assign(levels, "CrossAttnDownBlock2D");
    config.downBlockTypes.back() = "DownBlock2D";
    config.upBlockTypes.assign(levels, "CrossAttnUpBlock2D");
    config.upBlockTypes.front() = "UpBlock2D";
    config.onlyCrossAttention.assign(levels, false);
    config.layersPerBlock.assign(levels, 2);
    config.crossAttentionDim.assign(levels, arguments.context);
    config.transformerLayersPerBlock.assign(levels, 1);
    config.attentionHeadDim.assign(levels, 8);
    return config;
}

// What is trained, and the networks that it is trained with.
struct Trained {
    Pipeline pipeline;
    NamedTensors parameters;
};

Result<Trained> makeTrained(const BenchArguments& arguments, at::Device device, at::ScalarType type) {
    Trained result;
    auto& pipeline = result.pipeline;
    pipeline.unet = makeUnet(configFor(arguments), 0);
    pipeline.unet->to(device);
    pipeline.unet->train();
    pipeline.unet->setGradientCheckpointing(arguments.checkpointing);
    if (arguments.method == "full") {
        result.parameters = train::trainableParameters(*pipeline.unet, "unet");
        return result;
    }
    if (arguments.method == "lora") {
        train::freeze(*pipeline.unet);
        pipeline.unet->to(type);
        LoraOptions options;
        options.rank = arguments.rank;
        options.alpha = arguments.rank;
        options.targets = {"to_q", "to_k", "to_v", "to_out.0"};
        ATELIER_DO(attachLora(pipeline, options, 0));
        result.parameters = loraParameters(pipeline);
        for (auto& [name, tensor] : result.parameters) tensor.requires_grad_(true);
        return result;
    }
    ATELIER_TRY(pipeline.controlNet, controlNetFromUnet(*pipeline.unet, 0));
    train::freeze(*pipeline.unet);
    pipeline.unet->to(type);
    pipeline.controlNet->to(device);
    pipeline.controlNet->train();
    pipeline.controlNet->setGradientCheckpointing(arguments.checkpointing);
    result.parameters = train::trainableParameters(*pipeline.controlNet, "controlnet");
    return result;
}

std::int64_t countElements(const NamedTensors& tensors) {
    std::int64_t total = 0;
    for (const auto& [name, tensor] : tensors) total += tensor.numel();
    return total;
}

// Processor time of all threads: what the step costs whatever else runs on the machine.
double cpuSeconds() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const auto n = values.size();
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

Result<Json> measure(const BenchArguments& arguments) {
    ATELIER_TRY(const auto device, chooseDevice(arguments.device));
    setThreads(arguments.threads);
    const auto type = arguments.precision == "bf16" ? at::kBFloat16 : at::kFloat;
    ATELIER_TRY(const auto trained, makeTrained(arguments, device, type));
    const auto& pipeline = trained.pipeline;
    const auto parameters = countElements(trained.parameters);
    std::optional<train::EmaOptions> ema;
    if (arguments.ema) ema.emplace();
    train::Optimizer optimizer(trained.parameters, type, {}, ema);
    ScheduleConfig scheduleConfig;
    ATELIER_TRY(const auto schedule, makeNoiseSchedule(scheduleConfig, device));

    std::vector<double> seconds, processor;
    double loss = 0;
    for (int step = 0; step < arguments.warmup + arguments.steps; ++step) {
        std::vector<std::uint64_t> numbers;
        for (int i = 0; i < arguments.batch; ++i)
            numbers.push_back(static_cast<std::uint64_t>(step * arguments.batch + i));
        const auto begin = std::chrono::steady_clock::now();
        const double cpuBegin = cpuSeconds();
        const auto latents =
            train::normalsFor(1, RandomStream::Latent, numbers, {4, arguments.size, arguments.size}, device);
        const auto context = train::normalsFor(1, RandomStream::Sample, numbers,
                                               {arguments.tokens, arguments.context}, device);
        const auto noise =
            train::normalsFor(1, RandomStream::Noise, numbers, {4, arguments.size, arguments.size}, device);
        const auto timesteps = train::drawTimesteps({}, 1, numbers, schedule.size(), device);
        train::SeenBeside seen{pipeline.controlNet.get(), {}, {}};
        if (pipeline.controlNet) {
            const int side = arguments.size * pipeline.controlNet->downscale();
            seen.condition_BCHW =
                train::normalsFor(1, RandomStream::Condition, numbers, {3, side, side}, device).sigmoid_();
        }
        const auto result = train::denoisingLoss(*pipeline.unet, schedule, {}, type, latents, {noise, noise},
                                                 timesteps, {context, {}, {}}, seen);
        result.loss.backward();
        optimizer.gatherGradients();
        const auto norm = optimizer.clip(1.0);
        optimizer.step(1e-4, norm.isfinite().logical_not().to(at::kFloat));
        loss = result.loss.item<double>();  // also waits for the device
        const auto end = std::chrono::steady_clock::now();
        if (step < arguments.warmup) continue;
        seconds.push_back(std::chrono::duration<double>(end - begin).count());
        processor.push_back(cpuSeconds() - cpuBegin);
    }
    const double typical = median(seconds);
    return Json{{"engine", kVersion},
                {"what", arguments.method + "_train_step"},
                {"device", deviceDescription(device)},
                {"threads", at::get_num_threads()},
                {"precision", arguments.precision},
                {"parameters", parameters},
                {"batch", arguments.batch},
                {"channels", arguments.channels},
                {"latent_size", arguments.size},
                {"context", {arguments.tokens, arguments.context}},
                {"median_seconds", typical},
                {"median_cpu_seconds", median(processor)},
                {"min_seconds", *std::min_element(seconds.begin(), seconds.end())},
                {"seconds", seconds},
                {"images_per_second", arguments.batch / typical},
                {"rss_peak_bytes", peakResidentBytes()},
                {"rss_anon_bytes", residentAnonymousBytes()},
                {"last_loss", jsonNumber(loss)}};
}

}  // namespace

int benchTrain(Arguments words) {
    BenchArguments arguments;
    CLI::App app{"Time and memory of one training step of a UNet on random latents, as one JSON object."};
    app.name("atelier-engine bench train");
    app.add_option("--steps", arguments.steps, "measured steps")
        ->check(cli::atLeast(1))
        ->capture_default_str();
    app.add_option("--warmup", arguments.warmup, "steps before them")
        ->check(cli::atLeast(0))
        ->capture_default_str();
    app.add_option("--batch", arguments.batch, "samples per step")
        ->check(cli::atLeast(1))
        ->capture_default_str();
    app.add_option("--channels", arguments.channels, "channels per level")
        ->delimiter(',')
        ->capture_default_str();
    app.add_option("--size", arguments.size, "side of the latents")
        ->check(cli::atLeast(1))
        ->capture_default_str();
    app.add_option("--tokens", arguments.tokens, "length of the context")
        ->check(cli::atLeast(1))
        ->capture_default_str();
    app.add_option("--context", arguments.context, "width of the context")
        ->check(cli::atLeast(1))
        ->capture_default_str();
    app.add_option("--method", arguments.method, "what is trained: full (the UNet), lora or controlnet")
        ->check(CLI::IsMember({"full", "lora", "controlnet"}))
        ->capture_default_str();
    app.add_option("--rank", arguments.rank, "of the LoRA")->check(cli::atLeast(1))->capture_default_str();
    app.add_option("--precision", arguments.precision, "fp32 or bf16")
        ->check(CLI::IsMember({"fp32", "bf16"}))
        ->capture_default_str();
    app.add_option("--threads", arguments.threads, "CPU threads; default: physical cores");
    app.add_option("--device", arguments.device, "cpu, cuda or auto")->capture_default_str();
    app.add_flag("--ema", arguments.ema, "with an average of the weights");
    app.add_flag("--gradient-checkpointing", arguments.checkpointing,
                 "recompute activations in the backward pass");
    if (const auto code = parse(app, words)) return *code;
    const auto result = measure(arguments);
    if (!result) return report(result.error());
    std::printf("%s", dumpJsonPretty(*result).c_str());
    return 0;
}

}  // namespace atelier::cli
