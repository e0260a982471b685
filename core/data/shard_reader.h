// SPDX-License-Identifier: GPL-3.0-or-later
// Reads WebDataset shards, ours and anybody's (img2dataset, webdataset, GNU tar): sequentially, one sample
// after another. Plain, gzip, bzip2, xz and zstd tars; ustar, PAX, GNU and v7 headers. Grouping follows the
// Python webdataset reader: adjacent members with the same key (path up to the first dot of its last part)
// form a sample. Used by verify, list, stats, index scanning and the benchmark; training reads by index
// (sample_source.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier::data {

// One file of a sample inside a shard.
struct ShardMember {
    std::string extension;     // lower case, after the first dot: "jpg", "seg.png"
    std::uint64_t offset = 0;  // of the data in the (decompressed) tar
    std::uint64_t size = 0;
    std::string_view bytes;  // empty when the reader was opened with `data = false`
};

struct ShardSample {
    std::string key;
    std::vector<ShardMember> members;  // in the order of the tar

    // The first present of alternatives "jpg;png;jpeg;webp"; nullptr when there is none.
    const ShardMember* find(std::string_view alternatives) const;
};

class ByteSource;

struct ShardReaderOptions {
    bool data = true;             // false: headers only, data is skipped without reading
    bool skipDuplicates = false;  // true: a second member of one name is passed over; false: an Error
    std::uint64_t memberLimit = 1'000'000'000;  // a larger member is an error, not an allocation (with data)
};

class ShardReader {
  public:
    static Result<ShardReader> open(const fs::path& path, const ShardReaderOptions& options = {});
    // From bytes that come another way; `path` is for messages.
    ShardReader(std::unique_ptr<ByteSource> source, const fs::path& path,
                const ShardReaderOptions& options = {});
    ShardReader(ShardReader&&) noexcept;
    ShardReader& operator=(ShardReader&&) noexcept;
    ~ShardReader();

    // The next sample, nullptr at the end of the shard. Valid until the next call. An Error (torn tar, wrong
    // header checksum, two members with one name in a sample, …) ends the shard: what came before it was
    // good.
    Result<const ShardSample*> next();

    // Bytes of the (decompressed) tar consumed so far.
    std::uint64_t position() const;
    // True when the two zero blocks that end a tar were there; a tar cut exactly between members has none.
    bool sawEndOfArchive() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// "a/b.seg.PNG" → {"a/b", "seg.png"}; nothing for names that make no member (no dot, hidden, `__meta__/…`).
struct MemberName {
    std::string key;
    std::string extension;
};
std::optional<MemberName> splitMemberName(std::string_view path);

}  // namespace atelier::data
