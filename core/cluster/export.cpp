// SPDX-License-Identifier: GPL-3.0-or-later
// The exported folder. Paths: the folder itself is relocatable (the script trains the folder it is submitted
// in); what config.yaml names (data, models) is absolute, as on the machine that exported, unless overridden.
#include "core/cluster/export.h"

#include <fmt/format.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/base/version.h"
#include "core/cluster/shell.h"
#include "core/run/run_folder.h"

namespace atelier::cluster {
namespace {

// Processes of one run that this engine can train with.
constexpr std::int64_t kMostTasks = 1;

std::string renderFacts(const ExportRequest& request, const Job& job) {
    Json facts{{"format_version", run::kFormatVersion},
               {"name", job.name},
               {"created", request.createdAt},
               {"engine_version", kVersion},
               {"config_hash", request.config.hash},
               {"exported_from", request.configFile.string()},
               {"overrides", request.overrides},
               {"cluster_settings", request.settingsFile.string()},
               {"job", jobJson(job)},
               {"commands", Json{{"submit", "sbatch job.sbatch"},
                                 {"run_here", shellPath(job.settings.engine) + " train ."},
                                 {"stop", "touch control/stop"}}}};
    return dumpJsonPretty(facts);
}

// Every absolute path that the configuration names: what has to exist where it runs.
void collectPaths(const Json& node, const std::string& key, std::vector<std::string>& lines) {
    if (node.is_object()) {
        for (const auto& [name, child] : node.items())
            collectPaths(child, key.empty() ? name : key + "." + name, lines);
    } else if (node.is_array()) {
        for (const auto& child : node) collectPaths(child, key, lines);
    } else if (node.is_string() && key != "experiment.log_dir" && key != "cluster.settings") {
        const auto text = node.get<std::string>();
        if (text.starts_with("/") || text.starts_with("~/"))
            lines.push_back(fmt::format("  {:<28} {}", key, text));
    }
}

std::string renderReadme(const ExportRequest& request, const Job& job) {
    const ClusterSettings& s = job.settings;
    const std::string engine = shellPath(s.engine);
    const std::string folder = shellQuote(request.target.filename().string());
    std::vector<std::string> paths;
    collectPaths(request.config.resolved, "", paths);
    std::string out = fmt::format("{}\n{}\n\n", job.name, std::string(job.name.size(), '='));
    out += "A training run, ready to start. Everything it writes stays in this folder.\n\n";
    out += fmt::format(
        "On {} (SLURM: {}, {}, {} per start)\n"
        "  1. copy      rsync -a {}/ LOGIN:{}/\n"
        "  2. submit    cd {} && sbatch job.sbatch\n"
        "  3. follow    squeue --me\n"
        "               tail -f events.jsonl        every line is one event\n"
        "               tail -f logs/slurm-*.log\n"
        "  4. stop      touch control/stop          finishes the step, saves, ends\n",
        s.name, plural(std::uint64_t(s.nodes), "node"),
        plural(std::uint64_t(s.gpusPerNode), "GPU per node", "GPUs per node"), s.timeLimit, folder, folder,
        folder);
    out += s.requeue ? fmt::format(
                           "{} s before the time limit the run saves a checkpoint, goes back into the queue "
                           "and continues.\n\n",
                           s.warningSeconds)
                     : fmt::format(
                           "{} s before the time limit the run saves a checkpoint and ends; submit again to "
                           "continue.\n\n",
                           s.warningSeconds);
    out += fmt::format(
        "Without SLURM\n"
        "  {} train .              in this folder; run it again to continue\n"
        "Exit codes: 0 done or stopped on request, 2 wrong configuration, 3 unusable data, 4 suspended (run "
        "again), 1 anything "
        "else.\n\n",
        engine);
    out +=
        "Files\n"
        "  config.yaml   everything the run is told; not to be changed once it has started\n"
        "  job.sbatch    the batch script\n"
        "  job.json      what was asked for, for programs\n\n";
    if (!paths.empty()) {
        out += "These paths are as on the computer that exported. They must exist where the run starts:\n";
        out += join(paths, "\n") + "\n";
        out += fmt::format(
            "Where they differ, export again with the other path, for example\n"
            "  atelier-engine export CONFIG.yaml dataset.params.path=/data/{{000000..000007}}.tar --cluster "
            "{} --out {}\n\n",
            shellQuote(request.settingsFile.filename().string()), folder);
    }
    out +=
        "Drop this folder (or a copy that has run) on the Atelier window to see its curves and pictures.\n";
    return out;
}

}  // namespace

Result<ExportedFiles> renderExport(const ExportRequest& request) {
    ATELIER_TRY(const Job job, makeJob(request.config.config.experiment.name, request.settings,
                                       request.config.config.cluster));
    if (job.tasks() > kMostTasks)
        return fail(
            ErrorCode::Config,
            fmt::format("the job asks for {} with {}, that is {} processes; this version trains with one",
                        plural(std::uint64_t(job.settings.nodes), "node"),
                        plural(std::uint64_t(job.settings.gpusPerNode), "GPU each", "GPUs each"),
                        job.tasks()),
            "cluster.gpus_per_node", "Set cluster.nodes=1 and cluster.gpus_per_node=1.");
    ExportedFiles files;
    files.config = frozenYaml(request.config);
    files.script = renderSbatch(job);
    files.facts = renderFacts(request, job);
    files.readme = renderReadme(request, job);
    return files;
}

Status exportRun(const ExportRequest& request) {
    ATELIER_TRY(const auto files, renderExport(request));
    const fs::path parent = request.target.parent_path();
    const auto kind = run::kindOfFolder(request.target);
    std::error_code error;
    if ((kind == run::FolderKind::Absent && fs::exists(fs::symlink_status(request.target, error))) ||
        (kind != run::FolderKind::Absent && kind != run::FolderKind::Empty))
        return fail(ErrorCode::Usage, "it exists already", request.target.string(),
                    "Choose another folder, for example " +
                        (parent / run::freeRunName(parent, request.target.filename().string())).string() +
                        ".");
    ATELIER_DO(createDirectories(parent));
    const run::RunFolder staged{parent /
                                fmt::format(".{}.{}.tmp", request.target.filename().string(), ::getpid())};
    const auto write = [&]() -> Status {
        ATELIER_DO(run::createRunFolder(staged));
        ATELIER_DO(writeFileAtomic(staged.jobScript(), files.script));
        ATELIER_DO(writeFileAtomic(staged.jobFacts(), files.facts));
        ATELIER_DO(writeFileAtomic(staged.readme(), files.readme));
        ATELIER_DO(writeFileAtomic(staged.config(), files.config));
        fs::permissions(staged.jobScript(),
                        fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                        fs::perm_options::add, error);
        return renameFile(staged.root, request.target);
    };
    const auto written = write();
    if (!written) fs::remove_all(staged.root, error);
    return written;
}

}  // namespace atelier::cluster
