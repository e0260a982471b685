// SPDX-License-Identifier: GPL-3.0-or-later
// One batch job: cluster settings with the configuration's own wishes on top, and its sbatch script. Pure
// functions. Called by export and, later, by submission over SSH.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/cluster/settings.h"
#include "core/config/train_config.h"

namespace atelier::cluster {

struct Job {
    std::string name;          // of the run; #SBATCH gets it made harmless
    ClusterSettings settings;  // effective: partition, nodes, … as they will be asked for

    std::int64_t tasksPerNode() const { return settings.gpusPerNode > 0 ? settings.gpusPerNode : 1; }
    std::int64_t tasks() const { return settings.nodes * tasksPerNode(); }
    // SLURM as a whole may be told not to requeue; then a warning still makes a checkpoint.
    bool requeue() const { return settings.requeue; }
};

// Errors: Config, for wishes that SLURM cannot read (a time, a memory size, a name).
Result<Job> makeJob(const std::string& runName, const ClusterSettings& settings, const ClusterConfig& wishes);

// The script. Submit it inside the exported folder; it trains that folder, forwards SLURM's warning to the
// engine, and puts itself back into the queue when the engine says "suspended" (exit code 4) and nobody
// cancelled it.
std::string renderSbatch(const Job& job);

// What job.json holds of the job.
Json jobJson(const Job& job);

}  // namespace atelier::cluster
