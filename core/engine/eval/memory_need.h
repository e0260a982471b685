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

// What to do with `pictures` at once where `available` bytes are free. Usage error: not even one picture
// fits.
enum class Decoding { Together, OneByOne };
Result<Decoding> fitMemory(const MemoryNeed& need, const GenerateOptions& options, std::size_t pictures,
                           std::uint64_t available);

}  // namespace atelier::eval
