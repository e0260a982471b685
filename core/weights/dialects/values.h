// SPDX-License-Identifier: GPL-3.0-or-later
// Tensor bytes between dtypes and layouts, one tensor at a time, without LibTorch. Used by convert.cpp.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/weights/dialects/names.h"
#include "core/weights/safetensors.h"

namespace atelier::dialects {

using Bytes = std::vector<std::byte>;

// F16, BF16, F32 and F64: what weights are stored in.
bool isConvertible(TensorType type);

// Rounds to nearest, ties to even; what exceeds F16's range becomes infinite. Both types must be convertible.
Bytes convertType(std::span<const std::byte> bytes, TensorType from, TensorType to);

// The folder's layout of one pair, taken from the single file's tensor.
Bytes toFolderLayout(const NamePair& pair, std::span<const std::byte> single, int elementBytes);
// [rows, columns] → [columns, rows].
Bytes transpose(std::span<const std::byte> bytes, std::int64_t rows, std::int64_t columns, int elementBytes);

// False when an element is NaN or infinite. `type` must be convertible.
bool allFinite(std::span<const std::byte> bytes, TensorType type);

// Largest absolute difference over all elements; NaN equals NaN, and a NaN or an infinity against a number is
// infinite.
double maximumDifference(std::span<const std::byte> a, TensorType aType, std::span<const std::byte> b,
                         TensorType bType);

}  // namespace atelier::dialects
