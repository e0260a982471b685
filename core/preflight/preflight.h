// SPDX-License-Identifier: GPL-3.0-or-later
// What a configuration needs on disk, looked at before a run: shards, models, files, the run's folder.
// Torch-free; `atelier-engine check` and the studio print the same issues.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/config/issue.h"
#include "core/config/train_config.h"
#include "core/weights/hub_cache.h"

namespace atelier {

// All of the checks below. Paths in `config` are absolute (loadTrainConfig). Reads directories, sizes and
// manifests, no data: quick even with thousands of shards.
std::vector<Issue> checkFiles(const TrainConfig& config);

// Shards that do not exist, cannot be read or differ in size from their manifest; an unfinished build;
// filters that are no comparisons. Issues carry dataset.params.* paths.
std::vector<Issue> checkDatasetFiles(const std::string& shards,
                                     const std::map<std::string, std::string>& filters = {});
// The same for folders, tables and Parquet files.
std::vector<Issue> checkLooseSources(const TrainConfig& config);

// Networks that do not go together (text of another width, latents of other channels, CLIP's parameters
// beside T5's tokenizer), or whose configuration is refused: from config.json and parameters, no weights.
// What is not on this computer is not looked at.
std::vector<Issue> checkModelParts(const TrainConfig& config);

// Names of models on a hub that are not in the cache: a warning, since training downloads them; an error when
// offline mode is on. No network.
std::vector<Issue> checkHubModels(const TrainConfig& config);
// Puts the folder in the place of every name on a hub, from the cache or else by `fetch`. The written
// configuration keeps the names. Error (Model): the first that neither has.
Status resolveModels(TrainConfig& config, const FetchModel& fetch);

// "5 to 7 and 9" for {5, 6, 7, 9}; more than `limit` runs end in "and N more".
std::string describeNumbers(const std::vector<std::size_t>& numbers, std::size_t limit = 6);

}  // namespace atelier
