// SPDX-License-Identifier: GPL-3.0-or-later
// The blocks of blocks.h.
#include "core/engine/nn/blocks.h"

#include <ATen/ATen.h>

#include "core/engine/nn/fused_ops.h"

namespace atelier::nn {
namespace {

// A child below a plain container, so that names like "to_out.0" and "ff.net.2" come out.
template <class T>
void nest(torch::nn::Module& parent, std::initializer_list<const char*> path, std::shared_ptr<T> child) {
    torch::nn::Module* at = &parent;
    for (auto it = path.begin(); it != path.end(); ++it) {
        if (std::next(it) == path.end()) {
            at->register_module(*it, std::move(child));
            return;
        }
        auto* existing = at->named_children().find(*it);
        at = existing ? existing->get()
                      : at->register_module(*it, std::make_shared<torch::nn::Module>()).get();
    }
}

// [B,C,H,W] → [B,H·W,C]; a view when x is channels last.
at::Tensor toTokens(const at::Tensor& x) {
    return x.permute({0, 2, 3, 1}).reshape({x.size(0), -1, x.size(1)});
}
// The reverse: a channels-last view of [B,H·W,C].
at::Tensor toPixels(const at::Tensor& tokens, const at::Tensor& like) {
    return tokens.view({like.size(0), like.size(2), like.size(3), tokens.size(2)}).permute({0, 3, 1, 2});
}

}  // namespace

ResnetBlock::ResnetBlock(const ResnetOptions& options) : options_(options) {
    norm1_ = register_module("norm1", std::make_shared<GroupNorm>(options.groups, options.in, options.eps));
    conv1_ = register_module("conv1", std::make_shared<Conv2d>(options.in, options.out, 3, 1, 1));
    if (options.timeWidth)
        timeProjection_ = register_module(
            "time_emb_proj",
            std::make_shared<Linear>(*options.timeWidth, options.out * (options.scaleShift ? 2 : 1)));
    norm2_ = register_module("norm2", std::make_shared<GroupNorm>(options.groups, options.out, options.eps));
    conv2_ = register_module("conv2", std::make_shared<Conv2d>(options.out, options.out, 3, 1, 1));
    if (options.in != options.out)
        shortcut_ = register_module("conv_shortcut", std::make_shared<Conv2d>(options.in, options.out, 1));
}

at::Tensor ResnetBlock::normAct(const at::Tensor& x, const GroupNorm& norm) const {
    if (options_.activation == Activation::Silu) return groupNorm(x, norm, true);
    return activate(norm.forward(x), options_.activation);
}

at::Tensor ResnetBlock::normActConv(const at::Tensor& x, const GroupNorm& norm, const Conv2d& conv) const {
    const bool together = options_.activation == Activation::Silu && !conv.lowRank;
    return together ? normSiluConv(x, norm, conv) : conv.forward(normAct(x, norm));
}

at::Tensor ResnetBlock::forward(const at::Tensor& x_BCHW, const at::Tensor& activatedTime) const {
    at::Tensor h = normActConv(x_BCHW, *norm1_, *conv1_);
    at::Tensor time;
    if (timeProjection_) time = timeProjection_->forward(activatedTime).unsqueeze(2).unsqueeze(3);
    const at::Tensor past = shortcut_ ? shortcut_->forward(x_BCHW) : x_BCHW;
    if (time.defined() && options_.scaleShift) {
        const auto parts = time.chunk(2, 1);  // scale, shift
        h = conv2_->forwardOnto(
            past, activate(norm2_->forward(h) * (1 + parts[0]) + parts[1], options_.activation));
    } else {
        if (time.defined())
            h = h.add_(time);  // nothing keeps a convolution's output, so this may happen in place
        h = at::GradMode::is_enabled() ? normActConv(h, *norm2_, *conv2_).add_(past)
                                       : conv2_->forwardOnto(past, normAct(h, *norm2_));
    }
    return options_.outputScale == 1 ? h : h / options_.outputScale;
}

Attention::Attention(std::int64_t width, std::int64_t contextWidth, std::int64_t heads, bool inputBias,
                     bool upcast)
    : heads_(heads), upcast_(upcast) {
    query_ = register_module("to_q", std::make_shared<Linear>(width, width, inputBias));
    key_ = register_module("to_k", std::make_shared<Linear>(contextWidth, width, inputBias));
    value_ = register_module("to_v", std::make_shared<Linear>(contextWidth, width, inputBias));
    out_ = std::make_shared<Linear>(width, width);
    nest(*this, {"to_out", "0"}, out_);
}

at::Tensor Attention::forward(const at::Tensor& x_BSC, const at::Tensor& context_BTC) const {
    const at::Tensor& source = context_BTC.defined() ? context_BTC : x_BSC;
    const at::Tensor q = query_->forward(x_BSC), k = key_->forward(source), v = value_->forward(source);
    return out_->forward(attention(q, k, v, heads_, false, upcast_));
}

SpatialAttention::SpatialAttention(std::int64_t channels, std::int64_t groups, double eps, std::int64_t heads,
                                   double outputScale)
    : heads_(heads), outputScale_(outputScale) {
    if (groups > 0) norm_ = register_module("group_norm", std::make_shared<GroupNorm>(groups, channels, eps));
    query_ = register_module("to_q", std::make_shared<Linear>(channels, channels));
    key_ = register_module("to_k", std::make_shared<Linear>(channels, channels));
    value_ = register_module("to_v", std::make_shared<Linear>(channels, channels));
    out_ = std::make_shared<Linear>(channels, channels);
    nest(*this, {"to_out", "0"}, out_);
}

at::Tensor SpatialAttention::forward(const at::Tensor& x_BCHW, const at::Tensor&) const {
    const at::Tensor tokens = toTokens(norm_ ? norm_->forward(x_BCHW) : x_BCHW);
    const at::Tensor mixed =
        attention(query_->forward(tokens), key_->forward(tokens), value_->forward(tokens), heads_);
    const at::Tensor sum = toPixels(out_->forward(mixed), x_BCHW) + x_BCHW;
    return outputScale_ == 1 ? sum : sum / outputScale_;
}

TransformerBlock::TransformerBlock(const TransformerOptions& o) : onlyCrossAttention_(o.onlyCrossAttention) {
    constexpr double kEps = 1e-5;
    const std::int64_t inner = 4 * o.channels;
    norm1_ = register_module("norm1", std::make_shared<LayerNorm>(o.channels, kEps));
    attn1_ = register_module(
        "attn1", std::make_shared<Attention>(o.channels, o.onlyCrossAttention ? o.contextWidth : o.channels,
                                             o.heads, false, o.upcast));
    norm2_ = register_module("norm2", std::make_shared<LayerNorm>(o.channels, kEps));
    attn2_ = register_module(
        "attn2", std::make_shared<Attention>(o.channels, o.contextWidth, o.heads, false, o.upcast));
    norm3_ = register_module("norm3", std::make_shared<LayerNorm>(o.channels, kEps));
    feedForwardIn_ = std::make_shared<Linear>(o.channels, 2 * inner);
    feedForwardOut_ = std::make_shared<Linear>(inner, o.channels);
    nest(*this, {"ff", "net", "0", "proj"}, feedForwardIn_);
    nest(*this, {"ff", "net", "2"}, feedForwardOut_);
}

at::Tensor TransformerBlock::forward(const at::Tensor& x_BSC, const at::Tensor& context_BTC) const {
    // The sums go into the projections' outputs in place: nothing keeps those.
    at::Tensor x =
        attn1_->forward(norm1_->forward(x_BSC), onlyCrossAttention_ ? context_BTC : at::Tensor()).add_(x_BSC);
    x = attn2_->forward(norm2_->forward(x), context_BTC).add_(x);
    return feedForwardOut_->forward(geglu(feedForwardIn_->forward(norm3_->forward(x)))).add_(x);
}

Transformer2D::Transformer2D(const TransformerOptions& o) {
    constexpr double kEps = 1e-6;  // unlike the residual blocks' norms
    norm_ = register_module("norm", std::make_shared<GroupNorm>(o.groups, o.channels, kEps));
    if (o.linearProjection) {
        linearIn_ = register_module("proj_in", std::make_shared<Linear>(o.channels, o.channels));
        linearOut_ = register_module("proj_out", std::make_shared<Linear>(o.channels, o.channels));
    } else {
        convIn_ = register_module("proj_in", std::make_shared<Conv2d>(o.channels, o.channels, 1));
        convOut_ = register_module("proj_out", std::make_shared<Conv2d>(o.channels, o.channels, 1));
    }
    blocks_ = register_module("transformer_blocks", std::make_shared<ModuleList<TransformerBlock>>());
    for (std::int64_t i = 0; i < o.layers; ++i) blocks_->add(o);
}

at::Tensor Transformer2D::forward(const at::Tensor& x_BCHW, const at::Tensor& context_BTC) const {
    const auto project = [](const at::Tensor& tokens, const Linear* linear, const Conv2d* conv) {
        return linear ? linear->forward(tokens) : conv->forwardTokens(tokens);
    };
    at::Tensor tokens = project(toTokens(norm_->forward(x_BCHW)), linearIn_.get(), convIn_.get());
    for (const auto& block : *blocks_) tokens = block->forward(tokens, context_BTC);
    tokens = project(tokens, linearOut_.get(), convOut_.get());
    return toPixels(tokens, x_BCHW) + x_BCHW;
}

DualTransformer2D::DualTransformer2D(const TransformerOptions& options) {
    TransformerOptions o;
    o.channels = options.channels;
    o.heads = options.heads;
    o.contextWidth = options.contextWidth;
    o.groups = options.groups;
    transformers_ = register_module("transformers", std::make_shared<ModuleList<Transformer2D>>());
    for (int i = 0; i < 2; ++i) transformers_->add(o);
}

at::Tensor DualTransformer2D::forward(const at::Tensor& x_BCHW, const at::Tensor& context_BTC) const {
    constexpr std::int64_t kTextTokens = 77, kPictureTokens = 257;
    const at::Tensor text = context_BTC.slice(1, 0, kTextTokens),
                     picture = context_BTC.slice(1, kTextTokens, kTextTokens + kPictureTokens);
    const at::Tensor sum =
        (*transformers_)[1].forward(x_BCHW, text) + (*transformers_)[0].forward(x_BCHW, picture);
    return sum * 0.5;  // the mean of (x + a) and (x + b)
}

Downsample::Downsample(std::int64_t channels, std::int64_t padding) {
    conv_ = register_module("conv", std::make_shared<Conv2d>(channels, channels, 3, 2, padding));
}

at::Tensor Downsample::forward(const at::Tensor& x_BCHW) const {
    return conv_->forward(conv_->padding == 0 ? at::constant_pad_nd(x_BCHW, {0, 1, 0, 1}) : x_BCHW);
}

Upsample::Upsample(std::int64_t channels) {
    conv_ = register_module("conv", std::make_shared<Conv2d>(channels, channels, 3, 1, 1));
}

at::Tensor Upsample::forward(const at::Tensor& x_BCHW, std::int64_t height, std::int64_t width) const {
    return conv_->forward(at::upsample_nearest2d(x_BCHW, {height, width}));
}

}  // namespace atelier::nn
