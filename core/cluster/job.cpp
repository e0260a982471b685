// SPDX-License-Identifier: GPL-3.0-or-later
// Settings + wishes → job, and its facts.
#include "core/cluster/job.h"

#include "core/base/yaml.h"
#include "core/config/serialize.h"

namespace atelier::cluster {

Result<Job> makeJob(const std::string& runName, const ClusterSettings& settings,
                    const ClusterConfig& wishes) {
    Job job{runName, settings};
    ClusterSettings& s = job.settings;
    if (wishes.partition) s.partition = wishes.partition;
    if (wishes.account) s.account = wishes.account;
    if (wishes.nodes) s.nodes = *wishes.nodes;
    if (wishes.gpusPerNode) s.gpusPerNode = *wishes.gpusPerNode;
    if (wishes.cpusPerGpu) s.cpusPerGpu = wishes.cpusPerGpu;
    if (wishes.memory) s.memory = wishes.memory;
    if (wishes.timeLimit) s.timeLimit = *wishes.timeLimit;
    // The wishes pass the same rules as the file.
    const auto checked = checkSettings(yaml::dump(yaml::fromJson(toJson(s))), settings.name);
    for (const auto& issue : checked.issues)
        if (issue.severity == IssueSeverity::Error)
            return fail(ErrorCode::Config, issue.text, "cluster." + issue.path, issue.hint);
    return job;
}

Json jobJson(const Job& job) {
    Json resources = toJson(job.settings);
    resources["tasks"] = job.tasks();
    return resources;
}

}  // namespace atelier::cluster
