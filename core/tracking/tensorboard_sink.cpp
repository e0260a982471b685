// SPDX-License-Identifier: GPL-3.0-or-later
// RUN/tensorboard: one event file per start of the tracking process. `tracking/tensorboard.json` notes up to
// which step everything is on disk; what follows is written again after a restart record, so that a process
// killed at any moment leaves neither gaps nor doubles.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "core/run/event_log.h"
#include "core/run/lock.h"
#include "core/tracking/sink.h"
#include "core/tracking/tensorboard_file.h"

namespace atelier::tracking {
namespace {

namespace tb = tensorboard;

constexpr std::size_t kBufferBytes = std::size_t{4} << 20;
constexpr auto kNoteInterval = std::chrono::seconds(10);

class TensorBoardSink final : public Sink {
  public:
    explicit TensorBoardSink(const TrackedRun& run) : run_(run) {
        const auto text = readFile(note(), 1 << 16);
        if (!text) return;
        auto json = parseJson(*text);
        if (!json || !json->is_object()) return;
        if (!(*json)["log"].is_number() || !(*json)["attempt"].is_number() || !(*json)["step"].is_number())
            return;
        knownLog_ = (*json)["log"].get<double>();
        knownAttempt_ = (*json)["attempt"].get<std::int64_t>();
        knownStep_ = (*json)["step"].get<std::int64_t>();
    }

    std::chrono::milliseconds period() const override { return std::chrono::milliseconds(500); }

    Status take(const run::Event& event) override {
        if (const auto* started = std::get_if<run::RunStarted>(&event.body))
            return start(*started, event.time);
        if (const auto* metric = std::get_if<run::Metric>(&event.body)) {
            step_ = metric->step;
            auto values = metric->values;
            if (imagesPerSecond_ > 0) values.emplace_back("images_per_s", imagesPerSecond_);
            return write(tb::scalarsRecord(event.time, step_, values));
        }
        if (const auto* progress = std::get_if<run::Progress>(&event.body)) {
            imagesPerSecond_ = progress->imagesPerSecond;
        } else if (const auto* sample = std::get_if<run::Sample>(&event.body)) {
            step_ = sample->step;
            return pictures(*sample, event.time);
        } else if (const auto* timing = std::get_if<run::Timing>(&event.body)) {
            return write(tb::scalarsRecord(event.time, step_,
                                           {{"seconds_per_step/data", timing->data},
                                            {"seconds_per_step/encode", timing->encode},
                                            {"seconds_per_step/train", timing->train},
                                            {"seconds_per_step/rest", timing->rest}}));
        } else if (const auto* memory = std::get_if<run::Memory>(&event.body)) {
            return write(tb::scalarsRecord(event.time, step_,
                                           {{"memory/peak_bytes", static_cast<double>(memory->peak)}}));
        } else if (const auto* device = std::get_if<run::Device>(&event.body)) {
            return takeDevice(*device, event.time);
        }
        return {};
    }

    Status flush() override {
        if (!file_) return {};
        ATELIER_DO(writeOut());
        if (std::chrono::steady_clock::now() - noted_ < kNoteInterval) return {};
        return remember(step_ - 1);  // more of this step may follow
    }

    Status finish(Ending ending) override {
        if (!file_) return {};
        if (ending != Ending::Unknown)
            buffer_ += tb::sessionEndRecord(run::unixNow(), ending != Ending::Failed);
        ATELIER_DO(writeOut());
        return remember(step_);
    }

  private:
    fs::path note() const { return run_.folder.root / "tracking" / "tensorboard.json"; }
    fs::path folder() const { return run_.folder.root / "tensorboard"; }

    // A new start of the engine: what lies after the checkpoint it goes on from is done again.
    Status start(const run::RunStarted& started, double time) {
        if (attempt_++ == 0) {
            log_ = time;
            if (log_ != knownLog_) knownAttempt_ = 0, knownStep_ = -1;  // the note is about another log
        }
        step_ = started.resumedStep;
        imagesPerSecond_ = 0;
        std::int64_t first = started.resumedFrom.empty() ? 0 : started.resumedStep + 1;
        if (attempt_ == knownAttempt_) first = std::max(first, knownStep_ + 1);
        if (attempt_ < knownAttempt_) return {};
        // A start that wrote nothing has nothing to take back, but what it went on from counts.
        restart_ = file_ || restart_ < 0 ? first : std::min(restart_, first);
        if (!file_) return {};
        buffer_ += tb::restartRecord(time, restart_);
        if (restart_ == 0) describe(time);
        return {};
    }

