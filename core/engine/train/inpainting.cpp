// SPDX-License-Identifier: GPL-3.0-or-later
// What is particular to training an inpainting model: a UNet that also sees the mask and the picture's kept
// part. The task is that of text to image.
#include <ATen/ATen.h>

#include "core/engine/train/task.h"

namespace atelier::train {

int inpaintingChannels(const Pipeline& pipeline) {
    return 2 * pipeline.vae->config().latentChannels + 1;
}

void beginInpainting(Pipeline& pipeline) {
    auto config = pipeline.unet->config();
    const int before = config.inChannels, wanted = inpaintingChannels(pipeline);
    if (before == wanted) return;
    config.inChannels = wanted;
    const auto wide = std::make_shared<UNet2DConditionModel>(config);
    const at::NoGradGuard noGrad;
    std::map<std::string, at::Tensor> given;
    for (const auto& [name, tensor] : namedParameters(*pipeline.unet)) given.emplace(name, tensor);
    for (const auto& [name, tensor] : namedParameters(*wide)) {
        if (name == "conv_in.weight")
            tensor.zero_().narrow(1, 0, before).copy_(given.at(name));
        else
            tensor.copy_(given.at(name));
    }
    wide->to(given.at("conv_in.weight").device());
    pipeline.unet = wide;
}

at::Tensor maskChannel(const at::Tensor& mask_BHW, at::IntArrayRef latentSize) {
    return at::upsample_nearest2d(mask_BHW.ge(128).to(at::kFloat).unsqueeze(1), latentSize);
}

at::Tensor keptPixels(const at::Tensor& pixels_BCHW, const at::Tensor& mask_BHW) {
    return pixels_BCHW * mask_BHW.lt(128).unsqueeze(1);
}

}  // namespace atelier::train
