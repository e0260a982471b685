// SPDX-License-Identifier: GPL-3.0-or-later
// Diffusion without text as a diffusers folder: a UNet2DModel, an autoencoder (LDMPipeline) or the pixels
// themselves (DDPMPipeline), told nothing, a class, or what lies where. Called by train and sample.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/models/latent_codec.h"

namespace atelier {

struct LabelPipeline {
    std::shared_ptr<UNet2DModel> unet;
    std::optional<LatentCodec> codec;  // none: the UNet works on pixels
    Json scheduler = Json::object();   // scheduler_config.json as it stands
    std::vector<std::string>
        classes;         // a label is a place in it; one more stands for "not told". Empty: never told
    int maskLabels = 0;  // one channel each beside the latents, for a picture's labels 1 … maskLabels

    int latentChannels() const { return codec ? codec->latentChannels() : unet->config().outChannels; }
    int downscale() const { return codec ? codec->downscale() : 1; }
};

// Whether model_index.json names a UNet2DModel.
bool isLabelFolder(const fs::path& folder);
Result<LabelPipeline> loadLabelPipeline(const fs::path& folder, const LoadOptions& options = {});
// `options.weights` under "unet". The folder must not exist.
Status saveLabelPipeline(const LabelPipeline& pipeline, const fs::path& folder,
                         const SaveOptions& options = {});

// Whether UNet, autoencoder and labels belong together, and pictures of this size can be made (code Model).
Status checkLabelPipeline(const LabelPipeline& pipeline, int width, int height);
// A class by its name or number; "" is "not told". Error (Usage): there is no such class.
Result<std::int64_t> labelOf(const LabelPipeline& pipeline, const std::string& name);
// uint8 labels [B,H,W], 0 = background → [B,labels,h,w] float32 of 0 and 1, nearest neighbours.
at::Tensor labelChannels(const at::Tensor& mask_BHW, int labels, at::IntArrayRef size);

}  // namespace atelier
