// SPDX-License-Identifier: GPL-3.0-or-later
// Writes samples as WebDataset shards: plain ustar tars 000000.tar, 000001.tar, …, plus index.jsonl. Same
// samples and limits in, same bytes out. Called by the build flow; FORMAT.md describes the bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/data/manifest.h"

namespace atelier::data {

// One file of a sample, borrowed for the duration of the call.
struct MemberView {
    std::string_view extension;  // without the leading dot: "jpg", "txt", "mask.png"
    std::string_view bytes;
};

struct ShardLimits {
    std::uint64_t bytes = 256'000'000;  // a shard closes before a sample that would push its data past this …
    std::uint64_t samples = 10'000;     // … or when it holds this many; a sample is never split
};

struct ShardWriterOptions {
    ShardLimits limits;
    // What decides the bytes (options + plan); a build is continued only under the same one. Empty: never
    // continued.
    std::string fingerprint;
};

// Shards appear under their names when they are complete (temporary name, rename). Until close() the folder
// holds no index.jsonl, and until writeManifest() no manifest.json: a killed build never looks finished.
class ShardWriter {
  public:
    // Starts in an empty or new folder; removes the leftovers of an unfinished build, refuses a finished
    // dataset.
    static Result<ShardWriter> create(const fs::path& folder, const ShardWriterOptions& options = {});
    // Goes on after a killed build: keeps its complete shards when the fingerprint matches (else starts
    // over). `samplesWritten()` then says how many samples of the plan are already on disk; add the rest.
    static Result<ShardWriter> resume(const fs::path& folder, const ShardWriterOptions& options);

    ShardWriter(ShardWriter&&) noexcept;
    ShardWriter& operator=(ShardWriter&&) noexcept;
    ~ShardWriter();  // without close(): complete shards stay for resume(), the open one is removed

    // Members are written in the given order as KEY.EXTENSION. Errors: empty key, key with a dot,
    // control characters, duplicate extension, the same key twice in a row, no space left, …
    Status add(std::string_view key, std::span<const MemberView> members);

    // Ends the open shard now, before a limit does.
    Status cut();

    // Ends the last shard, syncs all of them to disk, writes index.jsonl. Then verifyShards(), which reads
    // everything back and fills in the SHA-256 of each shard, and writeManifest().
    Result<ShardTotals> close();

    std::uint64_t samplesWritten() const;
    std::uint64_t bytesWritten() const;  // data of closed shards and of the open one
    std::uint64_t shardsClosed() const;

  private:
    struct State;
    explicit ShardWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace atelier::data
