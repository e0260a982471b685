// SPDX-License-Identifier: GPL-3.0-or-later
// What a run is, folded from its events alone: a pure function, no clock, no disk. Status is never stored; it
// follows from the state, the time and what is known of the process. The studio's models read this.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/run/event.h"

namespace atelier::run {

// The x axes shared by all series: row i is the i-th metric event. Times are unix seconds.
struct MetricAxis {
    std::vector<std::int64_t> step;
    std::vector<std::int64_t> images;
    std::vector<double> time;
    std::size_t size() const { return step.size(); }
};

// Values of one name. Point k has x = axis.step[row[k]] (or images, time) and y = value[k]; rows ascend.
struct MetricSeries {
    std::string name;
    std::vector<std::uint32_t> row;
    std::vector<double> value;
    std::size_t size() const { return value.size(); }
};

// One start of the engine in this folder.
struct Attempt {
    double time = 0;
    RunStarted started;
};

struct SampleRecord {
    double time = 0;
    Sample sample;
};

struct CheckpointRecord {
    double time = 0;
    Checkpoint checkpoint;
    bool superseded = false;  // of a later part that a resume from an earlier step left behind
};

// The life of one control request as the events tell it.
struct AckRecord {
    std::string request;
    AckState state = AckState::Taken;
    std::string text;
    double takenTime = 0;  // 0 = not yet
    double doneTime = 0;   // done or refused
};

struct WarningRecord {
    double time = 0;
    std::int64_t step = 0;
    Warning warning;
};

struct ErrorRecord {
    double time = 0;
    std::int64_t step = 0;
    ErrorRaised error;
};

struct RunState {
    std::uint64_t events = 0;  // folded so far
    double firstTime = 0;      // of the first event ever
    double lastTime = 0;       // latest event: the heartbeat
    std::vector<Attempt> attempts;

    std::string phase;  // "" before the first
    double phaseTime = 0;
    Progress progress;
    double progressTime = 0;

    bool keepSeries = true;  // false: only the latest values; for readers with a store of their own
    MetricAxis axis;
    std::vector<MetricSeries> series;  // in order of appearance
    std::map<std::string, double, std::less<>> latestValues;

    std::vector<SampleRecord> samples;          // by step, one per step (the latest)
    std::vector<CheckpointRecord> checkpoints;  // by step, one per step (the latest)
    std::optional<Memory> memory;
    std::optional<Device> device;
    std::optional<Timing> timing;
    std::vector<Shard> shards;  // of a dataset build, by first appearance

    std::vector<WarningRecord> warnings;    // the first kKeptRecords …
    std::uint64_t warningCount = 0;         // … of so many
    std::vector<SampleDropped> dropped;     // the first kKeptRecords …
    std::uint64_t droppedCount = 0;         // … of so many
    std::vector<ErrorRecord> errors;        // of the present attempt
    std::map<std::string, AckRecord> acks;  // by request id
    bool stopTaken = false;                 // a stop request of this attempt was taken

    std::optional<RunFinished> finished;  // of the present attempt
    double finishedTime = 0;
    std::map<std::string, std::uint64_t> unknown;  // types that this version does not know → count

    static constexpr std::size_t kKeptRecords = 10'000;

    // Folds one more event. A resume forgets metrics and samples after the step it resumes from: they are
    // made again.
    void apply(const Event& event);

    const MetricSeries* findSeries(std::string_view name) const;
    // Latest value of a series; nullopt when there is none.
    std::optional<double> latest(std::string_view name) const;
};

enum class RunStatus {
    NotStarted,  // no events yet: exported, or the process is still starting
    Preparing,   // started, not yet training (load, cache)
    Running,
    Paused,
    Stopping,      // a stop was taken
    Suspended,     // checkpointed on a signal; continues when started again
    NotHeardFrom,  // no heartbeat for longer than the limit, process unknown
    Finished,
    Stopped,  // on request
    Failed,   // ended by an error, or the process is gone without a word
};
std::string_view statusName(RunStatus status);  // "not_heard_from"
// True for the states in which an engine is, or may be, at work.
bool isActive(RunStatus status);

// What is known beside the events.
struct LiveFacts {
    double now = 0;  // unix seconds
    std::optional<bool>
        processAlive;  // from LOCK or the process table; nullopt = cannot be told (another host)
    double heartbeatLimitSeconds = 180;  // silence after which a run counts as not heard from
};
RunStatus statusOf(const RunState& state, const LiveFacts& facts);

}  // namespace atelier::run
