// SPDX-License-Identifier: GPL-3.0-or-later
// A place that a run's curves and pictures are sent to, fed with the events of its log. What could not be
// sent stays in the log, which is the queue: nothing is held in memory beyond one batch. Driven by track.cpp.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/config/load.h"
#include "core/run/event.h"
#include "core/run/run_folder.h"

namespace atelier::tracking {

// What sinks are told besides the events.
struct TrackedRun {
    run::RunFolder folder;
    LoadedConfig config;
    std::string wandbKey;  // as the configuration gave it; "": from the environment or netrc
    // Something that people should know; never ends anything.
    std::function<void(const run::Warning&)> warn;
    // The engine has ended; what remains is sent until `outOfTime`.
    std::function<bool()> ended;
    std::function<bool()> outOfTime;
    // Waits, but not when there is no time left.
    std::function<void(std::chrono::milliseconds)> wait;
};

// How the last start of the engine ended, as far as the log says.
enum class Ending { Completed, Stopped, Suspended, Failed, Unknown };

class Sink {
  public:
    virtual ~Sink() = default;
    // Time between two looks at the log.
    virtual std::chrono::milliseconds period() const = 0;
    // Events in the order of the log, from its first. Errors end the sink.
    virtual Status take(const run::Event& event) = 0;
    // Everything taken is out. Called after each batch.
    virtual Status flush() = 0;
    // After the last flush.
    virtual Status finish(Ending ending) = 0;
};

std::unique_ptr<Sink> makeTensorBoardSink(const TrackedRun& run);
std::unique_ptr<Sink> makeWandbOfflineSink(const TrackedRun& run);
std::unique_ptr<Sink> makeWandbOnlineSink(const TrackedRun& run);
std::unique_ptr<Sink> makeS3Sink(const TrackedRun& run);

// Scalars of a configuration by their dotted names, lists as name.0, name.1; nulls left out.
Json flatSettings(const Json& resolved);

// One picture of a sample event. Only PNG files are tracked, which is what the engine writes.
struct TrackedPicture {
    fs::path file;
    std::string bytes;
    int width = 0, height = 0;
    std::string prompt;
};
// Pictures that cannot be read are left out.
std::vector<TrackedPicture> picturesOf(const run::RunFolder& folder, const run::Sample& sample);

}  // namespace atelier::tracking
