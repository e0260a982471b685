// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/eval/generate_labels.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "core/engine/eval/generate_parts.h"

namespace atelier::eval {
namespace {

Status checkMask(const LabelPipeline& pipeline, const at::Tensor& mask_1HW, const GenerateOptions& options) {
    if (!mask_1HW.defined()) return {};
    if (pipeline.maskLabels == 0)
        return fail(ErrorCode::Usage, "this model is not told what lies where", "--mask", "Leave it out.");
    if (mask_1HW.size(1) != options.height || mask_1HW.size(2) != options.width)
        return fail(ErrorCode::Usage,
                    fmt::format("the mask is {}×{} pixels, the result {}×{}", mask_1HW.size(2),
                                mask_1HW.size(1), options.width, options.height),
                    "--mask");
    return {};
}

// The network for one batch, told and, where it is guided, untold in one pass.
class LabelDenoiser {
  public:
    LabelDenoiser(const LabelPipeline& pipeline, const GenerateOptions& options, const at::Tensor& labels_B,
                  const at::Tensor& mask_BKHW)
        : pipeline_(pipeline), labels_(labels_B), mask_(mask_BKHW), guidance_(options.guidance) {
        const bool told = !pipeline.classes.empty() || pipeline.maskLabels > 0;
        guided_ = told && options.guidance > 1;
        if (!guided_) return;
        const auto untold = static_cast<std::int64_t>(pipeline.classes.size());
        if (labels_.defined()) labels_ = at::cat({at::full_like(labels_, untold), labels_});
        if (mask_.defined()) mask_ = at::cat({at::zeros_like(mask_), mask_});
    }

    at::Tensor operator()(const at::Tensor& x_BCHW, double timestep) const {
        const auto t = at::full({1}, timestep, x_BCHW.options().dtype(at::kFloat));
        auto input = guided_ ? at::cat({x_BCHW, x_BCHW}) : x_BCHW;
        if (mask_.defined()) input = at::cat({input, mask_}, 1);
        const auto output = pipeline_.unet->forward(input, t, labels_).to(at::kFloat);
        if (!guided_) return output;
        const auto halves = output.chunk(2);
        return guide(halves[0], halves[1], guidance_);
    }

  private:
    const LabelPipeline& pipeline_;
    at::Tensor labels_, mask_;
    double guidance_;
    bool guided_ = false;
};

}  // namespace

Status generateLabels(const LabelPipeline& pipeline, const std::vector<PictureRequest>& requests,
                      const GenerateOptions& options, const LabelInputs& inputs, const PictureSink& sink) {
    const at::NoGradGuard noGrad;
    ATELIER_DO(checkLabelPipeline(pipeline, options.width, options.height));
    ATELIER_DO(checkMask(pipeline, inputs.mask_1HW, options));
    const auto device = pipeline.unet->parameters().front().device();
    ATELIER_TRY(const auto config,
                scheduleConfigFromJson(pipeline.scheduler, "scheduler/scheduler_config.json"));
    ATELIER_TRY(const auto schedule, makeNoiseSchedule(config, device));
    ATELIER_TRY(const auto plan, planSampling(schedule, options.sampler, options.steps));
    std::vector<std::int64_t> labels;
    for (const auto& request : requests) {
        ATELIER_TRY(const auto label, labelOf(pipeline, request.prompt));
        labels.push_back(label);
    }
    const std::vector<std::int64_t> shape{pipeline.latentChannels(), options.height / pipeline.downscale(),
                                          options.width / pipeline.downscale()};
    const auto most = static_cast<std::size_t>(std::max(options.batch, 1));
    const int total = static_cast<int>((requests.size() + most - 1) / most * plan.evaluations());
    int done = 0;
    for (std::size_t first = 0; first < requests.size(); first += most) {
        const auto part = std::span(requests).subspan(first, std::min(most, requests.size() - first));
        const auto place = static_cast<std::int64_t>(first), count = static_cast<std::int64_t>(part.size());
        at::Tensor labels_B, mask_BKHW;
        if (!pipeline.classes.empty()) labels_B = at::tensor(labels).narrow(0, place, count).to(device);
        if (pipeline.maskLabels > 0) {
            const auto mask = inputs.mask_1HW.defined()
                                  ? inputs.mask_1HW
                                  : at::zeros({1, options.height, options.width}, at::kByte);
            mask_BKHW = labelChannels(mask, pipeline.maskLabels, {shape[1], shape[2]})
                            .to(device)
                            .expand({count, -1, -1, -1});
        }
        const LabelDenoiser denoiser(pipeline, options, labels_B, mask_BKHW);
        SamplingStart start;
        start.noise_BCHW = startNoise(inputs.noise, part, place, shape).to(device);
        bool cancelled = false;
        const auto latents = runSampler(
            schedule, plan, start, [&](const at::Tensor& x, double t) { return denoiser(x, t); },
            [&](int evaluation) {
                return stepNoise(inputs.noise, part, place, shape, evaluation).to(device);
            },
            [&](int) {
                ++done;
                cancelled = options.onStep && !options.onStep(done, total);
                return !cancelled;
            });
        if (cancelled) return fail(ErrorCode::Cancelled, "sampling was cancelled");
        const auto pixels =
            pipeline.codec ? pipeline.codec->decode(latents / pipeline.codec->scalingFactor()) : latents;
        ATELIER_TRY(const auto pictures, toPictures(withChannels(pixels, 3), options));
        ATELIER_DO(sink(first, pictures));
    }
    return {};
}

}  // namespace atelier::eval
