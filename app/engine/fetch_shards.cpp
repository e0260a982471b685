// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/engine/fetch_shards.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "app/engine/net_program.h"
#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/data/remote_shards.h"

namespace atelier::cli {
namespace {

bool isOurs(const fs::path& file) {
    struct stat info {};
    return ::stat(file.c_str(), &info) == 0 && info.st_uid == ::geteuid();
}

// Through a pipe: addresses may hold signatures, which are secrets.
Status fetchAll(const std::string& list) {
    ATELIER_TRY(auto in, Pipe::make());
    ATELIER_TRY(const int pid, startNetProgram({"fetch", "--list"}, in.read.get(), -1));
    in.read.reset();
    const auto told = writeAll(in.write.get(), list, kNetProgram);
    in.write.reset();
    const int code = waitForExit(pid);
    if (told && code == 0) return {};
    return fail(ErrorCode::Data, "not everything could be fetched (said above)", "dataset.params",
                "The same command goes on from what came.");
}

std::string lineFor(const std::string& url, const fs::path& target) {
    return dumpJson({{"url", url}, {"target", target.string()}}) + "\n";
}

Status mayRun(const std::string& url, const fs::path& configFile, bool allowPipe) {
    if (!url.starts_with("pipe:")) return {};
    if (!allowPipe && !isOurs(configFile))
        return fail(ErrorCode::Config, "it runs a command, and the configuration is somebody else's: " + url,
                    configFile.string(), "Look at the command; if it is fine, give --allow-pipe.");
    std::fprintf(stderr, "running: %s\n", url.c_str() + 5);
    return {};
}

}  // namespace

Status fetchShards(const TrainConfig& config, const fs::path& configFile, bool allowPipe) {
    std::string list;
    std::uint64_t count = 0;
    const auto& params = config.dataset.params;
    for (const auto* spec : {&params.path, params.validationPath ? &*params.validationPath : nullptr}) {
        if (spec == nullptr || spec->empty()) continue;
        ATELIER_TRY(const auto urls, data::remoteShardsOf(*spec));
        const bool streamed = params.streamShards && spec == &params.path;
        for (const auto& url : urls) {
            const auto copy = data::remoteShardCopy(url);
            std::error_code error;
            if (!streamed && fs::exists(copy, error)) continue;
            ATELIER_DO(mayRun(url, configFile, allowPipe));
            if (streamed && !url.starts_with("pipe:")) break;  // commands are named, each of them
            if (streamed) continue;
            list += lineFor(url, copy);
            ++count;
        }
    }
    if (count == 0) return {};
    std::fprintf(stderr, "%s not on this computer yet\n", plural(count, "shard is", "shards are").c_str());
    return fetchAll(list);
}

Status fetchFiles(TrainConfig& config) {
    std::string list;
    std::vector<std::pair<std::function<void(std::string)>, fs::path>> files;
    const auto want = [&](const std::string& url, std::function<void(std::string)> assign) {
        if (!data::isRemoteShard(url) || url.starts_with("pipe:")) return;
        const auto copy = data::remoteShardCopy(url);
        std::error_code error;
        if (!fs::exists(copy, error)) list += lineFor(url, copy);
        files.emplace_back(std::move(assign), copy);
    };
    auto& classes = config.dataset.params.classMapping;
    if (classes.is_string())
        want(classes.get<std::string>(), [&](std::string path) { classes = std::move(path); });
    auto& captions = config.experiment.evalCaptionFile;
    if (captions) want(*captions, [&](std::string path) { captions = std::move(path); });
    if (!list.empty()) ATELIER_DO(fetchAll(list));
    for (const auto& [assign, copy] : files) assign(copy.string());
    return {};
}

std::vector<std::string> fetchWindow(const std::vector<data::WantedShard>& shards,
                                     const std::function<bool()>& cancelled) {
    std::vector<std::string> problems;
    const auto fetched = [&]() -> Status {
        ATELIER_TRY(auto in, Pipe::make());
        ATELIER_TRY(auto said, Pipe::make());
        ATELIER_TRY(const int pid,
                    startNetProgram({"fetch", "--attend"}, in.read.get(), said.write.get(), true));
        in.read.reset();
        said.write.reset();
        std::string list;
        for (const auto& shard : shards) list += lineFor(shard.url, shard.target);
        auto told = writeAll(in.write.get(), list + "\n", kNetProgram);  // an empty line ends the list
        std::string text;
        char block[4096];
        pollfd ready{said.read.get(), POLLIN, 0};
        constexpr int kTick = 100;  // ms
        for (bool ended = false; !ended;) {
            if (in.write.get() >= 0 && cancelled()) in.write.reset();  // which ends the process
            if (::poll(&ready, 1, kTick) <= 0) continue;
            const ssize_t n = ::read(said.read.get(), block, sizeof block);
            if (n < 0 && errno == EINTR) continue;
            ended = n <= 0;
            if (!ended) text.append(block, static_cast<std::size_t>(n));
        }
        waitForExit(pid);
        for (const auto& line : split(text, '\n'))
            if (!line.empty()) problems.emplace_back(line);
        return told;
    }();
    if (!fetched) problems.push_back(fetched.error().message());
    return problems;
}

}  // namespace atelier::cli
