// SPDX-License-Identifier: GPL-3.0-or-later
// Lines of index.jsonl: where each member of a sample lies and what its bytes hash to (FORMAT.md).
// Written by ShardWriter, read by DatasetIndex and verify.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier::data {

struct IndexedMember {
    std::string extension;
    std::uint64_t offset = 0;  // of the data in the shard
    std::uint64_t size = 0;
    std::uint64_t xxh3 = 0;  // of the data
};

struct IndexedSample {
    std::string shard;  // file name
    std::string key;
    std::vector<IndexedMember> members;
};

// One line with its newline.
void appendIndexLine(std::string& out, const IndexedSample& sample);
// Without the newline. Accepts any JSON with these fields, quickly when it looks as appendIndexLine writes
// it.
Status parseIndexLine(std::string_view line, IndexedSample& sample);

// Calls `visit` for every line; its Error, or one with the line number, ends the reading.
Status readIndex(const fs::path& file, const std::function<Status(const IndexedSample&)>& visit);

}  // namespace atelier::data
