// SPDX-License-Identifier: GPL-3.0-or-later
// Worker, portions and timer of event_watcher.h.
#include "ui/session/event_watcher.h"

#include <QCoreApplication>
#include <QPointer>
#include <QThreadPool>
#include <utility>

namespace atelier {
namespace {
// About 1 800 metric events: their fold takes a millisecond or two.
constexpr std::size_t kPortionBytes = 256 * 1024;
}  // namespace

struct EventWatcher::Portion {
    std::vector<run::Event> events;
    bool restarted = false, more = false, newer = false;
    double fraction = 1;
    QString problem;
};

struct EventWatcher::Source {
    explicit Source(const QString& file) : reader(file.toStdString()) {}
    run::EventReader reader;
    std::uint64_t events = 0, nonsense = 0;  // of this log so far

    Portion next() {
        Portion portion;
        const auto batch = reader.read(
            [&](run::Event&& event) { portion.events.push_back(std::move(event)); }, kPortionBytes,
            [&] { portion.restarted = true, portion.events.clear(), events = nonsense = 0; });
        events += portion.events.size();
        nonsense += batch ? batch->malformed : 0;
        std::error_code error;
        if (batch && reader.offset() > 0 && !fs::exists(reader.path(), error)) {
            portion.problem = tr("It is no longer there: %1. What is shown is what was read before.")
                                  .arg(QString::fromStdString(reader.path().string()));
        } else if (batch) {
            portion.more = batch->more;
            portion.newer = batch->newer > 0;
            if (!portion.more && events == 0 && nonsense > 0)
                portion.problem = tr("%1 holds no events: it is not the log of a run, or was overwritten.")
                                      .arg(QString::fromStdString(reader.path().string()));
        } else {
            portion.problem = QString::fromStdString(batch.error().message());
        }
        portion.fraction = reader.size() == 0 ? 1 : double(reader.offset()) / double(reader.size());
        return portion;
    }
};

EventWatcher::EventWatcher(const QString& eventsFile, QObject* parent)
    : QObject(parent), source_(std::make_shared<Source>(eventsFile)) {
    timer_.setSingleShot(true);
    connect(&timer_, &QTimer::timeout, this, &EventWatcher::look);
}

// A portion that is being read keeps its source and finds nobody to tell.
EventWatcher::~EventWatcher() = default;

void EventWatcher::setInterval(std::chrono::milliseconds interval) {
    interval_ = interval;
}

void EventWatcher::start() {
    watching_ = true;
    timer_.start(0);
}

void EventWatcher::stop() {
    watching_ = false;
    timer_.stop();
}

void EventWatcher::look() {
    if (reading_) return;  // stopped and started again meanwhile: its portion comes
    if (held_) {
        take(std::move(*std::exchange(held_, nullptr)));
        return;
    }
    reading_ = true;
    QThreadPool::globalInstance()->start([self = QPointer<EventWatcher>(this), source = source_] {
        auto portion = std::make_shared<Portion>(source->next());
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [self, portion] {
                if (self) self->take(std::move(*portion));
            },
            Qt::QueuedConnection);
    });
}

void EventWatcher::take(Portion&& portion) {
    reading_ = false;
    if (!watching_) {
        held_ = std::make_unique<Portion>(std::move(portion));  // for who starts again
        return;
    }
    QPointer<EventWatcher> self(this);
    fraction_ = portion.fraction;
    if (portion.newer && portion.problem.isEmpty())
        portion.problem =
            tr("This run was written by a newer Atelier; part of it cannot be shown. Open it with that "
               "version.");
    // The next portion is read while this one is folded; in a later turn, so that the window gets its own.
    if (portion.more)
        look();
    else
        timer_.start(interval_);
    if (portion.restarted) Q_EMIT restarted();
    if (self && (!portion.problem.isEmpty() || problem_.isEmpty() || !portion.events.empty()))
        setProblem(portion.problem);
    if (self && !portion.events.empty()) Q_EMIT eventsArrived(portion.events);
    if (self && caughtUp_ == portion.more) {
        caughtUp_ = !portion.more;
        Q_EMIT caughtUpChanged(caughtUp_);
    }
}

void EventWatcher::setProblem(const QString& problem) {
    if (problem == problem_) return;
    problem_ = problem;
    Q_EMIT problemChanged(problem_);
}

}  // namespace atelier
