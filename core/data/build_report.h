// SPDX-License-Identifier: GPL-3.0-or-later
// Private to the dataset build: what a running build tells the world (events, progress, warnings) and what it
// is asked (stop, pause). build.cpp uses it; core/run has the formats.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/data/build.h"
#include "core/run/control.h"
#include "core/run/event_log.h"
#include "core/run/lock.h"

namespace atelier::data {

// The work folder while a build runs: lock, event log, heartbeat and a thread that takes control requests.
class BuildSession {
  public:
    // Makes the folder, takes its lock, opens its log. Errors: Io; Usage when another build works there.
    static Result<std::unique_ptr<BuildSession>> open(const fs::path& work, const BuildHooks& hooks);
    ~BuildSession();
    BuildSession(const BuildSession&) = delete;
    BuildSession& operator=(const BuildSession&) = delete;

    const fs::path& work() const { return folder_.root; }
    run::EventWriter& events() { return *events_; }

    // False when the build is to end; waits here while it is paused.
    bool keepGoing();
    const std::atomic<bool>* cancelFlag() const { return &cancel_; }
    bool stopRequested() const {
        return stopRequested_;
    }  // by a control request: the parts are to be removed

    void beginPhase(BuildPhase phase, std::uint64_t total);
    // Of the phase; throttled, cheap to call often. From one thread at a time.
    void advance(std::uint64_t done, std::uint64_t bytes);
    void setTotal(std::uint64_t total) { progress_.total = total; }
    void endPhase();
    void warn(std::string_view code, const std::string& text, const std::string& hint = {});
    const std::vector<std::string>& warnings() const { return warnings_; }

    // Last events of the log.
    void finish(const Result<BuildSummary>& result);

  private:
    BuildSession(run::RunFolder folder, run::RunLock lock, std::unique_ptr<run::EventWriter> events,
                 const BuildHooks& hooks);
    void watch(const std::stop_token& stop);
    void publish();
    run::Progress progressEvent() const;

    run::RunFolder folder_;
    run::RunLock lock_;
    std::unique_ptr<run::EventWriter> events_;
    const BuildHooks& hooks_;
    std::atomic<bool> cancel_{false};
    std::atomic<bool> stopRequested_{false};
    std::atomic<bool> paused_{false};
    BuildProgress progress_;
    std::chrono::steady_clock::time_point phaseStart_{};
    std::chrono::steady_clock::time_point lastSample_{};
    std::chrono::steady_clock::time_point lastPublish_{};
    std::uint64_t sampleDone_ = 0;
    std::vector<std::string> warnings_;
    std::unique_ptr<run::Heartbeat> heartbeat_;
    std::jthread watcher_;
};

}  // namespace atelier::data
