// SPDX-License-Identifier: GPL-3.0-or-later
// The network of lpips.h.
#include "core/engine/models/lpips.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <array>
#include <cctype>

#include "core/base/strings.h"
#include "core/engine/models/state_dict.h"
#include "core/engine/nn/layers.h"

namespace atelier {
namespace {

// VGG16's convolutions by stage (Simonyan & Zisserman 2015, D), each followed by a ReLU; a pooling between
// stages.
constexpr std::array<int, 5> kLayers{2, 2, 3, 3, 3};
constexpr std::array<int, 5> kWidths{64, 128, 256, 512, 512};
constexpr double kEpsilon = 1e-10;
// Between −1…1 and what the VGG16 was trained on.
constexpr std::array<float, 3> kShift{-.030F, -.088F, -.188F}, kScale{.458F, .448F, .450F};

// Places of the convolutions in torchvision's `features`.
std::vector<int> featureNumbers() {
    std::vector<int> numbers;
    int next = 0;
    for (const int layers : kLayers) {
        for (int i = 0; i < layers; ++i, next += 2) numbers.push_back(next);
        ++next;  // the pooling
    }
    return numbers;
}

// lpips calls the VGG's stages net.slice1 … 5 and lists its linear layers twice; torchvision's file has a
// classifier.
std::string renameLpips(const std::string& name) {
    if (name.starts_with("net.slice")) {
        const auto dot = name.find('.', 4);
        return dot == std::string::npos ? name : "features" + name.substr(dot);
    }
    const bool ours =
        name.starts_with("features.") || (name.starts_with("lin") && !name.starts_with("lins."));
    return ours ? name : std::string();
}

at::Tensor channels(const std::array<float, 3>& values, const at::Tensor& like) {
    return at::tensor(at::ArrayRef<float>(values.data(), 3), at::kFloat)
        .view({1, 3, 1, 1})
        .to(like.options());
}

at::Tensor unitLength(const at::Tensor& x_BCHW) {
    return x_BCHW / (at::linalg_vector_norm(x_BCHW, 2, at::IntArrayRef{1}, true) + kEpsilon);
}

}  // namespace

struct Lpips::Parts {
    std::vector<std::shared_ptr<nn::Conv2d>> features;
    std::vector<std::shared_ptr<nn::Conv2d>> linear;
};

Lpips::Lpips() : parts_(std::make_unique<Parts>()) {
    auto features = register_module("features", std::make_shared<torch::nn::Module>());
    const auto numbers = featureNumbers();
    int in = 3;
    for (std::size_t stage = 0; stage < kLayers.size(); ++stage) {
        for (int i = 0; i < kLayers[stage]; ++i, in = kWidths[stage])
            parts_->features.push_back(
                features->register_module(std::to_string(numbers[parts_->features.size()]),
                                          std::make_shared<nn::Conv2d>(in, kWidths[stage], 3, 1, 1)));
        auto holder = register_module("lin" + std::to_string(stage), std::make_shared<torch::nn::Module>());
        auto inner = holder->register_module("model", std::make_shared<torch::nn::Module>());
        parts_->linear.push_back(
            inner->register_module("1", std::make_shared<nn::Conv2d>(kWidths[stage], 1, 1, 1, 0, false)));
    }
}

Lpips::~Lpips() = default;

at::Tensor Lpips::forward(const at::Tensor& first_BCHW, const at::Tensor& second_BCHW) const {
    const auto shift = channels(kShift, first_BCHW), scale = channels(kScale, first_BCHW);
    at::Tensor first = (first_BCHW - shift) / scale, second = (second_BCHW - shift) / scale, sum;
    std::size_t layer = 0;
    for (std::size_t stage = 0; stage < kLayers.size(); ++stage) {
        for (auto* x : {&first, &second}) {
            if (stage > 0) *x = at::max_pool2d(*x, 2, 2);
            for (int i = 0; i < kLayers[stage]; ++i)
                *x = at::relu(parts_->features[layer + static_cast<std::size_t>(i)]->forward(*x));
        }
        layer += static_cast<std::size_t>(kLayers[stage]);
        const auto distance_B =
            parts_->linear[stage]->forward((unitLength(first) - unitLength(second)).square()).mean({1, 2, 3});
        sum = sum.defined() ? sum + distance_B : distance_B;
    }
    return sum;
}

Result<std::shared_ptr<Lpips>> loadLpips(const fs::path& weights, const fs::path& backbone) {
    NamedTensors given;
    for (const auto& file : {weights, backbone}) {
        if (file.empty()) continue;
        ATELIER_TRY(const auto tensors, readTensors(file));
        for (const auto& [name, tensor] : tensors)
            if (auto ours = renameLpips(name); !ours.empty()) given.emplace_back(std::move(ours), tensor);
    }
    auto network = std::make_shared<Lpips>();
    if (auto assigned = assignStateDict(*network, given, weights.string()); !assigned) {
        assigned.error().hint =
            "Give the state dict of lpips.LPIPS(net=\"vgg\") as one file; or the package's vgg.pth, and "
            "torchvision's "
            "vgg16 weights as loss.lpips_backbone.";
        return tl::make_unexpected(std::move(assigned).error());
    }
    network->eval();
    for (auto& parameter : network->parameters()) parameter.requires_grad_(false);
    return network;
}

}  // namespace atelier
