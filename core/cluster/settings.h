// SPDX-License-Identifier: GPL-3.0-or-later
// Cluster settings: what a batch job needs on one cluster, whatever is trained (configs/clusters/*.yaml).
// Read by export and by the studio's submit sheet; values in a configuration's `cluster` section come first.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/config/field.h"
#include "core/config/issue.h"

namespace atelier {

// Not in namespace cluster: descriptors of sections share one namespace.
struct ClusterSettings {
    std::string name;
    std::optional<std::string> partition;
    std::optional<std::string> account;
    std::optional<std::string> qos;
    std::optional<std::string> constraint;
    std::int64_t nodes = 1;
    std::int64_t gpusPerNode = 1;
    std::optional<std::string> gpuType;
    std::optional<std::int64_t> cpusPerGpu;
    std::optional<std::string> memory;
    std::string timeLimit = "24:00:00";
    std::int64_t warningSeconds = 300;
    bool requeue = true;
    bool exclusive = false;
    std::vector<std::string> modules;
    std::map<std::string, std::string> environment;
    std::vector<std::string> setup;
    std::string engine = "atelier-engine";
    std::optional<std::string> container;
    std::vector<std::string> containerOptions;
    std::vector<std::string> sbatchOptions;
    std::vector<std::string> srunOptions;

    static constexpr auto fields() {
        using C = ClusterSettings;
        return std::tuple{
            field("name", &C::name,
                  {.label = ATELIER_TR("Cluster"),
                   .help = ATELIER_TR("What the cluster is called in lists; absent: the file's name."),
                   .importance = Importance::Basic}),
            field("partition", &C::partition,
                  {.label = ATELIER_TR("Partition"),
                   .help = ATELIER_TR("Queue that jobs go to; absent: the cluster's default."),
                   .importance = Importance::Basic}),
            field("account", &C::account,
                  {.label = ATELIER_TR("Account"),
                   .help = ATELIER_TR("Project that jobs are billed to; absent: your default."),
                   .importance = Importance::Basic}),
            field("qos", &C::qos,
                  {.label = ATELIER_TR("QOS"),
                   .help = ATELIER_TR("Quality of service; absent: your default.")}),
            field("constraint", &C::constraint,
                  {.label = ATELIER_TR("Node features"),
                   .help = ATELIER_TR("Features that nodes must have, as sbatch --constraint takes them."),
                   .importance = Importance::Expert}),
            field("nodes", &C::nodes,
                  {.label = ATELIER_TR("Nodes"),
                   .help = ATELIER_TR("Machines per job."),
                   .min = 1,
                   .max = 10'000}),
            field("gpus_per_node", &C::gpusPerNode,
                  {.label = ATELIER_TR("GPUs per node"),
                   .help = ATELIER_TR("One process is started per GPU; 0 trains on the CPU."),
                   .min = 0,
                   .max = 64,
                   .importance = Importance::Basic}),
            field("gpu_type", &C::gpuType,
                  {.label = ATELIER_TR("GPU type"),
                   .help = ATELIER_TR("As the cluster names it (a100); absent: any.")}),
            field("cpus_per_gpu", &C::cpusPerGpu,
                  {.label = ATELIER_TR("CPU cores per GPU"),
                   .help = ATELIER_TR("Cores for each process; absent: the cluster's default."),
                   .min = 1,
                   .max = 1024,
                   .higher = ATELIER_TR("Pictures are decoded faster.")}),
            field("memory", &C::memory,
                  {.label = ATELIER_TR("Memory per node"),
                   .help = ATELIER_TR("As SLURM writes it, such as 64G; absent: the cluster's default.")}),
            field("time_limit", &C::timeLimit,
                  {.label = ATELIER_TR("Time limit"),
                   .help = ATELIER_TR("Longest time of one start, as [days-]hours:minutes:seconds."),
                   .importance = Importance::Basic}),
            field(
                "warning_seconds", &C::warningSeconds,
                {.label = ATELIER_TR("Warning before the end"),
                 .help = ATELIER_TR("So long before the time limit the run saves a checkpoint and asks to be "
                                    "started again. SLURM may warn up to a minute earlier."),
                 .unit = "s",
                 .min = 60,
                 .max = 65'535}),
            field("requeue", &C::requeue,
                  {.label = ATELIER_TR("Start again"),
                   .help = ATELIER_TR(
                       "Put the job back into the queue when its time or a node is lost; it continues "
                       "from its last checkpoint.")}),
            field("exclusive", &C::exclusive,
                  {.label = ATELIER_TR("Whole nodes"), .help = ATELIER_TR("Share nodes with no other job.")}),
            field("modules", &C::modules,
                  {.label = ATELIER_TR("Modules"),
                   .help = ATELIER_TR("Loaded in this order by `module load`.")}),
            field("environment", &C::environment,
                  {.label = ATELIER_TR("Environment"),
                   .help = ATELIER_TR(
                       "Variables for every process. Not for keys and passwords: set those in your "
                       "profile on the cluster.")}),
            field("setup", &C::setup,
                  {.label = ATELIER_TR("Set-up lines"),
                   .help = ATELIER_TR("Lines of bash that run before the engine, as they are."),
                   .importance = Importance::Expert}),
            field("engine", &C::engine,
                  {.label = ATELIER_TR("Engine"),
                   .help = ATELIER_TR("Path of atelier-engine on the cluster's nodes (in the container, if "
                                      "there is one); ~ is your home there."),
                   .importance = Importance::Basic}),
            field("container", &C::container,
                  {.label = ATELIER_TR("Container"),
                   .help = ATELIER_TR(
                       "Apptainer image that holds the engine; absent: it runs on the node itself.")}),
            field("container_options", &C::containerOptions,
                  {.label = ATELIER_TR("Container options"),
                   .help = ATELIER_TR("More words for `apptainer exec`, such as --bind=/data."),
                   .importance = Importance::Expert}),
            field("sbatch_options", &C::sbatchOptions,
                  {.label = ATELIER_TR("More sbatch options"),
                   .help = ATELIER_TR("One option each, such as --mail-type=END."),
                   .importance = Importance::Expert}),
            field("srun_options", &C::srunOptions,
                  {.label = ATELIER_TR("More srun options"),
                   .help = ATELIER_TR("One option each, such as --cpu-bind=verbose."),
                   .importance = Importance::Expert}),
        };
    }
};
ATELIER_SECTION(ClusterSettings);

namespace cluster {

// Every problem of the text at once (unknown keys with the nearest name, types, limits, what cannot stand in
// a script); `name` is used in messages. The settings are good only when !hasErrors(issues).
struct CheckedSettings {
    ClusterSettings settings;
    std::vector<Issue> issues;
};
CheckedSettings checkSettings(std::string_view text, const std::string& name);
// The same, failing with the first problem and how many more there are. Errors: Config, Io.
Result<ClusterSettings> loadSettings(const fs::path& path);

}  // namespace cluster
}  // namespace atelier
