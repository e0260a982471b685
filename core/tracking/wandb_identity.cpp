// SPDX-License-Identifier: GPL-3.0-or-later
// Who a run is at W&B, and by which key it may write there.
#include <cstdlib>
#include <random>

#include "core/base/strings.h"
#include "core/net/http.h"
#include "core/net/netrc.h"
#include "core/tracking/wandb_log.h"

namespace atelier::tracking::wandb {
namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? std::string(trim(value)) : std::string();
}

// Eight of [0-9a-z], as W&B's client makes them.
std::string newRunId() {
    constexpr std::string_view kLetters = "0123456789abcdefghijklmnopqrstuvwxyz";
    std::random_device device;
    std::uniform_int_distribution<std::size_t> pick(0, kLetters.size() - 1);
    std::string id;
    for (int i = 0; i < 8; ++i) id += kLetters[pick(device)];
    return id;
}

Result<std::string> rememberedRunId(const run::RunFolder& folder) {
    Json note = readNote(folder);
    if (note.contains("run_id") && note["run_id"].is_string()) return note["run_id"].get<std::string>();
    auto id = newRunId();
    note["run_id"] = id;
    ATELIER_DO(writeNote(folder, note));
    return id;
}

fs::path notePath(const run::RunFolder& folder) {
    return folder.root / "tracking" / "wandb.json";
}

}  // namespace

Json readNote(const run::RunFolder& folder) {
    if (const auto text = readFile(notePath(folder), 1 << 16))
        if (auto json = parseJson(*text); json && json->is_object()) return std::move(*json);
    return Json::object();
}

Status writeNote(const run::RunFolder& folder, const Json& note) {
    return writeFileAtomic(notePath(folder), dumpJson(note));
}

Result<Identity> identityOf(const TrackedRun& run) {
    const auto& config = run.config.config;
    const WandbConfig settings = config.wandb.value_or(WandbConfig{});
    Identity identity;
    const auto choose = [](const std::optional<std::string>& given, const char* variable) {
        return given && !given->empty() ? *given : environment(variable);
    };
    identity.baseUrl = choose(settings.baseUrl, "WANDB_BASE_URL");
    if (identity.baseUrl.empty()) identity.baseUrl = "https://api.wandb.ai";
    while (identity.baseUrl.ends_with('/')) identity.baseUrl.pop_back();
    identity.entity = choose(settings.entity, "WANDB_ENTITY");
    identity.project = config.experiment.project;
    identity.group = choose(settings.group, "WANDB_RUN_GROUP");
    identity.notes = choose(settings.notes, "WANDB_NOTES");
    identity.tags = settings.tags;
    if (const auto tags = environment("WANDB_TAGS"); identity.tags.empty() && !tags.empty())
        identity.tags = split(tags, ',');
    identity.name = config.experiment.name;
    identity.runId = choose(settings.runId, "WANDB_RUN_ID");
    if (identity.runId.empty()) {
        ATELIER_TRY(identity.runId, rememberedRunId(run.folder));
    }
    return identity;
}

std::string apiKeyOf(const TrackedRun& run, const std::string& baseUrl) {
    if (auto key = environment("WANDB_API_KEY"); !key.empty()) return key;
    if (!run.wandbKey.empty()) return run.wandbKey;
    return net::netrcPassword(net::hostOf(baseUrl));
}

}  // namespace atelier::tracking::wandb
