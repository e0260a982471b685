// SPDX-License-Identifier: GPL-3.0-or-later
// The two autoencoders of latent diffusion seen alike: AutoencoderKL and VQModel. Called by the training of
// autoencoders and of class-conditional models.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <variant>

#include "core/engine/models/component.h"

namespace atelier {

class LatentCodec {
  public:
    explicit LatentCodec(std::shared_ptr<AutoencoderKL> kl) : model_(std::move(kl)) {}
    explicit LatentCodec(std::shared_ptr<VQModel> vq) : model_(std::move(vq)) {}

    // Null where it is the other.
    std::shared_ptr<AutoencoderKL> kl() const;
    std::shared_ptr<VQModel> vq() const;
    torch::nn::Module& module() const;

    const char* component() const;  // the folder's name in a pipeline: "vae", "vqvae"
    const char* className() const;  // diffusers'
    Json config() const;
    int pixelChannels() const;
    int latentChannels() const;
    int downscale() const;         // pixels per latent, each way
    double scalingFactor() const;  // latents times this have unit variance

    // What is sampled from, or rows of the codebook, not scaled. pixels [B,C,H,W] in −1…1 → [B,L,h,w]
    // float32. `noise`: standard normals of the result's shape, which the codebook's ignores.
    at::Tensor encode(const at::Tensor& pixels_BCHW, const at::Tensor& noise_BLHW) const;
    // Not scaled → pixels [B,C,H,W] float32, not clamped. The codebook's are quantized first.
    at::Tensor decode(const at::Tensor& latents_BLHW) const;

    // config.json with this scaling factor and weights; `options.weights` under component().
    Status save(const fs::path& folder, const SaveOptions& options, double scalingFactor) const;

  private:
    std::variant<std::shared_ptr<AutoencoderKL>, std::shared_ptr<VQModel>> model_;
};

// Of the class that the folder's config.json names.
Result<LatentCodec> loadLatentCodec(const fs::path& folder, const LoadOptions& options = {});
// "AutoencoderKL" (the default) or "VQModel" from constructor arguments.
Result<LatentCodec> makeLatentCodec(const std::string& className, const Json& params, std::uint64_t seed);

// Grey pictures are those of three equal channels: [B,3,H,W] → [B,channels,H,W], and back for 1 or 3.
at::Tensor withChannels(const at::Tensor& pixels_BCHW, int channels);

}  // namespace atelier
