// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/checkpoint.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "core/base/json.h"
#include "core/base/version.h"

namespace atelier::train {
namespace {

constexpr int kStateVersion = 1;
constexpr const char* kTensorFile = "optimizer.safetensors";

std::uint64_t folderBytes(const fs::path& folder) {
    std::uint64_t total = 0;
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(folder, error))
        if (entry.is_regular_file(error) && !entry.is_symlink(error)) total += entry.file_size(error);
    return total;
}

// What exact resume needs: the optimizer's tensors, "buffer." + name the task's.
NamedTensors stateOf(const Task& task, const Optimizer& optimizer) {
    auto state = optimizer.state();
    for (const auto& [name, tensor] : task.buffers()) state.emplace_back("buffer." + name, tensor);
    return state;
}

// Opens everything again: the state and the pipeline must be there byte for byte.
Status verify(const run::RunFolder& folder, std::int64_t step, Task& task, const Optimizer& optimizer) {
    ATELIER_TRY(const auto state, WeightSet::openFile(folder.stateDir(step) / kTensorFile));
    ATELIER_DO(compareTensors(stateOf(task, optimizer), state));
    return task.verifyPipeline(folder.pipelineDir(step),
                               optimizer.hasEma() ? optimizer.averages() : optimizer.masters());
}

Status writeAll(const run::RunFolder& folder, Task& task, Optimizer& optimizer, const Counters& counters,
                const Settings& settings) {
    const auto step = counters.step;
    ATELIER_DO(createDirectories(folder.stateDir(step)));
    ATELIER_DO(writeTensors(folder.stateDir(step) / kTensorFile, stateOf(task, optimizer)));
    Json state{{"version", kStateVersion},
               {"engine", kVersion},
               {"step", counters.step},
               {"images", counters.images},
               {"seed", settings.seed},
               {"batch_size", settings.batchSize},
               {"gradient_accumulation", settings.accumulation},
               {"dataset",
                {{"order", counters.dataset.order},
                 {"content", counters.dataset.content},
                 {"samples", counters.dataset.samples}}}};
    if (settings.streamShards)
        state["stream"] = {{"window", counters.stream.window}, {"first", counters.stream.first}};
    if (counters.end.step) state["finish_at"] = {{"step", *counters.end.step}};
    if (counters.end.images) state["finish_at"] = {{"images", *counters.end.images}};
    ATELIER_DO(writeFileAtomic(folder.stateFile(step), dumpJsonPretty(state)));

    const auto weights = optimizer.hasEma() ? optimizer.averages() : optimizer.masters();
    optimizer.useAverages();
    auto saved = task.savePipeline(folder.pipelineDir(step), weights);
    optimizer.useTrained();
    ATELIER_DO(saved);
    // open-diffusion's own `step` is the next pass, from 0.
    const Json metadata{{"step", settings.publicStep(counters.step) + (settings.byPasses ? 1 : 0)},
                        {"step_counts", settings.byPasses ? "passes" : "optimizer updates"},
                        {"images", counters.images}};
    ATELIER_DO(writeFileAtomic(folder.pipelineDir(step) / "metadata.json", dumpJsonPretty(metadata)));
    ATELIER_DO(verify(folder, step, task, optimizer));
    return writeFileAtomic(folder.doneMarker(step), "");
}

Status linkPipeline(const run::RunFolder& folder, std::int64_t step, std::int64_t publicStep) {
    const fs::path target = fs::path("checkpoints") / run::stepName(step) / "pipeline";
    ATELIER_DO(createDirectories(folder.root / "pipelines"));
    ATELIER_DO(replaceSymlink(fs::path("..") / target,
                              folder.root / "pipelines" / fmt::format("step_{}", publicStep)));
    return replaceSymlink(target, folder.currentPipeline());
}

Result<Counters> readCounters(const run::RunFolder& folder, std::int64_t step) {
    const fs::path file = folder.stateFile(step);
    ATELIER_TRY(const auto text, readFile(file));
    ATELIER_TRY(const auto json, parseJson(text, file.string()));
    try {
        if (json.value("version", 0) > kStateVersion)
            return fail(ErrorCode::Model, "it was written by a newer version of the engine", file.string(),
                        "Use that version, or a newer one.");
        Counters counters;
        counters.step = json.value("step", std::int64_t{-1});
        counters.images = json.value("images", std::int64_t{-1});
        if (const auto dataset = json.find("dataset"); dataset != json.end() && dataset->is_object())
            counters.dataset = {dataset->value("order", std::string()),
                                dataset->value("content", std::string()),
                                dataset->value("samples", std::uint64_t{0})};
        if (const auto end = json.find("finish_at"); end != json.end() && end->is_object()) {
            if (end->contains("step")) counters.end.step = end->at("step").get<std::int64_t>();
            if (end->contains("images")) counters.end.images = end->at("images").get<std::int64_t>();
        }
        if (const auto stream = json.find("stream"); stream != json.end() && stream->is_object())
            counters.stream = {stream->value("window", std::uint64_t{0}),
                               stream->value("first", std::uint64_t{0})};
        if (counters.step != step || counters.images < 0)
            return fail(ErrorCode::Model, "its counters make no sense", file.string());
        return counters;
    } catch (const nlohmann::json::exception& error) {  // another type than expected
        return fail(ErrorCode::Model, fmt::format("it is damaged: {}", error.what()), file.string());
    }
}

// Names that no longer lead anywhere, because their checkpoint is gone.
void removeDeadLinks(const fs::path& folder) {
    std::error_code error;
    std::vector<fs::path> dead;
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (entry.is_symlink(error) && !fs::exists(entry.path(), error)) dead.push_back(entry.path());
    for (const auto& link : dead) fs::remove(link, error);
}

}  // namespace

