// SPDX-License-Identifier: GPL-3.0-or-later
// Packed weights by the operators that LibTorch's own compiler calls, found by name: a LibTorch without them
// computes with plain weights.
#include "core/engine/nn/packed_weight.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include "core/engine/nn/layers.h"

namespace atelier::nn {
namespace {

using Stack = std::vector<c10::IValue>;

struct Operators {
    std::optional<c10::OperatorHandle> packLinear, linear, conv2d, conv2dOnto;
    bool complete() const { return packLinear && linear && conv2d && conv2dOnto; }
};

const Operators& operators() {
    static const Operators found = [] {
        const auto find = [](const char* name, const char* overload = "") {
            return c10::Dispatcher::singleton().findSchema({name, overload});
        };
        return Operators{find("mkldnn::_reorder_linear_weight"), find("mkldnn::_linear_pointwise"),
                         find("mkldnn::_convolution_pointwise"),
                         find("mkldnn::_convolution_pointwise", "binary")};
    }();
    return found;
}

at::Tensor call(const c10::OperatorHandle& op, Stack arguments) {
    op.callBoxed(arguments);
    return arguments.front().toTensor();
}

c10::IValue optional(const at::Tensor& t) {
    return t.defined() ? c10::IValue(t) : c10::IValue();
}

// Nothing computed behind the product.
const c10::List<std::optional<at::Scalar>>& noScalars() {
    static const c10::List<std::optional<at::Scalar>> none;
    return none;
}

// oneDNN's condition: AVX-512 with BW, VL and DQ.
bool bfloat16Here() {
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq");
}

}  // namespace

void PackedWeight::enable(PlainWeights plain) {
    enabled_ = operators().complete() && at::globalContext().userEnabledMkldnn() && at::hasMKLDNN();
    plain_ = plain;
    packed_.reset();
}

bool PackedWeight::fits(const at::Tensor& x) const {
    return enabled_ && x.device().is_cpu() && !at::GradMode::is_enabled() &&
           !at::autocast::is_autocast_enabled(at::kCPU) &&
           (x.scalar_type() == at::kFloat || (x.scalar_type() == at::kBFloat16 && bfloat16Here()));
}

void PackedWeight::keep(at::Tensor packed, const at::Tensor& weight) const {
    packed_ = std::move(packed);
    if (plain_ == PlainWeights::Drop) weight.set_data(at::empty({0}, weight.options()));
}

at::Tensor PackedWeight::linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) const {
    if (!packed_.defined())
        keep(call(*operators().packLinear, {weight.detach().flatten(1), x.numel() / x.size(-1)}), weight);
    return call(*operators().linear, {x, packed_, optional(bias), "none", noScalars(), ""});
}

void PackedWeight::packConv2d(const at::Tensor& x, const at::Tensor& weight, std::int64_t stride,
                              std::int64_t padding) const {
    const std::vector<std::int64_t> strides{stride, stride}, paddings{padding, padding}, ones{1, 1};
    if (!packed_.defined())
        keep(at::mkldnn_reorder_conv2d_weight(weight.detach().contiguous().to_mkldnn(), paddings, strides,
                                              ones, 1, x.sizes()),
             weight);
}

at::Tensor PackedWeight::conv2d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                std::int64_t stride, std::int64_t padding) const {
    packConv2d(x, weight, stride, padding);
    const std::vector<std::int64_t> strides{stride, stride}, paddings{padding, padding}, ones{1, 1};
    return call(*operators().conv2d,
                {x, packed_, optional(bias), paddings, strides, ones, 1, "none", noScalars(), ""});
}

at::Tensor PackedWeight::conv2dOnto(const at::Tensor& other, const at::Tensor& x, const at::Tensor& weight,
                                    const at::Tensor& bias, std::int64_t stride, std::int64_t padding) const {
    packConv2d(x, weight, stride, padding);
    const std::vector<std::int64_t> strides{stride, stride}, paddings{padding, padding}, ones{1, 1};
    return call(*operators().conv2dOnto, {x, other, packed_, optional(bias), paddings, strides, ones, 1,
                                          "add", at::Scalar(1.0), c10::IValue(), noScalars(), c10::IValue()});
}

void packWeights(torch::nn::Module& module, PlainWeights plain) {
    const auto enable = [plain](torch::nn::Module& layer) {
        if (auto* linear = dynamic_cast<Linear*>(&layer)) linear->packed.enable(plain);
        if (auto* conv = dynamic_cast<Conv2d*>(&layer)) conv->packed.enable(plain);
    };
    enable(module);
    for (const auto& item : module.named_modules({}, false))
        if (!item.key().ends_with("lora_A") && !item.key().ends_with("lora_B")) enable(*item.value());
}

}  // namespace atelier::nn
