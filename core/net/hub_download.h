// SPDX-License-Identifier: GPL-3.0-or-later
// A model from a hub into the shared cache, and from there into a folder of its own when one is wanted.
// Called by `atelier-engine download`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/net/file_choice.h"
#include "core/net/hub_client.h"
#include "core/weights/hub_cache.h"

namespace atelier::net {

struct DownloadProgress {
    std::string phase;          // "download", "copy"
    std::uint64_t done = 0;     // bytes that are there, those of earlier calls included
    std::uint64_t total = 0;    // 0: not known yet
    std::uint64_t fetched = 0;  // bytes that came over the network in this call
    std::string file;
};

struct DownloadOptions {
    FileWishes wishes;
    fs::path out;         // empty: the cache only
    bool verify = false;  // hash files again that are in the cache already
    RetryOptions retry;
    std::function<void(const DownloadProgress&)> onProgress;
    std::function<void(const std::string&)> onMessage;
    std::function<bool()> cancelled;
};

struct DownloadedModel {
    fs::path folder;  // `out`, or the snapshot in the cache
    std::string commit;
    std::size_t files = 0;
    std::uint64_t bytes = 0;    // of all files
    std::uint64_t fetched = 0;  // over the network
    std::size_t unchecked = 0;  // files for which the server gave no hash
};

// In offline mode: the cached model when it is whole. What came stays: a second call goes on from there. The
// revision's ref and `out` appear when everything is there and matches its hash. Errors: Usage, Model (see
// HubClient), Io, Cancelled.
Result<DownloadedModel> downloadModel(const HubId& id, const HubSettings& settings,
                                      const DownloadOptions& options);

}  // namespace atelier::net
