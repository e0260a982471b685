// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/run_list_watcher.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QFileInfo>
#include <QPointer>

#include "core/run/queue_runner.h"
#include "ui/models/queue_places.h"
#include "ui/session/run_scan.h"

namespace atelier {

// What a folder looked like when it was read. A run at work is read again even when its log stands still: its
// state follows from the age of the last event too.
struct RunListWatcher::Cache {
    struct Entry {
        std::uint64_t bytes = 0;
        double modified = 0;
        RunSummary summary;
    };
    QHash<QString, Entry> entries;
};

RunListWatcher::RunListWatcher(RunListModel& model, QObject* parent)
    : QObject(parent), model_(model), cache_(std::make_shared<Cache>()) {
    pool_.setMaxThreadCount(1);
    timer_.setInterval(2000);
    connect(&timer_, &QTimer::timeout, this, &RunListWatcher::rescan);
}

RunListWatcher::~RunListWatcher() {
    pool_.clear();
    pool_.waitForDone();
}

void RunListWatcher::setFolders(const QStringList& folders) {
    folders_ = folders;
    if (timer_.isActive()) rescan();
}

void RunListWatcher::addElsewhere(const QString& runFolder) {
    const QString path = QFileInfo(runFolder).absoluteFilePath();
    if (elsewhere_.contains(path)) return;
    elsewhere_ << path;
    Q_EMIT elsewhereAdded(path);
    if (timer_.isActive()) rescan();
}

void RunListWatcher::removeElsewhere(const QString& runFolder) {
    const QString path = QFileInfo(runFolder).absoluteFilePath();
    if (elsewhere_.removeAll(path) == 0) return;
    Q_EMIT elsewhereRemoved(path);
    if (timer_.isActive()) rescan();
}

void RunListWatcher::start() {
    timer_.start();
    rescan();
}

void RunListWatcher::rescan() {
    if (busy_) {
        again_ = true;
        return;
    }
    busy_ = true;
    pool_.start([self = QPointer<RunListWatcher>(this), cache = cache_, folders = folders_,
                 elsewhere = elsewhere_, queueFolder = queueFolder_] {
        const double now = double(QDateTime::currentMSecsSinceEpoch()) / 1000;
        std::vector<FoundRun> found = scanRuns(folders);
        const std::size_t inside = found.size();
        run::Queue queue;
        if (!queueFolder.empty()) queue = run::readQueue(queueFolder).value_or(run::Queue{});
        QStringList others = elsewhere;
        for (const run::QueueEntry& entry : queue.entries)
            others << QString::fromStdString(entry.folder.string());
        for (const QString& path : std::as_const(others)) {
            const bool known =
                std::any_of(found.begin(), found.end(), [&](const FoundRun& f) { return f.path == path; });
            const run::RunFolder place{fs::path(path.toStdString())};
            const run::FolderKind kind = run::kindOfFolder(place.root);
            if (known || (kind != run::FolderKind::Started && kind != run::FolderKind::Exported)) continue;
            const QFileInfo events(QString::fromStdString(place.events().string()));
            found.push_back({path, QFileInfo(path).fileName(), kind, std::uint64_t(events.size()),
                             double(events.lastModified().toMSecsSinceEpoch()) / 1000});
        }
        std::vector<RunSummary> rows;
        QHash<QString, Cache::Entry> kept;
        for (std::size_t i = 0; i < found.size(); ++i) {
            const FoundRun& f = found[i];
            const auto known = cache->entries.constFind(f.path);
            const bool same = known != cache->entries.constEnd() && known->bytes == f.eventBytes &&
                              known->modified == f.modified;
            // Only a run that might be at work changes without its log changing.
            // A started run's configuration is frozen; that of an exported one may still be edited.
            const auto settings = f.kind == run::FolderKind::Started && known != cache->entries.constEnd() &&
                                          known->summary.settings->problem.isEmpty()
                                      ? known->summary.settings
                                      : nullptr;
            Cache::Entry entry =
                same && !known->summary.active()
                    ? *known
                    : Cache::Entry{f.eventBytes, f.modified, summariseRun(f.path, now, settings)};
            entry.summary.elsewhere = i >= inside;
            rows.push_back(entry.summary);
            kept.insert(f.path, std::move(entry));
        }
        cache->entries = std::move(kept);
        if (!queue.entries.empty()) placeInQueue(queue, run::runsAtWork(), now, rows);
        const bool runner = !queueFolder.empty() && run::QueueRunner::atWork(queueFolder);
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [self, problem = scanProblem(folders), rows = std::move(rows), queue = std::move(queue),
             runner]() mutable {
                if (!self) return;
                self->busy_ = false;
                self->firstDone_ = true;
                self->problem_ = problem;
                self->queue_ = std::move(queue);
                self->model_.setRuns(std::move(rows));
                Q_EMIT self->queueRead(runner);
                Q_EMIT self->scanned();
                if (std::exchange(self->again_, false)) self->rescan();
            },
            Qt::QueuedConnection);
    });
}

}  // namespace atelier
