// SPDX-License-Identifier: GPL-3.0-or-later
// Differentiable operations that remember less and touch memory less often than the sum of their parts:
// backward computes cheap things again from what is kept anyway. Used by blocks.cpp and the models.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

#include "core/engine/nn/layers.h"

namespace atelier::nn {

// GroupNorm (Wu & He 2018), with SiLU behind it when `silu`. Keeps x and two numbers per group.
at::Tensor groupNorm(const at::Tensor& x_BCHW, const GroupNorm& norm, bool silu);

// conv(silu(norm(x))), the half of a residual block. Keeps x only: norm and SiLU are computed again in
// backward.
at::Tensor normSiluConv(const at::Tensor& x_BCHW, const GroupNorm& norm, const Conv2d& conv);

// value·gelu(gate), x = value ‖ gate on the last dimension (Shazeer 2020, GEGLU). Keeps x only.
at::Tensor geglu(const at::Tensor& x);

// softmax(q·kᵀ/√d)·v for `heads` heads side by side in the last dimension. q [B,S,C], k and v [B,T,C] →
// [B,S,C]. upcast: products and softmax in float32 whatever q's type.
at::Tensor attention(const at::Tensor& q_BSC, const at::Tensor& k_BTC, const at::Tensor& v_BTC,
                     std::int64_t heads, bool causal = false, bool upcast = false);

// Gradient checkpointing (Chen et al. 2016): runs `function` without remembering anything but its inputs and
// runs it again in backward: the same values, the same gradients but for the order of sums. Inputs are
// defined tensors. `parameters`: what `function` uses besides its inputs and needs a gradient.
using CheckpointFunction = std::function<at::Tensor(const std::vector<at::Tensor>& inputs)>;
at::Tensor checkpoint(const CheckpointFunction& function, const std::vector<at::Tensor>& inputs,
                      const std::vector<at::Tensor>& parameters);

// Sinusoidal embedding of timesteps (Vaswani et al. 2017, §3.5), [B] → [B, width] float32; half = width/2,
// frequency_i = 10000^(−i/(half − freqShift)); sin ‖ cos, or cos ‖ sin when flipSinToCos.
at::Tensor timestepEmbedding(const at::Tensor& timesteps_B, std::int64_t width, bool flipSinToCos,
                             double freqShift);

}  // namespace atelier::nn
