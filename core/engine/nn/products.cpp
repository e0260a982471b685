// SPDX-License-Identifier: GPL-3.0-or-later
// The products of products.h as autograd functions.
#include "core/engine/nn/products.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <optional>

#include "core/engine/nn/onednn.h"

namespace atelier::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool autocastIsOn(const at::Tensor& x) {
    return at::autocast::is_autocast_enabled(x.device().type());
}

bool throughOneDnn(const at::Tensor& x, const at::Tensor& weight) {
    return x.device().is_cpu() && x.scalar_type() == at::kFloat && weight.scalar_type() == at::kFloat &&
           x.numel() > 0 && !autocastIsOn(x) && onednn::available();
}

// Below this many rows the BLAS library wins: the weight is read once, whoever does it.
constexpr std::int64_t kFewRows = 32;

// What an autograd function takes for a tensor that may be absent.
std::optional<at::Tensor> present(const at::Tensor& t) {
    return t.defined() ? std::optional(t) : std::nullopt;
}

// x [rows,in] → [rows,out]
at::Tensor product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
    if (x.size(0) < kFewRows) return at::linear(x, weight, bias);
    return onednn::linear(x, weight, bias);
}

class LinearFunction : public torch::autograd::Function<LinearFunction> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                              const std::optional<at::Tensor>& bias) {
        context->save_for_backward({x, weight});
        context->saved_data["bias"] = bias.has_value();
        return product(x, weight, bias.value_or(at::Tensor()));
    }
    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &weight = saved[1], dy = gradients[0].contiguous();
        at::Tensor dx, dWeight, dBias;
        if (context->needs_input_grad(0)) dx = product(dy, weight.t(), {});
        if (context->needs_input_grad(1)) dWeight = at::mm(dy.t(), x);
        if (context->saved_data["bias"].toBool() && context->needs_input_grad(2)) dBias = dy.sum(0);
        return {dx, dWeight, dBias};
    }
};

class ConvolutionFunction : public torch::autograd::Function<ConvolutionFunction> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                              const std::optional<at::Tensor>& bias, std::int64_t stride,
                              std::int64_t padding) {
        context->save_for_backward({x, weight});
        context->saved_data["bias"] = bias.has_value();
        context->saved_data["stride"] = stride;
        context->saved_data["padding"] = padding;
        return at::conv2d(x, weight, bias, {stride, stride}, {padding, padding});
    }
    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        auto [dx, dWeight, dBias] =
            conv2dBackward(gradients[0], saved[0], saved[1], context->saved_data["stride"].toInt(),
                           context->saved_data["padding"].toInt(),
                           {context->needs_input_grad(0), context->needs_input_grad(1),
                            context->saved_data["bias"].toBool() && context->needs_input_grad(2)});
        return {dx, dWeight, dBias, {}, {}};
    }
};

bool needGradient(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
    return at::GradMode::is_enabled() &&
           (x.requires_grad() || weight.requires_grad() || (bias.defined() && bias.requires_grad()));
}

// Elements of a weight from which on its gradient is worth computing in parts, and of a part: measured on
// 1280 → 640 to 2560 → 1280 channels of 8×8 to 16×16 pixels, where the parts take a third of the time, and on
// smaller ones, where they take more.
constexpr std::int64_t kLargeWeight = 6 << 20, kPart = 4 << 20;

}  // namespace

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
    if (!throughOneDnn(x, weight)) return at::linear(x, weight, bias);
    const at::Tensor rows = x.reshape({-1, x.size(-1)});
    auto shape = x.sizes().vec();
    shape.back() = weight.size(0);
    return (needGradient(x, weight, bias) ? LinearFunction::apply(rows, weight, present(bias))
                                          : product(rows, weight, bias))
        .view(shape);
}

at::Tensor conv2d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, std::int64_t stride,
                  std::int64_t padding) {
    if (x.device().is_cpu() && weight.numel() >= kLargeWeight && weight.requires_grad() &&
        at::GradMode::is_enabled() && !autocastIsOn(x) && x.scalar_type() == weight.scalar_type())
        return ConvolutionFunction::apply(x, weight, present(bias), stride, padding);
    return at::conv2d(x, weight, bias, {stride, stride}, {padding, padding});
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> conv2dBackward(const at::Tensor& dy, const at::Tensor& x,
                                                              const at::Tensor& weight, std::int64_t stride,
                                                              std::int64_t padding,
                                                              std::array<bool, 3> wanted) {
    const auto gradients = [&](const at::Tensor& dyPart, const at::Tensor& weightPart,
                               std::array<bool, 3> what) {
        return at::convolution_backward(dyPart, x, weightPart, weightPart.size(0), {stride, stride},
                                        {padding, padding}, {1, 1}, false, {0, 0}, 1, what);
    };
    if (!x.device().is_cpu() || !wanted[1] || weight.numel() < kLargeWeight)
        return gradients(dy, weight, wanted);
    auto [dx, none, dBias] = gradients(dy, weight, {wanted[0], false, wanted[2]});
    const std::int64_t channels = weight.size(0);
    const std::int64_t step = std::max<std::int64_t>(1, kPart / (weight.numel() / channels) / 16 * 16);
    const auto layout = dy.suggest_memory_format();
    at::Tensor dWeight = at::empty_like(weight);
    for (std::int64_t first = 0; first < channels; first += step) {
        const std::int64_t count = std::min(step, channels - first);
        dWeight.narrow(0, first, count)
            .copy_(std::get<1>(gradients(dy.narrow(1, first, count).contiguous(layout),
                                         weight.narrow(0, first, count), {false, true, false})));
    }
    return {dx, dWeight, dBias};
}

}  // namespace atelier::nn
