// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/queue_places.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <algorithm>
#include <map>

#include "ui/models/run_words.h"

namespace atelier {

namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(Queue)
};

QString nameOf(const QString& folder) {
    return QFileInfo(folder).fileName();
}

// What the next run of a device waits for: the run that has it.
QString busyReason(const QString& folder, const RunSummary* run, double now) {
    const QString name = run != nullptr ? run->name : nameOf(folder);
    if (run == nullptr) return Words::tr("after %1, of another project").arg(name);
    if (run->status == run::RunStatus::Paused)
        return Words::tr("%1 is paused and keeps its memory").arg(name);
    if (run->status == run::RunStatus::Running && run->etaSeconds > 0)
        return Words::tr("after %1, about %2").arg(name, clockWords(now + run->etaSeconds));
    return Words::tr("after %1").arg(name);
}

}  // namespace

void placeInQueue(const run::Queue& queue, const std::vector<fs::path>& atWork, double now,
                  std::vector<RunSummary>& rows) {
    if (queue.entries.empty()) return;
    const auto find = [&](const QString& path) -> RunSummary* {
        const auto at = std::find_if(rows.begin(), rows.end(), [&](auto& row) { return row.path == path; });
        return at != rows.end() ? &*at : nullptr;
    };
    std::map<run::QueueDevice, QString> before;  // reason of the next run of each device
    for (const fs::path& folder : atWork) {
        const QString path = QString::fromStdString(folder.string());
        const RunSummary* run = find(path);
        const auto device = run != nullptr ? run->settings->device : run::queueDeviceOfRun(folder);
        before[device] = busyReason(path, run, now);
    }
    int place = 0;
    for (const run::QueueEntry& entry : queue.entries) {
        ++place;
        const QString path = QString::fromStdString(entry.folder.string());
        RunSummary* row = find(path);
        if (row == nullptr || row->active()) continue;
        QueuePlace& at = row->queued.emplace();
        at.place = place;
        at.starting = entry.launched > 0;
        at.stuck = !entry.problem.empty();
        at.paused = queue.paused;
        if (at.stuck)
            at.reason = QString::fromStdString(entry.problem);
        else if (at.starting)
            at.reason = Words::tr("is being started");
        else if (queue.paused)
            at.reason = Words::tr("the queue is paused");
        else if (const auto busy = before.find(entry.device); busy != before.end())
            at.reason = busy->second;
        else
            at.reason = Words::tr("starts now");
        if (!at.stuck) before[entry.device] = Words::tr("after %1").arg(nameOf(path));
    }
}

}  // namespace atelier
