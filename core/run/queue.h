// SPDX-License-Identifier: GPL-3.0-or-later
// The queue of runs of one user on one computer: which run folders are started one after another per device.
// One small file that every program changes under a lock; queue_runner.h starts what is in it. How far a run
// got is never kept here but told by its folder. The studio and `atelier-engine queue` edit it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/config/train_config.h"

namespace atelier::run {

// What runs must not share at the same time.
enum class QueueDevice { Cpu, Gpu };
std::string_view queueDeviceName(QueueDevice device);  // "cpu", "gpu"
// Where a run of this configuration computes on this computer: "auto" means the GPU where there is one.
QueueDevice queueDeviceOf(const TrainConfig& config);
// Of a run folder, by its frozen configuration; as for "auto" when that cannot be read.
QueueDevice queueDeviceOfRun(const fs::path& folder);

struct QueueEntry {
    fs::path folder;  // of the run, absolute
    QueueDevice device = QueueDevice::Cpu;
    std::vector<std::string> overrides;  // key=value given to the engine at the start
    double added = 0;                    // unix seconds
    double launched = 0;  // its engine was started then and has not taken the folder yet; 0: waits
    std::string problem;  // why it could not be started: it stays, and the others pass it by
    bool operator==(const QueueEntry&) const = default;
};

struct Queue {
    std::vector<QueueEntry> entries;
    bool paused = false;    // nothing is started; what runs goes on
    std::string pausedWhy;  // "" = a person did it
    bool operator==(const Queue&) const = default;

    QueueEntry* find(const fs::path& folder);
    // Waiting or starting entries, without those that have a problem.
    bool wantsWork() const;
};

// $ATELIER_QUEUE, else $XDG_STATE_HOME/atelier/queue-HOST, else ~/.local/state/atelier/queue-HOST.
fs::path queueFolder();

// An absent file is an empty queue. Errors: Io, Data (not ours; names the file).
Result<Queue> readQueue(const fs::path& queueFolder);
// Reads, changes and writes as one step among all programs of this user. Nothing is written when `change`
// fails or changes nothing. Errors: Io, Data, those of `change`.
Status changeQueue(const fs::path& queueFolder, const std::function<Status(Queue&)>& change);

// Edits for changeQueue(). Errors: Usage.
Status addToQueue(Queue& queue, QueueEntry entry);  // at the end; one with a problem begins anew there
Status removeFromQueue(Queue& queue, const fs::path& folder);
Status moveInQueue(Queue& queue, const fs::path& folder, std::size_t place);  // 0 = first; clipped at the end
Status pauseQueue(Queue& queue, bool paused, std::string why = {});

// Folders of the runs that engines of this user train on this computer now, whoever started them. Engines
// with another $ATELIER_QUEUE (or without one where this process has one) are none of this queue's business.
std::vector<fs::path> runsAtWork();

// Whether the device is free and nobody waits for it: what is started now need not be queued.
bool deviceFree(const Queue& queue, QueueDevice device, const std::vector<fs::path>& atWork);

}  // namespace atelier::run
