// SPDX-License-Identifier: GPL-3.0-or-later
// Encoder and decoder of autoencoder_blocks.h.
#include "core/engine/models/autoencoder_blocks.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/engine/nn/fused_ops.h"

namespace atelier::autoencoder {

using nn::ModuleList;
using nn::ResnetBlock;

namespace {

constexpr double kNormEps = 1e-6;

nn::ResnetOptions resnetOptions(const Options& c, std::int64_t in, std::int64_t out) {
    nn::ResnetOptions o;
    o.in = in;
    o.out = out;
    o.groups = c.groups;
    o.eps = kNormEps;
    o.activation = c.activation;
    return o;
}

}  // namespace

// DownEncoderBlock2D and UpDecoderBlock2D: residual blocks, then a change of size unless it is the last
// level.
class Level : public torch::nn::Module {
  public:
    enum class Resize { None, Down, Up };
    Level(const Options& c, std::int64_t in, std::int64_t out, int layers, Resize resize) {
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
    explicit MidBlock(const Options& c) {
        const std::int64_t channels = c.blockOutChannels.back();
        resnets_ = register_module("resnets", std::make_shared<ModuleList<ResnetBlock>>());
        for (int i = 0; i < 2; ++i) resnets_->add(resnetOptions(c, channels, channels));
        if (!c.middleAttention) return;
        attentions_ = register_module("attentions", std::make_shared<ModuleList<nn::SpatialAttention>>());
        attentions_->add(channels, c.groups, kNormEps);
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

Encoder::Encoder(const Options& c) {
    const auto& channels = c.blockOutChannels;
    convIn_ =
        register_module("conv_in", std::make_shared<nn::Conv2d>(c.inChannels, channels.front(), 3, 1, 1));
    levels_ = register_module("down_blocks", std::make_shared<ModuleList<Level>>());
    for (std::size_t i = 0; i < channels.size(); ++i)
        levels_->add(c, channels[i == 0 ? 0 : i - 1], channels[i], c.layersPerBlock,
                     i + 1 < channels.size() ? Level::Resize::Down : Level::Resize::None);
    mid_ = register_module("mid_block", std::make_shared<MidBlock>(c));
    normOut_ = register_module("conv_norm_out",
                               std::make_shared<nn::GroupNorm>(c.groups, channels.back(), kNormEps));
    convOut_ = register_module("conv_out",
                               std::make_shared<nn::Conv2d>(channels.back(), c.encodedChannels, 3, 1, 1));
}

Encoder::~Encoder() = default;

at::Tensor Encoder::forward(const at::Tensor& pixels_BCHW) const {
    at::Tensor x = convIn_->forward(pixels_BCHW);
    for (const auto& level : *levels_) x = level->forward(x);
    return nn::normSiluConv(mid_->forward(x), *normOut_, *convOut_);
}

Decoder::Decoder(const Options& c) {
    const std::vector<int> channels(c.blockOutChannels.rbegin(), c.blockOutChannels.rend());
    convIn_ =
        register_module("conv_in", std::make_shared<nn::Conv2d>(c.latentChannels, channels.front(), 3, 1, 1));
    mid_ = register_module("mid_block", std::make_shared<MidBlock>(c));
    levels_ = register_module("up_blocks", std::make_shared<ModuleList<Level>>());
    for (std::size_t i = 0; i < channels.size(); ++i)
        levels_->add(c, channels[i == 0 ? 0 : i - 1], channels[i], c.layersPerBlock + 1,
                     i + 1 < channels.size() ? Level::Resize::Up : Level::Resize::None);
    normOut_ = register_module("conv_norm_out",
                               std::make_shared<nn::GroupNorm>(c.groups, channels.back(), kNormEps));
    convOut_ =
        register_module("conv_out", std::make_shared<nn::Conv2d>(channels.back(), c.outChannels, 3, 1, 1));
}

Decoder::~Decoder() = default;

at::Tensor Decoder::forward(const at::Tensor& latents_BLHW) const {
    at::Tensor x = mid_->forward(convIn_->forward(latents_BLHW));
    for (const auto& level : *levels_) x = level->forward(x);
    return nn::normSiluConv(x, *normOut_, *convOut_);
}

at::Tensor runTiled(const at::Tensor& x, const Tiling& tiling,
                    const std::function<at::Tensor(const at::Tensor&)>& run) {
    const std::int64_t step = tiling.tile * 3 / 4, blend = tiling.result / 4, keep = tiling.result - blend;
    // The first rows (or columns) of `tile` go over from the last ones of its neighbour, in place.
    const auto blendInto = [&](const at::Tensor& tile, const at::Tensor& neighbour, std::int64_t axis) {
        const std::int64_t extent = std::min({neighbour.size(axis), tile.size(axis), blend});
        if (extent == 0) return;
        std::vector<std::int64_t> shape(4, 1);
        shape[static_cast<std::size_t>(axis)] = extent;
        const at::Tensor weight = (at::arange(extent, x.options()) / static_cast<double>(extent)).view(shape);
        const at::Tensor head = tile.narrow(axis, 0, extent);
        head.copy_(neighbour.narrow(axis, neighbour.size(axis) - extent, extent) * (1 - weight) +
                   head * weight);
    };
    std::vector<at::Tensor> above, rows;
    for (std::int64_t y = 0; y < x.size(2); y += step) {
        std::vector<at::Tensor> row, kept;
        for (std::int64_t column = 0; column < x.size(3); column += step) {
            row.push_back(run(x.slice(2, y, y + tiling.tile).slice(3, column, column + tiling.tile)).clone());
            const at::Tensor& tile = row.back();
            if (!above.empty()) blendInto(tile, above[row.size() - 1], 2);
            if (row.size() > 1) blendInto(tile, row[row.size() - 2], 3);
            kept.push_back(tile.slice(2, 0, keep).slice(3, 0, keep));
        }
        rows.push_back(at::cat(kept, 3));
        above = std::move(row);
    }
    return at::cat(rows, 2);
}

}  // namespace atelier::autoencoder
