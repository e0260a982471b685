// SPDX-License-Identifier: GPL-3.0-or-later
// Initial values (state_dict.h, clip_text_model.h, t5_encoder_model.h): the reference libraries'
// distributions, our own counter-based numbers.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>

#include "core/base/hash.h"
#include "core/base/random.h"
#include "core/engine/models/clip_text_model.h"
#include "core/engine/models/state_dict.h"
#include "core/engine/models/t5_encoder_model.h"
#include "core/engine/models/vq_model.h"
#include "core/engine/nn/layers.h"

namespace atelier {
namespace {

// One tensor's numbers: a stream of its own, found by its name.
class Filler {
  public:
    Filler(std::uint64_t seed, std::string scope) : seed_(seed), scope_(std::move(scope)) {}

    void uniform(const at::Tensor& tensor, const std::string& name, double bound) const {
        fill(
            tensor,
            [&](const Random& random, float* out, std::int64_t begin, std::int64_t end) {
                for (std::int64_t i = begin; i < end; ++i)
                    out[i] = static_cast<float>((2.0 * random.uniform(static_cast<std::uint64_t>(i)) - 1.0) *
                                                bound);
            },
            name);
    }
    void normal(const at::Tensor& tensor, const std::string& name, double deviation) const {
        fill(
            tensor,
            [&](const Random& random, float* out, std::int64_t begin, std::int64_t end) {
                random.normals({out + begin, static_cast<std::size_t>(end - begin)},
                               static_cast<std::uint64_t>(begin));
                for (std::int64_t i = begin; i < end; ++i) out[i] = static_cast<float>(out[i] * deviation);
            },
            name);
    }

  private:
    template <class Body>
    void fill(const at::Tensor& tensor, Body&& body, const std::string& name) const {
        const Random random(seed_, RandomStream::Init, xxh3(scope_ + "/" + name));
        const at::Tensor values = at::empty(tensor.sizes(), at::kFloat);
        float* out = values.mutable_data_ptr<float>();
        at::parallel_for(0, values.numel(), 1 << 14,
                         [&](std::int64_t begin, std::int64_t end) { body(random, out, begin, end); });
        tensor.copy_(values);
    }
    std::uint64_t seed_;
    std::string scope_;
};

}  // namespace

void initializeDefault(torch::nn::Module& module, std::uint64_t seed, const std::string& scope) {
    const at::NoGradGuard guard;
    const Filler filler(seed, scope);
    for (const auto& item : module.named_modules("", /*include_self=*/false)) {
        const std::string prefix = item.key() + ".";
        const torch::nn::Module* layer = item.value().get();
        const auto weightAndBias = [&](const at::Tensor& weight, const at::Tensor& bias) {
            const double bound =
                1.0 / std::sqrt(static_cast<double>(weight.numel() / weight.size(0)));  // fan in
            filler.uniform(weight, prefix + "weight", bound);
            if (bias.defined()) filler.uniform(bias, prefix + "bias", bound);
        };
        if (const auto* linear = dynamic_cast<const nn::Linear*>(layer))
            weightAndBias(linear->weight, linear->bias);
        if (const auto* conv = dynamic_cast<const nn::Conv2d*>(layer))
            weightAndBias(conv->weight, conv->bias);
        if (const auto* embedding = dynamic_cast<const nn::Embedding*>(layer))
            filler.normal(embedding->weight, prefix + "weight", 1.0);
        if (const auto* norm = dynamic_cast<const nn::GroupNorm*>(layer))
            norm->weight.fill_(1), norm->bias.zero_();
        if (const auto* norm = dynamic_cast<const nn::LayerNorm*>(layer))
            norm->weight.fill_(1), norm->bias.zero_();
    }
}

void initializeLowRank(torch::nn::Module& module, std::uint64_t seed, const std::string& scope) {
    const at::NoGradGuard guard;
    const Filler filler(seed, scope);
    for (const auto& [name, parameter] : lowRankParameters(module)) {
        const auto fanIn = static_cast<double>(parameter.numel() / parameter.size(0));
        if (name.ends_with(".lora_A.weight"))
            filler.uniform(parameter, name, 1.0 / std::sqrt(fanIn));
        else
            parameter.zero_();
    }
}

void initializeClip(ClipTextModel& model, std::uint64_t seed, const std::string& scope) {
    const at::NoGradGuard guard;
    const Filler filler(seed, scope);
    const ClipTextConfig& c = model.config();
    const double factor = c.initializerFactor, width = std::pow(c.hiddenSize, -0.5),
                 depth = std::pow(2.0 * c.numHiddenLayers, -0.5);
    const auto deviation = [&](const std::string& name) {
        if (name.find("_embedding.") != std::string::npos) return 0.02 * factor;
        if (name.find(".fc1.") != std::string::npos) return std::pow(2.0 * c.hiddenSize, -0.5) * factor;
        if (name.find(".out_proj.") != std::string::npos || name.starts_with("text_projection."))
            return width * factor;
        return width * depth * factor;  // q_proj, k_proj, v_proj, fc2
    };
    for (const auto& [name, parameter] : namedParameters(model)) {
        if (name.ends_with(".bias"))
            parameter.zero_();
        else if (name.find("layer_norm") != std::string::npos)
            parameter.fill_(1);
        else
            filler.normal(parameter, name, deviation(name));
    }
}

void initializeVq(VQModel& model, std::uint64_t seed, const std::string& scope) {
    initializeDefault(model, seed, scope);
    const at::NoGradGuard guard;
    Filler(seed, scope).uniform(model.codebook(), "codebook", 1.0 / model.config().numVqEmbeddings);
}

void initializeNormal(torch::nn::Module& module, std::uint64_t seed, const std::string& scope) {
    constexpr double kDeviation = 0.02;
    const at::NoGradGuard guard;
    const Filler filler(seed, scope);
    for (const auto& [name, parameter] : namedParameters(module)) {
        if (name.ends_with(".bias")) {
            parameter.zero_();
            continue;
        }
        filler.normal(parameter, name, kDeviation);
        if (parameter.dim() == 1) parameter.add_(1);
    }
}

void initializeT5(T5EncoderModel& model, std::uint64_t seed, const std::string& scope) {
    const at::NoGradGuard guard;
    const Filler filler(seed, scope);
    const T5EncoderConfig& c = model.config();
    const double width = std::pow(c.dModel, -0.5);
    const auto deviation = [&](const std::string& name) {
        if (name.starts_with("shared.")) return 1.0;
        if (name.ends_with(".q.weight")) return std::pow(static_cast<double>(c.dModel) * c.dKv, -0.5);
        if (name.ends_with(".o.weight")) return std::pow(static_cast<double>(c.numHeads) * c.dKv, -0.5);
        if (name.ends_with(".wo.weight")) return std::pow(c.dFf, -0.5);
        return width;  // k, v, wi, wi_0, wi_1, relative_attention_bias
    };
    for (const auto& [name, parameter] : namedParameters(model)) {
        if (name.find("layer_norm") != std::string::npos)
            parameter.fill_(c.initializerFactor);
        else
            filler.normal(parameter, name, c.initializerFactor * deviation(name));
    }
}

}  // namespace atelier
