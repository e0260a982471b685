// SPDX-License-Identifier: GPL-3.0-or-later
// AutoencoderKL: pixels ⇄ latents with a KL-regularised bottleneck (Rombach et al. 2022, §3.1).
// Parameters carry diffusers' names and shapes. Called by training (encoding, autoencoder training), sampling
// and probe.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <memory>

#include "core/config/architectures.h"

namespace atelier {

// The encoder's Gaussian posterior, logvar clamped to [−30, 20].
struct DiagonalGaussian {
    at::Tensor mean_BLHW;
    at::Tensor logvar_BLHW;

    // mean + std·noise; noise standard normal of mean's shape.
    at::Tensor sample(const at::Tensor& noise_BLHW) const;
    // KL to the standard normal, summed over channels and pixels: [B]. ½·Σ(mean² + var − 1 − logvar)
    at::Tensor kl() const;
};

class AutoencoderKL : public torch::nn::Module {
  public:
    explicit AutoencoderKL(const AutoencoderKLConfig& config);
    ~AutoencoderKL() override;

    // pixels [B,3,H,W] in −1…1 → moments [B,2L,h,w] = mean ‖ logvar as the network gives them (not clamped).
    at::Tensor encodeMoments(const at::Tensor& pixels_BCHW);
    DiagonalGaussian encode(const at::Tensor& pixels_BCHW);
    // Latents without scaling factor → pixels, not clamped.
    at::Tensor decode(const at::Tensor& latents_BLHW);

    // Large pictures in overlapping pieces of the config's sample_size, blended as the reference does; the
    // items of a batch one by one. Both trade time for memory, tiling changes the result a little.
    void setTiling(bool enabled);
    void setSlicing(bool enabled);

    // Between the posterior's samples and what the diffusion model sees: (x − shift)·scale, and back.
    at::Tensor scaleLatents(const at::Tensor& latents) const;
    at::Tensor unscaleLatents(const at::Tensor& latents) const;

    void setScalingFactor(double factor) { config_.scalingFactor = factor; }

    const AutoencoderKLConfig& config() const { return config_; }

  private:
    struct Parts;
    AutoencoderKLConfig config_;
    std::unique_ptr<Parts> parts_;
};

}  // namespace atelier
