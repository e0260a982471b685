// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/eval/generate.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "core/base/random.h"
#include "core/engine/eval/given_picture.h"
#include "core/engine/eval/weighted_prompt.h"

namespace atelier::eval {
namespace {

at::Device deviceOf(const torch::nn::Module& module) {
    return module.parameters().front().device();
}
at::ScalarType typeOf(const torch::nn::Module& module) {
    return module.parameters().front().scalar_type();
}

at::Tensor normals(std::uint64_t seed, RandomStream stream, std::uint64_t number, at::IntArrayRef shape) {
    auto noise = at::empty(shape, at::kFloat);
    Random(seed, stream, number)
        .normals({noise.mutable_data_ptr<float>(), static_cast<std::size_t>(noise.numel())});
    return noise;
}

// Context [N,S,D] of the prompts, or [2N,S,D] = negative ‖ prompt when guidance needs both.
Result<at::Tensor> encodeText(const Pipeline& pipeline, std::span<const PictureRequest> requests, bool guided,
                              bool weighting) {
    std::vector<std::string> texts;
    if (guided)
        for (const auto& request : requests) texts.push_back(request.negative);
    for (const auto& request : requests) texts.push_back(request.prompt);
    if (weighting) return encodeWeightedPrompts(pipeline, texts);
    ATELIER_TRY(const auto ids, tokenize(pipeline, texts));
    return pipeline.textEncoder->encode(ids.to(deviceOf(*pipeline.textEncoder)));
}

Status checkSize(const Pipeline& pipeline, const GenerateOptions& options) {
    const int factor = pipeline.vae->config().downscale();
    if (options.width < factor || options.height < factor || options.width % factor ||
        options.height % factor)
        return fail(ErrorCode::Usage,
                    fmt::format("the size {}×{} does not fit", options.width, options.height), "",
                    fmt::format("Width and height must be multiples of {} for this model.", factor));
    return {};
}

// What all batches of one call share.
struct Call {
    const Pipeline& pipeline;
    const NoiseSchedule& schedule;
    const SamplingPlan& plan;
    const GenerateOptions& options;
    const GivenNoise& noise;
    const GivenPicture& picture;
    const std::function<bool()>& afterStep;

