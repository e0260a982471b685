// SPDX-License-Identifier: GPL-3.0-or-later
// One run or dataset build as the studio sees it: state folded from events, status from heartbeat and
// process, requests with their acknowledgements, timers for start, heartbeat, stop and kill. Models and pages
// connect to its signals.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/result.h"
#include "core/run/control.h"
#include "core/run/run_state.h"
#include "ui/session/run_channel.h"

namespace atelier {

struct RunTimers {
    std::chrono::milliseconds start{60'000};       // launched, but no event
    std::chrono::milliseconds heartbeat{180'000};  // silence → not heard from
    std::chrono::milliseconds forceStop{30'000};   // after asking to stop, "Force stop" is offered
    std::chrono::milliseconds kill{10'000};        // between SIGTERM and SIGKILL of a forced stop
    std::chrono::milliseconds tick{500};           // how often time and process are looked at
};

// A request of this studio and what became of it.
struct RequestTrack {
    enum class State {
        Asked,
        Taken,
        Done,
        Refused,
        NotSent,
        Unanswered
    };  // Unanswered: the process ended first
    run::Request request;
    State state = State::Asked;
    qint64 askedAt = 0;  // ms since epoch, for "asked 14:36:02"
    double seconds = 0;  // from asking to the answer; grows while waiting
    QString text;        // why refused or not sent
    bool open() const { return state == State::Asked || state == State::Taken; }
};

class RunController : public QObject {
    Q_OBJECT
  public:
    explicit RunController(std::unique_ptr<RunChannel> channel, RunTimers timers = {},
                           QObject* parent = nullptr);
    ~RunController() override;

    QString folder() const;
    // Without metric series (the metric model keeps its own from eventsApplied); latest values are there.
    const run::RunState& state() const { return state_; }
    run::RunStatus status() const { return status_; }
    bool caughtUp() const { return caughtUp_; }
    QString problem() const { return problem_; }  // of reading the folder; "" = none
    // What the engine printed last as its reason ("error: …" in the log of this launch): the only place for
    // it when the disk is full, or when its events went away with their folder.
    std::optional<Error> lastWords() const;
    std::optional<Error> failure() const { return failure_; }  // why it did not start or ended without a word
    double secondsSinceHeartbeat() const;                      // < 0 = no event yet

    void open();                            // watch an existing folder
    void start();                           // launch, then watch
    QString request(run::Request request);  // returns its id
    QString stop(bool checkpoint = true);
    const std::map<QString, RequestTrack>& requests() const { return requests_; }
    // The newest request of this kind; nullptr when there is none.
    const RequestTrack* latest(run::RequestKind kind) const;
    bool canForceStop() const { return forceOffered_; }
    void forceStop();  // SIGTERM, then SIGKILL

  Q_SIGNALS:
    void stateReset();                                                   // folding begins again
    void eventsApplied(const std::vector<atelier::run::Event>& events);  // already in state()
    void statusChanged(atelier::run::RunStatus status);
    void requestChanged(const QString& id);
    void canForceStopChanged(bool can);
    void caughtUpChanged(bool caughtUp);
    void problemChanged(const QString& problem);
    void failed(const atelier::Error& error);

  private:
    void onEvents(const std::vector<run::Event>& events);
    void onReset();
    void onTick();
    void answer(const run::Ack& ack, double time);
    void checkLaunch();
    void refreshStatus();
    void setForceOffered(bool offered);
    void setFailure(Error error);
    double presentTime() const;

    std::unique_ptr<RunChannel> channel_;
    RunTimers timers_;
    run::RunState state_;
    run::RunStatus status_ = run::RunStatus::NotStarted;
    std::map<QString, RequestTrack> requests_;
    std::vector<QString> order_;
    QTimer tick_;
    QTimer killTimer_;
    QElapsedTimer sinceLaunch_;
    QElapsedTimer sinceRead_;   // valid once the log was read to its end
    QElapsedTimer sinceEvent_;  // valid once an event arrived after that
    QElapsedTimer sinceDeath_;  // valid once the process was seen to end
    std::optional<Error> failure_;
    QString problem_;
    bool launching_ = false;
    bool caughtUp_ = false;
    bool forceOffered_ = false;
    std::optional<bool> alive_;
    std::size_t attemptsBefore_ = 0;  // attempts seen when start() was called
};

}  // namespace atelier