Result<CheckpointFacts> writeCheckpoint(const run::RunFolder& folder, Task& task, Optimizer& optimizer,
                                        const Counters& counters, const Settings& settings) {
    const auto start = std::chrono::steady_clock::now();
    const fs::path target = folder.checkpointDir(counters.step);
    std::error_code error;
    fs::remove_all(target, error);  // of a process that was killed while writing it
    auto written = writeAll(folder, task, optimizer, counters, settings);
    if (written) written = linkPipeline(folder, counters.step, settings.publicStep(counters.step));
    if (!written) {
        fs::remove(folder.doneMarker(counters.step), error);
        fs::remove_all(target, error);
        return tl::make_unexpected(std::move(written).error());
    }
    return CheckpointFacts{folderBytes(target),
                           std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()};
}

Result<std::optional<Counters>> newestCheckpoint(const run::RunFolder& folder,
                                                 const std::function<void(const Error&)>& problem) {
    auto steps = run::completeCheckpoints(folder);
    std::reverse(steps.begin(), steps.end());
    std::optional<Error> first;
    for (const auto step : steps) {
        const auto look = [&]() -> Result<Counters> {
            ATELIER_TRY(const auto counters, readCounters(folder, step));
            ATELIER_TRY(const auto tensors, WeightSet::openFile(folder.stateDir(step) / kTensorFile));
            return counters;
        };
        auto counters = look();
        if (counters) return std::optional<Counters>(*counters);
        if (!first) first = counters.error();
        if (problem) problem(counters.error());
    }
    if (first) return tl::make_unexpected(*first);
    return std::optional<Counters>();
}

Status loadCheckpoint(const run::RunFolder& folder, std::int64_t step, Task& task, Optimizer& optimizer) {
    const fs::path file = folder.stateDir(step) / kTensorFile;
    ATELIER_TRY(const auto state, readTensors(file));
    NamedTensors buffers;
    for (const auto& [name, tensor] : state)
        if (name.starts_with("buffer.")) buffers.emplace_back(name.substr(7), tensor);
    ATELIER_DO(assignTensors(task.buffers(), buffers, file.string()));
    return optimizer.load(state, file.string());
}

Status retireCheckpoints(const run::RunFolder& folder, std::optional<std::int64_t> keepLast,
                         std::optional<std::int64_t> keepEvery) {
    std::error_code error;
    const auto complete = run::completeCheckpoints(folder);
    std::vector<fs::path> doomed;
    for (const auto& entry : fs::directory_iterator(folder.checkpoints(), error)) {
        const auto step = run::stepOfName(entry.path().filename().string());
        if (!step) continue;
        const auto place = std::find(complete.begin(), complete.end(), *step);
        if (place == complete.end()) {
            doomed.push_back(entry.path());
            continue;
        }
        const auto newer = complete.end() - place;  // 1 = newest
        const bool kept = !keepLast || newer <= std::max<std::int64_t>(*keepLast, 1) ||
                          (keepEvery && *step % *keepEvery == 0) ||
                          fs::exists(entry.path() / "PINNED", error);
        if (!kept) doomed.push_back(entry.path());
    }
    for (const auto& path : doomed) {
        const auto step = *run::stepOfName(path.filename().string());
        fs::remove(folder.doneMarker(step), error);  // first: from here on it does not exist
        fs::remove_all(path, error);
        if (error)
            return fail(ErrorCode::Io, "an old checkpoint cannot be removed: " + error.message(),
                        path.string());
    }
    if (!doomed.empty()) removeDeadLinks(folder.root / "pipelines");
    return {};
}

Status linkFinal(const run::RunFolder& folder, std::int64_t step) {
    return replaceSymlink(fs::path("checkpoints") / run::stepName(step) / "pipeline", folder.root / "final");
}

}  // namespace atelier::train
