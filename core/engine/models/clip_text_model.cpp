// SPDX-License-Identifier: GPL-3.0-or-later
// The text encoder of clip_text_model.h.
#include "core/engine/models/clip_text_model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "core/base/check.h"
#include "core/engine/nn/fused_ops.h"
#include "core/weights/safetensors.h"

namespace atelier {
namespace {

// CLIPAttention.
class SelfAttention : public torch::nn::Module {
  public:
    explicit SelfAttention(const ClipTextConfig& c) : heads_(c.numAttentionHeads) {
        query_ = register_module("q_proj", std::make_shared<nn::Linear>(c.hiddenSize, c.hiddenSize));
        key_ = register_module("k_proj", std::make_shared<nn::Linear>(c.hiddenSize, c.hiddenSize));
        value_ = register_module("v_proj", std::make_shared<nn::Linear>(c.hiddenSize, c.hiddenSize));
        out_ = register_module("out_proj", std::make_shared<nn::Linear>(c.hiddenSize, c.hiddenSize));
    }
    at::Tensor forward(const at::Tensor& x) const {
        return out_->forward(
            nn::attention(query_->forward(x), key_->forward(x), value_->forward(x), heads_, true));
    }

  private:
    std::int64_t heads_;
    std::shared_ptr<nn::Linear> query_, key_, value_, out_;
};

class Mlp : public torch::nn::Module {
  public:
    explicit Mlp(const ClipTextConfig& c) : activation_(nn::activationFromName(c.hiddenAct)) {
        in_ = register_module("fc1", std::make_shared<nn::Linear>(c.hiddenSize, c.intermediateSize));
        out_ = register_module("fc2", std::make_shared<nn::Linear>(c.intermediateSize, c.hiddenSize));
    }
    at::Tensor forward(const at::Tensor& x) const {
        return out_->forward(nn::activate(in_->forward(x), activation_));
    }

  private:
    nn::Activation activation_;
    std::shared_ptr<nn::Linear> in_, out_;
};

class Layer : public torch::nn::Module {
  public:
    explicit Layer(const ClipTextConfig& c) {
        norm1_ =
            register_module("layer_norm1", std::make_shared<nn::LayerNorm>(c.hiddenSize, c.layerNormEps));
        attention_ = register_module("self_attn", std::make_shared<SelfAttention>(c));
        norm2_ =
            register_module("layer_norm2", std::make_shared<nn::LayerNorm>(c.hiddenSize, c.layerNormEps));
        mlp_ = register_module("mlp", std::make_shared<Mlp>(c));
    }
    at::Tensor forward(const at::Tensor& x_BSD) const {
        const at::Tensor x = x_BSD + attention_->forward(norm1_->forward(x_BSD));
        return x + mlp_->forward(norm2_->forward(x));
    }

