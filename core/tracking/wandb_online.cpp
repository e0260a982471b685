// SPDX-License-Identifier: GPL-3.0-or-later
// A run at a W&B server while it goes on. What the server has is asked at each start, so a resumed run
// continues there without anything remembered here.
#include <fmt/format.h>

#include "core/run/control.h"
#include "core/tracking/wandb_client.h"

namespace atelier::tracking {
namespace {

namespace wb = wandb;

constexpr auto kHeartbeat = std::chrono::seconds(30);
constexpr std::size_t kMaxRequest = std::size_t{5} << 20;  // half of what the server takes

class WandbOnlineSink final : public Sink {
  public:
    explicit WandbOnlineSink(const TrackedRun& run) : run_(run), log_(run.folder) {}

    std::chrono::milliseconds period() const override {
        return std::chrono::seconds(run_.config.config.tracking.uploadEvery);
    }

    Status take(const run::Event& event) override {
        log_.take(event);
        if (!client_ && log_.started()) return begin();
        return {};
    }

    Status flush() override { return send(false); }

    Status finish(Ending ending) override {
        if (!client_) return {};
        ATELIER_DO(send(true));
        const Json summary = log_.summary();
        ATELIER_DO(store({{"wandb-summary.json", {dumpJson(summary), {}, 0, 0}}}));
        // Left open, W&B calls the run crashed after some minutes of silence, which is what it is.
        if (ending == Ending::Unknown) return {};
        const bool good = ending == Ending::Completed || ending == Ending::Stopped;
        Json body{{"complete", true}, {"exitcode", good ? 0 : 1}};
        if (ending == Ending::Suspended) body["preempting"] = true;
        return client_->stream(body).map([](const auto&) {});
    }

  private:
    Status begin() {
        ATELIER_TRY(auto identity, wb::identityOf(run_));
        const auto key = wb::apiKeyOf(run_, identity.baseUrl);
        if (key.empty())
            return fail(ErrorCode::Config, "there is no key for W&B", identity.baseUrl,
                        "Set WANDB_API_KEY, or set wandb.mode to offline and send it by `wandb sync`.");
        wb::Client client(std::move(identity), key, run_);
        ATELIER_TRY(const auto known, client.resumeStatus());
        const Json config = wb::configOf(run_.config, log_.startTime());
        ATELIER_DO(client.upsert(config, log_.started()->host));
        client_.emplace(std::move(client));
        if (known) {
            lines_ = *known;
            log_.skip({known->lastStep, known->systemLines, known->consoleLines});
        }
        return store({{"config.yaml", {wb::configYaml(config), {}, 0, 0}},
                      {"wandb-metadata.json",
                       {dumpJson(wb::metadataOf(*log_.started(), log_.startTime())), {}, 0, 0}}});
    }

    Status send(bool all) {
        if (!client_) return {};
        auto batch = log_.takeBatch(all);
        std::vector<wb::Client::File> pictures;
        for (const auto& media : batch.media)
            pictures.push_back({media.name, {"", media.file, 0, media.size}});
        ATELIER_DO(store(pictures));
        Json files = Json::object();
        std::size_t bytes = 0;
        const auto add = [&](const char* file, std::size_t& offset, std::string line) -> Status {
            if (bytes > 0 && bytes + line.size() > kMaxRequest) {
                ATELIER_DO(stream(std::exchange(files, Json::object())));
                bytes = 0;
            }
            Json& entry = files[file];
            if (entry.is_null()) entry = {{"offset", offset}, {"content", Json::array()}};
            bytes += line.size();
            entry["content"].push_back(std::move(line));
            ++offset;
            return {};
        };
        for (const auto& line : batch.history)
            ATELIER_DO(add("wandb-history.jsonl", lines_.historyLines, dumpJson(line)));
        for (const auto& line : batch.system)
            ATELIER_DO(add("wandb-events.jsonl", lines_.systemLines, dumpJson(line)));
        for (const auto& line : batch.console)
            ATELIER_DO(
                add("output.log", lines_.consoleLines, wb::isoTime(line.time) + " " + line.text + "\n"));
        if (!batch.history.empty()) {
            std::size_t start = 0;
            ATELIER_DO(add("wandb-summary.json", start, dumpJson(log_.summary())));
        }
        if (files.empty() && uploaded_.empty() && std::chrono::steady_clock::now() - lastSent_ < kHeartbeat)
            return {};
        return stream(std::move(files));
    }

    Status stream(Json files) {
        Json body = Json::object();
        if (!files.empty()) body["files"] = std::move(files);
        if (!uploaded_.empty()) body["uploaded"] = uploaded_;
        ATELIER_TRY(const auto reply, client_->stream(body));
        uploaded_.clear();
        lastSent_ = std::chrono::steady_clock::now();
        if (reply.stopAsked && !std::exchange(stopTold_, true) && !run_.ended()) {
            run::Request request;
            request.kind = run::RequestKind::Stop;
            ATELIER_TRY(const auto id, run::writeRequest(run_.folder, request));
            run_.warn({"tracking_stop", "The run is stopped, as asked for on its W&B page.", ""});
        }
        return {};
    }

    Status store(const std::vector<wb::Client::File>& files) {
        ATELIER_TRY(const auto arrived, client_->upload(files));
        uploaded_.insert(uploaded_.end(), arrived.begin(), arrived.end());
        return {};
    }

    const TrackedRun& run_;
    wb::Log log_;
    std::optional<wb::Client> client_;
    wb::ServerRun lines_;  // how many of each the server has
    std::vector<std::string> uploaded_;
    std::chrono::steady_clock::time_point lastSent_ = std::chrono::steady_clock::now();
    bool stopTold_ = false;
};

}  // namespace

std::unique_ptr<Sink> makeWandbOnlineSink(const TrackedRun& run) {
    return std::make_unique<WandbOnlineSink>(run);
}

}  // namespace atelier::tracking
