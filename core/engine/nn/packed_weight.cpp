// SPDX-License-Identifier: GPL-3.0-or-later
// When a weight is packed, and what becomes of the plain one.
#include "core/engine/nn/packed_weight.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>

#include "core/engine/nn/layers.h"
#include "core/engine/nn/onednn.h"
#include "core/engine/nn/winograd.h"

namespace atelier::nn {
namespace {

// oneDNN's condition: AVX-512 with BW, VL and DQ.
bool bfloat16Here() {
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq");
}

}  // namespace

void PackedWeight::enable(PlainWeights plain) {
    enabled_ = onednn::available();
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
        keep(onednn::packLinear(weight.detach().flatten(1), x.numel() / x.size(-1)), weight);
    return onednn::linear(x, packed_, bias);
}

at::Tensor PackedWeight::conv2d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                std::int64_t stride, std::int64_t padding, const at::Tensor& other) const {
    const onednn::ConvShape shape{stride, padding};
    if (!packed_.defined()) {
        winograd_ = winogradPays(x, weight, stride, padding);
        keep(winograd_ ? packWinograd(weight.detach()) : onednn::packConv2d(weight.detach(), x, shape),
             weight);
    }
    if (winograd_) return winogradConv2d(x, packed_, bias, other);
    return other.defined() ? onednn::conv2dOnto(other, x, packed_, bias, shape)
                           : onednn::conv2d(x, packed_, bias, shape);
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
