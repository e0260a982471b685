// SPDX-License-Identifier: GPL-3.0-or-later
// Training as one call: configuration and run folder in, events and checkpoints out.
// Called by `atelier-engine train`; nothing here prints.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier {

struct TrainConfig;

namespace train {

enum class FinishReason { Completed, Stopped, Suspended, Failed };

// What a terminal shows while training goes on.
struct Progress {
    std::int64_t step = 0;   // optimizer updates done
    std::int64_t images = 0;
    std::int64_t totalImages = 0;
    double imagesPerSecond = 0;
    double etaSeconds = 0;
    double loss = 0;         // mean over the updates since the last report
};

struct Outcome {
    FinishReason reason = FinishReason::Completed;
    std::int64_t step = 0;
    std::int64_t images = 0;
};

struct Options {
    fs::path runFolder;                         // made when absent; continued when it holds a checkpoint and resume is set
    bool resume = false;                        // the folder is an existing run: continue it
    bool takeover = false;                      // take a LOCK that another host left behind
    std::string device = "auto";                // auto | cpu | cuda
    std::vector<std::string> overrides;         // key=value given on continuing, recorded in run_started
    std::function<void(const Progress&)> onProgress;
    std::function<void(const std::string& line)> onMessage;
};

// Signals ask through here (async-signal-safe): the next safe point checkpoints and ends.
enum class StopRequest { None, Stop, Suspend };
void requestStop(StopRequest request) noexcept;

// Runs until the configured number of images was seen, a request ends it, or it cannot go on.
Result<Outcome> run(const TrainConfig& config, const Options& options);

}  // namespace train
}  // namespace atelier
