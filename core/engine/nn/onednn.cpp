// SPDX-License-Identifier: GPL-3.0-or-later
// The functions of onednn.h through LibTorch's dispatcher.
#include "core/engine/nn/onednn.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <optional>
#include <vector>

namespace atelier::nn::onednn {
namespace {

using Integers = std::vector<std::int64_t>;

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

at::Tensor call(const c10::OperatorHandle& op, std::vector<c10::IValue> arguments) {
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

Integers both(std::int64_t n) {
    return {n, n};
}

}  // namespace

bool available() {
    return operators().complete() && at::globalContext().userEnabledMkldnn() && at::hasMKLDNN();
}

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
    return call(*operators().linear, {x, weight, optional(bias), "none", noScalars(), ""});
}

at::Tensor packLinear(const at::Tensor& weight, std::int64_t rows) {
    return call(*operators().packLinear, {weight, rows});
}

at::Tensor conv2d(const at::Tensor& x, const at::Tensor& packed, const at::Tensor& bias, ConvShape shape) {
    return call(*operators().conv2d, {x, packed, optional(bias), both(shape.padding), both(shape.stride),
                                      both(1), 1, "none", noScalars(), ""});
}

at::Tensor conv2dOnto(const at::Tensor& other, const at::Tensor& x, const at::Tensor& packed,
                      const at::Tensor& bias, ConvShape shape) {
    return call(*operators().conv2dOnto,
                {x, other, packed, optional(bias), both(shape.padding), both(shape.stride), both(1), 1, "add",
                 at::Scalar(1.0), c10::IValue(), noScalars(), c10::IValue()});
}

at::Tensor packConv2d(const at::Tensor& weight, const at::Tensor& x, ConvShape shape) {
    return at::mkldnn_reorder_conv2d_weight(weight.contiguous().to_mkldnn(), both(shape.padding),
                                            both(shape.stride), both(1), 1, x.sizes());
}

}  // namespace atelier::nn::onednn
