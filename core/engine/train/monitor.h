// SPDX-License-Identifier: GPL-3.0-or-later
// Meters of the training loop and the events made of them. Values stay on the device until they are reported:
// one copy per report, none per step. Used by loop.cpp only.
#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "core/engine/train/batch.h"
#include "core/engine/train/optimizer.h"
#include "core/engine/train/task.h"
#include "core/engine/train/train.h"
#include "core/run/event_log.h"

namespace atelier::train {

// One optimizer update, as the loop measured it; tensors are device scalars.
struct UpdateRecord {
    std::int64_t step = 0;  // after this update
    std::int64_t images = 0;
    double learningRate = 0;
    at::Tensor loss, gradNorm, nonFinite;
    std::vector<std::pair<std::string, at::Tensor>> parts;
    std::vector<at::Tensor> perSample;           // one per micro-step
    std::vector<std::vector<std::string>> keys;  // of its samples
    int width = 0, height = 0;                   // of its pictures; 0: cached
    double dataSeconds = 0, encodeSeconds = 0, trainSeconds = 0, wallSeconds = 0;
};

struct NonFiniteUpdate {
    std::int64_t step = 0;
    std::vector<std::string> keys;  // samples whose own loss is not finite; all of the update's when none is
    int width = 0, height = 0;
    bool ownLoss = false;  // the keys' own losses were the cause (else: the gradient)
};

class Monitor {
  public:
    Monitor(run::EventWriter& events, const Options& options, const Settings& settings,
            std::int64_t firstStep, std::int64_t firstImage);

    void setTotals(std::int64_t updates, std::int64_t images) {
        totalUpdates_ = updates, totalImages_ = images;
    }
    void add(UpdateRecord record);
    bool due() const;
    // Writes metric (and, every few seconds, timing and memory) events of what was added since the last
    // report. Returns the updates that were skipped because something was not finite.
    Result<std::vector<NonFiniteUpdate>> report(const Optimizer& optimizer, const Task& task);
    // The heartbeat with the present numbers; cheap, at most once a second. done/total: of the phase.
    Status progress(std::int64_t done = 0, std::int64_t total = 0, bool now = false);

    double lastLoss() const { return lastLoss_; }

  private:
    double imagesPerSecond() const;
    Status reportSlow(const Optimizer& optimizer, const Task& task);

    run::EventWriter& events_;
    const Options& options_;
    const Settings& settings_;
    std::vector<UpdateRecord> records_;
    std::int64_t step_ = 0, images_ = 0, totalUpdates_ = 0, totalImages_ = 0;
    double lastLoss_ = 0;
    std::deque<std::pair<double, std::int64_t>> recent_;  // (seconds, images) of the last updates
    run::Timing timing_;
    std::int64_t timed_ = 0;
    std::chrono::steady_clock::time_point lastSlow_{};
};

}  // namespace atelier::train
