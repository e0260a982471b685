// SPDX-License-Identifier: GPL-3.0-or-later
// Where every sample of a dataset lies: from index.jsonl when Atelier built it, else by scanning tar headers
// once. About 100 bytes a sample in memory. Opened by the training loop, `check` and the studio.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier::data {

// How the samples are stored. Shards: tars in the WebDataset convention. The others (loose_samples.h) have a
// member "image" beside "txt" and "json".
enum class SourceKind { Shards, Parquet, Table, Folder };

// Which share of the samples: by a hash of the key, so that a sample stays on its side when others come.
enum class Split { All, Train, Validation };

struct DatasetOptions {
    std::string
        required;  // members a sample must have, comma-separated alternatives: "jpg;png;jpeg;webp,txt"
    std::map<std::string, std::string>
        filters;  // metadata filters: {"pwatermark": "<=0.5"} (metadata_filter.h)
    Split split = Split::All;
    double validationShare = 0;  // of the samples, 0 … 1
    fs::path relativeTo;         // base for relative paths; empty: working directory
    int threads = 2;             // for scanning
    bool tolerant = true;        // an unreadable shard is noted in problems(); false: an Error
    SourceKind kind = SourceKind::Shards;
    std::string imageColumn, captionColumn;  // of tables and Parquet files; empty: the usual names
    fs::path captionFolder,
        maskFolder;        // of folders: NAME.txt and NAME.png there; empty: beside the pictures
    bool classes = false;  // the class of each sample is wanted, as its member "cls"
};

class DatasetIndex {
  public:
    // `spec`: a folder with manifest.json (or with tars), a shard, a brace pattern, a `::` list
    // (shard_paths.h).
    static Result<std::shared_ptr<const DatasetIndex>> open(const std::string& spec,
                                                            const DatasetOptions& options = {});

    struct Member {
        std::uint64_t offset = 0;  // of the data in the shard
        std::uint64_t size = 0;
        std::string_view extension;
    };

    std::uint64_t size() const;  // samples that passed `required` and the filters
    std::uint64_t sizeUnfiltered() const;
    std::string_view key(std::uint64_t sample) const;
    std::uint32_t shardOf(std::uint64_t sample) const;
    const std::vector<fs::path>& shards() const;
    // [first, last) sample numbers of a shard, in the order of the tar.
    std::pair<std::uint64_t, std::uint64_t> samplesOfShard(std::uint32_t shard) const;
    std::vector<Member> members(std::uint64_t sample) const;
    // First present of alternatives "jpg;png"; nothing when the sample has none.
    std::optional<Member> find(std::uint64_t sample, std::string_view alternatives) const;
    // Bytes of a member; thread-safe. An Error names shard and key.
    Result<std::string> read(std::uint64_t sample, const Member& member) const;
    // 16 hex digits over keys and member sizes: equal when training would see the same samples in the same
    // order.
    const std::string& fingerprint() const;
    // 16 hex digits over the SHA-256 of every shard as the manifests give them: equal when the bytes are the
    // same, too. "" when a shard has no manifest beside it.
    const std::string& content() const;
    // Shards that could not be used, or only in part, and how many samples lack what is required; one
    // sentence each.
    const std::vector<std::string>& problems() const;

    ~DatasetIndex();

  private:
    struct State;
    explicit DatasetIndex(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace atelier::data
