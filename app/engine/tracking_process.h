// SPDX-License-Identifier: GPL-3.0-or-later
// `atelier-engine-net track` beside a training run: a process of its own, so that neither a service that
// hangs nor a library that crashes touches the training. Used by train_verb.cpp.
#pragma once

#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/files.h"
#include "core/config/load.h"
#include "core/run/event.h"

namespace atelier::cli {

class TrackingProcess {
  public:
    TrackingProcess() = default;
    TrackingProcess(const TrackingProcess&) = delete;
    TrackingProcess& operator=(const TrackingProcess&) = delete;
    ~TrackingProcess();  // as finish()

    // Nothing when the configuration names no place. A process that cannot be started is a warning.
    void start(const LoadedConfig& config, const fs::path& runFolder);
    // What it had to say since the last call; any thread.
    std::vector<run::Warning> takeWarnings();
    // Tells it that the run has ended and waits while it sends the rest, as long as the configuration allows.
    void finish();

  private:
    void warn(run::Warning warning);
    void listen(int fd);

    int pid_ = -1;
    Descriptor job_;  // its standard input: closed = the engine has ended
    std::int64_t finishWithin_ = 0;
    std::thread listener_;
    std::mutex mutex_;
    std::vector<run::Warning> warnings_;
};

}  // namespace atelier::cli
