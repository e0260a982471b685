// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/hub_cache.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "core/base/json.h"
#include "core/base/strings.h"

namespace atelier {
namespace {

constexpr std::uint64_t kMaxJson = std::uint64_t{64} << 20;

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? std::string(trim(value)) : std::string();
}

bool isSwitchedOn(const char* name) {
    const std::string value = toLowerAscii(environment(name));
    return value == "1" || value == "on" || value == "yes" || value == "true";
}

bool isNameCharacter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

bool isPartOfName(std::string_view part) {
    const auto edge = [](char c) { return c == '.' || c == '-'; };
    return !part.empty() && part.size() <= 96 && std::ranges::all_of(part, isNameCharacter) &&
           !edge(part.front()) && !edge(part.back()) && part.find("--") == part.npos &&
           part.find("..") == part.npos && !part.ends_with(".git");
}

// Safe below refs/: no empty, "." or ".." component.
bool isRevision(std::string_view text) {
    if (text.empty() || text.size() > 255) return false;
    for (const auto& part : split(text, '/'))
        if (part.empty() || part == "." || part == ".." ||
            std::ranges::any_of(part, [](char c) { return c <= ' ' || c == 0x7f || c == '\\'; }))
            return false;
    return true;
}

bool isThere(const fs::path& path) {
    std::error_code error;
    return fs::exists(path, error);  // follows links: one whose blob is gone is not there
}

bool isWeights(const fs::path& file) {
    return file.extension() == ".safetensors" || file.extension() == ".bin";
}

// Files that an index of shards names and the folder lacks.
void addMissingShards(const fs::path& index, const std::string& prefix, std::vector<std::string>& missing) {
    const auto text = readFile(index, kMaxJson);
    const auto json = text ? parseJson(*text) : Result<Json>(Json());
    if (!json || !json->is_object() || !json->contains("weight_map") || !(*json)["weight_map"].is_object())
        return;
    std::set<std::string> shards;
    for (const auto& [tensor, file] : (*json)["weight_map"].items())
        if (file.is_string()) shards.insert(file.get<std::string>());
    for (const auto& shard : shards)
        if (!isThere(index.parent_path() / shard)) missing.push_back(prefix + shard);
}

// One part: a folder with something in it; with a config.json, also weights, and all shards of an index.
void addMissingOf(const fs::path& folder, const std::string& name, std::vector<std::string>& missing) {
    bool anything = false, weights = false;
    std::vector<fs::path> indices;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        if (!isThere(entry.path())) continue;
        anything = true;
        weights = weights || isWeights(entry.path());
        const std::string file = entry.path().filename().string();
        if (file.find(".index.") != file.npos && file.ends_with(".json")) indices.push_back(entry.path());
    }
    const std::string prefix = name.empty() ? name : name + "/";
    if (!anything || (!weights && indices.empty() && isThere(folder / "config.json")))
        missing.push_back(!anything ? name : prefix + "*.safetensors");
    for (const auto& index : indices) addMissingShards(index, prefix, missing);
}

}  // namespace

std::string HubId::text() const {
    return revision == "main" ? name : name + "@" + revision;
}

std::string HubId::folder() const {
    std::string folder = "models--";
    for (char c : name) folder += c == '/' ? std::string("--") : std::string(1, c);
    return folder;
}

