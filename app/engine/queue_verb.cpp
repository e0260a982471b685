// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine queue: run folders that are started one after another on this computer. The studio changes
// the same queue.
#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>

#include "app/engine/cli.h"
#include "app/engine/stop_signals.h"
#include "core/base/json.h"
#include "core/run/event_log.h"
#include "core/run/queue_runner.h"

namespace atelier::cli {
namespace {

std::atomic<bool> stopAsked{false};
static_assert(std::atomic<bool>::is_always_lock_free);

struct Command {
    std::string folder;
    std::vector<std::string> overrides;
    std::size_t place = 1;
    bool json = false;
    bool waitOnly = false;
};

fs::path ownProgram() {
    std::error_code error;
    return fs::read_symlink("/proc/self/exe", error);
}

fs::path folderOf(const Command& command) {
    fs::path path = fs::absolute(expandUser(command.folder)).lexically_normal();
    return path.has_filename() ? path : path.parent_path();  // "DIR/"
}

Status list(const Command& command, const fs::path& place) {
    ATELIER_TRY(const run::Queue queue, run::readQueue(place));
    if (command.json) {
        Json entries = Json::array();
        for (const auto& entry : queue.entries)
            entries.push_back({{"run", entry.folder.string()},
                               {"device", std::string(run::queueDeviceName(entry.device))},
                               {"starting", entry.launched > 0},
                               {"problem", entry.problem}});
        std::printf("%s\n", dumpJson(Json{{"paused", queue.paused},
                                          {"paused_why", queue.pausedWhy},
                                          {"running", run::QueueRunner::atWork(place)},
                                          {"entries", std::move(entries)}})
                                .c_str());
        return {};
    }
    if (queue.paused)
        std::printf("paused%s%s; go on with: atelier-engine queue resume\n",
                    queue.pausedWhy.empty() ? "" : ": ", queue.pausedWhy.c_str());
    if (queue.entries.empty()) std::printf("nothing waits\n");
    for (std::size_t i = 0; i < queue.entries.size(); ++i) {
        const auto& entry = queue.entries[i];
        std::printf("%3zu  %s  %s%s%s\n", i + 1, std::string(run::queueDeviceName(entry.device)).c_str(),
                    entry.folder.c_str(),
                    entry.problem.empty() ? "" : "  not started: ", entry.problem.c_str());
    }
    return {};
}

Status startRunner(const Command& command, const fs::path& place) {
    return command.waitOnly ? Status{} : run::QueueRunner::startProcess(place, ownProgram());
}

Status add(const Command& command, const fs::path& place) {
    run::QueueEntry entry;
    entry.folder = folderOf(command);
    entry.device = run::queueDeviceOfRun(entry.folder);
    entry.overrides = command.overrides;
    entry.added = run::unixNow();
    ATELIER_DO(run::changeQueue(place, [&](run::Queue& queue) { return addToQueue(queue, entry); }));
    return startRunner(command, place);
}

Status runHere(const fs::path& place) {
    ATELIER_TRY(run::QueueRunner runner, run::QueueRunner::open(place, ownProgram()));
    onStopSignals([](int) { stopAsked = true; });
    return runner.run(std::chrono::milliseconds(500), [] { return stopAsked.load(); });
}

}  // namespace

int queueVerb(Arguments arguments) {
    CLI::App app(
        "Runs that are started one after another per device of this computer, by a process of their own: "
        "neither "
        "the studio nor this terminal need stay open.",
        "atelier-engine queue");
    Command command;
    app.require_subcommand(1);
    const auto withFolder = [&](CLI::App* verb) {
        verb->add_option("RUN_DIR", command.folder, "a run folder")->required();
        return verb;
    };
    CLI::App* listed = app.add_subcommand("list", "what waits, in order");
    listed->add_flag("--json", command.json, "one JSON object on stdout");
    CLI::App* added =
        withFolder(app.add_subcommand("add", "put a run at the end; it is started when its device is free"));
    added->add_option("OVERRIDES", command.overrides, "key=value for its start");
    added->add_flag("--wait-only", command.waitOnly, "do not start the queue");
    CLI::App* removed = withFolder(app.add_subcommand("remove", "take a run out; its folder stays"));
    CLI::App* moved = withFolder(app.add_subcommand("move", "to another place"));
    moved->add_option("PLACE", command.place, "1 is next")->required()->check(CLI::PositiveNumber);
    CLI::App* paused = app.add_subcommand("pause", "start no further run; what runs goes on");
    CLI::App* resumed = app.add_subcommand("resume", "go on");
    app.add_subcommand("run",
                       "start what is due until nothing waits (the other verbs start this by themselves)");
    if (const auto code = parse(app, arguments)) return *code;

    const fs::path place = run::queueFolder();
    const auto change = [&](auto edit) { return run::changeQueue(place, edit); };
    Status done;
    if (listed->parsed()) {
        done = list(command, place);
    } else if (added->parsed()) {
        done = add(command, place);
    } else if (removed->parsed()) {
        done = change([&](run::Queue& queue) { return removeFromQueue(queue, folderOf(command)); });
    } else if (moved->parsed()) {
        done = change(
            [&](run::Queue& queue) { return moveInQueue(queue, folderOf(command), command.place - 1); });
    } else if (paused->parsed()) {
        done = change([](run::Queue& queue) { return pauseQueue(queue, true); });
    } else if (resumed->parsed()) {
        done = change([](run::Queue& queue) { return pauseQueue(queue, false); });
        if (done) done = startRunner(command, place);
    } else {
        done = runHere(place);
    }
    return done ? 0 : report(done.error(), command.json);
}

}  // namespace atelier::cli
