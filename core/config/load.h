// SPDX-License-Identifier: GPL-3.0-or-later
// From a YAML file and key=value overrides to a checked TrainConfig, or to every problem at once.
// Called by the verbs of atelier-engine and, for texts in the editor, by the studio.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/result.h"
#include "core/config/issue.h"
#include "core/config/train_config.h"

namespace atelier {

// What the configuration is wanted for decides which values must be there.
enum class Purpose { Train, Replay };

struct ConfigLoadOptions {
    Purpose purpose = Purpose::Train;
    fs::path base;  // relative paths start here; empty: the file's folder (open-diffusion's form passes the
                    // working directory)
};

struct LoadedConfig {
    // Typed; interpolations resolved, paths absolute. A log folder in S3 has become the local one and
    // tracking.upload_to.
    TrainConfig config;
    Json resolved;  // every key with its value in schema order, defaults filled in, secrets left out
    std::vector<Issue> issues;  // warnings and notes; errors make loading fail
    std::string hash;           // 16 hex digits over `resolved`
};

// All findings, and the configuration as far as it could be read; `loaded` is good only when
// !hasErrors(issues).
struct CheckedConfig {
    LoadedConfig loaded;
    std::vector<Issue> issues;  // errors first, then by line
};

// The text of a configuration file. Errors: Usage (a folder, or not there), Io.
Result<std::string> readConfigFile(const fs::path& path);

// `overrides` are "key=value" as on the command line; a later one wins. Error: code Config, `what` = the
// first problem and how many more there are.
Result<LoadedConfig> loadTrainConfig(const fs::path& path, std::span<const std::string> overrides = {},
                                     const ConfigLoadOptions& options = {});

// The same without stopping at the first problem. `name` is used in messages; the text need not be on disk.
CheckedConfig checkTrainConfig(std::string_view text, const std::string& name,
                               std::span<const std::string> overrides = {},
                               const ConfigLoadOptions& options = {});

// `resolved` as the frozen file says it: each value reads back as it stands.
Json frozenTree(const LoadedConfig& loaded);
// The frozen config.yaml of a run folder: `resolved` as YAML with config_version on top, without secrets.
std::string frozenYaml(const LoadedConfig& loaded);

}  // namespace atelier
