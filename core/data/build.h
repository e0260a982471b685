// SPDX-License-Identifier: GPL-3.0-or-later
// The dataset build: scan → probe → plan → write shards + index → verify → manifest → audit. One call,
// readable in build.cpp. Called by `atelier-engine dataset build`; the studio starts that program and watches
// its events.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/data/plan.h"

namespace atelier::data {

struct BuildOptions {
    PlanOptions plan;
    int quality = 95;                         // of re-encoded JPEG and WebP
    std::uint64_t shardBytes = 256'000'000;   // a shard closes when it would exceed this …
    std::uint64_t shardSamples = 10'000;      // … or holds so many samples
    std::optional<std::uint64_t> shardCount;  // instead: this many shards of equal sample count (±1)
    CaptionPreference captionPreference = CaptionPreference::Txt;
    std::uint64_t maxPixels = 300'000'000;
    std::optional<std::uint64_t> shuffleSeed;  // order of samples in the shards; nullopt = by path
};

struct BuildRequest {
    std::vector<fs::path> sources;
    fs::path target;                // the version folder; must not hold a finished build
    std::optional<fs::path> edits;  // journal to overlay
    std::string name;               // of the dataset, for the manifest; "" = the target's name
    BuildOptions options;
    int threads = 0;  // 0 = one per core; the result is the same with any number
    // Bytes of pictures being worked on or waiting to be written; 0 = by what the machine has left. Fewer
    // cost time, never pictures.
    std::uint64_t memory = 0;
    bool restart = false;  // throw an unfinished build's work away instead of continuing it
};

// In this order; the names are those of the studio's build sheet.
enum class BuildPhase { Scan, Probe, Plan, Write, Verify, Manifest };
std::string_view buildPhaseName(BuildPhase phase);  // "scan"

struct BuildProgress {
    BuildPhase phase = BuildPhase::Scan;
    std::uint64_t done = 0;
    std::uint64_t total = 0;  // 0 = not known yet
    std::uint64_t bytes = 0;  // read (probe, verify) or written (write) in this phase
    double imagesPerSecond = 0;
    double etaSeconds = -1;  // of this phase; < 0 = not known yet
};

struct BuildSummary {
    fs::path target;
    std::uint64_t scanned = 0;  // pictures; kept + dropped = scanned
    std::uint64_t kept = 0;
    std::uint64_t dropped = 0;
    std::uint64_t reencoded = 0;
    std::uint64_t withoutCaption = 0;
    std::uint64_t shards = 0;
    std::uint64_t bytes = 0;
    double seconds = 0;
    std::vector<std::pair<DropReason, std::size_t>> byReason;
    std::vector<std::string> warnings;  // complete sentences
    std::string pattern;                // "…/v3/{000000..000007}.tar"
};

struct BuildHooks {
    const std::atomic<bool>* cancel = nullptr;  // looked at many times a second
    std::function<void(const BuildProgress&)>
        progress;  // about ten times a second, from any thread, one at a time
    std::function<void(const std::string&)> warning;
};

// Builds a version folder. While it works, everything lies next to the target in ".<name>.build":
// events.jsonl, control/, LOCK and the shards so far. At the end the target appears, whole, by one rename,
// with events.jsonl moved into it, and the work folder goes. A build that was killed, interrupted or stopped
// by an I/O error leaves the work folder once it has begun to write; the same call continues after its last
// complete shard when sources, edits and options are the same, and starts anew otherwise. A `stop` request in
// control/ and unusable data remove it. Errors: Data (nothing usable), Io (space, memory, permission),
// Cancelled, Usage (the target exists, or another build works on it).
Result<BuildSummary> buildDataset(const BuildRequest& request, const BuildHooks& hooks = {});

fs::path buildWorkFolder(const fs::path& target);

}  // namespace atelier::data
