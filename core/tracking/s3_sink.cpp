// SPDX-License-Identifier: GPL-3.0-or-later
// A copy of the run folder in S3, made while the run goes on: configuration, log, sample pictures,
// checkpoints. DONE and samples.json come last, so that what is there is whole; `atelier-engine fetch` brings
// it back.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/net/s3_client.h"
#include "core/tracking/remote_run.h"
#include "core/tracking/sink.h"

namespace atelier::tracking {
namespace {

constexpr auto kLogInterval = std::chrono::seconds(60);
constexpr auto kRetryInterval = std::chrono::seconds(60);

class S3Sink final : public Sink {
  public:
    explicit S3Sink(const TrackedRun& run) : run_(run) {}

    std::chrono::milliseconds period() const override {
        return std::chrono::seconds(run_.config.config.tracking.uploadEvery);
    }

    Status take(const run::Event& event) override {
        if (std::holds_alternative<run::RunStarted>(event.body)) {
            if (!client_) ATELIER_DO(open());
            want("config.yaml");
        } else if (const auto* sample = std::get_if<run::Sample>(&event.body)) {
            want(sample->dir);
        } else if (const auto* checkpoint = std::get_if<run::Checkpoint>(&event.body)) {
            want(checkpoint->dir);
            wantAll(run_.folder.root / "examples");
        }
        return {};
    }

    // What cannot be sent now is tried again: a bucket that is away for a while loses nothing.
    Status flush() override {
        if (!client_ || std::chrono::steady_clock::now() < nextTry_) return {};
        if (const auto sent = sendAll(false); !sent) {
            if (run_.outOfTime()) return sent;
            nextTry_ = std::chrono::steady_clock::now() + kRetryInterval;
            if (!std::exchange(told_, true))
                run_.warn(
                    {"upload_waits", sent.error().message() + " The run goes on; it is tried again.", ""});
            return {};
        }
        told_ = false;
        return {};
    }

    Status finish(Ending) override {
        if (!client_) return {};
        wantAll(run_.folder.logs());
        wantAll(run_.folder.root / "examples");
        want("buckets.json");
        return sendAll(true);
    }

  private:
    Status open() {
        ATELIER_TRY(place_, net::parseS3Url(run_.config.config.tracking.uploadTo.value_or("")));
        if (!place_.key.empty() && !place_.key.ends_with('/')) place_.key += '/';
        place_.key += run_.config.config.experiment.name + "/";
        ATELIER_TRY(auto settings, net::s3SettingsFromEnvironment());
        client_.emplace(std::move(settings), run_.outOfTime);
        return {};
    }

    void want(const std::string& path) {
        if (std::ranges::find(wanted_, path) == wanted_.end()) wanted_.push_back(path);
    }

    // The files of a folder; those that do not change, once.
    void wantAll(const fs::path& folder) {
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator(folder, ignored))
            if (entry.is_regular_file(ignored) &&
                (folder == run_.folder.logs() || seen_.insert(entry.path()).second))
                want(run_.folder.relative(entry.path()));
    }

    net::S3Url at(const std::string& path) const { return {place_.bucket, place_.key + path}; }

    Status sendAll(bool last) {
        bool more = last;
        while (!wanted_.empty()) {
            const auto path = wanted_.front();
            const auto sent = fs::is_directory(run_.folder.root / path) ? sendFolder(path) : sendFile(path);
            std::error_code ignored;
            // What was retired while it was sent is nobody's loss.
            if (!sent && fs::exists(run_.folder.root / path, ignored)) return sent;
            wanted_.erase(wanted_.begin());
            if (path.starts_with("checkpoints/")) ATELIER_DO(retire());
            more = true;
        }
        const auto now = std::chrono::steady_clock::now();
        if (!more && now - logSent_ < kLogInterval) return {};
        logSent_ = now;
        return sendFile("events.jsonl");
    }

    Status sendFile(const std::string& path) {
        std::error_code error;
        if (!fs::is_regular_file(run_.folder.root / path, error)) return {};
        return client_->putFile(at(path), run_.folder.root / path);
    }

    // Its files, the one that says that it is whole last; nothing when that is there already or missing here.
    Status sendFolder(const std::string& path) {
        const bool isCheckpoint = path.starts_with("checkpoints/");
        const std::string mark = path + (isCheckpoint ? "/DONE" : "/samples.json");
        std::error_code error;
        if (!fs::exists(run_.folder.root / mark, error)) return {};
        ATELIER_TRY(const auto there, client_->head(at(mark)));
        if (there && isCheckpoint) return {};
        for (fs::recursive_directory_iterator entry(run_.folder.root / path, error), end;
             !error && entry != end; entry.increment(error)) {
            const auto name = run_.folder.relative(entry->path());
            if (name != mark && entry->is_regular_file(error)) ATELIER_DO(sendFile(name));
        }
        if (error) return failErrno(error.value(), "list", (run_.folder.root / path).string());
        return sendFile(mark);
    }

    // Checkpoints that the run no longer keeps; DONE goes first, so that none is ever half there. Those from
    // before the run came to this machine were never here: the configuration says what is kept of them.
    Status retire() {
        ATELIER_TRY(const auto objects, client_->list(at("checkpoints/")));
        const auto kept = run::completeCheckpoints(run_.folder);
        if (kept.empty()) return {};
        const auto stepOf = [&](const net::S3Object& object) {
            const auto name = object.key.substr(place_.key.size() + std::string("checkpoints/").size());
            return run::stepOfName(name.substr(0, name.find('/')));
        };
        std::set<std::int64_t> there;
        for (const auto& object : objects)
            if (const auto step = stepOf(object)) there.insert(*step);
        const auto came = fetchedAt(run_.folder);
        std::vector<std::string> gone;
        for (const auto& object : objects) {
            const auto step = stepOf(object);
            if (!step || *step >= kept.back() || std::ranges::find(kept, *step) != kept.end()) continue;
            if (*step >= came || retiresOlder(*step, there)) gone.push_back(object.key);
        }
        std::ranges::stable_partition(gone, [](const auto& key) { return key.ends_with("/DONE"); });
        for (const auto& key : gone) ATELIER_DO(client_->remove({place_.bucket, key}));
        return {};
    }

    bool retiresOlder(std::int64_t step, const std::set<std::int64_t>& there) const {
        const auto& config = run_.config.config;
        const auto last = config.experiment.saveOnlyMostRecent ? std::optional<std::int64_t>(1)
                                                               : config.checkpoint.keepLast;
        const auto newer = std::distance(there.upper_bound(step), there.end());
        const auto every = config.checkpoint.keepEvery;
        return last && newer >= *last && !(every && step % *every == 0);
    }

    const TrackedRun& run_;
    net::S3Url place_;
    std::optional<net::S3Client> client_;
    std::set<fs::path> seen_;
    std::vector<std::string> wanted_;  // files and folders of the run, in order
    std::chrono::steady_clock::time_point logSent_{}, nextTry_{};
    bool told_ = false;
};

}  // namespace

std::unique_ptr<Sink> makeS3Sink(const TrackedRun& run) {
    return std::make_unique<S3Sink>(run);
}

}  // namespace atelier::tracking
