// SPDX-License-Identifier: GPL-3.0-or-later
// Runs whose log folder is in S3: found there and brought here before `train` goes on with them.
#pragma once

#include "core/config/load.h"

namespace atelier::cli {

// Where the run lies in S3, "s3://bucket/folder/name/"; nothing for a log folder on a disk.
std::optional<std::string> remotePlace(const LoadedConfig& config);

// With experiment.requeue: when the newest whole checkpoint in S3 is newer than what the folder here has, it
// and the run's history replace the folder, which stays beside it as NAME.older. Without: an Error (Usage)
// when a run of this name is there and not here. Errors of the network come through.
Status bringRunHere(const LoadedConfig& config, const fs::path& runFolder);

}  // namespace atelier::cli