    std::vector<std::int64_t> latentShape() const {
        const auto& vae = pipeline.vae->config();
        return {vae.latentChannels, options.height / vae.downscale(), options.width / vae.downscale()};
    }
};

at::Tensor startNoise(const Call& call, std::span<const PictureRequest> requests, std::int64_t first) {
    if (call.noise.latents.defined())
        return call.noise.latents.narrow(0, first, static_cast<std::int64_t>(requests.size()));
    std::vector<at::Tensor> rows;
    for (const auto& request : requests)
        rows.push_back(normals(request.seed, RandomStream::Sample, request.index, call.latentShape()));
    return at::stack(rows);
}

at::Tensor stepNoise(const Call& call, std::span<const PictureRequest> requests, std::int64_t first,
                     int evaluation) {
    if (call.noise.stepNoise.defined())
        return call.noise.stepNoise[evaluation].narrow(0, first, static_cast<std::int64_t>(requests.size()));
    std::vector<at::Tensor> rows;
    for (const auto& request : requests)
        rows.push_back(normals(request.seed, RandomStream::SampleStep,
                               (request.index << 20) + static_cast<std::uint64_t>(evaluation),
                               call.latentShape()));
    return at::stack(rows);
}

// Latents of one batch of requests; `first` = its place in the given noise.
Result<at::Tensor> sampleLatents(const Call& call, std::span<const PictureRequest> requests,
                                 std::int64_t first) {
    const auto& [pipeline, schedule, plan, options, noise, picture, afterStep] = call;
    const auto device = deviceOf(*pipeline.unet);
    const auto type = typeOf(*pipeline.unet);
    const bool guided = options.guidance > 1;
    ATELIER_TRY(const auto context, encodeText(pipeline, requests, guided, options.promptWeighting));
    const auto typedContext = context.to(type);
    const auto given = encodeGivenPicture(pipeline, requests, picture);

    SamplingStart start;
    start.noise_BCHW = startNoise(call, requests, first).to(device);
    start.picture_BCHW = given.picture_BLHW;
    start.repaint_B1HW = given.repaint_B1HW;
    // Inpainting with full strength has nothing of the picture under its noise, as in diffusers.
    start.fromPicture =
        picture.pixels_1CHW.defined() && !(picture.mask_11HW.defined() && options.strength == 1);

    const DenoiseFunction denoise = [&](const at::Tensor& x, double timestep) {
        const auto t = at::full({1}, timestep, at::TensorOptions().dtype(at::kFloat).device(device));
        auto input = given.extra_BCHW.defined() ? at::cat({x, given.extra_BCHW}, 1) : x;
        input = input.to(type);
        const auto output =
            pipeline.unet->forward(guided ? at::cat({input, input}) : input, t, typedContext).to(at::kFloat);
        if (!guided) return output;
        const auto halves = output.chunk(2);
        return guide(halves[0], halves[1], options.guidance, options.guidanceRescale);
    };
    bool cancelled = false;
    const auto latents = runSampler(
        schedule, plan, start, denoise,
        [&](int evaluation) { return stepNoise(call, requests, first, evaluation).to(device); },
        [&](int) {
            cancelled = !afterStep();
            return !cancelled;
        });
    if (cancelled) return fail(ErrorCode::Cancelled, "sampling was cancelled");
    return latents;
}

// [B,3,H,W] in −1…1 → 8-bit [B,H,W,3] on the CPU: round(255·clamp(x/2 + 0.5, 0, 1)).
at::Tensor toPictures(const at::Tensor& pixels) {
    return (pixels.to(at::kFloat) / 2 + 0.5)
        .clamp(0, 1)
        .mul(255)
        .round()
        .to(at::kByte)
        .permute({0, 2, 3, 1})
        .contiguous()
        .cpu();
}

}  // namespace

Status generate(const Pipeline& pipeline, const std::vector<PictureRequest>& requests,
                const GenerateOptions& options, const GivenNoise& noise, const GivenPicture& picture,
                const PictureSink& sink) {
    const at::NoGradGuard noGrad;
    ATELIER_DO(checkSize(pipeline, options));
    ATELIER_DO(checkGivenPicture(pipeline, picture, options));
    ATELIER_TRY(const auto config,
                scheduleConfigFromJson(pipeline.scheduler, "scheduler/scheduler_config.json"));
    ATELIER_TRY(const auto schedule, makeNoiseSchedule(config, deviceOf(*pipeline.unet)));
    ATELIER_TRY(auto plan, planSampling(schedule, options.sampler, options.steps));
    if (picture.pixels_1CHW.defined()) ATELIER_DO(cutPlan(schedule, plan, options.strength));

    const auto batch = static_cast<std::size_t>(std::max(options.batch, 1));
    const auto batches = (requests.size() + batch - 1) / batch;
    const int total = static_cast<int>(batches * (plan.timesteps.size() - plan.firstEvaluation()));
    int done = 0;
    const std::function<bool()> afterStep = [&] {
        ++done;
        return !options.onStep || options.onStep(done, total);
    };
    const Call call{pipeline, schedule, plan, options, noise, picture, afterStep};
    for (std::size_t first = 0; first < requests.size(); first += batch) {
        const auto part = std::span(requests).subspan(first, std::min(batch, requests.size() - first));
        ATELIER_TRY(const auto latents, sampleLatents(call, part, static_cast<std::int64_t>(first)));
        const auto unscaled =
            pipeline.vae->unscaleLatents(latents).to(deviceOf(*pipeline.vae)).to(typeOf(*pipeline.vae));
        ATELIER_DO(sink(first, toPictures(pipeline.vae->decode(unscaled))));
    }
    return {};
}

Result<at::Tensor> generate(const Pipeline& pipeline, const std::vector<PictureRequest>& requests,
                            const GenerateOptions& options) {
    std::vector<at::Tensor> pictures;
    ATELIER_DO(
        generate(pipeline, requests, options, {}, {}, [&](std::size_t, const at::Tensor& batch) -> Status {
            pictures.push_back(batch);
            return {};
        }));
    if (pictures.empty()) return at::empty({0, options.height, options.width, 3}, at::kByte);
    return at::cat(pictures);
}

}  // namespace atelier::eval
