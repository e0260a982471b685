// SPDX-License-Identifier: GPL-3.0-or-later
// Names of models on a hub ("org/name") and the cache on this machine that huggingface_hub shares with us.
// Never uses the network: core/net fills the cache; train, sample, inspect, convert and check look into it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier {

// "org/name" or "org/name@revision"; a revision is a branch, a tag, a commit or refs/pr/N.
struct HubId {
    std::string name;
    std::string revision = "main";

    std::string text() const;    // as it was written: without "@main"
    std::string folder() const;  // "models--org--name"
};

// Errors (Usage): characters or a form that no hub allows.
Result<HubId> parseHubId(std::string_view text);
// A commit is named by its 40 lower-case hex digits.
bool isCommit(std::string_view revision);

// What the environment says: HF_ENDPOINT; HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME;
// HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE, DIFFUSERS_OFFLINE.
struct HubSettings {
    std::string endpoint = "https://huggingface.co";
    fs::path home;   // ~/.cache/huggingface
    fs::path cache;  // <home>/hub
    bool offline = false;
};
HubSettings hubSettings();

// The commit that refs/<revision> names, or the revision itself when it is a commit.
std::optional<std::string> cachedCommit(const fs::path& cache, const HubId& id);

struct CachedModel {
    fs::path snapshot;                 // empty: nothing of this revision is there
    std::vector<std::string> missing;  // parts that a pipeline needs and the snapshot lacks
    bool complete() const { return !snapshot.empty() && missing.empty(); }
};
CachedModel findCachedModel(const fs::path& cache, const HubId& id);

// What a model folder lacks to be loaded, as names of files and parts; empty when nothing.
std::vector<std::string> missingParts(const fs::path& folder);

// Brings a model that is not in the cache; returns its folder.
using FetchModel = std::function<Result<fs::path>(const HubId& id)>;

// The one way from what a user wrote to a file or folder: what exists on disk is taken as it is; a name on a
// hub comes from the cache, else from `fetch` unless offline. Error (Model): neither, with what to do.
Result<fs::path> resolveModel(std::string_view text, const FetchModel& fetch = nullptr);
// True for what resolveModel would look for on a hub: not on disk, and of the form org/name.
bool namesHubModel(std::string_view text);

}  // namespace atelier
