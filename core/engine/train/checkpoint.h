// SPDX-License-Identifier: GPL-3.0-or-later
// Checkpoints of a run folder: written whole, opened again and compared before the previous one goes, loaded
// for exact resume. DONE is written last; without it a checkpoint does not exist (core/run/run_folder.h names
// the files).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/data/shard_stream.h"
#include "core/engine/train/optimizer.h"
#include "core/engine/train/requests.h"
#include "core/engine/train/task.h"
#include "core/run/run_folder.h"

namespace atelier::train {

// The dataset as the run saw it. Sample numbers mean the same samples only as long as `order` is the same.
struct DatasetMark {
    std::string order;    // DatasetIndex::fingerprint(); "" in a checkpoint that does not say
    std::string content;  // DatasetIndex::content()
    std::uint64_t samples = 0;
};

// state.json: what resume needs beside tensors.
struct Counters {
    std::int64_t step = 0;    // optimizer updates done
    std::int64_t images = 0;  // trained on so far; also the next global sample number
    DatasetMark dataset;
    NewEnd end;
    data::StreamPlace stream;  // of the last sample, where shards come and go
};

struct CheckpointFacts {
    std::uint64_t bytes = 0;
    double seconds = 0;
};

// Writes checkpoints/step-N, reads it back, points current_pipeline and pipelines/step_N at it. The averages
// are in the pipeline when there are any, and the trained weights are in the model again afterwards. On an
// Error nothing of the new checkpoint is left, and earlier ones are as they were.
Result<CheckpointFacts> writeCheckpoint(const run::RunFolder& folder, Task& task, Optimizer& optimizer,
                                        const Counters& counters, const Settings& settings);

// The newest checkpoint that carries DONE and whose files are whole (counters, tensor table, length);
// `problem` hears of newer ones that are not. An Error when there are some and none is whole.
Result<std::optional<Counters>> newestCheckpoint(const run::RunFolder& folder,
                                                 const std::function<void(const Error&)>& problem);
// Its tensors into the optimizer and, through it, the model; and into the task's buffers.
Status loadCheckpoint(const run::RunFolder& folder, std::int64_t step, Task& task, Optimizer& optimizer);

// Removes complete checkpoints that neither keepLast nor keepEvery nor a file PINNED holds; never the newest.
// Half-written ones of a killed process are removed, too.
Status retireCheckpoints(const run::RunFolder& folder, std::optional<std::int64_t> keepLast,
                         std::optional<std::int64_t> keepEvery);

// final → checkpoints/step-N/pipeline.
Status linkFinal(const run::RunFolder& folder, std::int64_t step);

}  // namespace atelier::train
