// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine bench model: the models of a pipeline folder, driven line by line, so that a script can
// alternate between this program and another one that holds the same models.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <iostream>
#include <sstream>

#include "app/engine/cli.h"
#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/engine/eval/generate.h"
#include "core/engine/models/pipeline.h"
#include "core/engine/nn/layers.h"
#include "core/engine/nn/packed_weight.h"
#include "core/engine/train/device.h"

namespace atelier::cli {
namespace {

struct Work {
    std::string what;
    std::int64_t batch = 1;
    std::int64_t size = 0;  // pixels a side
};

// One run of `work`, everything it needs made before; the tensor is to be waited for.
Result<std::function<at::Tensor()>> prepare(const Pipeline& pipeline, const Work& work) {
    const auto options = pipeline.unet->parameters().front().options().requires_grad(false);
    const auto factor = pipeline.vae->config().downscale();
    const auto latent = at::randn(
        {work.batch, pipeline.vae->config().latentChannels, work.size / factor, work.size / factor}, options);
    const auto ids =
        at::randint(0, pipeline.textEncoder->vocabSize(), {work.batch, 77}, options.dtype(at::kLong));
    if (work.what == "unet" || work.what == "unet_backward") {
        const auto context =
            at::randn({work.batch, 77, pipeline.unet->config().crossAttentionDim.front()}, options);
        const auto t = at::full({work.batch}, 500, options.dtype(at::kLong));
        if (work.what == "unet") return [=, &pipeline] { return pipeline.unet->forward(latent, t, context); };
        return [=, &pipeline] {
            const at::AutoGradMode gradients(true);
            const auto loss = at::mse_loss(pipeline.unet->forward(latent, t, context).to(at::kFloat),
                                           latent.to(at::kFloat));
            loss.backward();
            pipeline.unet->zero_grad();
            return loss.detach();
        };
    }
    if (work.what == "vae_encode") {
        const auto pixels = at::randn({work.batch, 3, work.size, work.size}, options);
        return [=, &pipeline] { return pipeline.vae->encodeMoments(pixels); };
    }
    if (work.what == "vae_decode") return [=, &pipeline] { return pipeline.vae->decode(latent); };
    if (work.what == "text_encoder") return [=, &pipeline] { return pipeline.textEncoder->encode(ids); };
    if (work.what == "sample") {
        eval::GenerateOptions generate;
        generate.sampler = Sampler::Ddim;
        generate.steps = 20;
        generate.width = generate.height = static_cast<int>(work.size);
        generate.batch = static_cast<int>(work.batch);
        const std::vector<eval::PictureRequest> requests(static_cast<std::size_t>(work.batch),
                                                         {"a cat", "", 0, 0});
        return [=, &pipeline] {
            const auto pictures = eval::generate(pipeline, requests, generate);
            return pictures ? *pictures : at::Tensor();
        };
    }
    return fail(ErrorCode::Usage, "there is no work \"" + work.what + "\"", "standard input",
                "Known: unet, unet_backward, vae_encode, vae_decode, text_encoder, sample.");
}

double cpuSeconds() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

Result<Json> measure(const Pipeline& pipeline, const Work& work) {
    const at::NoGradGuard noGrad;
    ATELIER_TRY(const auto run, prepare(pipeline, work));
    const auto begin = std::chrono::steady_clock::now();
    const double cpuBegin = cpuSeconds();
    const auto result = run();
    if (!result.defined()) return fail(ErrorCode::Model, "the pipeline makes no pictures of this size");
    const double sum = result.flatten()[0].item<double>();  // waits for the device
    return Json{{"seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()},
                {"cpu_seconds", cpuSeconds() - cpuBegin},
                {"first", jsonNumber(sum)}};
}

Status serve(const std::string& model, const std::string& precision, const std::string& deviceName,
             int threads) {
    ATELIER_TRY(const auto device, chooseDevice(deviceName));
    setThreads(threads);
    LoadOptions load;
    load.device = device;
    load.dtype = precision == "bf16" ? at::kBFloat16 : at::kFloat;
    ATELIER_TRY(const auto pipeline, loadPipeline(expandUser(model), load));
    for (const auto& [name, module] : pipeline.modules()) {
        module->eval();
        nn::packWeights(*module, nn::PlainWeights::Keep);
    }
    for (auto& parameter : pipeline.unet->parameters()) parameter.requires_grad_(true);
    nn::layChannelsLast(*pipeline.unet);  // as a run does
    std::printf("%s\n", dumpJson({{"ready", true}, {"threads", at::get_num_threads()}}).c_str());
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        Work work;
        words >> work.what >> work.batch >> work.size;
        if (!words || work.batch < 1 || work.size < 1)
            return fail(ErrorCode::Usage, "the line \"" + line + "\" is not understood", "standard input",
                        "Write WORK BATCH SIZE, as in: unet 1 512");
        ATELIER_TRY(const auto result, measure(pipeline, work));
        std::printf("%s\n", dumpJson(result).c_str());
        std::fflush(stdout);
    }
    return {};
}

}  // namespace

int benchModel(Arguments words) {
    std::string model, precision = "fp32", device = "cpu";
    int threads = 0;
    CLI::App app{
        "Runs models of a pipeline folder: reads lines \"WORK BATCH SIZE\" (WORK: unet, unet_backward, "
        "vae_encode, vae_decode, text_encoder, sample; SIZE in pixels) and answers each with its seconds as "
        "JSON."};
    app.name("atelier-engine bench model");
    app.add_option("MODEL_DIR", model, "pipeline folder")->required();
    app.add_option("--precision", precision, "fp32 or bf16")
        ->check(CLI::IsMember({"fp32", "bf16"}))
        ->capture_default_str();
    app.add_option("--device", device, "cpu, cuda or auto")->capture_default_str();
    app.add_option("--threads", threads, "CPU threads; default: physical cores");
    if (const auto code = parse(app, words)) return *code;
    const auto status = serve(model, precision, device, threads);
    return status ? 0 : report(status.error());
}

}  // namespace atelier::cli
