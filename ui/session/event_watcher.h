// SPDX-License-Identifier: GPL-3.0-or-later
// Follows one events.jsonl: read and parsed on a worker thread in portions, handed to the owner's thread one
// portion per turn of its event loop, so that a log of a million events (or a slow disk) never holds up the
// window. Used by the channels; tools may use it alone.
#pragma once

#include <QObject>
#include <QString>
#include <QTimer>
#include <chrono>
#include <memory>
#include <vector>

#include "core/run/event_log.h"

namespace atelier {

class EventWatcher : public QObject {
    Q_OBJECT
  public:
    explicit EventWatcher(const QString& eventsFile, QObject* parent = nullptr);
    ~EventWatcher() override;

    void setInterval(std::chrono::milliseconds interval);  // between looks while nothing new came; 250 ms
    void start();                                          // first look at the next turn of the event loop
    void stop();  // nothing is heard of after this, not even of a portion that is being read
    bool caughtUp() const { return caughtUp_; }
    double fractionRead() const { return fraction_; }  // 0 … 1, for "reading the log"

  Q_SIGNALS:
    void eventsArrived(const std::vector<atelier::run::Event>& events);
    void restarted();  // the log is another one now: forget what came before
    void caughtUpChanged(bool caughtUp);
    void problemChanged(const QString& problem);  // "" = readable again

  private:
    struct Portion;
    struct Source;  // the reader, touched by one worker at a time
    void look();
    void take(Portion&& portion);
    void setProblem(const QString& problem);
    std::shared_ptr<Source> source_;
    std::unique_ptr<Portion> held_;  // read, but stopped before it was heard of
    QTimer timer_;
    std::chrono::milliseconds interval_{250};
    bool reading_ = false, watching_ = false;
    bool caughtUp_ = false;
    double fraction_ = 0;
    QString problem_;
};

}  // namespace atelier
