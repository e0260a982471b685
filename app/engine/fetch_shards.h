// SPDX-License-Identifier: GPL-3.0-or-later
// Shards that lie elsewhere, brought into the cache before the training reads them. Used by train_verb.cpp.
#pragma once

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/config/train_config.h"
#include "core/data/shard_stream.h"

namespace atelier::cli {

// Runs `atelier-engine-net fetch` for what is not there yet; its progress goes to our stderr. Commands of
// pipe: are named, and run only when `configFile` belongs to the user or `allowPipe` is given. Errors:
// Config, Data.
// With dataset.params.stream_shards only those for validation are brought.
Status fetchShards(const TrainConfig& config, const fs::path& configFile, bool allowPipe);

// Files that a configuration names elsewhere (dataset.params.class_mapping, experiment.eval_caption_file)
// come into the cache, and `config` then names the copies; once there, they are not fetched again. Errors:
// Data.
Status fetchFiles(TrainConfig& config);

// For dataset.params.stream_shards: a process of atelier-engine-net for each window, quiet, which ends when
// it is no longer wanted or when this process is gone.
std::vector<std::string> fetchWindow(const std::vector<data::WantedShard>& shards,
                                     const std::function<bool()>& cancelled);

}  // namespace atelier::cli
