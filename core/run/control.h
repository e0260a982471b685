// SPDX-License-Identifier: GPL-3.0-or-later
// Requests to a running engine: files renamed into control/, taken at any safe point of any phase, answered
// by ack events. The studio (and people, by `touch control/stop`) write; training and dataset builds take.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/run/event_log.h"
#include "core/run/run_folder.h"

namespace atelier::run {

enum class RequestKind {
    Stop,        // finish the step, checkpoint (unless checkpoint = false), exit
    Checkpoint,  // now, then go on
    Sample,      // now, then go on
    Pause,       // give up the compute until resume or stop; memory stays
    Resume,
    Prompts,   // use these for the next samples
    FinishAt,  // new end: finishStep or finishImages
};
std::string_view requestName(RequestKind kind);  // "finish_at"
std::optional<RequestKind> requestKindOf(std::string_view name);

struct Request {
    RequestKind kind = RequestKind::Stop;
    std::string id;          // file name without ".json"; made by writeRequest when empty
    bool checkpoint = true;  // of stop
    std::vector<std::string> prompts;
    std::optional<std::int64_t> finishStep;
    std::optional<std::int64_t> finishImages;
};

// An id that sorts by time of asking and is unique between processes.
std::string newRequestId(RequestKind kind);
// Writes control/<id>.json atomically and returns the id. Errors: Io (no such folder, no permission, no
// space).
Result<std::string> writeRequest(const RunFolder& folder, Request request);
// True while the engine has not yet taken it.
bool requestPending(const RunFolder& folder, const std::string& id);
// Takes a request back that was not taken yet; false when it was too late.
bool withdrawRequest(const RunFolder& folder, const std::string& id);

// The engine's side. Every request that poll() returns must get one done() or refuse().
class ControlInbox {
  public:
    // At most one look at the folder per `interval`. Makes control/ when it is absent.
    ControlInbox(RunFolder folder, EventWriter& events,
                 std::chrono::milliseconds interval = std::chrono::milliseconds(100));

    // Refuses what was asked before this start: a stop meant for a dead process must not end its successor.
    // Call once, after run_started.
    Status refuseStale();
    // New requests, oldest first, each acknowledged as taken and its file removed. Malformed ones are refused
    // here and not returned. Errors: Io, from writing the acknowledgement.
    Result<std::vector<Request>> poll();
    Status done(const Request& request);
    Status refuse(const Request& request, const std::string& why);

  private:
    struct Waiting {
        fs::path path;
        std::string id;
    };
    std::vector<Waiting> list();
    void remove(const Waiting& waiting);
    RunFolder folder_;
    EventWriter& events_;
    std::chrono::milliseconds interval_;
    std::chrono::steady_clock::time_point next_{};
    std::set<std::string> stuck_;  // files that cannot be removed: answered once, not again
};

}  // namespace atelier::run
