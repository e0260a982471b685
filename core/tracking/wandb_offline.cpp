// SPDX-License-Identifier: GPL-3.0-or-later
// RUN/wandb/offline-run-TIME-ID: what `wandb sync` uploads. Written anew from the log's first event at each
// start, under a temporary name until it holds what the earlier one did: the log is the truth, so nothing
// needs repair.
#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <ctime>

#include "core/run/event_log.h"
#include "core/tracking/wandb_file.h"

namespace atelier::tracking {
namespace {

namespace wb = wandb;

constexpr auto kNoteInterval = std::chrono::seconds(5);

class WandbOfflineSink final : public Sink {
  public:
    explicit WandbOfflineSink(const TrackedRun& run) : run_(run), log_(run.folder) {}
    ~WandbOfflineSink() override {
        if (file_ && !path_.empty() && written_ != path_) ::unlink(written_.c_str());
    }

    std::chrono::milliseconds period() const override { return std::chrono::milliseconds(1000); }

    Status take(const run::Event& event) override {
        log_.take(event);
        if (!file_ && log_.started()) return open();
        return {};
    }

    Status flush() override { return write(log_.takeBatch(false)); }

    // The follower has read the log to its end.
    Status finish(Ending ending) override {
        if (!file_) return {};
        ATELIER_DO(write(log_.takeBatch(true)));
        std::string out = framer_.frame(wb::summaryRecord(log_.summary()));
        // Without an exit record W&B calls the run crashed, which is what it is.
        if (ending != Ending::Unknown)
            out += framer_.frame(wb::exitRecord(
                ending == Ending::Completed || ending == Ending::Stopped ? 0 : 1, log_.runtime()));
        ATELIER_DO(append(out));
        ATELIER_DO(publish());
        return remember();
    }

  private:
    fs::path files() const { return path_.parent_path() / "files"; }

    // The folder that is being filled, and what of the log lies in synced ones before it.
    Status choosePart(const std::string& runId) {
        const auto nameOf = [&](double time) {
            return fmt::format("offline-run-{:%Y%m%d_%H%M%S}-{}", fmt::gmtime(static_cast<std::time_t>(time)),
                               runId);
        };
        const fs::path place = run_.folder.root / "wandb";
        const Json note = wb::readNote(run_.folder).value("offline", Json::object());
        const auto synced = [&](const std::string& name) {
            std::error_code error;
            return fs::exists(place / name / ("run-" + runId + ".wandb.synced"), error);
        };
        part_ = note.value("folder", nameOf(log_.startTime()));
        before_ = extentOf(note.value("before", Json::object()));
        if (synced(part_)) {
            before_ = extentOf(note.value("now", Json::object()));
            // A second later than the last one at least: names must differ.
            for (double time = std::floor(run::unixNow()); part_ = nameOf(time), fs::exists(place / part_);
                 ++time) {
            }
        }
        log_.skip(before_);
        const fs::path folder = place / part_;
        for (const char* part : {"files", "logs", "tmp"}) ATELIER_DO(createDirectories(folder / part));
        path_ = folder / ("run-" + runId + ".wandb");
        written_ = folder / (".run-" + runId + ".new");
        return {};
    }

    static wb::Extent extentOf(const Json& json) {
        return {json.value("step", std::int64_t{-1}), json.value("system", std::size_t{0}),
                json.value("console", std::size_t{0})};
    }
    static Json jsonOf(const wb::Extent& extent) {
        return {{"step", extent.step}, {"system", extent.systemLines}, {"console", extent.consoleLines}};
    }

    Status remember() {
        noted_ = std::chrono::steady_clock::now();
        Json note = wb::readNote(run_.folder);
        note["offline"] = {{"folder", part_}, {"before", jsonOf(before_)}, {"now", jsonOf(log_.extent())}};
        return wb::writeNote(run_.folder, note);
    }

    Status open() {
        ATELIER_TRY(const auto identity, wb::identityOf(run_));
        ATELIER_DO(choosePart(identity.runId));
        file_ =
            Descriptor(::open(written_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666));
        if (!file_) return failErrno(errno, "create a W&B file", written_.string());
        const Json config = wb::configOf(run_.config, log_.startTime());
        ATELIER_DO(writeFileAtomic(files() / "config.yaml", wb::configYaml(config)));
        ATELIER_DO(writeFileAtomic(files() / "wandb-metadata.json",
                                   dumpJson(wb::metadataOf(*log_.started(), log_.startTime()))));
        std::string out = framer_.frame(wb::headerRecord());
        out += framer_.frame(wb::runRecord(identity, config, *log_.started(), log_.startTime()));
        out += framer_.frame(wb::filesRecord("wandb-metadata.json", false));
        return append(out);
    }

    Status write(const wb::Batch& batch) {
        if (!file_) return {};
        std::string out;
        for (const auto& media : batch.media) {
            ATELIER_DO(keep(media));
            out += framer_.frame(wb::filesRecord(media.name, true));
        }
        for (const auto& line : batch.history) out += framer_.frame(wb::historyRecord(line));
        for (const auto& line : batch.system) out += framer_.frame(wb::systemRecord(line));
        for (const auto& line : batch.console) out += framer_.frame(wb::consoleRecord(line));
        ATELIER_DO(append(out));
        if (written_ != path_ && caughtUp()) ATELIER_DO(publish());
        return std::chrono::steady_clock::now() - noted_ < kNoteInterval ? Status() : remember();
    }

    // The earlier file may be replaced once this one is as long: a reader never sees less than there was.
    bool caughtUp() const {
        std::error_code error;
        const auto before = fs::file_size(path_, error);
        return error || fs::file_size(written_, error) >= before;
    }

    Status publish() {
        if (written_ == path_) return {};
        if (::fdatasync(file_.get()) != 0 && errno != EINVAL && errno != ENOTSUP)
            return failErrno(errno, "write a W&B file to disk", written_.string());
        ATELIER_DO(renameFile(written_, path_));
        written_ = path_;
        return replaceSymlink(path_.parent_path().filename(), run_.folder.root / "wandb" / "latest-run");
    }

    // A second name for the picture, or a copy where the file system has no links.
    Status keep(const wb::Media& media) {
        const fs::path place = files() / media.name;
        ATELIER_DO(createDirectories(place.parent_path()));
        std::error_code error;
        if (fs::exists(place, error)) return {};
        fs::create_hard_link(media.file, place, error);
        if (!error) return {};
        ATELIER_TRY(const auto bytes, readFile(media.file));
        return writeFileAtomic(place, bytes);
    }

    Status append(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t n = ::write(file_.get(), bytes.data(), bytes.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return failErrno(errno, "write a W&B file", written_.string());
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return {};
    }

    const TrackedRun& run_;
    wb::Log log_;
    wb::RecordFramer framer_;
    std::string part_;   // name of the folder
    wb::Extent before_;  // in folders before it
    std::chrono::steady_clock::time_point noted_;
    fs::path path_, written_;  // its name, and the name it has so far
    Descriptor file_;
};

}  // namespace

std::unique_ptr<Sink> makeWandbOfflineSink(const TrackedRun& run) {
    return std::make_unique<WandbOfflineSink>(run);
}

}  // namespace atelier::tracking
