// SPDX-License-Identifier: GPL-3.0-or-later
// Slices and timer of event_watcher.h.
#include "ui/session/event_watcher.h"

#include <QElapsedTimer>

namespace atelier {
namespace {
constexpr std::size_t kPortion = 32 * 1024;  // well under a millisecond of parsing, so a slice ends in time
}

EventWatcher::EventWatcher(const QString& eventsFile, QObject* parent)
    : QObject(parent), reader_(eventsFile.toStdString()) {
    timer_.setSingleShot(true);
    connect(&timer_, &QTimer::timeout, this, &EventWatcher::look);
}

void EventWatcher::setInterval(std::chrono::milliseconds interval) {
    interval_ = interval;
}

void EventWatcher::start() {
    timer_.start(0);
}

void EventWatcher::stop() {
    timer_.stop();
}

double EventWatcher::fractionRead() const {
    return reader_.size() == 0 ? 1 : double(reader_.offset()) / double(reader_.size());
}

void EventWatcher::look() {
    QElapsedTimer elapsed;
    elapsed.start();
    std::vector<run::Event> events;
    bool more = true;
    bool restarted = false;
    QString problem;
    while (more && elapsed.nsecsElapsed() < std::chrono::nanoseconds(slice_).count()) {
        const auto batch = reader_.read([&](run::Event&& event) { events.push_back(std::move(event)); },
                                        kPortion, [&] { restarted = true, events.clear(); });
        if (!batch) {
            problem = QString::fromStdString(batch.error().message());
            more = false;
            break;
        }
        more = batch->more;
        if (batch->newer > 0)
            problem =
                tr("This run was written by a newer Atelier; part of it cannot be shown. Open it with that "
                   "version.");
    }
    // The time is set before anybody hears of the events: who calls stop() then is obeyed.
    timer_.start(more ? std::chrono::milliseconds(0) : interval_);
    if (restarted) Q_EMIT this->restarted();
    if (!problem.isEmpty() || problem_.isEmpty() || !events.empty()) setProblem(problem);
    if (!events.empty()) Q_EMIT eventsArrived(events);
    if (caughtUp_ == more) {
        caughtUp_ = !more;
        Q_EMIT caughtUpChanged(caughtUp_);
    }
}

void EventWatcher::setProblem(const QString& problem) {
    if (problem == problem_) return;
    problem_ = problem;
    Q_EMIT problemChanged(problem_);
}

}  // namespace atelier
