// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/eval/given_picture.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/base/random.h"
#include "core/engine/diffusion/schedule.h"

namespace atelier::eval {
namespace {

at::Device deviceOf(const Pipeline& pipeline) {
    return pipeline.unet->parameters().front().device();
}

// [B,C,H,W] with each request's seed. `draw`: 0 for the picture, 1 for its kept part.
at::Tensor pictureNoise(std::span<const PictureRequest> requests, at::IntArrayRef shape_1CHW,
                        std::uint64_t draw) {
    std::vector<at::Tensor> rows;
    for (const auto& request : requests) {
        auto noise = at::empty(shape_1CHW, at::kFloat);
        const auto count = static_cast<std::size_t>(noise.numel());
        Random(request.seed, RandomStream::Latent, request.index)
            .normals({noise.mutable_data_ptr<float>(), count}, draw * count);
        rows.push_back(noise);
    }
    return at::cat(rows);
}

// One draw of the posterior for every request.
at::Tensor encode(const Pipeline& pipeline, std::span<const PictureRequest> requests,
                  const at::Tensor& pixels_1CHW, std::uint64_t draw) {
    const auto parameter = pipeline.vae->parameters().front();
    const auto posterior = pipeline.vae->encode(pixels_1CHW.to(parameter.options()));
    const auto noise = pictureNoise(requests, posterior.mean_BLHW.sizes(), draw);
    const auto latents = posterior.sample(noise.to(parameter.options()));
    return pipeline.vae->scaleLatents(latents).to(deviceOf(pipeline), at::kFloat);
}

void addMask(const Pipeline& pipeline, std::span<const PictureRequest> requests, const GivenPicture& picture,
             PictureLatents& result) {
    const auto height = result.picture_BLHW.size(2);
    const auto width = result.picture_BLHW.size(3);
    const auto count = static_cast<std::int64_t>(requests.size());
    const auto mask = at::upsample_nearest2d(picture.mask_11HW, {height, width})
                          .to(result.picture_BLHW.device())
                          .expand({count, 1, height, width});
    if (pictureModel(pipeline) != PictureModel::Inpainting) {
        result.repaint_B1HW = mask;
        return;
    }
    const auto kept = picture.pixels_1CHW * (picture.mask_11HW < 0.5);
    result.extra_BCHW = at::cat({mask, encode(pipeline, requests, kept, 1)}, 1);
}

// At the latents' size, from −1 (farthest) to 1 (nearest).
at::Tensor depthLatents(const at::Tensor& depth_11HW, const Pipeline& pipeline,
                        const GenerateOptions& options) {
    const int factor = pipeline.vae->config().downscale();
    const auto depth = at::upsample_bicubic2d(depth_11HW.to(at::kFloat),
                                              {options.height / factor, options.width / factor}, false);
    return 2 * (depth - depth.min()) / (depth.max() - depth.min()) - 1;
}

int noiseLevel(const GenerateOptions& options) {
    return options.noiseLevel.value_or(kUsualNoiseLevel);
}

// The picture as the upscaler's training saw it: with the noise of a low timestep.
Result<PictureLatents> blurred(const Pipeline& pipeline, std::span<const PictureRequest> requests,
                               std::int64_t first, const GenerateInputs& inputs,
                               const GenerateOptions& options) {
    const auto device = deviceOf(pipeline);
    const std::string where = "low_res_scheduler/scheduler_config.json";
    ATELIER_TRY(const auto config, scheduleConfigFromJson(pipeline.upscaling->lowResScheduler, where));
    ATELIER_TRY(const auto schedule, makeNoiseSchedule(config, device));
    if (noiseLevel(options) >= schedule.size())
        return fail(ErrorCode::Usage,
                    fmt::format("{} is not below the {} timesteps of the model's {}", noiseLevel(options),
                                schedule.size(), where),
                    "--noise-level", "20 is usual.");
    const auto count = static_cast<std::int64_t>(requests.size());
    const auto pixels = inputs.picture.pixels_1CHW.to(device, at::kFloat).expand({count, -1, -1, -1});
    const auto& given = inputs.noise.lowResolution;
    const auto noise = given.defined() ? given.narrow(0, first, count)
                                       : pictureNoise(requests, inputs.picture.pixels_1CHW.sizes(), 0);
    PictureLatents result;
    result.classLabels_B = at::full({count}, noiseLevel(options), at::kLong).to(device);
    result.extra_BCHW = addNoise(schedule, pixels, noise.to(device), result.classLabels_B);
    return result;
}

Status checkUpscaler(const Pipeline& pipeline, const GivenPicture& picture, const GenerateOptions& options) {
    if (!pipeline.upscaling)
        return fail(ErrorCode::Model, "this upscaler has no low_res_scheduler", pipeline.source.string(),
                    "A StableDiffusionUpscalePipeline's folder says with it how its picture is blurred.");
    if (!picture.pixels_1CHW.defined())
        return fail(ErrorCode::Usage, "this is an upscaler, it needs the picture to make larger", "--image",
                    "Give --image, or use a text-to-image model.");
    const int factor = pipeline.vae->config().downscale();
    if (picture.pixels_1CHW.size(2) * factor != options.height ||
        picture.pixels_1CHW.size(3) * factor != options.width)
        return fail(
            ErrorCode::Usage,
            fmt::format("the given picture is {}×{} pixels, the result {}×{}", picture.pixels_1CHW.size(3),
                        picture.pixels_1CHW.size(2), options.width, options.height),
            "", fmt::format("This upscaler makes pictures {} times as large.", factor));
    const int most =
        std::min(pipeline.upscaling->maxNoiseLevel, pipeline.unet->config().numClassEmbeds.value_or(1) - 1);
    if (noiseLevel(options) > most)
        return fail(ErrorCode::Usage,
                    fmt::format("{} is above {}, the model's highest", noiseLevel(options), most),
                    "--noise-level", "20 is usual.");
    return {};
}

Status checkDepth(const GivenPicture& picture) {
    const auto& depth = picture.depth_11HW;
    if (!depth.defined())
        return fail(ErrorCode::Usage, "this is a depth model, it needs a depth map", "--depth",
                    "Give --depth FILE: a picture whose bright parts are near, or safetensors with a tensor "
                    "\"depth\". Estimating depth from --image is left to other programs (MiDaS, DPT).");
    if (!at::isfinite(depth).all().item<bool>())
        return fail(ErrorCode::Usage, "the depth map holds values that are no numbers", "--depth",
                    "Give finite depths.");
    if ((depth.max() == depth.min()).item<bool>())
        return fail(ErrorCode::Usage, "the depth map is the same everywhere", "--depth",
                    "Give a map whose bright parts are near and whose dark parts are far.");
    return {};
}

Status checkMask(const GivenPicture& picture, PictureModel model) {
    if (model == PictureModel::Inpainting && !picture.mask_11HW.defined())
        return fail(ErrorCode::Usage, "this is an inpainting model, it needs a picture and a mask", "",
                    "Give --image and --mask, or use a text-to-image model.");
    if (!picture.mask_11HW.defined()) return {};
    if (model == PictureModel::Upscaler)
        return fail(ErrorCode::Usage, "an upscaler takes no mask", "--mask", "Leave the option out.");
    if (!picture.pixels_1CHW.defined())
        return fail(ErrorCode::Usage, "a mask needs the picture that it is for", "--mask", "Give --image.");
    return {};
}

}  // namespace

std::optional<PictureModel> pictureModel(const Pipeline& pipeline) {
    const auto& unet = pipeline.unet->config();
    const int latent = pipeline.vae->config().latentChannels;
    if (unet.takesClassLabels()) {
        const bool upscaler = unet.numClassEmbeds && unet.classEmbedType.empty() &&
                              unet.inChannels == latent + pipeline.vae->config().inChannels;
        return upscaler ? std::optional(PictureModel::Upscaler) : std::nullopt;
    }
    if (unet.inChannels == latent) return PictureModel::Plain;
    if (unet.inChannels == 2 * latent + 1) return PictureModel::Inpainting;
    if (unet.inChannels == latent + 1) return PictureModel::Depth;
    return std::nullopt;
}

Result<PictureLatents> encodeGivenPicture(const Pipeline& pipeline, std::span<const PictureRequest> requests,
                                          std::int64_t first, const GenerateInputs& inputs,
                                          const GenerateOptions& options) {
    const auto& picture = inputs.picture;
    const auto model = pictureModel(pipeline);
    if (model == PictureModel::Upscaler) return blurred(pipeline, requests, first, inputs, options);
    PictureLatents result;
    if (model == PictureModel::Depth)
        result.extra_BCHW = depthLatents(picture.depth_11HW, pipeline, options)
                                .to(deviceOf(pipeline))
                                .expand({static_cast<std::int64_t>(requests.size()), -1, -1, -1});
    if (!picture.pixels_1CHW.defined()) return result;
    result.picture_BLHW = encode(pipeline, requests, picture.pixels_1CHW, 0);
    if (picture.mask_11HW.defined()) addMask(pipeline, requests, picture, result);
    return result;
}

Status checkGivenPicture(const Pipeline& pipeline, const GivenPicture& picture,
                         const GenerateOptions& options) {
    const auto model = pictureModel(pipeline);
    if (!model)
        return fail(ErrorCode::Model,
                    fmt::format("its denoiser takes {} channels{}, the latents have {}",
                                pipeline.unet->config().inChannels,
                                pipeline.unet->config().takesClassLabels() ? " and a class" : "",
                                pipeline.vae->config().latentChannels),
                    "unet/config.json",
                    "Pictures are made with text-to-image, inpainting and depth models and with upscalers.");
    if (picture.depth_11HW.defined() && model != PictureModel::Depth)
        return fail(ErrorCode::Usage, "this model takes no depth map", "--depth",
                    "Leave the option out, or use a depth model (5 channels).");
    ATELIER_DO(checkMask(picture, *model));
    if (model == PictureModel::Depth) ATELIER_DO(checkDepth(picture));
    if (model == PictureModel::Upscaler) return checkUpscaler(pipeline, picture, options);
    for (const auto& tensor : {picture.pixels_1CHW, picture.mask_11HW})
        if (tensor.defined() && (tensor.size(2) != options.height || tensor.size(3) != options.width))
            return fail(ErrorCode::Usage,
                        fmt::format("the given picture is {}×{} pixels, the result {}×{}", tensor.size(3),
                                    tensor.size(2), options.width, options.height));
    return {};
}

}  // namespace atelier::eval