bool isCommit(std::string_view revision) {
    return revision.size() == 40 && std::ranges::all_of(revision, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

Result<HubId> parseHubId(std::string_view text) {
    HubId id;
    const auto at = text.find('@');
    id.name = std::string(text.substr(0, at));
    if (at != text.npos) id.revision = std::string(text.substr(at + 1));
    const auto parts = split(id.name, '/');
    if (parts.empty() || parts.size() > 2 || id.name.size() > 193 ||
        !std::ranges::all_of(parts, isPartOfName))
        return fail(ErrorCode::Usage, "\"" + id.name + "\" is no name of a model on a hub", "",
                    "Names look like org/name, of letters, digits, dots, dashes and underscores.");
    if (!isRevision(id.revision))
        return fail(ErrorCode::Usage, "\"" + id.revision + "\" is no revision", id.name,
                    "Give a branch, a tag or a commit.");
    return id;
}

HubSettings hubSettings() {
    HubSettings settings;
    if (std::string endpoint = environment("HF_ENDPOINT"); !endpoint.empty()) {
        while (endpoint.ends_with('/')) endpoint.pop_back();
        settings.endpoint = endpoint;
    }
    const std::string home = environment("HF_HOME"), xdg = environment("XDG_CACHE_HOME");
    settings.home = !home.empty()  ? expandUser(home)
                    : !xdg.empty() ? expandUser(xdg) / "huggingface"
                                   : expandUser("~/.cache/huggingface");
    settings.cache = settings.home / "hub";
    for (const char* name : {"HUGGINGFACE_HUB_CACHE", "HF_HUB_CACHE"})  // the later one is the newer name
        if (const std::string cache = environment(name); !cache.empty()) settings.cache = expandUser(cache);
    settings.offline = isSwitchedOn("HF_HUB_OFFLINE") || isSwitchedOn("TRANSFORMERS_OFFLINE") ||
                       isSwitchedOn("DIFFUSERS_OFFLINE");
    return settings;
}

std::optional<std::string> cachedCommit(const fs::path& cache, const HubId& id) {
    if (isCommit(id.revision)) return id.revision;
    const auto text = readFile(cache / id.folder() / "refs" / id.revision, 1024);
    if (!text) return std::nullopt;
    const std::string commit(trim(*text));
    return isCommit(commit) ? std::optional(commit) : std::nullopt;
}

std::vector<std::string> missingParts(const fs::path& folder) {
    // Parts that diffusers' pipelines can do without.
    static const std::set<std::string> kOptional{"safety_checker", "feature_extractor", "image_encoder"};
    std::vector<std::string> missing;
    const fs::path index = folder / "model_index.json";
    if (!isThere(index)) {
        if (isThere(folder / "config.json")) {
            addMissingOf(folder, "", missing);
            return missing;
        }
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(folder, error))
            if (isWeights(entry.path()) && isThere(entry.path())) return missing;
        missing.push_back("model_index.json");
        return missing;
    }
    const auto text = readFile(index, kMaxJson);
    const auto json = text ? parseJson(*text) : Result<Json>(Json());
    if (!json || !json->is_object()) return {"model_index.json"};
    for (const auto& [name, value] : json->items())
        if (!name.starts_with('_') && value.is_array() && value.size() == 2 && value[0].is_string() &&
            value[1].is_string() && !kOptional.contains(name))
            addMissingOf(folder / name, name, missing);
    return missing;
}

CachedModel findCachedModel(const fs::path& cache, const HubId& id) {
    CachedModel model;
    const auto commit = cachedCommit(cache, id);
    std::error_code error;
    if (!commit || !fs::is_directory(cache / id.folder() / "snapshots" / *commit, error)) return model;
    model.snapshot = cache / id.folder() / "snapshots" / *commit;
    model.missing = missingParts(model.snapshot);
    return model;
}

bool namesHubModel(std::string_view text) {
    if (text.empty() || text.starts_with('/') || text.starts_with('.') || text.starts_with('~')) return false;
    if (text.find('/') == text.npos) return false;  // a bare word is a folder that is not there
    return parseHubId(text).has_value() && !isThere(fs::path(text));
}

Result<fs::path> resolveModel(std::string_view text, const FetchModel& fetch) {
    const fs::path path = expandUser(text);
    if (isThere(path)) return path;
    if (!namesHubModel(text))
        return fail(ErrorCode::Model, "there is no such file or folder", std::string(text),
                    "Give a model on this machine, or the name of one on a hub (org/name).");
    ATELIER_TRY(const HubId id, parseHubId(text));
    const HubSettings settings = hubSettings();
    const CachedModel cached = findCachedModel(settings.cache, id);
    if (cached.complete()) return cached.snapshot;
    if (fetch && !settings.offline) return fetch(id);
    const std::string state = cached.snapshot.empty()
                                  ? "it is neither a folder here nor in the cache of downloaded models"
                                  : "the cache holds only a part of it (" + cached.missing.front() +
                                        (cached.missing.size() > 1 ? ", …" : "") + " is missing)";
    const std::string command = "\"atelier-engine download " + id.text() + "\"";
    return fail(ErrorCode::Model, state, id.text(),
                (settings.offline ? "Offline mode is on (HF_HUB_OFFLINE): switch it off and run " + command
                                  : "Run " + command) +
                    ", or copy the model into " + settings.cache.string() + ".");
}

}  // namespace atelier
