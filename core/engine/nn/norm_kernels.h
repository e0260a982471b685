// SPDX-License-Identifier: GPL-3.0-or-later
// CPU loops for GroupNorm with an optional SiLU behind it, each in one pass over memory. Plain pointers, no
// LibTorch; compiled for several instruction sets, chosen at start. Called by fused_ops.cpp only.
#pragma once

#include <cstdint>

namespace atelier::nn {

// Work for one call: the tensor is cut into tasks of (sample, block of whole groups) that are independent.
struct NormShape {
    std::int64_t channels = 0;
    std::int64_t pixels = 0;  // H·W
    std::int64_t groups = 0;
    std::int64_t groupsPerTask = 0;  // divides groups
    bool channelsLast = false;       // [N, HW, C] instead of [N, C, HW]
    bool silu = false;
    float eps = 1e-5F;

    std::int64_t groupWidth() const { return channels / groups; }
    std::int64_t tasksPerSample() const { return groups / groupsPerTask; }
    std::int64_t taskChannels() const { return groupsPerTask * groupWidth(); }
};

// All pointers are to the whole tensors; `task` = sample · tasksPerSample + block. mean, rstd: [N, groups].
// scratch: kNormScratch · taskChannels floats of this thread's own, aligned for doubles.
inline constexpr std::int64_t kNormScratch = 8;
// y = act((x − mean)·rstd·gamma + beta). With `statistics` false mean and rstd are read, not computed.
void normForward(const float* x, const float* gamma, const float* beta, float* y, float* mean, float* rstd,
                 float* scratch, const NormShape& shape, std::int64_t task, bool statistics);
void normForward(const std::uint16_t* x, const float* gamma, const float* beta, std::uint16_t* y, float* mean,
                 float* rstd, float* scratch, const NormShape& shape, std::int64_t task, bool statistics);

// dx, and this sample's share of dgamma and dbeta ([N, C] each; the caller adds them up over N).
void normBackward(const float* dy, const float* x, const float* gamma, const float* beta, const float* mean,
                  const float* rstd, float* dx, float* dgamma, float* dbeta, float* scratch,
                  const NormShape& shape, std::int64_t task);
void normBackward(const std::uint16_t* dy, const std::uint16_t* x, const float* gamma, const float* beta,
                  const float* mean, const float* rstd, std::uint16_t* dx, float* dgamma, float* dbeta,
                  float* scratch, const NormShape& shape, std::int64_t task);

}  // namespace atelier::nn