    bool known() const {
        return attempt_ < knownAttempt_ || (attempt_ == knownAttempt_ && step_ <= knownStep_);
    }

    Status write(const std::string& record) {
        if (known()) return {};
        if (!file_) ATELIER_DO(open());
        buffer_ += record;
        return buffer_.size() < kBufferBytes ? Status() : writeOut();
    }

    Status open() {
        ATELIER_DO(createDirectories(folder()));
        const double now = run::unixNow();
        path_ = tb::newFilePath(folder(), now, run::hostName(), ::getpid());
        file_ = Descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666));
        if (!file_) return failErrno(errno, "create a TensorBoard file", path_.string());
        buffer_ += tb::versionRecord(now) + tb::restartRecord(now, restart_);
        if (restart_ == 0) describe(now);
        return {};
    }

    // The configuration, for the TEXT and HPARAMS pages.
    void describe(double time) {
        const Json settings = flatSettings(run_.config.resolved);
        buffer_ += tb::textRecord(time, 0, "config", "```yaml\n" + frozenYaml(run_.config) + "\n```");
        buffer_ += tb::experimentRecord(time, settings, {"loss", "val_loss"});
        buffer_ += tb::sessionRecord(time, settings, run_.config.config.experiment.name);
    }

    Status pictures(const run::Sample& sample, double time) {
        if (known()) return {};
        int index = 0;
        for (auto& picture : picturesOf(run_.folder, sample)) {
            const auto tag = fmt::format("samples/{:02}", index++);
            ATELIER_DO(write(tb::pictureRecord(
                time, sample.step,
                {tag, std::move(picture.bytes), picture.width, picture.height, picture.prompt})));
        }
        return {};
    }

    Status takeDevice(const run::Device& device, double time) {
        std::vector<std::pair<std::string, double>> values;
        if (device.utilization) values.emplace_back("device/utilization", *device.utilization);
        if (device.temperature) values.emplace_back("device/temperature", *device.temperature);
        if (device.memory) values.emplace_back("device/memory_bytes", static_cast<double>(*device.memory));
        return values.empty() ? Status() : write(tb::scalarsRecord(time, step_, values));
    }

    Status writeOut() {
        std::string_view rest = buffer_;
        while (!rest.empty()) {
            const ssize_t n = ::write(file_.get(), rest.data(), rest.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return failErrno(errno, "write a TensorBoard file", path_.string());
            rest.remove_prefix(static_cast<std::size_t>(n));
        }
        buffer_.clear();
        return {};
    }

    // Only what has reached the disk is noted.
    Status remember(std::int64_t step) {
        noted_ = std::chrono::steady_clock::now();
        if (attempt_ == knownAttempt_ && step <= knownStep_) return {};
        if (::fdatasync(file_.get()) != 0 && errno != EINVAL && errno != ENOTSUP)
            return failErrno(errno, "write a TensorBoard file to disk", path_.string());
        return writeFileAtomic(note(), dumpJson({{"log", log_}, {"attempt", attempt_}, {"step", step}}));
    }

    const TrackedRun& run_;
    double knownLog_ = 0, log_ = 0;                   // time of the log's first start
    std::int64_t knownAttempt_ = 0, knownStep_ = -1;  // on disk already
    std::int64_t attempt_ = 0;                        // starts of the engine seen in the log
    std::int64_t step_ = 0;
    std::int64_t restart_ = -1;  // first step that is written (again)
    double imagesPerSecond_ = 0;
    fs::path path_;
    Descriptor file_;
    std::string buffer_;
    std::chrono::steady_clock::time_point noted_ = std::chrono::steady_clock::now();
};

}  // namespace

std::unique_ptr<Sink> makeTensorBoardSink(const TrackedRun& run) {
    return std::make_unique<TensorBoardSink>(run);
}

}  // namespace atelier::tracking
