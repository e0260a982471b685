// SPDX-License-Identifier: GPL-3.0-or-later
// The training step on recorded batches instead of a dataset and random numbers, so that its numbers can be
// held against another implementation. Called by `atelier-engine replay`.
#pragma once

#include <functional>
#include <string>

#include "core/config/load.h"

namespace atelier::train {

struct ReplayOptions {
    fs::path batches;  // batch-00000.safetensors, …: latents, noise, timesteps, encoder_hidden_states, …
    fs::path out;      // must be absent or empty
    std::string device;
    std::function<void(std::int64_t done, std::int64_t total, double loss)> onStep;
};

// Writes losses.json, pipeline/ and unet_raw.safetensors into `out`. Errors: Config, Model or Usage, naming
// the file.
Status replay(const LoadedConfig& config, const ReplayOptions& options);

}  // namespace atelier::train
