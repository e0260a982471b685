// SPDX-License-Identifier: GPL-3.0-or-later
// Starts the runs of a queue, one after another per device, as processes of their own. It is itself a process
// (`atelier-engine queue run`) that may be killed at any time: the next one goes on from the file. Owned by
// that verb.
#pragma once

#include <chrono>
#include <map>
#include <optional>

#include "core/run/lock.h"
#include "core/run/queue.h"

namespace atelier::run {

// The engine's own reason in the end of a log ("error: …" after the last "$ command" line); nullopt: none.
std::optional<std::string> lastWords(std::string_view log);

class QueueRunner {
  public:
    // One per queue. Errors: Usage (another one is at work), Io.
    static Result<QueueRunner> open(const fs::path& queueFolder, const fs::path& engine);
    static bool atWork(const fs::path& queueFolder);
    // A process of `engine` that runs the queue, unless there is one; it outlives its caller. Errors: Io.
    static Status startProcess(const fs::path& queueFolder, const fs::path& engine);

    // Looks once at queue and processes and starts what is due. False: there is nothing more to do (empty,
    // paused, or only entries with problems).
    Result<bool> turn();
    // Turns until there is nothing more to do or `stopped` says so.
    Status run(std::chrono::milliseconds interval, const std::function<bool()>& stopped);

    // Runs in a row that end before their first step until the queue pauses itself: then the fault is not in
    // one run but in what they share.
    static constexpr int kFailuresInARow = 2;

  private:
    QueueRunner(fs::path queue, fs::path engine, RunLock lock);
    void reap(Queue& queue);
    bool begun(const QueueEntry& entry) const;
    void launch(QueueEntry& entry);
    void failedEarly(Queue& queue, const fs::path& folder, const std::string& why);

    fs::path queue_, engine_;
    RunLock lock_;
    std::map<int, fs::path> children_;  // process → run folder
    std::map<fs::path, QueueDevice> devices_;
    int failures_ = 0;  // in a row
};

}  // namespace atelier::run
