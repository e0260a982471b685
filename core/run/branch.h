// SPDX-License-Identifier: GPL-3.0-or-later
// A new run that begins where another one was at one of its checkpoints. The engine itself continues a run
// only from its newest checkpoint; from an older one, or beside a run that goes on, the way is a branch.
// Called by the studio.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "core/base/result.h"
#include "core/run/run_folder.h"

namespace atelier::run {

// Makes `target` from checkpoint `step` of `source`: `configYaml` as its config.yaml, that checkpoint, the
// samples up to it and the events up to it (other checkpoints left out), so that `train TARGET` goes on from
// there and the curve shows how it came to be. `source` is only read. Files that never change are hard links
// where the file system has them, else copies. Appears under its name when it is whole. `cancelled` is asked
// between files. Errors: Usage (no such complete checkpoint, name taken), Cancelled, Io.
Status branchRun(const RunFolder& source, std::int64_t step, const RunFolder& target,
                 std::string_view configYaml, const std::function<bool()>& cancelled = {});

}  // namespace atelier::run
