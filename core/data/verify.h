// SPDX-License-Identifier: GPL-3.0-or-later
// Re-reads a built dataset: every byte against index.jsonl and the SHA-256 of the shards. Also what `dataset
// list` and `dataset stats` show, for any folder or shard pattern.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/data/manifest.h"

namespace atelier::data {

// Called a few times a second from one thread at a time; false cancels (ErrorCode::Cancelled).
struct ReadProgress {
    std::uint64_t bytes = 0, totalBytes = 0;
    std::uint64_t samples = 0, totalSamples = 0;
};
using ReadProgressFn = std::function<bool(const ReadProgress&)>;

struct DatasetProblem {
    std::string shard;  // file name
    std::string key;    // sample, when it concerns one
    std::string text;   // "its SHA-256 is … but the manifest says …"
};

struct VerifyReport {
    std::uint64_t shards = 0, samples = 0, members = 0, bytes = 0;  // read and found good or bad
    std::vector<DatasetProblem> problems;                           // the first kMaxProblems
    std::uint64_t problemCount = 0;
    static constexpr std::size_t kMaxProblems = 1000;
    bool ok() const { return problemCount == 0; }
};

// Verifies a folder with manifest.json.
Result<VerifyReport> verifyDataset(const fs::path& folder, const ReadProgressFn& progress = {},
                                   int threads = 1);
// The same before the manifest exists (build flow): shards and index against what the writer returned. Shards
// that read back as they were written get their SHA-256, which the manifest needs.
Result<VerifyReport> verifyShards(const fs::path& folder, ShardTotals& expected,
                                  const ReadProgressFn& progress = {}, int threads = 1);

struct ListedSample {
    std::string shard, key;
    std::vector<std::pair<std::string, std::uint64_t>> members;  // extension, bytes
};
// Calls `visit` for every sample in order; false ends the listing. `spec` as in DatasetIndex::open.
Status listDataset(const std::string& spec, const std::function<bool(const ListedSample&)>& visit,
                   std::vector<std::string>* problems = nullptr);

struct DatasetStats {
    std::uint64_t shards = 0, samples = 0, bytes = 0;
    struct Extension {
        std::uint64_t members = 0, bytes = 0, smallest = 0, largest = 0;
    };
    std::map<std::string, Extension> extensions;
    std::uint64_t withoutImage = 0, withoutCaption = 0, emptyCaptions = 0;
    std::uint64_t captionWords = 0, captionCharacters = 0,
                  longestCaption = 0;  // totals; longest in characters
    std::map<std::string, std::uint64_t>
        sizes;  // "512x512" → pictures, from json width/height (original_* if absent)
    std::vector<std::string> problems;
};
// Reads captions and metadata, not the pictures.
Result<DatasetStats> statsDataset(const std::string& spec, const ReadProgressFn& progress = {});

}  // namespace atelier::data
