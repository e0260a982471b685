// SPDX-License-Identifier: GPL-3.0-or-later
// A dataset as a folder: dataset.yaml (sources and options), edits.jsonl, and one folder per built version
// (v1, v2, …). Used by the dataset verb and the studio.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/data/build.h"

namespace atelier::data {

// dataset.yaml: `version: 1`, `name`, `sources: [path, …]` (relative to the folder, ~ expanded), `build: {…}`
// with the options of `dataset build` under their long names (shard_size, resize, format, …).
struct DatasetFolder {
    fs::path folder;
    std::string name;
    std::vector<std::string> sources;  // as written
    BuildOptions options;

    std::vector<fs::path> sourcePaths() const;
    fs::path editsPath() const { return folder / "edits.jsonl"; }
};

bool isDatasetFolder(const fs::path& path);
// Errors (Data): no dataset.yaml, wrong types, unknown keys (with the nearest name), a newer version.
Result<DatasetFolder> readDatasetFolder(const fs::path& folder);
// Creates the folder and (re)writes dataset.yaml.
Status writeDatasetFolder(const DatasetFolder& dataset);

// Built versions, v1 first; a folder counts only with its manifest.
std::vector<int> builtVersions(const fs::path& folder);
int nextVersion(const fs::path& folder);

}  // namespace atelier::data
