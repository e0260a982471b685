// SPDX-License-Identifier: GPL-3.0-or-later
// Shards that lie elsewhere (s3://, gs://, http://, https://, pipe:) are brought into the user's cache before
// they are read, since random order needs random access. Here is only where they come to lie; `atelier-engine
// fetch` brings them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier::data {

// ~/.cache/atelier/shards, or below XDG_CACHE_HOME.
fs::path shardCache();

bool isRemoteShard(std::string_view url);
// Its copy: named after the address, so that two configurations share it.
fs::path remoteShardCopy(std::string_view url);
// Whether a path is such a copy.
bool isRemoteCopy(const fs::path& path);

// Remote parts of a specification. Errors: as expandShardSpec.
Result<std::vector<std::string>> remoteShardsOf(std::string_view spec);

}  // namespace atelier::data
