// SPDX-License-Identifier: GPL-3.0-or-later
// Timers, requests and status of run_controller.h. Nothing here knows whether the run is near or far.
#include "ui/session/run_controller.h"

#include <QDateTime>

#include "core/run/queue_runner.h"

namespace atelier {
namespace {
// How long after its end an engine's last lines may still be on their way through the watcher.
constexpr qint64 kLastWordsMs = 1000;

double seconds(qint64 milliseconds) {
    return double(milliseconds) / 1000;
}
double unixNow() {
    return seconds(QDateTime::currentMSecsSinceEpoch());
}
}  // namespace

RunController::RunController(std::unique_ptr<RunChannel> channel, RunTimers timers, QObject* parent)
    : QObject(parent), channel_(std::move(channel)), timers_(timers) {
    state_.keepSeries = false;
    connect(channel_.get(), &RunChannel::eventsArrived, this, &RunController::onEvents);
    connect(channel_.get(), &RunChannel::restarted, this, &RunController::onReset);
    connect(channel_.get(), &RunChannel::caughtUpChanged, this, [this](bool caughtUp) {
        caughtUp_ = caughtUp;
        if (caughtUp && !sinceRead_.isValid()) sinceRead_.start();
        refreshStatus();
        Q_EMIT caughtUpChanged(caughtUp);
    });
    connect(channel_.get(), &RunChannel::problemChanged, this, [this](const QString& problem) {
        problem_ = problem;
        Q_EMIT problemChanged(problem);
    });
    connect(channel_.get(), &RunChannel::launched, this, [this] {
        sinceLaunch_.start();
        channel_->watch();
        refreshStatus();
    });
    connect(channel_.get(), &RunChannel::launchFailed, this, [this](const Error& error) {
        launching_ = false;
        setFailure(error);
        refreshStatus();
    });
    connect(channel_.get(), &RunChannel::sendFailed, this, [this](const QString& id, const Error& error) {
        const auto it = requests_.find(id);
        if (it == requests_.end()) return;
        it->second.state = RequestTrack::State::NotSent;
        it->second.text = QString::fromStdString(error.message());
        Q_EMIT requestChanged(id);
    });
    connect(&tick_, &QTimer::timeout, this, &RunController::onTick);
    killTimer_.setSingleShot(true);
    connect(&killTimer_, &QTimer::timeout, this, [this] { channel_->kill(); });
}

RunController::~RunController() = default;

QString RunController::folder() const {
    return channel_->folder();
}

double RunController::secondsSinceHeartbeat() const {
    return state_.events == 0 ? -1 : std::max(0.0, presentTime() - state_.lastTime);
}

// The present on the clock that wrote the events, which may be another computer's, or have been set
// meanwhile: once an event has arrived live, the time since then counts, not the difference of two clocks.
double RunController::presentTime() const {
    if (sinceEvent_.isValid()) return state_.lastTime + seconds(sinceEvent_.elapsed());
    if (!sinceRead_.isValid()) return unixNow();
    return std::max(unixNow(), state_.lastTime + seconds(sinceRead_.elapsed()));
}

void RunController::open() {
    channel_->watch();
    tick_.start(timers_.tick);
    onTick();
}

void RunController::start() {
    failure_.reset();
    launching_ = true;
    attemptsBefore_ = state_.attempts.size();
    tick_.start(timers_.tick);
    channel_->launch();
}

QString RunController::request(run::Request request) {
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    if (request.id.empty()) request.id = run::newRequestId(request.kind);
    const QString id = QString::fromStdString(request.id);
    RequestTrack track;
    track.request = request;
    track.askedAt = now;
    requests_[id] = track;
    order_.push_back(id);
    Q_EMIT requestChanged(id);
    channel_->send(request);  // may fail at once, which changes the track
    return id;
}

QString RunController::stop(bool checkpoint) {
    run::Request request;
    request.kind = run::RequestKind::Stop;
    request.checkpoint = checkpoint;
    return this->request(request);
}

const RequestTrack* RunController::latest(run::RequestKind kind) const {
    for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
        const auto& track = requests_.at(*it);
        if (track.request.kind == kind) return &track;
    }
    return nullptr;
}

void RunController::forceStop() {
    channel_->terminate();
    killTimer_.start(timers_.kill);
}

void RunController::onEvents(const std::vector<run::Event>& events) {
    if (sinceRead_.isValid()) sinceEvent_.start();
    for (const auto& event : events) {
        state_.apply(event);
        if (const auto* ack = std::get_if<run::Ack>(&event.body)) answer(*ack, event.time);
    }
    if (state_.attempts.size() > attemptsBefore_) launching_ = false;
    Q_EMIT eventsApplied(events);
    refreshStatus();
}

