// SPDX-License-Identifier: GPL-3.0-or-later
// The fold of run_state.h: one function per event type.
#include "core/run/run_state.h"

#include <algorithm>

namespace atelier::run {
namespace {

// Keeps a list sorted by step with one entry per step.
template <class Record, class Step>
void putByStep(std::vector<Record>& records, Record record, Step step) {
    const auto at =
        std::lower_bound(records.begin(), records.end(), step(record),
                         [&](const Record& have, std::int64_t wanted) { return step(have) < wanted; });
    if (at != records.end() && step(*at) == step(record))
        *at = std::move(record);
    else
        records.insert(at, std::move(record));
}

std::int64_t stepOf(const SampleRecord& record) {
    return record.sample.step;
}
std::int64_t stepOf(const CheckpointRecord& record) {
    return record.checkpoint.step;
}

// Drops the rows of steps that are going to be trained again, and renumbers the others.
void forgetRowsAfter(RunState& state, std::int64_t step) {
    constexpr std::uint32_t gone = ~std::uint32_t{0};
    MetricAxis& axis = state.axis;
    std::vector<std::uint32_t> renumbered(axis.size(), gone);
    std::uint32_t kept = 0;
    for (std::size_t i = 0; i < axis.size(); ++i) {
        if (axis.step[i] > step) continue;
        axis.step[kept] = axis.step[i];
        axis.images[kept] = axis.images[i];
        axis.time[kept] = axis.time[i];
        renumbered[i] = kept++;
    }
    if (kept == axis.size()) return;
    axis.step.resize(kept);
    axis.images.resize(kept);
    axis.time.resize(kept);
    for (MetricSeries& series : state.series) {
        std::size_t points = 0;
        for (std::size_t k = 0; k < series.size(); ++k) {
            if (renumbered[series.row[k]] == gone) continue;
            series.row[points] = renumbered[series.row[k]];
            series.value[points++] = series.value[k];
        }
        series.row.resize(points);
        series.value.resize(points);
        if (points == 0)
            state.latestValues.erase(series.name);
        else
            state.latestValues[series.name] = series.value.back();
    }
}

struct Folder {
    RunState& state;
    double time;

    void operator()(const RunStarted& e) {
        const bool fresh = e.resumedFrom.empty();
        const std::int64_t from = fresh ? -1 : e.resumedStep;
        state.attempts.push_back({time, e});
        state.phase.clear();
        state.phaseTime = time;
        state.finished.reset();
        state.finishedTime = 0;
        state.stopTaken = false;
        state.errors.clear();
        state.progress.step = std::max<std::int64_t>(from, 0);
        state.progress.done = state.progress.total = state.progress.bytes = 0;
        state.progress.etaSeconds = -1;
        state.progress.imagesPerSecond = 0;
        if (fresh) state.progress.images = 0;
        forgetRowsAfter(state, from);
        std::erase_if(state.samples, [&](const SampleRecord& record) { return stepOf(record) > from; });
        for (auto& record : state.checkpoints) record.superseded = record.superseded || stepOf(record) > from;
    }
    void operator()(const Phase& e) {
        state.phase = e.name;
        state.phaseTime = time;
        state.progress.done = state.progress.total = state.progress.bytes = 0;
    }
    void operator()(const Progress& e) {
        state.progressTime = time;
        // A bare heartbeat, before there is anything to count: what is known stays.
        if (e.images == 0 && e.totalImages == 0 && e.done == 0 && e.total == 0 &&
            e.step == state.progress.step)
            return;
        state.progress = e;
    }
    void operator()(const Metric& e) {
        if (state.keepSeries) {
            state.axis.step.push_back(e.step);
            state.axis.images.push_back(e.images);
            state.axis.time.push_back(time);
        }
        for (std::size_t i = 0; i < e.values.size(); ++i) {
            const auto& [name, value] = e.values[i];
            const auto have = state.latestValues.find(name);
            if (have != state.latestValues.end())
                have->second = value;
            else
                state.latestValues.emplace(name, value);
            if (!state.keepSeries) continue;
            // The engine writes the same names in the same order: the i-th value is nearly always the i-th
            // series.
            std::size_t at = i < state.series.size() && state.series[i].name == name ? i : find(name);
            if (at == state.series.size()) state.series.push_back({name, {}, {}});
            state.series[at].row.push_back(std::uint32_t(state.axis.size() - 1));
            state.series[at].value.push_back(value);
        }
    }
    void operator()(const Sample& e) {
        putByStep(state.samples, SampleRecord{time, e},
                  [](const SampleRecord& record) { return stepOf(record); });
    }
    void operator()(const Checkpoint& e) {
        putByStep(state.checkpoints, CheckpointRecord{time, e, false},
                  [](const CheckpointRecord& record) { return stepOf(record); });
    }
    void operator()(const Memory& e) { state.memory = e; }
    void operator()(const Device& e) { state.device = e; }
    void operator()(const Timing& e) { state.timing = e; }
    void operator()(const Warning& e) {
        if (state.warningCount++ < RunState::kKeptRecords)
            state.warnings.push_back({time, state.progress.step, e});
    }
    void operator()(const SampleDropped& e) {
        if (state.droppedCount++ < RunState::kKeptRecords) state.dropped.push_back(e);
    }
    void operator()(const Shard& e) {
        // Shards are written and verified in order, so the one meant is near the end or the next.
        const auto at = std::find_if(state.shards.rbegin(), state.shards.rend(),
                                     [&](const Shard& have) { return have.name == e.name; });
        if (at != state.shards.rend())
            *at = e;
        else
            state.shards.push_back(e);
    }
    void operator()(const Ack& e) {
        AckRecord& record = state.acks[e.id];
        record.request = e.request;
        record.state = e.state;
        record.text = e.text;
        (e.state == AckState::Taken ? record.takenTime : record.doneTime) = time;
        if (e.request == "stop" && e.state != AckState::Refused) state.stopTaken = true;
    }
    void operator()(const ErrorRaised& e) {
        if (state.errors.size() < RunState::kKeptRecords)
            state.errors.push_back({time, state.progress.step, e});
    }
    void operator()(const RunFinished& e) {
        state.finished = e;
        state.finishedTime = time;
        state.progress.step = e.step;
        state.progress.images = e.images;
    }
    void operator()(const UnknownEvent& e) { ++state.unknown[e.type]; }

