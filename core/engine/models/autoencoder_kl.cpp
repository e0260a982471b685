// SPDX-License-Identifier: GPL-3.0-or-later
// The autoencoder of autoencoder_kl.h. All its group norms use eps 1e-6.
#include "core/engine/models/autoencoder_kl.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/engine/nn/blocks.h"
#include "core/engine/nn/fused_ops.h"

namespace atelier {
namespace {

using nn::ModuleList;
using nn::ResnetBlock;

constexpr double kNormEps = 1e-6;

nn::ResnetOptions resnetOptions(const AutoencoderKLConfig& c, std::int64_t in, std::int64_t out) {
    nn::ResnetOptions o;
    o.in = in;
    o.out = out;
    o.groups = c.normNumGroups;
    o.eps = kNormEps;
    o.activation = nn::activationFromName(c.actFn);
    return o;
}

// DownEncoderBlock2D and UpDecoderBlock2D: residual blocks, then a change of size unless it is the last
// level.
class Level : public torch::nn::Module {
  public:
    enum class Resize { None, Down, Up };
    Level(const AutoencoderKLConfig& c, std::int64_t in, std::int64_t out, int layers, Resize resize) {
        resnets_ = register_module("resnets", std::make_shared<ModuleList<ResnetBlock>>());
        for (int i = 0; i < layers; ++i) resnets_->add(resnetOptions(c, i == 0 ? in : out, out));
        if (resize == Resize::Down) {
            downsamplers_ = register_module("downsamplers", std::make_shared<ModuleList<nn::Downsample>>());
            downsamplers_->add(out, 0);
        } else if (resize == Resize::Up) {
            upsamplers_ = register_module("upsamplers", std::make_shared<ModuleList<nn::Upsample>>());
            upsamplers_->add(out);
        }
    }
    at::Tensor forward(at::Tensor x) const {
        for (const auto& resnet : *resnets_) x = resnet->forward(x);
        if (downsamplers_) return (*downsamplers_)[0].forward(x);
        if (upsamplers_) return (*upsamplers_)[0].forward(x, 2 * x.size(2), 2 * x.size(3));
        return x;
    }

  private:
    std::shared_ptr<ModuleList<ResnetBlock>> resnets_;
    std::shared_ptr<ModuleList<nn::Downsample>> downsamplers_;
    std::shared_ptr<ModuleList<nn::Upsample>> upsamplers_;
};

class MidBlock : public torch::nn::Module {
  public:
    explicit MidBlock(const AutoencoderKLConfig& c) {
        const std::int64_t channels = c.blockOutChannels.back();
        resnets_ = register_module("resnets", std::make_shared<ModuleList<ResnetBlock>>());
        for (int i = 0; i < 2; ++i) resnets_->add(resnetOptions(c, channels, channels));
        if (!c.midBlockAddAttention) return;
        attentions_ = register_module("attentions", std::make_shared<ModuleList<nn::SpatialAttention>>());
        attentions_->add(channels, c.normNumGroups, kNormEps);
    }
    at::Tensor forward(const at::Tensor& x) const {
        at::Tensor h = (*resnets_)[0].forward(x);
        if (attentions_) h = (*attentions_)[0].forward(h);
        return (*resnets_)[1].forward(h);
    }

  private:
    std::shared_ptr<ModuleList<ResnetBlock>> resnets_;
    std::shared_ptr<ModuleList<nn::SpatialAttention>> attentions_;
};

class Encoder : public torch::nn::Module {
  public:
    explicit Encoder(const AutoencoderKLConfig& c) {
        const auto& channels = c.blockOutChannels;
        convIn_ =
            register_module("conv_in", std::make_shared<nn::Conv2d>(c.inChannels, channels.front(), 3, 1, 1));
        levels_ = register_module("down_blocks", std::make_shared<ModuleList<Level>>());
        for (std::size_t i = 0; i < channels.size(); ++i)
            levels_->add(c, channels[i == 0 ? 0 : i - 1], channels[i], c.layersPerBlock,
                         i + 1 < channels.size() ? Level::Resize::Down : Level::Resize::None);
        mid_ = register_module("mid_block", std::make_shared<MidBlock>(c));
        normOut_ = register_module(
            "conv_norm_out", std::make_shared<nn::GroupNorm>(c.normNumGroups, channels.back(), kNormEps));
        convOut_ = register_module(
            "conv_out", std::make_shared<nn::Conv2d>(channels.back(), 2 * c.latentChannels, 3, 1, 1));
    }
    at::Tensor forward(const at::Tensor& pixels) const {
        at::Tensor x = convIn_->forward(pixels);
        for (const auto& level : *levels_) x = level->forward(x);
        return nn::normSiluConv(mid_->forward(x), *normOut_, *convOut_);
    }

