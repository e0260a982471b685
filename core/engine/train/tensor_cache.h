// SPDX-License-Identifier: GPL-3.0-or-later
// Tensors that are the same at every visit, kept under a key that says everything they depend on: in memory
// for one run, or on disk for all (core/data/encoded_cache.h). Used by the latent and the text cache.
#pragma once

#include <c10/core/Device.h>
#include <torch/nn/module.h>

#include <optional>
#include <string>
#include <unordered_map>

#include "core/data/encoded_cache.h"
#include "core/engine/models/state_dict.h"

namespace atelier::train {

class TensorCache {
  public:
    TensorCache() = default;  // in memory
    explicit TensorCache(fs::path folder) : disk_(std::in_place, std::move(folder)) {}

    bool onDisk() const { return disk_.has_value(); }
    bool has(const std::string& key) const;
    // On the CPU; nothing when it is not there, or not whole.
    std::optional<NamedTensors> get(const std::string& key) const;
    // CPU tensors. In memory what no longer fits is an Error, too.
    Status put(const std::string& key, const NamedTensors& tensors);
    // Whether so many bytes more could be kept; Errors (Config) name `setting`.
    Status checkRoom(std::uint64_t bytes, std::size_t entries, const std::string& setting) const;

  private:
    std::optional<data::EncodedCache> disk_;
    std::unordered_map<std::string, NamedTensors> memory_;  // by the key's hash
};

// Hash of a network's configuration, names, types, shapes and values.
std::string networkHash(const torch::nn::Module& module, const std::string& config);
// What else its results depend on: the kind of device and its arithmetic.
std::string arithmeticOf(const at::Device& device);

}  // namespace atelier::train
