// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/engine/tracking_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "app/engine/net_program.h"
#include "core/base/json.h"

namespace atelier::cli {
namespace {

constexpr auto kTick = std::chrono::milliseconds(20);
constexpr auto kSlack = std::chrono::seconds(5);  // for the process to notice that its time is over

}  // namespace

TrackingProcess::~TrackingProcess() {
    finish();
}

void TrackingProcess::start(const LoadedConfig& config, const fs::path& runFolder) {
    if (!isTracked(config.config)) return;
    finishWithin_ = config.config.tracking.finishWithin;
    const auto begin = [&]() -> Status {
        ATELIER_TRY(auto job, Pipe::make());
        ATELIER_TRY(auto said, Pipe::make());
        ATELIER_TRY(pid_, startNetProgram({"track", runFolder.string(), "--attend", "--json"}, job.read.get(),
                                          said.write.get(), true));
        said.write.reset();
        const int listening = said.read.get();
        listener_ = std::thread([this, end = std::move(said.read), listening] { listen(listening); });
        // Through the pipe, not as arguments, which everybody on the machine can read.
        Json message{{"config", frozenYaml(config)}};
        if (config.config.wandb) message["wandb_key"] = config.config.wandb->apiKey;
        job_ = std::move(job.write);
        return writeAll(job_.get(), dumpJson(message) + "\n", kNetProgram);
    };
    if (const auto begun = begin(); !begun)
        warn({"tracking_not_started", begun.error().message() + ". The run goes on without tracking.",
              "`atelier-engine track " + runFolder.string() + "` sends its curves later."});
}

void TrackingProcess::listen(int fd) {
    std::string text;
    char block[4096];
    for (;;) {
        const ssize_t n = ::read(fd, block, sizeof block);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        text.append(block, static_cast<std::size_t>(n));
        for (std::size_t end; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1)) {
            const auto line = parseJson(std::string_view(text).substr(0, end));
            if (!line || !line->is_object()) continue;
            warn({line->value("code", "tracking"), line->value("text", ""), line->value("hint", "")});
        }
    }
}

void TrackingProcess::warn(run::Warning warning) {
    const std::lock_guard guard(mutex_);
    warnings_.push_back(std::move(warning));
}

std::vector<run::Warning> TrackingProcess::takeWarnings() {
    const std::lock_guard guard(mutex_);
    return std::exchange(warnings_, {});
}

void TrackingProcess::finish() {
    job_.reset();
    if (pid_ > 0) {
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(finishWithin_) + kSlack;
        while (::waitpid(pid_, nullptr, WNOHANG) == 0) {
            if (std::chrono::steady_clock::now() > patience) {
                warn({"tracking_ended", "The tracking process does not end and was killed.",
                      "`atelier-engine track RUN_DIR` sends what is missing later."});
                ::kill(pid_, SIGKILL);
                ::waitpid(pid_, nullptr, 0);
                break;
            }
            std::this_thread::sleep_for(kTick);
        }
        pid_ = -1;
    }
    if (listener_.joinable()) listener_.join();
}

}  // namespace atelier::cli
