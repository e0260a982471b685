// SPDX-License-Identifier: GPL-3.0-or-later
// One verb of the engine at work in the background: progress from its JSON lines, cancel, its result or its
// own words for what is wrong. Under SampleJob and the jobs of the Models page.
#pragma once

#include <QByteArray>
#include <QObject>
#include <QString>

#include "core/base/json.h"
#include "core/base/result.h"
#include "ui/session/launcher.h"

class QProcess;

namespace atelier {

class EngineJob : public QObject {
    Q_OBJECT
  public:
    enum class State { Running, Done, Failed, Cancelled };

    // Starts at once, with --json added. The process ends with this object: asked first, so that it clears
    // its unfinished work up, killed when it does not answer.
    explicit EngineJob(const LaunchCommand& command, QObject* parent = nullptr);
    ~EngineJob() override;

    State state() const { return state_; }
    bool running() const { return state_ == State::Running; }
    bool cancelling() const { return cancelled_ && running(); }
    double fraction() const { return total_ > 0 ? done_ / total_ : -1; }  // of the phase; < 0: not known
    QString phase() const { return phase_; }                              // the engine's word, may be empty
    double done() const { return done_; }
    double total() const { return total_; }
    void cancel();
    void kill();  // at once: for verbs that leave nothing that matters
    const QByteArray& output() const { return output_; }  // all of stdout so far
    Json result() const;                                  // the last JSON line of stdout; {} without one
    const Error& error() const { return error_; }         // when Failed

  Q_SIGNALS:
    void progressed();
    void finished();  // once

  private:
    void readLines();
    void ended(int code, bool crashed);
    void end(State state);
    Error problem(int code);
    QProcess* process_;
    State state_ = State::Running;
    QByteArray output_, words_;
    qsizetype read_ = 0;  // of output_, for progress
    QString phase_;
    double done_ = 0, total_ = 0;
    Error error_;
    bool cancelled_ = false;
};

}  // namespace atelier
