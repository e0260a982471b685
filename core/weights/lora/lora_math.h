// SPDX-License-Identifier: GPL-3.0-or-later
// What a LoRA adds to a weight, and low-rank forms of a difference by singular values. In double precision;
// used by lora_write.cpp and lora_model.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/weights/lora/lora_file.h"

namespace atelier::lora {

// How many singular values stay: `rank` at most, fewer when these hold `energy` (0…1] of the squared sum.
struct Truncation {
    std::int64_t rank = 16;
    double energy = 1;
};

// down and mid as one [r, in, k, k]: the same update without the Tucker form.
Tensor foldMiddle(const Module& module);

// W' = W + m·alpha/r·up·down in place; `weight` row-major with `shape` [out, in(, k, k)]. With a DoRA
// magnitude (Liu et al. 2024, eq. 5): W' = W + m·(magnitude·V/‖V‖ − W), V = W + alpha/r·up·down. False when
// the module's size is another.
bool apply(const Module& module, double multiplier, std::span<const std::int64_t> shape,
           std::span<float> weight);

// The best low-rank form of a difference [out, in(, k, k)] (Eckart–Young). `kept`: its share of the squared
// sum.
struct LowRank {
    Tensor down, up;
    double kept = 1;
};
LowRank approximate(std::span<const double> difference, const std::vector<std::int64_t>& shape,
                    const Truncation& truncation, TensorType type);
// The same for an update that is of low rank already, without forming it.
LowRank approximate(const Module& module, const Truncation& truncation, TensorType type);

}  // namespace atelier::lora
