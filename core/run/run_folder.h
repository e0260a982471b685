// SPDX-License-Identifier: GPL-3.0-or-later
// Every name inside a run folder, once (DESIGN §5; bytes in FORMAT.md). Used by the engine, the dataset
// build, export and the studio; nobody else spells these names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier::run {

// Version of the run folder's layout and of the events; the `v` of every line.
inline constexpr int kFormatVersion = 1;

// "step-00001000": eight digits, more where the number needs them.
std::string stepName(std::int64_t step);
// The reverse; nullopt for any other name.
std::optional<std::int64_t> stepOfName(std::string_view name);

// Paths only: nothing here touches the disk.
struct RunFolder {
    fs::path root;

    fs::path config() const { return root / "config.yaml"; }
    fs::path events() const { return root / "events.jsonl"; }
    fs::path lock() const { return root / "LOCK"; }
    fs::path control() const { return root / "control"; }
    fs::path logs() const { return root / "logs"; }
    fs::path rankLog(int rank) const;                             // logs/rank-N.log
    fs::path engineLog() const { return logs() / "engine.log"; }  // stdout + stderr of a started engine
    fs::path samples() const { return root / "samples"; }
    fs::path sampleDir(std::int64_t step) const { return samples() / stepName(step); }
    fs::path sampleList(std::int64_t step) const { return sampleDir(step) / "samples.json"; }
    fs::path checkpoints() const { return root / "checkpoints"; }
    fs::path checkpointDir(std::int64_t step) const { return checkpoints() / stepName(step); }
    fs::path pipelineDir(std::int64_t step) const { return checkpointDir(step) / "pipeline"; }
    fs::path stateDir(std::int64_t step) const { return checkpointDir(step) / "state"; }
    fs::path stateFile(std::int64_t step) const { return stateDir(step) / "state.json"; }
    fs::path doneMarker(std::int64_t step) const { return checkpointDir(step) / "DONE"; }
    fs::path currentPipeline() const { return root / "current_pipeline"; }  // relative symlink
    fs::path jobScript() const { return root / "job.sbatch"; }
    fs::path jobFacts() const { return root / "job.json"; }
    fs::path readme() const { return root / "README.txt"; }

    // A path of this folder as events name it: relative, with forward slashes.
    std::string relative(const fs::path& path) const;
};

// What a folder is, judged by its files alone; costs a few stat calls.
enum class FolderKind {
    Absent,    // no such folder
    Empty,     // a folder with nothing in it
    Foreign,   // has files, but not those of a run
    Exported,  // config.yaml and no events: `train DIR` starts it
    Started,   // has events.jsonl
};
FolderKind kindOfFolder(const fs::path& root);

// Makes root, control/, logs/, samples/ and checkpoints/; existing ones stay. Errors: Io.
Status createRunFolder(const RunFolder& folder);

// A new run's folder with its frozen configuration; what an engine, a person or a batch script then starts
// with `train DIR`. Errors: Usage (the folder has files already), Io.
Status prepareRun(const RunFolder& folder, std::string_view configYaml);
// `name`, or the first of name-2, name-3, … that is free in `logDir`.
std::string freeRunName(const fs::path& logDir, std::string_view name);

// Steps of the checkpoints that carry DONE, ascending. Empty when there are none or the folder is absent.
std::vector<std::int64_t> completeCheckpoints(const RunFolder& folder);

}  // namespace atelier::run
