// SPDX-License-Identifier: GPL-3.0-or-later
// `atelier-engine track`: TensorBoard files and tracking services, fed from a run's event log. `train` starts
// it beside itself (tracking_process.cpp); by hand it sends what a run has recorded so far.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <thread>

#include "app/engine/cli.h"
#include "app/engine/stop_signals.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/run/run_folder.h"
#include "core/tracking/track.h"

namespace atelier::cli {
namespace {

volatile std::sig_atomic_t stopped = 0;

// First Ctrl-C: give up what is not sent yet; second: abort.
void onStop(int) {
    if (stopped) ::_exit(130);
    stopped = 1;
}

// The engine's side of the pipe: one line says what to do, its end that the engine is gone, however it went.
class EnginePipe {
  public:
    // Errors: Usage (no such line).
    Result<Json> readJob() {
        std::string line;
        std::getline(std::cin, line);
        ATELIER_TRY(auto job, parseJson(line, "standard input"));
        if (!job.is_object() || !job.contains("config") || !job["config"].is_string())
            return fail(ErrorCode::Usage,
                        "--attend is for the engine, which says on standard input what to do");
        // Blocked in a read until the process ends, so nobody waits for this thread.
        std::thread([this] {
            for (std::string ignored; std::getline(std::cin, ignored);) {
            }
            ended_ = true;
        }).detach();
        return job;
    }
    bool ended() const { return ended_; }

  private:
    std::atomic<bool> ended_ = false;
};
EnginePipe& enginePipe() {
    static EnginePipe pipe;  // outlives every thread
    return pipe;
}

// Signals of the terminal and of SLURM are for the engine; this process ends after it.
void attendTheEngine(tracking::TrackOptions& options) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE}) ::signal(signal, SIG_IGN);
    options.engineEnded = [] { return enginePipe().ended(); };
}

Status readConfig(tracking::TrackOptions& options, bool attend, const std::vector<std::string>& overrides) {
    if (!attend) {
        options.cancelled = [] { return stopped != 0; };
        std::error_code error;
        if (!fs::exists(options.folder.config(), error))
            return fail(ErrorCode::Usage, "it is no run folder: config.yaml is missing",
                        options.folder.root.string(), "Give the folder of a run.");
        ATELIER_TRY(options.config, loadTrainConfig(options.folder.config(), overrides));
        if (isTracked(options.config.config)) return {};
        return fail(ErrorCode::Config, "its configuration names no place to send curves to",
                    options.folder.config().string(),
                    "Add one: atelier-engine track RUN_DIR tracking.tensorboard=true");
    }
    attendTheEngine(options);
    ATELIER_TRY(const auto job, enginePipe().readJob());
    auto checked = checkTrainConfig(job["config"].get<std::string>(), options.folder.config().string());
    if (hasErrors(checked.issues))
        return fail(ErrorCode::Config, checked.issues.front().text, checked.issues.front().path);
    options.config = std::move(checked.loaded);
    options.wandbKey = job.value("wandb_key", "");
    return {};
}

}  // namespace

int trackVerb(Arguments arguments) {
    CLI::App app{
        "Send a run's curves and sample pictures where its configuration says: TensorBoard files, "
        "Weights & Biases, a copy in S3. Running again sends only what is missing."};
    app.name("atelier-engine track");
    std::string folder;
    std::vector<std::string> overrides;
    bool attend = false, json = false;
    app.add_option("RUN_DIR", folder, "folder of a run")->required();
    app.add_option("SETTINGS", overrides, "key=value, for this time only");
    app.add_flag("--attend", attend,
                 "as `train` starts it: follow the engine at the other end of standard input");
    app.add_flag("--json", json, "warnings as JSON lines on stdout");
    if (const auto code = parse(app, arguments)) return *code;

    onStopSignals(onStop);
    tracking::TrackOptions options;
    options.folder = run::RunFolder{fs::absolute(expandUser(folder)).lexically_normal()};
    if (const auto read = readConfig(options, attend, overrides); !read) {
        if (attend)  // the engine passes it on as a warning of the run
            std::printf("%s\n",
                        dumpJson({{"code", "tracking_not_started"},
                                  {"text", read.error().message() + " The run goes on without tracking."},
                                  {"hint", ""}})
                            .c_str());
        return report(read.error(), json);
    }
    std::error_code ignored;
    if (fs::exists(options.folder.logs(), ignored))
        static_cast<void>(log::addFile(options.folder.logs() / "tracking.log"));
    std::mutex mutex;
    bool complete = true;
    options.warn = [&](const run::Warning& warning) {
        const std::lock_guard guard(mutex);
        complete = false;
        if (json)
            std::printf(
                "%s\n",
                dumpJson({{"code", warning.code}, {"text", warning.text}, {"hint", warning.hint}}).c_str());
        log::write(json ? log::Level::Debug : log::Level::Warning,
                   warning.text + (warning.hint.empty() ? "" : " " + warning.hint));
    };
    const auto status = tracking::track(options);
    if (!status) return attend ? 0 : report(status.error(), json);
    return complete ? 0 : 1;
}

}  // namespace atelier::cli