  private:
    std::shared_ptr<nn::Conv2d> convIn_, convOut_;
    std::shared_ptr<ModuleList<Level>> levels_;
    std::shared_ptr<MidBlock> mid_;
    std::shared_ptr<nn::GroupNorm> normOut_;
};

class Decoder : public torch::nn::Module {
  public:
    explicit Decoder(const AutoencoderKLConfig& c) {
        const std::vector<int> channels(c.blockOutChannels.rbegin(), c.blockOutChannels.rend());
        convIn_ = register_module("conv_in",
                                  std::make_shared<nn::Conv2d>(c.latentChannels, channels.front(), 3, 1, 1));
        mid_ = register_module("mid_block", std::make_shared<MidBlock>(c));
        levels_ = register_module("up_blocks", std::make_shared<ModuleList<Level>>());
        for (std::size_t i = 0; i < channels.size(); ++i)
            levels_->add(c, channels[i == 0 ? 0 : i - 1], channels[i], c.layersPerBlock + 1,
                         i + 1 < channels.size() ? Level::Resize::Up : Level::Resize::None);
        normOut_ = register_module(
            "conv_norm_out", std::make_shared<nn::GroupNorm>(c.normNumGroups, channels.back(), kNormEps));
        convOut_ = register_module("conv_out",
                                   std::make_shared<nn::Conv2d>(channels.back(), c.outChannels, 3, 1, 1));
    }
    at::Tensor forward(const at::Tensor& latents) const {
        at::Tensor x = mid_->forward(convIn_->forward(latents));
        for (const auto& level : *levels_) x = level->forward(x);
        return nn::normSiluConv(x, *normOut_, *convOut_);
    }

  private:
    std::shared_ptr<nn::Conv2d> convIn_, convOut_;
    std::shared_ptr<MidBlock> mid_;
    std::shared_ptr<ModuleList<Level>> levels_;
    std::shared_ptr<nn::GroupNorm> normOut_;
};

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
    std::shared_ptr<Encoder> encoder;
    std::shared_ptr<Decoder> decoder;
    std::shared_ptr<nn::Conv2d> quant, postQuant;
};

AutoencoderKL::AutoencoderKL(const AutoencoderKLConfig& config)
    : config_(config), parts_(std::make_unique<Parts>()) {
    const std::int64_t latent = config_.latentChannels;
    parts_->encoder = register_module("encoder", std::make_shared<Encoder>(config_));
    parts_->decoder = register_module("decoder", std::make_shared<Decoder>(config_));
    if (config_.useQuantConv)
        parts_->quant =
            register_module("quant_conv", std::make_shared<nn::Conv2d>(2 * latent, 2 * latent, 1));
    if (config_.usePostQuantConv)
        parts_->postQuant =
            register_module("post_quant_conv", std::make_shared<nn::Conv2d>(latent, latent, 1));
}

AutoencoderKL::~AutoencoderKL() = default;

at::Tensor AutoencoderKL::encodeMoments(const at::Tensor& pixels_BCHW) {
    const at::Tensor moments = parts_->encoder->forward(pixels_BCHW);
    return parts_->quant ? parts_->quant->forward(moments) : moments;
}

DiagonalGaussian AutoencoderKL::encode(const at::Tensor& pixels_BCHW) {
    const auto halves = encodeMoments(pixels_BCHW).chunk(2, 1);
    return {halves[0], halves[1].clamp(-30.0, 20.0)};
}

at::Tensor AutoencoderKL::decode(const at::Tensor& latents_BLHW) {
    return parts_->decoder->forward(parts_->postQuant ? parts_->postQuant->forward(latents_BLHW)
                                                      : latents_BLHW);
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
