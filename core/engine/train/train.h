// SPDX-License-Identifier: GPL-3.0-or-later
// Training as one call: configuration and run folder in, events and checkpoints out.
// Called by `atelier-engine train`; nothing here prints.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/config/load.h"
#include "core/data/shard_stream.h"
#include "core/run/event.h"
#include "core/run/given_settings.h"

namespace atelier::train {

enum class FinishReason { Completed, Stopped, Suspended };

// What a terminal shows while training goes on.
struct Progress {
    std::int64_t step = 0;  // optimizer updates done
    std::int64_t totalSteps = 0;
    std::int64_t images = 0;
    std::int64_t totalImages = 0;
    double imagesPerSecond = 0;
    double etaSeconds = -1;  // < 0 = not known yet
    double loss = 0;         // mean over the updates of the last report
    std::int64_t done = 0;   // of the present phase, when it counts something else than steps
    std::int64_t total = 0;
};

struct Outcome {
    FinishReason reason = FinishReason::Completed;
    std::int64_t step = 0;
    std::int64_t images = 0;
};

struct Options {
    fs::path runFolder;
    bool startOver = false;              // nothing was trained there: the configuration replaces the old one
    bool takeover = false;               // take a LOCK that another host left behind
    std::string device;                  // auto | cpu | cuda | "" = as configured
    std::vector<std::string> overrides;  // key=value given on continuing, recorded in run_started
    std::vector<run::GivenSetting> earlier;  // those of starts before this one, applied already
    std::function<void(const Progress&)> onProgress;
    std::function<void(const std::string& phase)> onPhase;
    std::function<void(const std::string& line)> onMessage;
    data::ShardFetcher fetchShards;  // for dataset.params.stream_shards
    std::function<std::vector<run::Warning>()>
        takeWarnings;  // of helpers beside the run; asked at safe points
};

// Signal handlers ask through here (async-signal-safe): the next safe point checkpoints and ends.
enum class StopRequest { None, Stop, Suspend };
void requestStop(StopRequest request) noexcept;

// Runs until the configured number of images was seen, a request ends it, or it cannot go on. The folder is
// made, locked and given its frozen config.yaml when it is new. Errors are events of the run, too, once its
// folder exists.
Result<Outcome> run(const LoadedConfig& config, const Options& options);

}  // namespace atelier::train
