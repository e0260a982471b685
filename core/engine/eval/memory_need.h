// SPDX-License-Identifier: GPL-3.0-or-later
// How much memory pictures of a size will take, so that too large ones are refused in words before anything
// is allocated. Used by generate.cpp.
#pragma once

#include <cstdint>

#include "core/engine/eval/generate.h"

namespace atelier::eval {

// Bytes beside the weights, estimated from the widest layers at full size.
struct MemoryNeed {
    std::uint64_t denoising = 0;  // of a whole batch, both halves of guidance
    std::uint64_t decoding = 0;   // of one picture
};
MemoryNeed memoryNeed(const Pipeline& pipeline, const GenerateOptions& options);

// How pictures are computed so that `available` bytes are enough. Usage error: not even one fits.
struct MemoryFit {
    int batch = 1;  // options.batch, or as many as fit
    bool decodeOneByOne = false;
};
Result<MemoryFit> fitMemory(const MemoryNeed& need, const GenerateOptions& options, std::uint64_t available);
// The same for this pipeline and what is free now; a GPU is not asked.
Result<MemoryFit> fitMemory(const Pipeline& pipeline, const GenerateOptions& options);

}  // namespace atelier::eval
