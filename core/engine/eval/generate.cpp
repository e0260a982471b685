// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/eval/generate.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "core/base/random.h"
#include "core/engine/eval/denoiser.h"
#include "core/engine/eval/generate_parts.h"
#include "core/engine/eval/given_picture.h"
#include "core/engine/eval/memory_need.h"
#include "core/engine/models/conditioning.h"

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

Status checkSize(const Pipeline& pipeline, const GenerateOptions& options) {
    const int factor = pipeline.vae->config().downscale();
    if (options.width < factor || options.height < factor || options.width % factor ||
        options.height % factor)
        return fail(ErrorCode::Usage,
                    fmt::format("the size {}×{} does not fit", options.width, options.height), "",
                    fmt::format("Width and height must be multiples of {} for this model.", factor));
    return {};
}

// One model's part of the chain.
struct Stage {
    const Pipeline& pipeline;
    NoiseSchedule schedule;
    SamplingPlan plan;
};

// What all batches of one call share.
struct Call {
    std::vector<Stage> stages;
    const GenerateOptions& options;
    const GenerateInputs& inputs;
    std::function<bool()> afterStep;

    std::vector<std::int64_t> latentShape() const {
        const auto& vae = stages.front().pipeline.vae->config();
        return {vae.latentChannels, options.height / vae.downscale(), options.width / vae.downscale()};
    }
};

// One stage for one batch of requests; `first` = its place in the given noise, `x` = what the stage before
// it left.
Result<at::Tensor> runStage(const Call& call, const Stage& stage, std::span<const PictureRequest> requests,
                            std::int64_t first, const at::Tensor& x) {
    const auto& picture = call.inputs.picture;
    const auto device = deviceOf(*stage.pipeline.unet);
    ATELIER_TRY(const auto given,
                encodeGivenPicture(stage.pipeline, requests, first, call.inputs, call.options));
    SamplingStart start;
    const auto& noise = call.inputs.noise;
    const auto shape = call.latentShape();
    start.noise_BCHW = startNoise(noise, requests, first, shape).to(device);
    start.picture_BCHW = given.picture_BLHW;
    start.repaint_B1HW = given.repaint_B1HW;
    start.x_BCHW = x;
    // Inpainting with full strength has nothing of the picture under its noise, as in diffusers.
    start.fromPicture =
        given.picture_BLHW.defined() && !(picture.mask_11HW.defined() && call.options.strength == 1);

    const bool controlled = !x.defined();
    ATELIER_TRY(auto denoiser, Denoiser::make(stage.pipeline, requests, call.options, given,
                                              controlled ? call.inputs.controls : std::vector<Control>{},
                                              stage.plan.evaluations()));
    bool cancelled = false;
    auto latents = runSampler(
        stage.schedule, stage.plan, start,
        [&](const at::Tensor& input, double timestep) { return denoiser(input, timestep); },
        [&](int evaluation) { return stepNoise(noise, requests, first, shape, evaluation).to(device); },
        [&](int) {
            cancelled = !call.afterStep();
            return !cancelled;
        });
    if (cancelled) return fail(ErrorCode::Cancelled, "sampling was cancelled");
    return latents;
}

Result<at::Tensor> sampleLatents(const Call& call, std::span<const PictureRequest> requests,
                                 std::int64_t first) {
    at::Tensor latents;
    for (const auto& stage : call.stages) {
        ATELIER_TRY(latents, runStage(call, stage, requests, first, latents));
    }
    return latents;
}

Result<Stage> planStage(const Pipeline& pipeline, const GenerateOptions& options) {
    ATELIER_DO(checkConditioning(pipeline));
    ATELIER_TRY(const auto config,
                scheduleConfigFromJson(pipeline.scheduler, "scheduler/scheduler_config.json"));
    ATELIER_TRY(auto schedule, makeNoiseSchedule(config, deviceOf(*pipeline.unet)));
    ATELIER_TRY(auto plan, planSampling(schedule, options.sampler, options.steps));
    return Stage{pipeline, std::move(schedule), std::move(plan)};
}

Result<std::vector<Stage>> planStages(const Pipeline& pipeline, const GenerateOptions& options,
                                      const GenerateInputs& inputs) {
    std::vector<Stage> stages;
    ATELIER_TRY(auto first, planStage(pipeline, options));
    if (inputs.picture.pixels_1CHW.defined() && pictureModel(pipeline) != PictureModel::Upscaler)
        ATELIER_DO(cutPlan(first.schedule, first.plan, options.strength));
    if (inputs.refiner) ATELIER_DO(cutPlanBelow(first.schedule, first.plan, inputs.refiner->start));
    stages.push_back(std::move(first));
    if (!inputs.refiner) return stages;
    ATELIER_TRY(auto second, planStage(*inputs.refiner->pipeline, options));
    ATELIER_DO(cutPlanAbove(second.schedule, second.plan, inputs.refiner->start));
    stages.push_back(std::move(second));
    return stages;
}

}  // namespace

