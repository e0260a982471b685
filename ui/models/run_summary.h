// SPDX-License-Identifier: GPL-3.0-or-later
// One row of the run list: everything that is shown of a run without opening it. Made by RunListWatcher's
// worker from the folder alone; nothing of it is stored.
#pragma once

#include <QString>
#include <QStringList>
#include <memory>
#include <optional>
#include <vector>

#include "core/run/run_state.h"
#include "ui/models/metric_store.h"
#include "ui/models/run_settings.h"

namespace atelier {

// A run's place in the queue of this computer and why it waits.
struct QueuePlace {
    int place = 1;          // 1 = next
    bool starting = false;  // its engine is being started
    bool stuck = false;     // it could not be started; the others pass it by
    bool paused = false;    // the queue is
    QString reason;         // "after emoji-lora, about 14:58"
    bool operator==(const QueuePlace&) const = default;
};

struct RunSummary {
    QString path, name;
    std::optional<QueuePlace> queued;
    run::RunStatus status = run::RunStatus::NotStarted;
    QString unreadable;       // why the folder cannot be read; "" = it can
    bool longSilent = false;  // not heard from for a day
    bool elsewhere = false;   // not in a log folder of the project
    QString phase;

    std::int64_t step = 0, totalSteps = 0, images = 0, totalImages = 0;
    double etaSeconds = -1, imagesPerSecond = 0;
    double trainedSeconds = 0;  // from the first start to the last event
    double fraction() const;    // 0 … 1
    std::optional<double> loss;
    std::vector<CurvePoint> curve;  // x: 0 … 1 of the planned run

    QString where, device;                      // "This computer" or a host's name; "RTX 4090, GPU 0"
    bool here = false;                          // it ran on this computer last
    std::uint64_t memory = 0, memoryTotal = 0;  // bytes on the device, as last told; 0: not known
    double started = 0, lastTime = 0;
    QStringList samples;  // newest pictures, at most three
    std::int64_t sampleStep = -1;
    std::int64_t checkpointStep = -1;
    QString errorText, errorHint;
    std::int64_t errorStep = -1;

    std::shared_ptr<const RunSettings> settings;  // never null in a list

    bool operator==(const RunSummary&) const = default;  // the settings by identity: they are read once
    // An engine is, or may be, at work. One that has been silent for a day is not waited for.
    bool active() const { return run::isActive(status) && !longSilent; }
    // True when `text` is in the name, place or method, or a `key:value` (`key:<number`) holds.
    bool matches(const QString& text) const;
};

// The state in a word: "Running", "Next", "Unreadable".
QString stateWords(const RunSummary& run);

// From a folder's events. `now`: unix seconds. Reads the disk: worker threads only.
// `settings`: of an earlier look at a frozen configuration, which is not read again.
RunSummary summariseRun(const QString& folder, double now, std::shared_ptr<const RunSettings> settings = {});

}  // namespace atelier
