// SPDX-License-Identifier: GPL-3.0-or-later
// Where the bytes of samples lie: in shards, or loose in folders, tables and Parquet files. Internal to
// DatasetIndex.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"

namespace atelier::data {

class MemberStore {
  public:
    virtual ~MemberStore() = default;
    // The bytes that a TableMember of shard number `shard` stands for. Thread-safe; an Error names the file.
    virtual Result<std::string> read(std::uint32_t shard, std::uint64_t offset, std::uint64_t size) = 0;
};

}  // namespace atelier::data
