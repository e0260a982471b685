// SPDX-License-Identifier: GPL-3.0-or-later
// The autoencoder of autoencoder_kl.h.
#include "core/engine/models/autoencoder_kl.h"

#include <ATen/ATen.h>

#include "core/engine/models/autoencoder_blocks.h"

namespace atelier {
namespace {

// latents_mean and latents_std, one number per channel, ready to broadcast over [B,L,h,w].
at::Tensor perChannel(const std::vector<double>& values, const at::Tensor& like) {
    return at::tensor(values, like.options().dtype(at::kDouble).device(at::kCPU))
        .to(like.device(), like.scalar_type())
        .view({1, -1, 1, 1});
}

}  // namespace

at::Tensor DiagonalGaussian::sample(const at::Tensor& noise_BLHW) const {
    return mean_BLHW + at::exp(0.5 * logvar_BLHW) * noise_BLHW;
}

at::Tensor DiagonalGaussian::kl() const {
    return 0.5 * (mean_BLHW.square() + logvar_BLHW.exp() - 1.0 - logvar_BLHW).sum({1, 2, 3});
}

struct AutoencoderKL::Parts {
    std::shared_ptr<autoencoder::Encoder> encoder;
    std::shared_ptr<autoencoder::Decoder> decoder;
    std::shared_ptr<nn::Conv2d> quant, postQuant;
    autoencoder::Tiling pixels, latents;  // sides of a piece, for encoding and decoding
    bool tiling = false, slicing = false;

    // `run` on the batch, on single items, or on pieces of them.
    at::Tensor apply(const at::Tensor& x, const autoencoder::Tiling& sides,
                     const std::function<at::Tensor(const at::Tensor&)>& run) const {
        const bool large = tiling && (x.size(2) > sides.tile || x.size(3) > sides.tile);
        const auto whole = [&](const at::Tensor& item) {
            return large ? autoencoder::runTiled(item, sides, run) : run(item);
        };
        if (!slicing || x.size(0) == 1) return whole(x);
        std::vector<at::Tensor> results;
        for (const auto& item : x.split(1)) results.push_back(whole(item));
        return at::cat(results);
    }
};

AutoencoderKL::AutoencoderKL(const AutoencoderKLConfig& config)
    : config_(config), parts_(std::make_unique<Parts>()) {
    const std::int64_t latent = config_.latentChannels;
    const auto options = autoencoder::optionsFrom(config_, 2 * config_.latentChannels);
    parts_->encoder = register_module("encoder", std::make_shared<autoencoder::Encoder>(options));
    parts_->decoder = register_module("decoder", std::make_shared<autoencoder::Decoder>(options));
    const std::int64_t side = config_.sampleSize.empty() ? 32 : config_.sampleSize.front();
    parts_->pixels = {side, side / config_.downscale()};
    parts_->latents = {parts_->pixels.result, side};
    if (config_.useQuantConv)
        parts_->quant =
            register_module("quant_conv", std::make_shared<nn::Conv2d>(2 * latent, 2 * latent, 1));
    if (config_.usePostQuantConv)
        parts_->postQuant =
            register_module("post_quant_conv", std::make_shared<nn::Conv2d>(latent, latent, 1));
}

AutoencoderKL::~AutoencoderKL() = default;

void AutoencoderKL::setTiling(bool enabled) {
    parts_->tiling = enabled;
}

void AutoencoderKL::setSlicing(bool enabled) {
    parts_->slicing = enabled;
}

at::Tensor AutoencoderKL::encodeMoments(const at::Tensor& pixels_BCHW) {
    return parts_->apply(pixels_BCHW, parts_->pixels, [this](const at::Tensor& pixels) {
        const at::Tensor moments = parts_->encoder->forward(pixels);
        return parts_->quant ? parts_->quant->forward(moments) : moments;
    });
}

DiagonalGaussian AutoencoderKL::encode(const at::Tensor& pixels_BCHW) {
    const auto halves = encodeMoments(pixels_BCHW).chunk(2, 1);
    return {halves[0], halves[1].clamp(-30.0, 20.0)};
}

at::Tensor AutoencoderKL::decode(const at::Tensor& latents_BLHW) {
    return parts_->apply(latents_BLHW, parts_->latents, [this](const at::Tensor& latents) {
        return parts_->decoder->forward(parts_->postQuant ? parts_->postQuant->forward(latents) : latents);
    });
}

at::Tensor AutoencoderKL::scaleLatents(const at::Tensor& latents) const {
    if (config_.latentsMean && config_.latentsStd)
        return (latents - perChannel(*config_.latentsMean, latents)) * config_.scalingFactor /
               perChannel(*config_.latentsStd, latents);
    return (latents - config_.shiftFactor.value_or(0)) * config_.scalingFactor;
}

at::Tensor AutoencoderKL::unscaleLatents(const at::Tensor& latents) const {
    if (config_.latentsMean && config_.latentsStd)
        return latents * perChannel(*config_.latentsStd, latents) / config_.scalingFactor +
               perChannel(*config_.latentsMean, latents);
    return latents / config_.scalingFactor + config_.shiftFactor.value_or(0);
}

}  // namespace atelier
