// SPDX-License-Identifier: GPL-3.0-or-later
// What a run's events are in W&B's terms: history lines by step, system lines, console text, media, summary
// and settings. Shared by the offline file and the online protocol, so that both say the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/run/event.h"
#include "core/run/run_folder.h"
#include "core/tracking/sink.h"

namespace atelier::tracking::wandb {

// Names and values of a run there. Environment variables of W&B's own client count where the configuration is
// silent.
struct Identity {
    std::string baseUrl;  // "https://api.wandb.ai", no slash at the end
    std::string entity;   // "": the key's own
    std::string project;
    std::string runId;
    std::string name;
    std::string group, notes;
    std::vector<std::string> tags;
};
// The run id comes from the configuration, else from the note, where a new one is written. Errors: Io.
Result<Identity> identityOf(const TrackedRun& run);
// `tracking/wandb.json`: what one start leaves to the next.
Json readNote(const run::RunFolder& folder);
Status writeNote(const run::RunFolder& folder, const Json& note);
// WANDB_API_KEY, the configuration's, or that of ~/.netrc for the host of `baseUrl`; "" = none.
std::string apiKeyOf(const TrackedRun& run, const std::string& baseUrl);

// {"a.b": {"value": 1}, …, "_wandb": {"value": {…}}}: the settings under their dotted names, as
// open-diffusion has them.
Json configOf(const LoadedConfig& config, double startTime);
std::string configYaml(const Json& config);
Json metadataOf(const run::RunStarted& started, double startTime);

struct Media {
    std::string name;  // relative to the run's files: "media/images/…"
    fs::path file;     // in the run folder
    std::uint64_t size = 0;
};

struct ConsoleLine {
    double time = 0;
    std::string text;
};

struct Batch {
    std::vector<Json> history;         // one object per step: values, _step, _runtime, _timestamp
    std::vector<Json> system;          // device and memory
    std::vector<ConsoleLine> console;  // what happened, in words
    std::vector<Media> media;          // what the history lines refer to
};

std::string isoTime(double time);  // "2026-01-31T12:00:00.000000", UTC

// How much of a log a place has: history up to a step, and so many of the other lines.
struct Extent {
    std::int64_t step = -1;
    std::size_t systemLines = 0, consoleLines = 0;
};

class Log {
  public:
    explicit Log(run::RunFolder folder) : folder_(std::move(folder)) {}

    // So much is there already and is left out.
    void skip(const Extent& known);
    // What was given out or left out so far.
    const Extent& extent() const { return extent_; }

    void take(const run::Event& event);
    // What is complete since the last call. The newest step waits: more of it may come; `all` gives it, too.
    Batch takeBatch(bool all);
    // Last value of every name.
    Json summary() const;

    const std::optional<run::RunStarted>& started() const { return started_; }
    double startTime() const { return startTime_; }  // of the first start
    double runtime() const { return lastTime_ - startTime_; }

  private:
    void begin(std::int64_t step);
    void close();
    void takeSample(const run::Sample& sample);
    void takeSystem(Json values);
    void say(const std::string& text);

    run::RunFolder folder_;
    std::optional<run::RunStarted> started_;
    double startTime_ = 0, lastTime_ = 0;
    double imagesPerSecond_ = 0;
    Extent extent_;
    std::size_t skipSystem_ = 0, skipConsole_ = 0;
    std::int64_t step_ = -1;  // of the open line
    Json line_ = Json::object();
    std::vector<Media> lineMedia_;
    Json summary_ = Json::object();
    Batch batch_;
};

}  // namespace atelier::tracking::wandb