at::Tensor startNoise(const GivenNoise& given, std::span<const PictureRequest> requests, std::int64_t first,
                      const std::vector<std::int64_t>& shape) {
    if (given.latents.defined())
        return given.latents.narrow(0, first, static_cast<std::int64_t>(requests.size()));
    std::vector<at::Tensor> rows;
    for (const auto& request : requests)
        rows.push_back(normals(request.seed, RandomStream::Sample, request.index, shape));
    return at::stack(rows);
}

at::Tensor stepNoise(const GivenNoise& given, std::span<const PictureRequest> requests, std::int64_t first,
                     const std::vector<std::int64_t>& shape, int evaluation) {
    if (given.stepNoise.defined())
        return given.stepNoise[evaluation].narrow(0, first, static_cast<std::int64_t>(requests.size()));
    std::vector<at::Tensor> rows;
    for (const auto& request : requests)
        rows.push_back(normals(request.seed, RandomStream::SampleStep,
                               (request.index << 20) + static_cast<std::uint64_t>(evaluation), shape));
    return at::stack(rows);
}

Result<at::Tensor> toPictures(const at::Tensor& pixels, const GenerateOptions& options) {
    if (!at::isfinite(pixels).all().item<bool>()) {
        const bool half = pixels.scalar_type() == at::kHalf;
        return fail(
            ErrorCode::Model,
            fmt::format("the pictures hold values that are no numbers (sampler {}, {} steps, guidance {})",
                        samplerName(options.sampler), options.steps, options.guidance),
            "",
            half ? "float16 is too narrow for this model: compute with --bf16 or in float32."
                 : "The weights, a LoRA or an embedding hold NaN, or their weights or the guidance are far "
                   "too large. Leave out one after the other.");
    }
    return (pixels.to(at::kFloat) / 2 + 0.5)
        .clamp(0, 1)
        .mul(255)
        .round()
        .to(at::kByte)
        .permute({0, 2, 3, 1})
        .contiguous()
        .cpu();
}

Status generate(const Pipeline& pipeline, const std::vector<PictureRequest>& requests,
                const GenerateOptions& options, const GenerateInputs& inputs, const PictureSink& sink) {
    const at::NoGradGuard noGrad;
    ATELIER_DO(checkSize(pipeline, options));
    ATELIER_TRY(const auto fit, fitMemory(pipeline, options));
    pipeline.vae->setSlicing(fit.decodeOneByOne);
    pipeline.vae->setTiling(options.tiled);
    ATELIER_DO(checkGivenPicture(pipeline, inputs.picture, options));
    if (inputs.refiner) ATELIER_DO(checkGivenPicture(*inputs.refiner->pipeline, inputs.picture, options));
    for (const auto& control : inputs.controls) ATELIER_DO(checkControl(pipeline, control, options));
    ATELIER_TRY(auto stages, planStages(pipeline, options, inputs));

    const auto batch = static_cast<std::size_t>(fit.batch);
    const auto batches = (requests.size() + batch - 1) / batch;
    std::size_t evaluations = 0;
    for (const auto& stage : stages) evaluations += stage.plan.evaluations();
    const int total = static_cast<int>(batches * evaluations);
    int done = 0;
    const Call call{std::move(stages), options, inputs, [&] {
                        ++done;
                        return !options.onStep || options.onStep(done, total);
                    }};
    for (std::size_t first = 0; first < requests.size(); first += batch) {
        const auto part = std::span(requests).subspan(first, std::min(batch, requests.size() - first));
        ATELIER_TRY(const auto latents, sampleLatents(call, part, static_cast<std::int64_t>(first)));
        const auto unscaled =
            pipeline.vae->unscaleLatents(latents).to(deviceOf(*pipeline.vae)).to(typeOf(*pipeline.vae));
        ATELIER_TRY(const auto pictures, toPictures(pipeline.vae->decode(unscaled), options));
        ATELIER_DO(sink(first, pictures));
    }
    return {};
}

Result<at::Tensor> generate(const Pipeline& pipeline, const std::vector<PictureRequest>& requests,
                            const GenerateOptions& options) {
    std::vector<at::Tensor> pictures;
    ATELIER_DO(generate(pipeline, requests, options, {}, [&](std::size_t, const at::Tensor& batch) -> Status {
        pictures.push_back(batch);
        return {};
    }));
    if (pictures.empty()) return at::empty({0, options.height, options.width, 3}, at::kByte);
    return at::cat(pictures);
}

}  // namespace atelier::eval
