// SPDX-License-Identifier: GPL-3.0-or-later
// Events, progress and control requests of a dataset build.
#include "core/data/build_report.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/version.h"

namespace atelier::data {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kPublishInterval{100};
constexpr double kRateMeanSeconds = 30;  // exponential mean of the rate

double seconds(Clock::duration d) {
    return std::chrono::duration<double>(d).count();
}

}  // namespace

std::string_view buildPhaseName(BuildPhase phase) {
    static constexpr std::array<std::string_view, 6> kNames{"scan",  "probe",  "plan",
                                                            "write", "verify", "manifest"};
    return kNames.at(std::size_t(phase));
}

Result<std::unique_ptr<BuildSession>> BuildSession::open(const fs::path& work, const BuildHooks& hooks) {
    const run::RunFolder folder{work};
    ATELIER_DO(createDirectories(folder.control()));
    ATELIER_TRY(auto lock, run::RunLock::acquire(folder, "atelier-engine dataset build"));
    std::error_code ignored;
    fs::remove(folder.events(), ignored);  // one log per attempt: a build is not a history
    ATELIER_TRY(auto events, run::EventWriter::open(folder.events()));
    std::unique_ptr<BuildSession> session(
        new BuildSession(folder, std::move(lock), std::move(events), hooks));
    run::RunStarted started;
    started.engine = std::string("atelier-engine ") + kVersion;
    started.host = run::hostName();
    started.pid = ::getpid();
    started.device = "cpu";
    ATELIER_DO(session->events_->write(started));
    session->heartbeat_ = std::make_unique<run::Heartbeat>(*session->events_);
    session->watcher_ = std::jthread([s = session.get()](const std::stop_token& stop) { s->watch(stop); });
    return session;
}

BuildSession::BuildSession(run::RunFolder folder, run::RunLock lock, std::unique_ptr<run::EventWriter> events,
                           const BuildHooks& hooks)
    : folder_(std::move(folder)), lock_(std::move(lock)), events_(std::move(events)), hooks_(hooks) {}

BuildSession::~BuildSession() {
    watcher_ = {};  // joins before what it uses goes
}

// Requests are answered within a tenth of a second in every phase; the work itself looks at the flags only.
void BuildSession::watch(const std::stop_token& stop) {
    run::ControlInbox inbox(folder_, *events_);
    (void)inbox.refuseStale();
    while (!stop.stop_requested()) {
        if (hooks_.cancel && hooks_.cancel->load(std::memory_order_relaxed)) cancel_ = true;
        if (const auto requests = inbox.poll()) {
            for (const auto& request : *requests) {
                Status answered;
                switch (request.kind) {
                    case run::RequestKind::Stop:
                        stopRequested_ = true;
                        cancel_ = true;
                        answered = inbox.done(request);
                        break;
                    case run::RequestKind::Pause:
                        paused_ = true;
                        answered = inbox.done(request);
                        break;
                    case run::RequestKind::Resume:
                        paused_ = false;
                        answered = inbox.done(request);
                        break;
                    default:
                        answered = inbox.refuse(request, "a dataset build knows stop, pause and resume");
                }
                (void)answered;  // a full disk must not keep a build from stopping
            }
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

bool BuildSession::keepGoing() {
    if (paused_ && !cancel_) (void)events_->write(run::Phase{"paused"});
    const bool waited = paused_;
    while (paused_ && !cancel_) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (waited && !cancel_) (void)events_->write(run::Phase{std::string(buildPhaseName(progress_.phase))});
    return !cancel_;
}

void BuildSession::beginPhase(BuildPhase phase, std::uint64_t total) {
    progress_ = {.phase = phase, .total = total};
    phaseStart_ = lastSample_ = Clock::now();
    lastPublish_ = {};
    sampleDone_ = 0;
    (void)events_->write(run::Phase{std::string(buildPhaseName(phase))});
    publish();
}

void BuildSession::advance(std::uint64_t done, std::uint64_t bytes) {
    progress_.done = done;
    progress_.bytes = bytes;
    const auto now = Clock::now();
    if (now - lastPublish_ < kPublishInterval) return;
    const double elapsed = seconds(now - lastSample_);
    if (elapsed >= 0.5) {
        const double rate = double(done - std::min(done, sampleDone_)) / elapsed;
        const double weight = progress_.imagesPerSecond > 0 ? 1 - std::exp(-elapsed / kRateMeanSeconds) : 1.0;
        progress_.imagesPerSecond += weight * (rate - progress_.imagesPerSecond);
        lastSample_ = now;
        sampleDone_ = done;
    }
    // A time left is worth saying after 3 s or 2 %.
    const bool known =
        seconds(now - phaseStart_) >= 3 || (progress_.total > 0 && done * 50 >= progress_.total);
    const bool estimable = known && progress_.imagesPerSecond > 0 && progress_.total >= done;
    progress_.etaSeconds = estimable ? double(progress_.total - done) / progress_.imagesPerSecond : -1;
    publish();
}

void BuildSession::endPhase() {
    const double elapsed = seconds(Clock::now() - phaseStart_);
    if (elapsed > 0) progress_.imagesPerSecond = double(progress_.done) / elapsed;
    progress_.etaSeconds = 0;
    publish();
    (void)events_->write(progressEvent());
}

void BuildSession::publish() {
    lastPublish_ = Clock::now();
    if (hooks_.progress) hooks_.progress(progress_);
    (void)events_->writeIfDue(progressEvent(), std::chrono::milliseconds(200));
}

run::Progress BuildSession::progressEvent() const {
    run::Progress event;
    event.images = event.done = std::int64_t(progress_.done);
    event.totalImages = event.total = std::int64_t(progress_.total);
    event.imagesPerSecond = progress_.imagesPerSecond;
    event.etaSeconds = progress_.etaSeconds;
    event.bytes = std::int64_t(progress_.bytes);
    return event;
}

void BuildSession::warn(std::string_view code, const std::string& text, const std::string& hint) {
    warnings_.push_back(hint.empty() ? text : text + " " + hint);
    (void)events_->write(run::Warning{std::string(code), text, hint});
    if (hooks_.warning) hooks_.warning(warnings_.back());
}

void BuildSession::finish(const Result<BuildSummary>& result) {
    run::RunFinished finished;
    if (result) {
        finished.images = std::int64_t(result->kept);
    } else if (result.error().code == ErrorCode::Cancelled) {
        finished.reason = run::FinishReason::Stopped;
    } else {
        finished.reason = run::FinishReason::Failed;
        (void)events_->write(run::errorEvent(result.error()));
    }
    (void)events_->write(finished);
}

}  // namespace atelier::data
