// SPDX-License-Identifier: GPL-3.0-or-later
// The events of a run or a dataset build as typed values, and their form as one line of JSON (FORMAT.md).
// Written by the engine (event_log.h), folded by RunState (run_state.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"

namespace atelier::run {

// First event of every start. `resumedFrom`: the checkpoint's folder relative to the run
// ("checkpoints/step-00001000"), or "" for a fresh start; resumedStep belongs to it. `overrides`: key=value
// given on continuing.
struct RunStarted {
    std::string engine;      // program and version: "atelier-engine 0.1.0"
    std::string configHash;  // of the resolved configuration, 16 hex digits
    std::string host;
    std::int64_t pid = 0;
    std::string device;  // "cpu", "cuda:0 NVIDIA H100", …
    int worldSize = 1;
    std::string resumedFrom;
    std::int64_t resumedStep = 0;
    std::vector<std::string> overrides;
};

// What is being done now. Training: load, cache, train, sample, checkpoint, validate, paused, stopping.
// Dataset build: scan, probe, plan, write, verify, manifest.
struct Phase {
    std::string name;
};

// State of the whole and of the phase; also the heartbeat: at least every 5 s. Counts that do not apply stay
// 0.
struct Progress {
    std::int64_t step = 0;  // optimizer updates
    std::int64_t totalSteps = 0;
    std::int64_t images = 0;  // trained on so far, over all ranks; builds: pictures done
    std::int64_t totalImages = 0;
    double imagesPerSecond = 0;
    double etaSeconds = -1;  // of the whole; < 0 = not known yet
    std::int64_t done = 0;   // of the phase, in its own unit (latents cached, files verified)
    std::int64_t total = 0;  // 0 = not known or not counted
    std::int64_t bytes = 0;  // moved in this phase; 0 where bytes say nothing
};

struct Metric {
    std::int64_t step = 0;
    std::int64_t images = 0;
    std::vector<std::pair<std::string, double>> values;  // "loss", "lr", "grad_norm", …; may be non-finite
};

// Pictures in `dir` (relative), described by its samples.json. `failed`: how many of `count` could not be
// made.
struct Sample {
    std::int64_t step = 0;
    std::string dir;
    int count = 0;
    int failed = 0;
};

// A complete, re-opened and verified checkpoint in `dir` (relative).
struct Checkpoint {
    std::int64_t step = 0;
    std::string dir;
    std::uint64_t bytes = 0;
    double seconds = 0;
};

// Bytes by component (weights, gradients, optimizer, ema, activations, …), and the peak so far.
struct Memory {
    std::vector<std::pair<std::string, std::uint64_t>> bytes;
    std::uint64_t peak = 0;
};

// Of the first device of this rank. Fractions 0…1, °C, bytes; nullopt = the device does not tell.
struct Device {
    std::optional<double> utilization;
    std::optional<double> temperature;
    std::optional<std::uint64_t> memory;
    std::optional<std::uint64_t> memoryTotal;
};

// Seconds per update, mean since the last timing event; their sum is the update's wall time.
struct Timing {
    double data = 0;
    double encode = 0;
    double train = 0;
    double rest = 0;
};

struct Warning {
    std::string code;  // stable, snake_case: "non_finite_loss"
    std::string text;  // a sentence
    std::string hint;
};

struct SampleDropped {
    std::string key;
    std::string shard;  // or the source file of a build
    std::string reason;
};

// A shard of a dataset build: written (verified = false, no SHA-256 yet), later read back equal (verified =
// true).
struct Shard {
    std::string name;
    std::uint64_t samples = 0;
    std::uint64_t bytes = 0;
    std::string sha256;
    bool verified = false;
};

enum class AckState { Taken, Done, Refused };

// Answer to the control request `id` (control.h); `text` says why it was refused.
struct Ack {
    std::string id;
    std::string request;
    AckState state = AckState::Taken;
    std::string text;
};

// What ended the run or a part of it: the Error of result.h.
struct ErrorRaised {
    std::string code;
    std::string what;
    std::string where;
    std::string hint;
};

enum class FinishReason { Completed, Stopped, Suspended, Failed };

// Last event of a start that ended in order (even if by an error).
struct RunFinished {
    FinishReason reason = FinishReason::Completed;
    std::int64_t step = 0;
    std::int64_t images = 0;
};

// A type this version does not know: kept whole, so that nothing is lost in passing it on.
struct UnknownEvent {
    std::string type;
    Json fields;
};

using EventBody =
    std::variant<RunStarted, Phase, Progress, Metric, Sample, Checkpoint, Memory, Device, Timing, Warning,
                 SampleDropped, Shard, Ack, ErrorRaised, RunFinished, UnknownEvent>;

struct Event {
    double time = 0;  // unix seconds
    EventBody body;
};

// The `type` of its line: "run_started", "phase", …
std::string_view eventTypeName(const EventBody& body);
std::string_view ackStateName(AckState state);           // taken | done | refused
std::string_view finishReasonName(FinishReason reason);  // completed | stopped | suspended | failed

// One line of events.jsonl without its newline. Non-finite numbers become strings; bad UTF-8 is replaced.
std::string eventToLine(const Event& event);
// The reverse. Missing fields and those of a wrong type take their defaults, unknown ones are ignored.
// Errors: Data for what is not a JSON object with `t` and `type`; Config for a line of a newer format (`v`)
// than ours.
Result<Event> eventFromLine(std::string_view line);

ErrorRaised errorEvent(const Error& error);

}  // namespace atelier::run
