// SPDX-License-Identifier: GPL-3.0-or-later
// From what a config says (`dataset.params.path`) to files: brace patterns, `::` lists, ${NAME}, ~, folders.
// Used by DatasetIndex and by the checks before a run.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier::data {

// Bash-like, as Python's braceexpand: {000..012}, {8..11}, {0..8..2}, {a..c}, {a,b}, nested; `\` escapes;
// braces with neither ".." nor a comma stay. Errors: unbalanced braces, more than `limit` results.
Result<std::vector<std::string>> expandBraces(std::string_view pattern, std::size_t limit = 10'000'000);

// webdataset's notation: "::" separates lists, ${NAME} is the environment variable WDS_NAME, then braces.
Result<std::vector<std::string>> expandShardSpec(std::string_view spec);

// Files of a spec, not necessarily existing. `file:` and ~ are understood; relative paths start at
// `relativeTo` (empty: the working directory); a folder stands for the shards of its manifest, or for its
// *.tar files by name; s3://, gs://, http(s):// and pipe: for the place of their copy in the cache
// (remote_shards.h). Errors: other schemes and folders without shards.
Result<std::vector<fs::path>> resolveShards(std::string_view spec, const fs::path& relativeTo = {});

// "s3" of "s3://…", "pipe" of "pipe:…"; "" for files.
std::string_view schemeOf(std::string_view url);

// The shortest pattern for files of one folder: "dir/{000000..000007}.tar", or a comma list.
std::string shardPattern(const fs::path& folder, const std::vector<std::string>& names);

}  // namespace atelier::data
