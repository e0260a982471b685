// SPDX-License-Identifier: GPL-3.0-or-later
// Shards that lie elsewhere, brought into the cache before the training reads them. Used by train_verb.cpp.
#pragma once

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/config/train_config.h"

namespace atelier::cli {

// Runs `atelier-engine-net fetch` for what is not there yet; its progress goes to our stderr. Commands of
// pipe: are named, and run only when `configFile` belongs to the user or `allowPipe` is given. Errors:
// Config, Data.
Status fetchShards(const TrainConfig& config, const fs::path& configFile, bool allowPipe);

}  // namespace atelier::cli
