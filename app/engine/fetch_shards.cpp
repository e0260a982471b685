// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/engine/fetch_shards.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "app/engine/child_process.h"
#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/data/remote_shards.h"

namespace atelier::cli {
namespace {

bool isOurs(const fs::path& file) {
    struct stat info {};
    return ::stat(file.c_str(), &info) == 0 && info.st_uid == ::geteuid();
}

}  // namespace

Status fetchShards(const TrainConfig& config, const fs::path& configFile, bool allowPipe) {
    std::string list;
    std::uint64_t count = 0;
    for (const auto& spec : {config.dataset.params.path, config.dataset.params.validationPath.value_or("")}) {
        if (spec.empty()) continue;
        ATELIER_TRY(const auto urls, data::remoteShardsOf(spec));
        for (const auto& url : urls) {
            const auto copy = data::remoteShardCopy(url);
            std::error_code error;
            if (fs::exists(copy, error)) continue;
            if (url.starts_with("pipe:")) {
                if (!allowPipe && !isOurs(configFile))
                    return fail(ErrorCode::Config,
                                "it runs a command, and the configuration is somebody else's: " + url,
                                configFile.string(),
                                "Look at the command; if it is fine, give --allow-pipe.");
                std::fprintf(stderr, "running: %s\n", url.c_str() + 5);
            }
            list += dumpJson({{"url", url}, {"target", copy.string()}}) + "\n";
            ++count;
        }
    }
    if (count == 0) return {};
    std::fprintf(stderr, "%s not on this computer yet\n", plural(count, "shard is", "shards are").c_str());
    // Through a pipe: addresses may hold signatures, which are secrets.
    ATELIER_TRY(auto in, Pipe::make());
    ATELIER_TRY(const int pid, startNetProgram({"fetch", "--list"}, in.read.get(), -1, false));
    in.read.reset();
    const auto told = writeAll(in.write.get(), list);
    in.write.reset();
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (told && WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    return fail(ErrorCode::Data, "not all shards could be fetched (said above)", "dataset.params.path",
                "The same command goes on from what came.");
}

}  // namespace atelier::cli
