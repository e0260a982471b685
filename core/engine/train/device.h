// SPDX-License-Identifier: GPL-3.0-or-later
// Where it computes: which devices there are, how many threads. Used by every verb that computes.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace atelier {

// Loads LibTorch's CUDA half when the machine has an NVIDIA device. Call it first thing in main: a question
// to CUDA before that would settle for the life of the process that there is none. Returns why not, or ""
// when loaded.
const std::string& loadCuda();

// "auto" (a GPU when there is one), "cpu", "cuda", "cuda:1". Errors (code Config) say what is missing.
Result<at::Device> chooseDevice(const std::string& name);
std::string deviceDescription(const at::Device& device);  // "cpu (4 threads)", "cuda:0 NVIDIA H100 80GB"

int physicalCores();  // of those this process may use
// What float32 arithmetic on NVIDIA GPUs may compute in TF32.
void setTf32(bool convolutions, bool products);
// 0 = physicalCores(). Sets intra-op threads; inter-op parallelism stays at one.
void setThreads(int threads);

// Peak and present resident memory of this process, and the present private part of it, in bytes
// (/proc/self/status).
std::uint64_t peakResidentBytes();
std::uint64_t residentBytes();
std::uint64_t residentAnonymousBytes();

}  // namespace atelier
