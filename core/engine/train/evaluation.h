// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures of a caption file at a checkpoint, as open-diffusion keeps them: examples/step_N.tar with
// step_N/<uid>.jpg, and a grid of the first 64 beside it. Called by the training loop.
#pragma once

#include <cstdint>

#include "core/engine/train/task.h"
#include "core/run/run_folder.h"

namespace atelier::train {

struct EvaluationRequest {
    fs::path captions;       // CSV with the columns uid and caption
    std::int64_t count = 0;  // of its first rows
    std::int64_t step = 0;   // names the files
};

// With the weights that are in the model now. Picture i starts from noise of (sampleSeed, i): each its own,
// the same at every checkpoint. Returns how many were made. Errors: the file, those of Task::writeSamples,
// disk.
Result<std::int64_t> writeEvaluation(Task& task, const run::RunFolder& folder, const Settings& settings,
                                     const EvaluationRequest& request, const eval::GenerateOptions& options);

}  // namespace atelier::train
