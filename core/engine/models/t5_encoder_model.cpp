// SPDX-License-Identifier: GPL-3.0-or-later
// The text encoder of t5_encoder_model.h.
#include "core/engine/models/t5_encoder_model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "core/base/check.h"
#include "core/engine/nn/layers.h"
#include "core/weights/safetensors.h"

namespace atelier {
namespace {

// T5LayerNorm: x / √(mean x² + ε) · weight, the mean in float32.
class RmsNorm : public torch::nn::Module {
  public:
    RmsNorm(std::int64_t width, double eps, const at::TensorOptions& options) : eps_(eps) {
        weight_ = register_parameter("weight", at::empty({width}, options));
    }
    at::Tensor forward(const at::Tensor& x) const {
        const at::Tensor meanSquare = x.to(at::kFloat).square().mean(-1, true);
        const at::Tensor normal = x * at::rsqrt(meanSquare + eps_);
        const bool half = weight_.scalar_type() == at::kHalf || weight_.scalar_type() == at::kBFloat16;
        return weight_ * (half ? normal.to(weight_.scalar_type()) : normal);
    }

  private:
    at::Tensor weight_;
    double eps_;
};

// A layer that stays float32 where the others become half floats, for its outputs exceed them.
class WideLinear : public nn::Linear {
  public:
    WideLinear(std::int64_t in, std::int64_t out) : nn::Linear(in, out, false) {
        if (weight.scalar_type() == at::kHalf) nn::Linear::to(at::kFloat, false);
    }
    void to(torch::Device device, torch::Dtype type, bool nonBlocking) override {
        nn::Linear::to(device, kept(type), nonBlocking);
    }
    void to(torch::Dtype type, bool nonBlocking) override { nn::Linear::to(kept(type), nonBlocking); }
    void to(torch::Device device, bool nonBlocking) override { nn::Linear::to(device, nonBlocking); }

  private:
    static torch::Dtype kept(torch::Dtype type) { return type == at::kHalf ? at::kFloat : type; }
};

std::shared_ptr<nn::Linear> linear(std::int64_t in, std::int64_t out) {
    return std::make_shared<nn::Linear>(in, out, false);
}

// T5Attention without a decoder: products are not scaled, a bias for each distance is added to them.
class SelfAttention : public torch::nn::Module {
  public:
    SelfAttention(const T5EncoderConfig& c, bool withBias) : heads_(c.numHeads), width_(c.dKv) {
        const std::int64_t inner = heads_ * width_;
        query_ = register_module("q", linear(c.dModel, inner));
        key_ = register_module("k", linear(c.dModel, inner));
        value_ = register_module("v", linear(c.dModel, inner));
        out_ = register_module("o", linear(inner, c.dModel));
        if (withBias)
            distances =
                register_module("relative_attention_bias",
                                std::make_shared<nn::Embedding>(c.relativeAttentionNumBuckets, heads_));
    }
    // bias [1 or B, heads, S, S], −∞ where a token is hidden.
    at::Tensor forward(const at::Tensor& x_BSD, const at::Tensor& bias) const {
        const auto split = [&](const at::Tensor& t) {
            return t.view({t.size(0), t.size(1), heads_, width_}).transpose(1, 2);
        };
        const at::Tensor q = split(query_->forward(x_BSD)), k = split(key_->forward(x_BSD)),
                         v = split(value_->forward(x_BSD));
        const at::Tensor seen =
            at::scaled_dot_product_attention(q, k, v, bias.to(q.scalar_type()), 0.0, false, 1.0);
        return out_->forward(seen.transpose(1, 2).reshape({x_BSD.size(0), x_BSD.size(1), heads_ * width_}));
    }
    std::shared_ptr<nn::Embedding> distances;  // of the first block only

  private:
    std::int64_t heads_, width_;
    std::shared_ptr<nn::Linear> query_, key_, value_, out_;
};

// T5DenseActDense, and T5DenseGatedActDense of 1.1.
class FeedForward : public torch::nn::Module {
  public:
    explicit FeedForward(const T5EncoderConfig& c) : activation_(nn::activationFromName(c.denseActFn)) {
        in_ = register_module(c.isGatedAct ? "wi_0" : "wi", linear(c.dModel, c.dFf));
        if (c.isGatedAct) gated_ = register_module("wi_1", linear(c.dModel, c.dFf));
        out_ = register_module("wo", std::make_shared<WideLinear>(c.dFf, c.dModel));
    }
    at::Tensor forward(const at::Tensor& x) const {
        at::Tensor inner = nn::activate(in_->forward(x), activation_);
        if (gated_) inner = inner * gated_->forward(x);
        return out_->forward(inner.to(out_->weight.scalar_type()));
    }

  private:
    nn::Activation activation_;
    std::shared_ptr<nn::Linear> in_, gated_;
    std::shared_ptr<WideLinear> out_;
};

// Half floats end before the values of a large T5 do.
at::Tensor clamped(const at::Tensor& x) {
    if (x.scalar_type() != at::kHalf) return x;
    constexpr double kLargest = 65504;
    const auto limit = at::where(x.isinf().any(), kLargest - 1000, kLargest).to(x.scalar_type());
    return at::clamp(x, -limit, limit);
}

class Block : public torch::nn::Module {
  public:
    Block(const T5EncoderConfig& c, bool withBias) {
        auto layers = register_module("layer", std::make_shared<torch::nn::Module>());
        auto first = layers->register_module("0", std::make_shared<torch::nn::Module>());
        auto second = layers->register_module("1", std::make_shared<torch::nn::Module>());
        attention = first->register_module("SelfAttention", std::make_shared<SelfAttention>(c, withBias));
        const auto norm = [&] {
            return std::make_shared<RmsNorm>(c.dModel, c.layerNormEpsilon,
                                             attention->parameters().front().options());
        };
        norm1_ = first->register_module("layer_norm", norm());
        dense_ = second->register_module("DenseReluDense", std::make_shared<FeedForward>(c));
        norm2_ = second->register_module("layer_norm", norm());
    }
    at::Tensor forward(const at::Tensor& x_BSD, const at::Tensor& bias) const {
        const at::Tensor x = clamped(x_BSD + attention->forward(norm1_->forward(x_BSD), bias));
        return clamped(x + dense_->forward(norm2_->forward(x)));
    }
    std::shared_ptr<SelfAttention> attention;

