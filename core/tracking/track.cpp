// SPDX-License-Identifier: GPL-3.0-or-later
// One thread per sink, each with its own place in the log: a slow service keeps nobody else waiting.
#include "core/tracking/track.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "core/run/event_log.h"
#include "core/tracking/sink.h"

namespace atelier::tracking {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kTick = std::chrono::milliseconds(50);

// When the engine ended, as all sinks see it.
class Session {
  public:
    explicit Session(const TrackOptions& options) : options_(options) {}

    bool ended() const { return cancelled() || !options_.engineEnded || options_.engineEnded(); }
    bool cancelled() const { return options_.cancelled && options_.cancelled(); }
    bool follows() const { return static_cast<bool>(options_.engineEnded); }
    std::chrono::seconds grace() const {
        return std::chrono::seconds(options_.config.config.tracking.finishWithin);
    }

  private:
    const TrackOptions& options_;
};

// Two tracking processes at one folder would write everything twice: the second waits for the first, which is
// sending what its engine left.
Result<Descriptor> takeTurn(const TrackOptions& options, const Session& session) {
    ATELIER_DO(createDirectories(options.folder.root / "tracking"));
    const fs::path path = options.folder.root / "tracking" / "LOCK";
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    if (!file) return failErrno(errno, "open the lock of the tracking process", path.string());
    while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == ENOTSUP || errno == ENOLCK || errno == ENOSYS) break;  // a file system without locks
        if (errno != EWOULDBLOCK && errno != EINTR)
            return failErrno(errno, "lock the tracking folder", path.string());
        if (session.ended())
            return fail(ErrorCode::Cancelled, "another process is sending this run's curves",
                        options.folder.root.string(), "Try again when it has ended.");
        std::this_thread::sleep_for(kTick);
    }
    return file;
}

Ending endingOf(const run::RunFinished& finished) {
    switch (finished.reason) {
        case run::FinishReason::Completed:
            return Ending::Completed;
        case run::FinishReason::Stopped:
            return Ending::Stopped;
        case run::FinishReason::Suspended:
            return Ending::Suspended;
        case run::FinishReason::Failed:
            return Ending::Failed;
    }
    return Ending::Unknown;
}

using MakeSink = std::unique_ptr<Sink> (*)(const TrackedRun&);

// From the first line of the log to the end of the engine.
class Follower {
  public:
    Follower(const TrackOptions& options, const Session& session, MakeSink make)
        : session_(session), make_(make), reader_(options.folder.events()) {
        run_.folder = options.folder;
        run_.config = options.config;
        run_.wandbKey = options.wandbKey;
        run_.warn = options.warn;
        run_.ended = [this] { return seenEnd(); };
        run_.outOfTime = [this] {
            return session_.cancelled() ||
                   (session_.follows() && seenEnd() && Clock::now() > *end_ + session_.grace());
        };
        run_.wait = [this](std::chrono::milliseconds time) { sleep(time, run_.outOfTime); };
    }

    Status run() {
        sink_ = make_(run_);
        for (;;) {
            const bool last = seenEnd();  // asked first: what was written before the end is read after it
            Status status;
            const auto batch = reader_.read(
                [&](run::Event&& event) {
                    note(event);
                    if (status) status = sink_->take(event);
                },
                kBatchBytes,
                [&] {
                    sink_ = make_(run_);  // another log: another run in this folder
                    ending_ = Ending::Unknown;
                });
            ATELIER_DO(batch);
            ATELIER_DO(status);
            ATELIER_DO(sink_->flush());
            if (batch->more) continue;
            if (last) break;
            sleep(sink_->period(), [this] { return seenEnd(); });
        }
        return sink_->finish(ending_);
    }

  private:
    static constexpr std::size_t kBatchBytes = std::size_t{1} << 20;

    static void sleep(std::chrono::milliseconds time, const std::function<bool()>& enough) {
        for (const auto until = Clock::now() + time; Clock::now() < until && !enough();)
            std::this_thread::sleep_for(kTick);
    }

    bool seenEnd() {
        if (!end_ && session_.ended()) end_ = Clock::now();
        return end_.has_value();
    }

    void note(const run::Event& event) {
        if (std::holds_alternative<run::RunStarted>(event.body)) ending_ = Ending::Unknown;
        if (const auto* finished = std::get_if<run::RunFinished>(&event.body)) ending_ = endingOf(*finished);
    }

    const Session& session_;
    MakeSink make_;
    run::EventReader reader_;
    TrackedRun run_;
    std::unique_ptr<Sink> sink_;
    std::optional<Clock::time_point> end_;
    Ending ending_ = Ending::Unknown;
};

struct Place {
    const char* name;
    MakeSink make;
};

std::vector<Place> placesOf(const TrainConfig& config) {
    std::vector<Place> places;
    if (config.tracking.tensorboard) places.push_back({"TensorBoard files", makeTensorBoardSink});
    const auto mode = config.wandb ? config.wandb->mode : WandbMode::Disabled;
    if (mode == WandbMode::Offline) places.push_back({"W&B file", makeWandbOfflineSink});
    if (mode == WandbMode::Online) places.push_back({"W&B", makeWandbOnlineSink});
    if (config.tracking.uploadTo) places.push_back({"the copy in S3", makeS3Sink});
    return places;
}

}  // namespace

Status track(const TrackOptions& options) {
    const Session session(options);
    ATELIER_TRY(const auto turn, takeTurn(options, session));
    std::vector<std::thread> threads;
    for (const auto& place : placesOf(options.config.config))
        threads.emplace_back([&options, &session, place] {
            Follower follower(options, session, place.make);
            if (const auto status = follower.run(); !status)
                options.warn(
                    {"tracking_ended",
                     fmt::format("{}: {}. The run goes on without.", place.name, status.error().message()),
                     status.error().hint.empty()
                         ? "`atelier-engine track RUN_DIR` sends what is missing later."
                         : status.error().hint});
        });
    for (auto& thread : threads) thread.join();
    return {};
}

}  // namespace atelier::tracking
