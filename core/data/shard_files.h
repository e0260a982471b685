// SPDX-License-Identifier: GPL-3.0-or-later
// Random reads from many shards by few open files; compressed shards are unpacked once into the user's cache.
// Internal to DatasetIndex.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/data/byte_source.h"
#include "core/data/member_store.h"

namespace atelier::data {

class ShardFiles final : public MemberStore {
  public:
    explicit ShardFiles(std::vector<fs::path> paths);

    // Exactly `size` bytes; an Error names the file. Thread-safe.
    Result<std::string> read(std::uint32_t shard, std::uint64_t offset, std::uint64_t size) override;
    const std::vector<fs::path>& paths() const { return paths_; }

  private:
    using Shared = std::shared_ptr<const Descriptor>;
    Result<Shared> file(std::uint32_t shard);

    static constexpr std::size_t kOpenFiles = 256;  // far below the usual limit of 1024 per process
    std::vector<fs::path> paths_;
    std::mutex mutex_;
    std::vector<Shared> open_;
    std::list<std::uint32_t> recent_;  // of open files, latest first
    std::vector<std::list<std::uint32_t>::iterator> places_;
};

// The path itself, or for a compressed file that of its unpacked copy in ~/.cache/atelier/shards (named after
// path, size and time; made now if need be).
Result<fs::path> unpackedShard(const fs::path& path);

}  // namespace atelier::data
