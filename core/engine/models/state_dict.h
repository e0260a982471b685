// SPDX-License-Identifier: GPL-3.0-or-later
// Between modules and safetensors files: names, shapes, dtypes, deterministic initial values.
// Modules are registered under the checkpoint's own names, so nothing is renamed on the way except listed old
// spellings.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/weights/safetensors.h"

namespace atelier {

// In order of registration, as the checkpoint names them.
using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

NamedTensors namedParameters(const torch::nn::Module& module);
// The model's own parameters, and those of low-rank updates attached to its layers ("….to_q.lora_A.weight").
NamedTensors baseParameters(const torch::nn::Module& module);
NamedTensors lowRankParameters(const torch::nn::Module& module);
std::int64_t countParameters(const torch::nn::Module& module);

// Old or alternative spelling → the module's name; returns the name unchanged when there is nothing to do.
// An empty result means: ignore this tensor (position_ids).
using RenameFunction = std::function<std::string(const std::string& nameInFile)>;

// Reads every parameter, which must be on the CPU and contiguous, from the file in the module's dtype.
// Returns the names of tensors that hold NaN or infinity. Missing, extra and wrongly shaped tensors are one
// Error (code Model) that names the first of each kind and counts the rest; the module is then unspecified.
Result<std::vector<std::string>> loadStateDict(torch::nn::Module& module, const WeightSet& weights,
                                               const RenameFunction& rename = {});
// Copies tensors into those of the same names; the same Error for what is missing, extra or wrongly shaped.
Status assignTensors(const NamedTensors& targets, const NamedTensors& tensors, const std::string& where);
// The same into all parameters of a module.
Status assignStateDict(torch::nn::Module& module, const NamedTensors& tensors, const std::string& where);

// All tensors of one file in memory, sorted by name.
Result<NamedTensors> readTensors(const fs::path& path);
Result<NamedTensors> readTensors(const WeightSet& weights);
// Floating tensors are stored as `dtype` when given (kFloat, kHalf, kBFloat16), else as they are. Atomic.
Status writeTensors(const fs::path& path, const NamedTensors& tensors,
                    std::optional<at::ScalarType> dtype = std::nullopt,
                    std::map<std::string, std::string> metadata = {});

// PyTorch's default initial values (Linear, Conv: U(±1/√fan_in); Embedding: N(0,1); norms: 1 and 0), each
// tensor a pure function of (seed, scope + name): the same on every device and in any order of construction.
// scope = component name.
void initializeDefault(torch::nn::Module& module, std::uint64_t seed, const std::string& scope);
// As GANs begin (Isola et al. 2017): convolutions from N(0, 0.02), norms from N(1, 0.02), biases 0.
void initializeNormal(torch::nn::Module& module, std::uint64_t seed, const std::string& scope);
// PEFT's start of low-rank updates: A from U(±1/√fan_in), B zero, in the same way.
void initializeLowRank(torch::nn::Module& module, std::uint64_t seed, const std::string& scope);

}  // namespace atelier
