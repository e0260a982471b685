// SPDX-License-Identifier: GPL-3.0-or-later
// The layers all architectures share: parameters without initial values (state_dict.h gives them), registered
// as "weight" and "bias". Used by core/engine/models.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/TensorOptions.h>
#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <vector>

#include "core/engine/nn/packed_weight.h"

namespace atelier::nn {

// While it lives, layers made by this thread get parameters of this dtype and device: half floats without a
// detour over float32, or at::kMeta for names and shapes without memory.
class ParameterOptionsGuard {
  public:
    explicit ParameterOptionsGuard(c10::TensorOptions options);
    ~ParameterOptionsGuard();
    ParameterOptionsGuard(const ParameterOptionsGuard&) = delete;
    ParameterOptionsGuard& operator=(const ParameterOptionsGuard&) = delete;

  private:
    c10::TensorOptions before_;
};

// A low-rank update beside a layer (Hu et al. 2021, LoRA): y + scale·B(A(x)). The layer registers A and B as
// "lora_A" and "lora_B", PEFT's names.
template <class Layer>
struct LowRank {
    std::shared_ptr<Layer> down;  // A: in → rank, with the layer's own kernel, stride and padding
    std::shared_ptr<Layer> up;    // B: rank → out
    double scale = 1;
    explicit operator bool() const { return down != nullptr; }
};

// y = x·Wᵀ + b over the last dimension.
class Linear : public torch::nn::Module {
  public:
    Linear(std::int64_t in, std::int64_t out, bool withBias = true);
    at::Tensor forward(const at::Tensor& x) const;
    // A and B are float32 on the weight's device; their values are unspecified.
    void attachLowRank(std::int64_t rank, double scale);
    at::Tensor weight;  // [out, in]
    at::Tensor bias;    // [out], undefined without
    LowRank<Linear> lowRank;
    PackedWeight packed;
};

class Conv2d : public torch::nn::Module {
  public:
    Conv2d(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride = 1,
           std::int64_t padding = 0, bool withBias = true);
    at::Tensor forward(const at::Tensor& x_BCHW) const;
    // The same plus `other`, in one pass where nothing learns.
    at::Tensor forwardOnto(const at::Tensor& other_BCHW, const at::Tensor& x_BCHW) const;
    // A 1×1 convolution of pixels that lie as tokens [B,S,in].
    at::Tensor forwardTokens(const at::Tensor& x_BSC) const;
    // The same; A keeps the kernel, B is 1×1 (LoCon).
    void attachLowRank(std::int64_t rank, double scale);
    at::Tensor weight;  // [out, in, k, k]
    at::Tensor bias;    // [out], undefined without
    std::int64_t stride;
    std::int64_t padding;
    LowRank<Conv2d> lowRank;
    PackedWeight packed;
};

// Lays the weights of convolutions out with their channels last, where the device computes that way faster:
// processors, and accelerators in 16 bits. Values, names and shapes stay; call it before the optimizer makes
// its state.
void layChannelsLast(torch::nn::Module& module);

class GroupNorm : public torch::nn::Module {
  public:
    GroupNorm(std::int64_t groups, std::int64_t channels, double eps);
    at::Tensor forward(const at::Tensor& x_BCHW) const;
    at::Tensor weight, bias;  // [channels]
    std::int64_t groups;
    double eps;
};

class LayerNorm : public torch::nn::Module {
  public:
    LayerNorm(std::int64_t width, double eps);
    at::Tensor forward(const at::Tensor& x) const;
    at::Tensor weight, bias;  // [width]
    double eps;
};

class Embedding : public torch::nn::Module {
  public:
    Embedding(std::int64_t count, std::int64_t width);
    at::Tensor forward(const at::Tensor& ids) const;
    at::Tensor weight;  // [count, width]
};

enum class Activation { Silu, Gelu, GeluTanh, QuickGelu, Relu, Mish };
// "silu"/"swish", "gelu", "gelu_new", "quick_gelu", "relu", "mish"; the configuration has checked the name.
Activation activationFromName(const std::string& name);
at::Tensor activate(const at::Tensor& x, Activation activation);

// Children named "0", "1", …, as torch's ModuleList registers them.
template <class T>
class ModuleList : public torch::nn::Module {
  public:
    template <class... Arguments>
    T& add(Arguments&&... arguments) {
        return append(std::make_shared<T>(std::forward<Arguments>(arguments)...));
    }
    T& append(std::shared_ptr<T> child) {
        register_module(std::to_string(items_.size()), child);
        items_.push_back(std::move(child));
        return *items_.back();
    }
    T& operator[](std::size_t i) const { return *items_[i]; }
    std::size_t size() const { return items_.size(); }
    auto begin() const { return items_.begin(); }
    auto end() const { return items_.end(); }

  private:
    std::vector<std::shared_ptr<T>> items_;
};

}  // namespace atelier::nn