  private:
    std::shared_ptr<RmsNorm> norm1_, norm2_;
    std::shared_ptr<FeedForward> dense_;
};

// The bucket of every pair's distance, [S,S]: near ones have their own, far ones share theirs with those of a
// like logarithm; half of the buckets are for what comes after.
at::Tensor buckets(const T5EncoderConfig& c, std::int64_t length, at::Device device) {
    const auto places = at::arange(length, at::TensorOptions(at::kLong).device(device));
    const auto distance = places.unsqueeze(0) - places.unsqueeze(1);
    const std::int64_t half = c.relativeAttentionNumBuckets / 2, exact = half / 2;
    const auto size = distance.abs();
    const double scale =
        std::log(static_cast<double>(c.relativeAttentionMaxDistance) / static_cast<double>(exact));
    const auto shared = (at::log(size.clamp_min(1).to(at::kFloat) / static_cast<double>(exact)) / scale *
                         static_cast<double>(half - exact))
                            .to(at::kLong) +
                        exact;
    return (distance > 0).to(at::kLong) * half + at::where(size < exact, size, shared.clamp_max(half - 1));
}

}  // namespace

struct T5EncoderModel::Parts {
    std::shared_ptr<nn::Embedding> tokens;
    std::shared_ptr<nn::ModuleList<Block>> blocks;
    std::shared_ptr<RmsNorm> finalNorm;
};

T5EncoderModel::T5EncoderModel(const T5EncoderConfig& config)
    : config_(config), parts_(std::make_unique<Parts>()) {
    const auto& c = config_;
    parts_->tokens = register_module("shared", std::make_shared<nn::Embedding>(c.vocabSize, c.dModel));
    auto encoder = register_module("encoder", std::make_shared<torch::nn::Module>());
    parts_->blocks = encoder->register_module("block", std::make_shared<nn::ModuleList<Block>>());
    for (int i = 0; i < c.numLayers; ++i) parts_->blocks->add(c, i == 0);
    parts_->finalNorm = encoder->register_module(
        "final_layer_norm",
        std::make_shared<RmsNorm>(c.dModel, c.layerNormEpsilon, parts_->tokens->weight.options()));
}

T5EncoderModel::~T5EncoderModel() = default;

nn::Embedding& T5EncoderModel::tokens() const {
    return *parts_->tokens;
}

T5Output T5EncoderModel::forward(const at::Tensor& inputIds_BS, const at::Tensor& mask_BS,
                                 bool withHiddenStates) {
    T5Output out;
    at::Tensor x = embedTokens(inputIds_BS);
    const auto& distances = *(*parts_->blocks)[0].attention->distances;
    at::Tensor bias =
        distances.forward(buckets(config_, inputIds_BS.size(1), x.device())).permute({2, 0, 1}).unsqueeze(0);
    if (mask_BS.defined())
        bias = bias.masked_fill(mask_BS.eq(0).unsqueeze(1).unsqueeze(1),
                                -std::numeric_limits<double>::infinity());
    for (const auto& block : *parts_->blocks) {
        if (withHiddenStates) out.hiddenStates.push_back(x);
        x = block->forward(x, bias);
    }
    out.lastHiddenState_BSD = parts_->finalNorm->forward(x);
    if (withHiddenStates) out.hiddenStates.push_back(out.lastHiddenState_BSD);
    return out;
}

at::Tensor T5EncoderModel::encode(const at::Tensor& inputIds_BS, int clipSkip) {
    ATELIER_CHECK(clipSkip == 0, "T5 skips no layers");
    if (!config_.useAttentionMask) return forward(inputIds_BS).lastHiddenState_BSD;
    // Padding is what follows the last other token: seen from the end, nothing but padding so far.
    const auto others = inputIds_BS.ne(config_.padTokenId).to(at::kLong);
    return forward(inputIds_BS, others.flip(1).cumsum(1).flip(1)).lastHiddenState_BSD;
}

Status T5EncoderModel::checkInputs(const at::Tensor& ids) const {
    if (ids.dim() != 2 || ids.scalar_type() != at::kLong || ids.size(0) < 1 || ids.size(1) < 1)
        return fail(ErrorCode::Model,
                    fmt::format("input \"input_ids\" has shape {}, the model takes I64 [B, S]",
                                shapeText(ids.sizes())));
    if (ids.min().item<std::int64_t>() < 0 || ids.max().item<std::int64_t>() >= config_.vocabSize)
        return fail(ErrorCode::Model,
                    fmt::format("input \"input_ids\" goes beyond 0 to {}", config_.vocabSize - 1), "",
                    "Tokenizer and text encoder do not belong together.");
    return {};
}

std::string T5EncoderModel::renameFromFile(const std::string& name) {
    if (name.starts_with("decoder.") || name.starts_with("lm_head.")) return {};
    return name == "encoder.embed_tokens.weight" ? "shared.weight" : name;
}

}  // namespace atelier
