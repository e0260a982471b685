// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/eval/given_picture.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/base/random.h"

namespace atelier::eval {
namespace {

bool isInpaintingModel(const Pipeline& pipeline) {
    return pipeline.unet->config().inChannels == 2 * pipeline.vae->config().latentChannels + 1;
}

// One draw of the posterior for every request. `draw`: 0 for the picture, 1 for its kept part.
at::Tensor encode(const Pipeline& pipeline, std::span<const PictureRequest> requests,
                  const at::Tensor& pixels_1CHW, std::uint64_t draw) {
    const auto parameter = pipeline.vae->parameters().front();
    const auto posterior = pipeline.vae->encode(pixels_1CHW.to(parameter.options()));
    const auto mean = posterior.mean_BLHW;
    std::vector<at::Tensor> rows;
    for (const auto& request : requests) {
        auto noise = at::empty(mean.sizes(), at::kFloat);
        const auto count = static_cast<std::size_t>(noise.numel());
        Random(request.seed, RandomStream::Latent, request.index)
            .normals({noise.mutable_data_ptr<float>(), count}, draw * count);
        rows.push_back(posterior.sample(noise.to(parameter.options())));
    }
    const auto device = pipeline.unet->parameters().front().device();
    return pipeline.vae->scaleLatents(at::cat(rows)).to(device, at::kFloat);
}

}  // namespace

PictureLatents encodeGivenPicture(const Pipeline& pipeline, std::span<const PictureRequest> requests,
                                  const GivenPicture& picture) {
    PictureLatents result;
    if (!picture.pixels_1CHW.defined()) return result;
    result.picture_BLHW = encode(pipeline, requests, picture.pixels_1CHW, 0);
    if (!picture.mask_11HW.defined()) return result;
    const auto height = result.picture_BLHW.size(2);
    const auto width = result.picture_BLHW.size(3);
    const auto count = static_cast<std::int64_t>(requests.size());
    const auto mask = at::upsample_nearest2d(picture.mask_11HW, {height, width})
                          .to(result.picture_BLHW.device())
                          .expand({count, 1, height, width});
    if (!isInpaintingModel(pipeline)) {
        result.repaint_B1HW = mask;
        return result;
    }
    const auto kept = picture.pixels_1CHW * (picture.mask_11HW < 0.5);
    result.extra_BCHW = at::cat({mask, encode(pipeline, requests, kept, 1)}, 1);
    return result;
}

Status checkGivenPicture(const Pipeline& pipeline, const GivenPicture& picture,
                         const GenerateOptions& options) {
    const int channels = pipeline.unet->config().inChannels;
    const int latent = pipeline.vae->config().latentChannels;
    const bool inpainting = isInpaintingModel(pipeline);
    if (channels != latent && !inpainting)
        return fail(ErrorCode::Model,
                    fmt::format("its denoiser takes {} channels, the latents have {}", channels, latent),
                    "unet/config.json", "Pictures are made with text-to-image and inpainting models only.");
    if (inpainting && !picture.mask_11HW.defined())
        return fail(ErrorCode::Usage, "this is an inpainting model, it needs a picture and a mask", "",
                    "Give --image and --mask, or use a text-to-image model.");
    if (picture.mask_11HW.defined() && !picture.pixels_1CHW.defined())
        return fail(ErrorCode::Usage, "a mask needs the picture that it is for", "--mask", "Give --image.");
    for (const auto& tensor : {picture.pixels_1CHW, picture.mask_11HW})
        if (tensor.defined() && (tensor.size(2) != options.height || tensor.size(3) != options.width))
            return fail(ErrorCode::Usage,
                        fmt::format("the given picture is {}×{} pixels, the result {}×{}", tensor.size(3),
                                    tensor.size(2), options.width, options.height));
    return {};
}

}  // namespace atelier::eval
