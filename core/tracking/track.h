// SPDX-License-Identifier: GPL-3.0-or-later
// Follows a run's event log and feeds every place that its configuration names. Runs in a process of its own
// (`atelier-engine track`), so that nothing it meets can stop or slow the training. Called by track_verb.cpp.
#pragma once

#include <functional>
#include <string>

#include "core/base/result.h"
#include "core/config/load.h"
#include "core/run/event.h"
#include "core/run/run_folder.h"

namespace atelier::tracking {

struct TrackOptions {
    run::RunFolder folder;
    LoadedConfig config;
    std::string wandbKey;
    // Gone once the engine has ended: what it wrote before is still sent. nullptr: the log is as it is, send
    // it.
    std::function<bool()> engineEnded;
    std::function<bool()> cancelled;  // give up at once
    std::function<void(const run::Warning&)> warn;
};

// Returns when everything is sent, or given up (said through `warn`). Errors: Io (the folder cannot be used),
// Cancelled (the engine ended before this process had its turn).
Status track(const TrackOptions& options);

}  // namespace atelier::tracking