void RunController::onReset() {
    state_ = {};
    state_.keepSeries = false;
    attemptsBefore_ = 0;
    sinceRead_.invalidate();
    sinceEvent_.invalidate();
    Q_EMIT stateReset();
}

void RunController::answer(const run::Ack& ack, double time) {
    const QString id = QString::fromStdString(ack.id);
    const auto it = requests_.find(id);
    if (it == requests_.end() || !(it->second.open() || it->second.state == RequestTrack::State::Unanswered))
        return;
    RequestTrack& track = it->second;
    switch (ack.state) {
        case run::AckState::Taken:
            track.state = RequestTrack::State::Taken;
            break;
        case run::AckState::Done:
            track.state = RequestTrack::State::Done;
            break;
        case run::AckState::Refused:
            track.state = RequestTrack::State::Refused;
            break;
    }
    track.text = QString::fromStdString(ack.text);
    track.seconds = std::max(0.0, time - seconds(track.askedAt));
    Q_EMIT requestChanged(id);
}

void RunController::onTick() {
    refreshStatus();
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    bool stopIsLate = false;
    for (auto& [id, track] : requests_) {
        if (!track.open()) continue;
        track.seconds = seconds(now - track.askedAt);
        if (!run::isActive(status_) && !launching_ && caughtUp_ && alive_ != true) {
            // Ended in order: a stop that was taken is thereby done. Else nobody is left to answer.
            const bool done = state_.finished && track.state == RequestTrack::State::Taken;
            track.state = done ? RequestTrack::State::Done : RequestTrack::State::Unanswered;
            if (!done) track.text = tr("The engine ended before it answered.");
        } else if (track.request.kind == run::RequestKind::Stop) {
            stopIsLate = stopIsLate || now - track.askedAt >= timers_.forceStop.count();
        }
        Q_EMIT requestChanged(id);
    }
    setForceOffered(stopIsLate && alive_ != false);
    if (alive_ == false) killTimer_.stop();
    checkLaunch();
}

// A launched engine that writes nothing has ended (its log says why) or hangs.
void RunController::checkLaunch() {
    if (!launching_ || !sinceLaunch_.isValid()) return;
    if (alive_ == false && caughtUp_) {
        launching_ = false;
        setFailure(lastWords().value_or(Error{ErrorCode::Internal,
                                              tr("the engine ended before it began").toStdString(),
                                              folder().toStdString(), channel_->logTail().toStdString()}));
    } else if (sinceLaunch_.elapsed() > timers_.start.count()) {
        launching_ = false;
        setFailure(
            {ErrorCode::Internal,
             tr("the engine has not said anything for %1 s").arg(sinceLaunch_.elapsed() / 1000).toStdString(),
             folder().toStdString(), channel_->logTail().toStdString()});
    }
}

void RunController::refreshStatus() {
    const std::optional<bool> before = alive_;
    alive_ = channel_->alive();
    if (before == true && alive_ == false) sinceDeath_.start();
    if (alive_ == true) sinceDeath_.invalidate();
    run::LiveFacts facts;
    facts.now = presentTime();
    facts.processAlive = alive_;
    facts.heartbeatLimitSeconds = seconds(timers_.heartbeat.count());
    // What the process wrote last may not have been read yet: it is not gone before the log was read to its
    // end.
    const bool justDied = sinceDeath_.isValid() && sinceDeath_.elapsed() < kLastWordsMs && !state_.finished;
    if (facts.processAlive == false && (!caughtUp_ || justDied)) facts.processAlive.reset();
    run::RunStatus status = run::statusOf(state_, facts);
    if (launching_ && !run::isActive(status)) status = run::RunStatus::Preparing;
    if (failure_ && state_.attempts.size() <= attemptsBefore_ && !run::isActive(status))
        status = run::RunStatus::Failed;
    if (status == status_) return;
    const bool died = status == run::RunStatus::Failed && !state_.finished && !failure_;
    status_ = status;
    Q_EMIT statusChanged(status);
    if (died)
        setFailure(lastWords().value_or(
            Error{ErrorCode::Internal,
                  tr("the engine ended at step %1 without a word").arg(state_.progress.step).toStdString(),
                  folder().toStdString(), channel_->logTail().toStdString()}));
}

std::optional<Error> RunController::lastWords() const {
    const auto words = run::lastWords(channel_->logTail().toStdString());
    if (!words) return std::nullopt;
    return Error{ErrorCode::Internal, *words, {}, {}};
}

void RunController::setForceOffered(bool offered) {
    if (offered == forceOffered_) return;
    forceOffered_ = offered;
    Q_EMIT canForceStopChanged(offered);
}

void RunController::setFailure(Error error) {
    failure_ = std::move(error);
    Q_EMIT failed(*failure_);
}

}  // namespace atelier
