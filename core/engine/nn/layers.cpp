// SPDX-License-Identifier: GPL-3.0-or-later
// The layers of layers.h on top of ATen.
#include "core/engine/nn/layers.h"

#include <ATen/ATen.h>

#include "core/base/check.h"
#include "core/engine/nn/fused_ops.h"
#include "core/engine/nn/products.h"

namespace atelier::nn {
namespace {

c10::TensorOptions& parameterOptions() {
    thread_local c10::TensorOptions options;
    return options;
}

// Registers A and B below `layer`.
template <class Layer>
void attach(Layer& layer, std::shared_ptr<Layer> down, std::shared_ptr<Layer> up, double scale) {
    for (auto* part : {&down, &up}) (*part)->to(layer.weight.device());
    layer.lowRank = {layer.register_module("lora_A", std::move(down)),
                     layer.register_module("lora_B", std::move(up)), scale};
}

template <class Layer>
at::Tensor withLowRank(at::Tensor y, const LowRank<Layer>& update, const at::Tensor& x) {
    return update ? at::add(y, update.up->forward(update.down->forward(x)), update.scale) : y;
}

}  // namespace

ParameterOptionsGuard::ParameterOptionsGuard(c10::TensorOptions options) : before_(parameterOptions()) {
    parameterOptions() = options;
}
ParameterOptionsGuard::~ParameterOptionsGuard() {
    parameterOptions() = before_;
}

Linear::Linear(std::int64_t in, std::int64_t out, bool withBias) {
    weight = register_parameter("weight", at::empty({out, in}, parameterOptions()));
    if (withBias) bias = register_parameter("bias", at::empty({out}, parameterOptions()));
}
at::Tensor Linear::forward(const at::Tensor& x) const {
    return withLowRank(packed.fits(x) ? packed.linear(x, weight, bias) : linear(x, weight, bias), lowRank, x);
}
void Linear::attachLowRank(std::int64_t rank, double scale) {
    attach(*this, std::make_shared<Linear>(weight.size(1), rank, false),
           std::make_shared<Linear>(rank, weight.size(0), false), scale);
}

Conv2d::Conv2d(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride_,
               std::int64_t padding_, bool withBias)
    : stride(stride_), padding(padding_) {
    weight = register_parameter("weight", at::empty({out, in, kernel, kernel}, parameterOptions()));
    if (withBias) bias = register_parameter("bias", at::empty({out}, parameterOptions()));
}
at::Tensor Conv2d::forward(const at::Tensor& x_BCHW) const {
    return withLowRank(packed.fits(x_BCHW) ? packed.conv2d(x_BCHW, weight, bias, stride, padding)
                                           : conv2d(x_BCHW, weight, bias, stride, padding),
                       lowRank, x_BCHW);
}
at::Tensor Conv2d::forwardOnto(const at::Tensor& other_BCHW, const at::Tensor& x_BCHW) const {
    // With one pixel a tensor's strides say nothing of its layout, which oneDNN's sum takes amiss.
    const bool pixels = other_BCHW.size(2) > 1 && other_BCHW.size(3) > 1;
    if (pixels && !lowRank && packed.fits(x_BCHW) && other_BCHW.scalar_type() == x_BCHW.scalar_type())
        return packed.conv2d(x_BCHW, weight, bias, stride, padding, other_BCHW);
    return forward(x_BCHW).add_(other_BCHW);
}
at::Tensor Conv2d::forwardTokens(const at::Tensor& x) const {
    const auto y = packed.fits(x) ? packed.linear(x, weight, bias) : linear(x, weight.flatten(1), bias);
    if (!lowRank) return y;
    return at::add(y, lowRank.up->forwardTokens(lowRank.down->forwardTokens(x)), lowRank.scale);
}
void Conv2d::attachLowRank(std::int64_t rank, double scale) {
    attach(*this, std::make_shared<Conv2d>(weight.size(1), rank, weight.size(2), stride, padding, false),
           std::make_shared<Conv2d>(rank, weight.size(0), 1, 1, 0, false), scale);
}

void layChannelsLast(torch::nn::Module& module) {
    const at::NoGradGuard guard;
    for (auto& parameter : module.parameters()) {
        const bool faster = parameter.device().is_cpu() || parameter.element_size() == 2;
        if (parameter.dim() == 4 && faster && !parameter.is_contiguous(at::MemoryFormat::ChannelsLast))
            parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
    }
}

GroupNorm::GroupNorm(std::int64_t groups_, std::int64_t channels, double eps_) : groups(groups_), eps(eps_) {
    weight = register_parameter("weight", at::empty({channels}, parameterOptions()));
    bias = register_parameter("bias", at::empty({channels}, parameterOptions()));
}
at::Tensor GroupNorm::forward(const at::Tensor& x_BCHW) const {
    return groupNorm(x_BCHW, *this, false);
}

LayerNorm::LayerNorm(std::int64_t width, double eps_) : eps(eps_) {
    weight = register_parameter("weight", at::empty({width}, parameterOptions()));
    bias = register_parameter("bias", at::empty({width}, parameterOptions()));
}
at::Tensor LayerNorm::forward(const at::Tensor& x) const {
    return at::layer_norm(x, weight.sizes(), weight, bias, eps);
}

Embedding::Embedding(std::int64_t count, std::int64_t width) {
    weight = register_parameter("weight", at::empty({count, width}, parameterOptions()));
}
at::Tensor Embedding::forward(const at::Tensor& ids) const {
    return at::embedding(weight, ids);
}

Activation activationFromName(const std::string& name) {
    if (name == "silu" || name == "swish") return Activation::Silu;
    if (name == "gelu") return Activation::Gelu;
    if (name == "gelu_new") return Activation::GeluTanh;
    if (name == "quick_gelu") return Activation::QuickGelu;
    if (name == "relu") return Activation::Relu;
    ATELIER_CHECK(name == "mish", "activation \"" + name + "\" passed the configuration's check");
    return Activation::Mish;
}

at::Tensor activate(const at::Tensor& x, Activation activation) {
    switch (activation) {
        case Activation::Silu:
            return at::silu(x);
        case Activation::Gelu:
            return at::gelu(x);
        case Activation::GeluTanh:
            return at::gelu(x, "tanh");
        case Activation::QuickGelu:
            return x * at::sigmoid(1.702 * x);
        case Activation::Relu:
            return at::relu(x);
        case Activation::Mish:
            return at::mish(x);
    }
    return x;
}

}  // namespace atelier::nn
