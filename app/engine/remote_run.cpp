// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/engine/remote_run.h"

#include <cstdio>

#include "app/engine/net_program.h"
#include "core/base/json.h"
#include "core/run/run_folder.h"

namespace atelier::cli {

std::optional<std::string> remotePlace(const LoadedConfig& config) {
    const auto given = config.resolved["experiment"].value("log_dir", std::string());
    if (!given.starts_with("s3://")) return std::nullopt;
    return given + (given.ends_with('/') ? "" : "/") + config.config.experiment.name + "/";
}

Status bringRunHere(const LoadedConfig& config, const fs::path& runFolder) {
    const auto place = remotePlace(config);
    if (!place) return {};
    const bool requeue = config.config.experiment.requeue;
    const bool here = run::kindOfFolder(runFolder) == run::FolderKind::Started;
    if (here && !requeue) return {};  // the caller says what that means
    std::vector<std::string> words{"fetch", "--run", *place, "-o", runFolder.string()};
    if (!requeue) words.emplace_back("--look");
    ATELIER_TRY(const auto answer, askNetProgram(std::move(words)));
    if (answer.code != 0)
        return fail(ErrorCode::Io, "the run could not be looked up there (said above)", *place,
                    "Look at experiment.log_dir and at the keys for S3; the same command goes on from what "
                    "came.");
    ATELIER_TRY(const auto found, parseJson(answer.text, kNetProgram));
    if (!requeue && found.value("started", false))
        return fail(ErrorCode::Usage, "a run of this name exists there", *place,
                    "Set experiment.requeue=true to go on with it, or choose another experiment.name.");
    if (found.value("brought", false))
        std::fprintf(stderr, "the run was brought here at step %lld from %s\n",
                     static_cast<long long>(found.value("step", std::int64_t{0})), place->c_str());
    return {};
}

}  // namespace atelier::cli
