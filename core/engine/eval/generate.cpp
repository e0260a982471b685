// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/eval/generate.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/base/random.h"
#include "core/data/image_io.h"

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

Result<at::Tensor> tokenize(const Pipeline& pipeline, const std::vector<std::string>& texts) {
    std::vector<std::int64_t> ids;
    const auto length = static_cast<std::int64_t>(
        std::min(pipeline.tokenizer->maxLength(), pipeline.textEncoder->config().maxPositionEmbeddings));
    for (const auto& text : texts) {
        const auto padded = pipeline.tokenizer->encodePadded(text);
        ids.insert(ids.end(), padded.begin(), padded.begin() + length);
    }
    const auto tensor = at::tensor(ids, at::kLong).view({static_cast<std::int64_t>(texts.size()), length});
    ATELIER_DO(pipeline.textEncoder->checkInputs(tensor));
    return tensor;
}

// Context [N,S,D] of the prompts, or [2N,S,D] = negative ‖ prompt when guidance needs both.
Result<at::Tensor> encodeText(const Pipeline& pipeline, std::span<const PictureRequest> requests,
                              bool guided) {
    std::vector<std::string> texts;
    if (guided)
        for (const auto& request : requests) texts.push_back(request.negative);
    for (const auto& request : requests) texts.push_back(request.prompt);
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

// Latents of one batch of requests; `first` = its place in the given noise.
Result<at::Tensor> sampleLatents(const Pipeline& pipeline, const NoiseSchedule& schedule,
                                 const SamplingPlan& plan, std::span<const PictureRequest> requests,
                                 std::int64_t first, const GenerateOptions& options, const GivenNoise& given,
                                 const std::function<bool()>& afterStep) {
    const auto count = static_cast<std::int64_t>(requests.size());
    const auto device = deviceOf(*pipeline.unet);
    const auto type = typeOf(*pipeline.unet);
    const int factor = pipeline.vae->config().downscale();
    const std::vector<std::int64_t> shape{pipeline.unet->config().inChannels, options.height / factor,
                                          options.width / factor};
    const bool guided = options.guidance > 1;
    ATELIER_TRY(const auto context, encodeText(pipeline, requests, guided));
    const auto typedContext = context.to(type);

    std::vector<at::Tensor> start;
    for (const auto& request : requests)
        start.push_back(normals(request.seed, RandomStream::Sample, request.index, shape));
    const auto noise = given.latents.defined() ? given.latents.narrow(0, first, count) : at::stack(start);

    const DenoiseFunction denoise = [&](const at::Tensor& input, double timestep) {
        const auto t = at::full({1}, timestep, at::TensorOptions().dtype(at::kFloat).device(device));
        const auto typed = input.to(type);
        const auto output =
            pipeline.unet->forward(guided ? at::cat({typed, typed}) : typed, t, typedContext).to(at::kFloat);
        if (!guided) return output;
        const auto halves = output.chunk(2);
        return guide(halves[0], halves[1], options.guidance);
    };
    const StepNoiseFunction stepNoise = [&](int step) {
        if (given.stepNoise.defined()) return given.stepNoise[step].narrow(0, first, count).to(device);
        std::vector<at::Tensor> rows;
        for (const auto& request : requests)
            rows.push_back(normals(request.seed, RandomStream::SampleStep,
                                   (request.index << 20) + static_cast<std::uint64_t>(step), shape));
        return at::stack(rows).to(device);
    };
    bool cancelled = false;
    const auto latents = runSampler(schedule, plan, noise.to(device), denoise, stepNoise, [&](int) {
        cancelled = afterStep && !afterStep();
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

Result<at::Tensor> generate(const Pipeline& pipeline, const std::vector<PictureRequest>& requests,
                            const GenerateOptions& options, const GivenNoise& given) {
    const at::NoGradGuard noGrad;
    ATELIER_DO(checkSize(pipeline, options));
    ATELIER_TRY(const auto config,
                scheduleConfigFromJson(pipeline.scheduler, "scheduler/scheduler_config.json"));
    ATELIER_TRY(const auto schedule, makeNoiseSchedule(config, deviceOf(*pipeline.unet)));
    ATELIER_TRY(const auto plan, planSampling(schedule, options.sampler, options.steps));

    const auto batch = static_cast<std::size_t>(std::max(options.batch, 1));
    const int batches = static_cast<int>((requests.size() + batch - 1) / batch);
    const int total = batches * static_cast<int>(plan.timesteps.size());
    int done = 0;
    std::vector<at::Tensor> pictures;
    for (std::size_t first = 0; first < requests.size(); first += batch) {
        const auto part = std::span(requests).subspan(first, std::min(batch, requests.size() - first));
        ATELIER_TRY(const auto latents, sampleLatents(pipeline, schedule, plan, part,
                                                      static_cast<std::int64_t>(first), options, given, [&] {
                                                          ++done;
                                                          return !options.onStep ||
                                                                 options.onStep(done, total);
                                                      }));
        const auto unscaled =
            pipeline.vae->unscaleLatents(latents).to(deviceOf(*pipeline.vae)).to(typeOf(*pipeline.vae));
        pictures.push_back(toPictures(pipeline.vae->decode(unscaled)));
    }
    if (pictures.empty()) return at::empty({0, options.height, options.width, 3}, at::kByte);
    return at::cat(pictures);
}

Json describePicture(const PictureRequest& request, const GenerateOptions& options, const std::string& file) {
    return Json{{"file", file},
                {"prompt", request.prompt},
                {"negative_prompt", request.negative},
                {"seed", request.seed},
                {"index", request.index},
                {"guidance", options.guidance},
                {"sampler", samplerName(options.sampler)},
                {"steps", options.steps},
                {"width", options.width},
                {"height", options.height}};
}

Status writePictures(const at::Tensor& pictures_NHWC, const std::vector<PictureRequest>& requests,
                     const GenerateOptions& options, const fs::path& folder, const Json& extra) {
    ATELIER_DO(createDirectories(folder));
    Json list = Json::array();
    const auto pictures = pictures_NHWC.contiguous();
    for (std::int64_t i = 0; i < pictures.size(0); ++i) {
        auto image =
            data::Image::allocate(static_cast<int>(pictures.size(2)), static_cast<int>(pictures.size(1)));
        std::memcpy(image.rgb.get(), pictures[i].const_data_ptr<std::uint8_t>(), image.byteSize());
        ATELIER_TRY(const auto bytes, data::encodeImage(image, {.format = data::ImageFormat::Png}));
        const auto name = fmt::format("{:04}.png", i);
        ATELIER_DO(writeFileAtomic(folder / name, bytes));
        list.push_back(describePicture(requests[static_cast<std::size_t>(i)], options, name));
    }
    Json document = extra;
    document["samples"] = list;
    return writeFileAtomic(folder / "samples.json", dumpJsonPretty(document));
}

}  // namespace atelier::eval
