// SPDX-License-Identifier: GPL-3.0-or-later
// Follows one events.jsonl from the GUI thread: a timer, an offset, slices of a few milliseconds. A log of a
// million events arrives in batches while the window stays fluent. Used by the channels; tools may use it
// alone.
#pragma once

#include <QObject>
#include <QString>
#include <QTimer>
#include <chrono>
#include <vector>

#include "core/run/event_log.h"

namespace atelier {

class EventWatcher : public QObject {
    Q_OBJECT
  public:
    explicit EventWatcher(const QString& eventsFile, QObject* parent = nullptr);

    void setInterval(std::chrono::milliseconds interval);  // between looks while nothing new came; 250 ms
    void setSlice(std::chrono::milliseconds slice) {
        slice_ = slice;
    }              // work per turn of the event loop; 3 ms
    void start();  // first look at the next turn of the event loop
    void stop();
    bool caughtUp() const { return caughtUp_; }
    double fractionRead() const;  // 0 … 1, for "reading the log"

  Q_SIGNALS:
    void eventsArrived(const std::vector<atelier::run::Event>& events);
    void restarted();  // the log is another one now: forget what came before
    void caughtUpChanged(bool caughtUp);
    void problemChanged(const QString& problem);  // "" = readable again

  private:
    void look();
    void setProblem(const QString& problem);
    run::EventReader reader_;
    QTimer timer_;
    std::chrono::milliseconds interval_{250};
    std::chrono::milliseconds slice_{3};
    bool caughtUp_ = false;
    QString problem_;
};

}  // namespace atelier