    std::size_t find(std::string_view name) const {
        std::size_t i = 0;
        while (i < state.series.size() && state.series[i].name != name) ++i;
        return i;
    }
};

}  // namespace

void RunState::apply(const Event& event) {
    if (events++ == 0) firstTime = event.time;
    lastTime = std::max(lastTime, event.time);
    std::visit(Folder{*this, event.time}, event.body);
}

const MetricSeries* RunState::findSeries(std::string_view name) const {
    for (const auto& candidate : series)
        if (candidate.name == name) return &candidate;
    return nullptr;
}

std::optional<double> RunState::latest(std::string_view name) const {
    const auto it = latestValues.find(name);
    return it == latestValues.end() ? std::nullopt : std::optional(it->second);
}

std::string_view statusName(RunStatus status) {
    switch (status) {
        case RunStatus::NotStarted:
            return "not_started";
        case RunStatus::Preparing:
            return "preparing";
        case RunStatus::Running:
            return "running";
        case RunStatus::Paused:
            return "paused";
        case RunStatus::Stopping:
            return "stopping";
        case RunStatus::Suspended:
            return "suspended";
        case RunStatus::NotHeardFrom:
            return "not_heard_from";
        case RunStatus::Finished:
            return "finished";
        case RunStatus::Stopped:
            return "stopped";
        case RunStatus::Failed:
            break;
    }
    return "failed";
}

bool isActive(RunStatus status) {
    switch (status) {
        case RunStatus::Preparing:
        case RunStatus::Running:
        case RunStatus::Paused:
        case RunStatus::Stopping:
        case RunStatus::NotHeardFrom:
            return true;
        default:
            return false;
    }
}

RunStatus statusOf(const RunState& state, const LiveFacts& facts) {
    if (state.events == 0)
        return facts.processAlive.value_or(false) ? RunStatus::Preparing : RunStatus::NotStarted;
    if (state.finished) {
        switch (state.finished->reason) {
            case FinishReason::Completed:
                return RunStatus::Finished;
            case FinishReason::Stopped:
                return RunStatus::Stopped;
            case FinishReason::Suspended:
                return RunStatus::Suspended;
            case FinishReason::Failed:
                return RunStatus::Failed;
        }
    }
    if (facts.processAlive == false) return RunStatus::Failed;
    if (facts.now - state.lastTime > facts.heartbeatLimitSeconds) return RunStatus::NotHeardFrom;
    if (state.stopTaken || state.phase == "stopping") return RunStatus::Stopping;
    if (state.phase == "paused") return RunStatus::Paused;
    if (state.phase.empty() || state.phase == "load" || state.phase == "cache" ||
        state.phase == "class_images")
        return RunStatus::Preparing;
    return RunStatus::Running;
}

}  // namespace atelier::run
