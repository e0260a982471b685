// SPDX-License-Identifier: GPL-3.0-or-later
// How much memory this process may still take. Asked before work whose need is known, so that it is refused
// in words and not ended by the system.
#pragma once

#include <cstdint>

#include "core/base/files.h"

namespace atelier {

// Bytes: what the kernel calls available, or what the tightest control group (container, SLURM job) has left,
// whichever is less. `root`: "/", another one in tests. Nothing known: the largest number.
std::uint64_t availableMemory(const fs::path& root = "/");

}  // namespace atelier
