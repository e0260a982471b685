// SPDX-License-Identifier: GPL-3.0-or-later
// The network of patch_discriminator.h; names are those of the reference's nn.Sequential ("main.0.weight").
#include "core/engine/models/patch_discriminator.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/engine/models/state_dict.h"
#include "core/engine/nn/layers.h"

namespace atelier {
namespace {

constexpr std::int64_t kKernel = 4, kPadding = 1;
constexpr double kSlope = 0.2, kEpsilon = 1e-5;

class BatchNorm : public torch::nn::Module {
  public:
    explicit BatchNorm(std::int64_t channels) {
        weight = register_parameter("weight", at::empty({channels}, at::kFloat));
        bias = register_parameter("bias", at::empty({channels}, at::kFloat));
    }
    at::Tensor weight, bias;
};

// One convolution with what stands around it.
struct Stage {
    std::shared_ptr<nn::Conv2d> conv;
    std::shared_ptr<BatchNorm> norm;  // none in the first and the last
};

}  // namespace

struct PatchDiscriminator::Parts {
    std::vector<Stage> stages;
};

int PatchDiscriminatorOptions::patches(int side) const {
    for (int i = 0; i < layers; ++i) side = (side + 2 * kPadding - kKernel) / 2 + 1;
    return side + 2 * (2 * static_cast<int>(kPadding) - static_cast<int>(kKernel) + 1);
}

PatchDiscriminator::PatchDiscriminator(const PatchDiscriminatorOptions& options)
    : parts_(std::make_unique<Parts>()) {
    auto main = register_module("main", std::make_shared<torch::nn::Module>());
    int place = 0, in = options.channels;
    for (int i = 0; i <= options.layers + 1; ++i) {
        const bool first = i == 0, last = i == options.layers + 1, halves = i < options.layers;
        const int out = last ? 1 : options.width * std::min(1 << i, 8);
        Stage stage;
        stage.conv = main->register_module(
            std::to_string(place++),
            std::make_shared<nn::Conv2d>(in, out, kKernel, halves ? 2 : 1, kPadding, first || last));
        if (!first && !last)
            stage.norm = main->register_module(std::to_string(place++), std::make_shared<BatchNorm>(out));
        ++place;  // the activation
        in = out;
        parts_->stages.push_back(std::move(stage));
    }
}

PatchDiscriminator::~PatchDiscriminator() = default;

at::Tensor PatchDiscriminator::forward(const at::Tensor& pixels_BCHW, bool fixed) const {
    const auto weightOf = [&](const at::Tensor& t) { return fixed && t.defined() ? t.detach() : t; };
    at::Tensor x = pixels_BCHW.to(parts_->stages.front().conv->weight.scalar_type());
    for (std::size_t i = 0; i < parts_->stages.size(); ++i) {
        const auto& [conv, norm] = parts_->stages[i];
        x = at::conv2d(x, weightOf(conv->weight), weightOf(conv->bias), conv->stride, conv->padding);
        if (norm)
            x = at::batch_norm(x, weightOf(norm->weight), weightOf(norm->bias), {}, {}, true, 0, kEpsilon,
                               true);
        if (i + 1 < parts_->stages.size()) x = at::leaky_relu(x, kSlope);
    }
    return x;
}

std::shared_ptr<PatchDiscriminator> makePatchDiscriminator(const PatchDiscriminatorOptions& options,
                                                           std::uint64_t seed) {
    auto network = std::make_shared<PatchDiscriminator>(options);
    initializeNormal(*network, seed, "discriminator");
    return network;
}

}  // namespace atelier
