// SPDX-License-Identifier: GPL-3.0-or-later
// A run folder without events that trains headless: config.yaml job.sbatch job.json README.txt (DESIGN §13,
// Export). Called by `atelier-engine export`; the studio starts that program.
#pragma once

#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/cluster/job.h"
#include "core/config/load.h"

namespace atelier::cluster {

struct ExportRequest {
    LoadedConfig config;
    fs::path configFile;                 // where it came from, for job.json
    std::vector<std::string> overrides;  // likewise; already applied
    ClusterSettings settings;
    fs::path settingsFile;
    fs::path target;       // absolute; must not exist, or be an empty folder
    double createdAt = 0;  // unix seconds
};

struct ExportedFiles {
    std::string config, script, facts, readme;
};
// The four texts; pure. Errors: Config (makeJob's; more processes than this engine trains with).
Result<ExportedFiles> renderExport(const ExportRequest& request);

// Writes them (and the empty folders of a run) beside the target and renames: the folder is whole or absent.
// Errors: as above; Usage (the target has files); Io.
Status exportRun(const ExportRequest& request);

}  // namespace atelier::cluster
