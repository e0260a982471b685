// SPDX-License-Identifier: GPL-3.0-or-later
// The sbatch script. Signals: SLURM's warning (--signal=B:USR1) reaches only this script's shell, which
// passes it on to the engine; scancel and the time limit reach both (TERM). The engine then checkpoints and
// exits 4.
#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/base/version.h"
#include "core/cluster/job.h"
#include "core/cluster/shell.h"

namespace atelier::cluster {
namespace {

void directive(std::string& out, std::string_view option) {
    out += fmt::format("#SBATCH {}\n", option);
}

// sbatch reads quotes in its directives, so an option with blanks or # stays one word.
std::string directiveWord(const std::string& option) {
    return option.find_first_of(" \t#\"\\;") == std::string::npos ? option : "'" + option + "'";
}

std::string directives(const Job& job) {
    const ClusterSettings& s = job.settings;
    std::string out;
    directive(out, "--job-name=" + jobName(job.name));
    if (s.partition) directive(out, "--partition=" + *s.partition);
    if (s.account) directive(out, "--account=" + *s.account);
    if (s.qos) directive(out, "--qos=" + *s.qos);
    if (s.constraint) directive(out, "--constraint=" + directiveWord(*s.constraint));
    directive(out, fmt::format("--nodes={}", s.nodes));
    directive(out, fmt::format("--ntasks-per-node={}", job.tasksPerNode()));
    if (s.gpusPerNode > 0)
        directive(
            out, fmt::format("--gres=gpu:{}{}", s.gpuType ? *s.gpuType + ":" : std::string(), s.gpusPerNode));
    if (s.cpusPerGpu) directive(out, fmt::format("--cpus-per-task={}", *s.cpusPerGpu));
    if (s.memory) directive(out, "--mem=" + *s.memory);
    directive(out, "--time=" + s.timeLimit);
    if (s.exclusive) directive(out, "--exclusive");
    directive(out, fmt::format("--signal=B:USR1@{}", s.warningSeconds));
    directive(out, job.requeue() ? "--requeue" : "--no-requeue");
    directive(out, "--open-mode=append");
    directive(out, "--output=logs/slurm-%j.log");
    for (const auto& option : s.sbatchOptions) directive(out, directiveWord(option));
    return out;
}

std::string environmentLines(const ClusterSettings& s) {
    std::string out;
    for (const auto& module : s.modules) out += "module load " + shellQuote(module) + "\n";
    for (const auto& [name, value] : s.environment)
        out += fmt::format("export {}={}\n", name, shellQuote(value));
    for (const auto& line : s.setup) out += line + "\n";
    return out.empty() ? out : "# As the cluster settings say.\n" + out + "\n";
}

// One word per line of a bash array.
std::string commandArray(const Job& job) {
    const ClusterSettings& s = job.settings;
    std::string out = "command=(srun --kill-on-bad-exit=1";
    // Since SLURM 22.05 a step does not take this over from the job.
    if (s.cpusPerGpu) out += fmt::format(" --cpus-per-task={}", *s.cpusPerGpu);
    for (const auto& option : s.srunOptions) out += " " + shellQuote(option);
    if (s.container) {
        out += std::string("\n  apptainer exec") + (s.gpusPerNode > 0 ? " --nv" : "") + " --bind \"$run\"";
        for (const auto& option : s.containerOptions) out += " " + shellQuote(option);
        out += " " + shellPath(*s.container);
    }
    return out + "\n  " + shellPath(s.engine) + " train \"$run\")\n";
}

constexpr std::string_view kWhere =
    R"(# The folder this was submitted in is the run: it may be copied anywhere as a whole.
run=${SLURM_SUBMIT_DIR:-$PWD}
cd "$run" || exit 2
if [ ! -f config.yaml ]; then
  echo "error: $run: there is no config.yaml. Submit this inside the exported folder: cd FOLDER && sbatch job.sbatch" >&2
  exit 2
fi

)";

constexpr std::string_view kMaster = R"(# Where the processes of the run meet.
MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
MASTER_PORT=$((12000 + SLURM_JOB_ID % 20000))
export MASTER_ADDR MASTER_PORT
)";

constexpr std::string_view kTakeover =
    R"(# SLURM starts a job again only when its first run is gone, so a lock from another node is a leftover.
if [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ]; then
  command+=(--takeover)
fi

)";

constexpr std::string_view kTraps = R"(interrupted=0
trap 'interrupted=1; scancel --signal=USR1 "$SLURM_JOB_ID"' USR1
)";

constexpr std::string_view kRun = R"(
"${command[@]}" &
child=$!
while :; do
  interrupted=0
  wait "$child"
  status=$?
  # A trapped signal ends wait before the child has ended.
  [ "$interrupted" -eq 1 ] || break
done

)";

constexpr std::string_view kRequeue = R"(# 4: suspended with a checkpoint, to be continued.
if [ "$status" -eq 4 ] && [ "$cancelled" -eq 0 ]; then
  echo "suspended; back into the queue"
  scontrol requeue "$SLURM_JOB_ID" && exit 0
fi
)";

}  // namespace

std::string renderSbatch(const Job& job) {
    std::string out = "#!/bin/bash\n";
    out += fmt::format("# Training run, written by atelier-engine export {}.\n", kVersion);
    out += "# In this folder: sbatch job.sbatch\n";
    out += directives(job);
    out += "\n";
    out += kWhere;
    out += environmentLines(job.settings);
    out += kMaster;
    out += commandArray(job);
    out += kTakeover;
    if (job.requeue()) out += "cancelled=0\n";
    out += kTraps;
    out += job.requeue() ? "trap 'interrupted=1; cancelled=1' TERM\n" : "trap 'interrupted=1' TERM\n";
    out += kRun;
    if (job.requeue()) out += kRequeue;
    out += "exit \"$status\"\n";
    return out;
}

}  // namespace atelier::cluster