  private:
    std::shared_ptr<nn::LayerNorm> norm1_, norm2_;
    std::shared_ptr<SelfAttention> attention_;
    std::shared_ptr<Mlp> mlp_;
};

constexpr std::string_view kPrefix = "text_model.";

}  // namespace

struct ClipTextModel::Parts {
    std::shared_ptr<nn::Embedding> tokens, positions;
    std::shared_ptr<nn::ModuleList<Layer>> layers;
    std::shared_ptr<nn::LayerNorm> finalNorm;
    std::shared_ptr<nn::Linear> projection;
};

ClipTextModel::ClipTextModel(const ClipTextConfig& config)
    : config_(config), parts_(std::make_unique<Parts>()) {
    const auto& c = config_;
    auto text = register_module("text_model", std::make_shared<torch::nn::Module>());
    auto embeddings = text->register_module("embeddings", std::make_shared<torch::nn::Module>());
    auto encoder = text->register_module("encoder", std::make_shared<torch::nn::Module>());
    parts_->tokens = embeddings->register_module("token_embedding",
                                                 std::make_shared<nn::Embedding>(c.vocabSize, c.hiddenSize));
    parts_->positions = embeddings->register_module(
        "position_embedding", std::make_shared<nn::Embedding>(c.maxPositionEmbeddings, c.hiddenSize));
    parts_->layers = encoder->register_module("layers", std::make_shared<nn::ModuleList<Layer>>());
    for (int i = 0; i < c.numHiddenLayers; ++i) parts_->layers->add(c);
    parts_->finalNorm = text->register_module("final_layer_norm",
                                              std::make_shared<nn::LayerNorm>(c.hiddenSize, c.layerNormEps));
    if (c.withProjection)
        parts_->projection = register_module(
            "text_projection", std::make_shared<nn::Linear>(c.hiddenSize, c.projectionDim, false));
}

ClipTextModel::~ClipTextModel() = default;

at::Tensor ClipTextModel::embed(const at::Tensor& inputIds_BS) const {
    return embedTokens(inputIds_BS) + parts_->positions->weight.slice(0, 0, inputIds_BS.size(1));
}

nn::Embedding& ClipTextModel::tokens() const {
    return *parts_->tokens;
}

// Early files say eos_token_id 2, which no text holds: there the row's largest id marks the end. Otherwise
// the first end token, so that added tokens may have larger ids.
at::Tensor ClipTextModel::endRow(const at::Tensor& inputIds_BS, const at::Tensor& states_BSD) const {
    const at::Tensor end_B = config_.eosTokenId == 2
                                 ? inputIds_BS.argmax(1)
                                 : (inputIds_BS == config_.eosTokenId).to(at::kInt).argmax(1);
    return states_BSD.index({at::arange(inputIds_BS.size(0), inputIds_BS.options()), end_B});
}

ClipTextOutput ClipTextModel::forward(const at::Tensor& inputIds_BS, bool withHiddenStates) {
    ClipTextOutput out;
    at::Tensor x = embed(inputIds_BS);
    for (const auto& layer : *parts_->layers) {
        if (withHiddenStates) out.hiddenStates.push_back(x);
        x = layer->forward(x);
    }
    if (withHiddenStates) out.hiddenStates.push_back(x);
    out.lastHiddenState_BSD = parts_->finalNorm->forward(x);
    out.poolerOutput_BD = endRow(inputIds_BS, out.lastHiddenState_BSD);
    if (parts_->projection) out.textEmbeds_BP = parts_->projection->forward(out.poolerOutput_BD);
    return out;
}

at::Tensor ClipTextModel::encode(const at::Tensor& inputIds_BS, int clipSkip) {
    const int layers = config_.numHiddenLayers - clipSkip;
    ATELIER_CHECK(clipSkip >= 0 && layers >= 0, "clip_skip leaves no layer");
    at::Tensor x = embed(inputIds_BS);
    for (int i = 0; i < layers; ++i) x = (*parts_->layers)[static_cast<std::size_t>(i)].forward(x);
    return parts_->finalNorm->forward(x);
}

ClipContext ClipTextModel::encodePenultimate(const at::Tensor& inputIds_BS, int clipSkip) {
    const int layers = config_.numHiddenLayers - 1 - clipSkip;
    ATELIER_CHECK(clipSkip >= 0 && layers >= 0, "clip_skip leaves no layer");
    ClipContext out;
    at::Tensor x = embed(inputIds_BS);
    for (int i = 0; i < config_.numHiddenLayers; ++i) {
        if (i == layers) out.context_BSD = x;
        if (i == layers && !parts_->projection) return out;
        x = (*parts_->layers)[static_cast<std::size_t>(i)].forward(x);
    }
    out.textEmbeds_BP = parts_->projection->forward(endRow(inputIds_BS, parts_->finalNorm->forward(x)));
    return out;
}

Status ClipTextModel::checkInputs(const at::Tensor& ids) const {
    if (ids.dim() != 2 || ids.scalar_type() != at::kLong || ids.size(0) < 1 || ids.size(1) < 1 ||
        ids.size(1) > config_.maxPositionEmbeddings)
        return fail(ErrorCode::Model,
                    fmt::format("input \"input_ids\" has shape {}, the model takes I64 [B, 1 to {}]",
                                shapeText(ids.sizes()), config_.maxPositionEmbeddings));
    if (ids.min().item<std::int64_t>() < 0 || ids.max().item<std::int64_t>() >= config_.vocabSize)
        return fail(ErrorCode::Model,
                    fmt::format("input \"input_ids\" goes beyond 0 to {}", config_.vocabSize - 1), "",
                    "Tokenizer and text encoder do not belong together.");
    return {};
}

std::string ClipTextModel::renameFromFile(const std::string& name) {
    if (name.ends_with("embeddings.position_ids")) return {};
    if (name.starts_with(kPrefix) || name.starts_with("text_projection.")) return name;
    return std::string(kPrefix) + name;
}

}  // namespace atelier
