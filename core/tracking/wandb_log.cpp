// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tracking/wandb_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>
#include <ctime>

#include "core/base/hash.h"
#include "core/base/version.h"
#include "core/base/yaml.h"
#include "core/run/lock.h"

namespace atelier::tracking::wandb {
namespace {

// W&B's own words for numbers that JSON does not have.
Json numberOf(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    return value;
}

// open-diffusion's names for what it logs, so that its users' panels go on; all else keeps its own.
std::string nameOf(const std::string& value) {
    return value == "loss" ? "step_loss" : value;
}

}  // namespace

std::string isoTime(double time) {
    const auto seconds = static_cast<std::time_t>(std::floor(time));
    const auto micros = static_cast<int>((time - std::floor(time)) * 1e6);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}", fmt::gmtime(seconds), micros);
}

Json configOf(const LoadedConfig& config, double startTime) {
    Json out = Json::object();
    const Json settings = flatSettings(config.resolved);
    for (const auto& [name, value] : settings.items()) out[name] = {{"value", value}};
    // A run counts as started there once "t" is present.
    out["_wandb"] = {{"value",
                      {{"cli_version", std::string("atelier-") + kVersion},
                       {"is_jupyter_run", false},
                       {"is_kaggle_kernel", false},
                       {"start_time", startTime},
                       {"t", {{"1", Json::array()}}}}}};
    return out;
}

std::string configYaml(const Json& config) {
    return "wandb_version: 1\n\n" + yaml::dump(yaml::fromJson(config));
}

Json metadataOf(const run::RunStarted& started, double startTime) {
    return {{"program", started.engine},
            {"host", started.host},
            {"startedAt", isoTime(startTime) + "Z"},
            {"gpu", started.device},
            {"gpu_count", started.worldSize},
            {"os", "Linux"}};
}

void Log::skip(const Extent& known) {
    extent_.step = std::max(extent_.step, known.step);
    skipSystem_ = known.systemLines;
    skipConsole_ = known.consoleLines;
    if (step_ <= extent_.step) {
        line_ = Json::object();
        lineMedia_.clear();
    }
    std::erase_if(batch_.history,
                  [&](const Json& line) { return line["_step"].get<std::int64_t>() <= known.step; });
    const auto drop = [](auto& lines, std::size_t& count) {
        const auto now = std::min(count, lines.size());
        lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(now));
        count -= now;
    };
    drop(batch_.system, skipSystem_);
    drop(batch_.console, skipConsole_);
}

void Log::take(const run::Event& event) {
    if (startTime_ == 0) startTime_ = event.time;
    lastTime_ = event.time;
    if (const auto* started = std::get_if<run::RunStarted>(&event.body)) {
        close();
        started_ = *started;
        imagesPerSecond_ = 0;
        say(started->resumedFrom.empty()
                ? "started on " + started->host
                : fmt::format("continued on {} from step {}", started->host, started->resumedStep));
    } else if (const auto* progress = std::get_if<run::Progress>(&event.body)) {
        imagesPerSecond_ = progress->imagesPerSecond;
    } else if (const auto* metric = std::get_if<run::Metric>(&event.body)) {
        begin(metric->step);
        for (const auto& [name, value] : metric->values) line_[nameOf(name)] = numberOf(value);
        line_["iter"] = metric->step;
        line_["images_seen"] = metric->images;
        if (imagesPerSecond_ > 0) {
            line_["images/sec"] = imagesPerSecond_;
            line_["images/sec/gpu"] = imagesPerSecond_ / std::max(started_ ? started_->worldSize : 1, 1);
        }
    } else if (const auto* sample = std::get_if<run::Sample>(&event.body)) {
        takeSample(*sample);
    } else if (const auto* device = std::get_if<run::Device>(&event.body)) {
        Json values = Json::object();
        if (device->utilization) values["system.gpu.0.gpu"] = *device->utilization * 100;
        if (device->temperature) values["system.gpu.0.temp"] = *device->temperature;
        if (device->memory) values["system.gpu.0.memoryAllocatedBytes"] = *device->memory;
        takeSystem(std::move(values));
    } else if (const auto* memory = std::get_if<run::Memory>(&event.body)) {
        takeSystem({{"system.peakMemoryBytes", memory->peak}});
    } else if (const auto* phase = std::get_if<run::Phase>(&event.body)) {
        say(phase->name);
    } else if (const auto* warning = std::get_if<run::Warning>(&event.body)) {
        say("warning: " + warning->text + (warning->hint.empty() ? "" : " " + warning->hint));
    } else if (const auto* error = std::get_if<run::ErrorRaised>(&event.body)) {
        say("error: " + error->where + ": " + error->what + ". " + error->hint);
    }
}

// Lines go up by one step after the other: what is done again after a resume keeps its first values.
void Log::begin(std::int64_t step) {
    if (step != step_) close();
    step_ = step;
}

void Log::close() {
    if (!line_.empty() && step_ > extent_.step) {
        line_["_step"] = step_;
        line_["_runtime"] = runtime();
        line_["_timestamp"] = lastTime_;
        for (const auto& [name, value] : line_.items()) summary_[name] = value;
        batch_.history.push_back(std::move(line_));
        batch_.media.insert(batch_.media.end(), lineMedia_.begin(), lineMedia_.end());
        extent_.step = step_;
    }
    line_ = Json::object();
    lineMedia_.clear();
}

void Log::takeSample(const run::Sample& sample) {
    begin(sample.step);
    if (sample.step <= extent_.step) return;
    Json names = Json::array(), captions = Json::array();
    int width = 0, height = 0;
    for (const auto& picture : picturesOf(folder_, sample)) {
        const auto digest = sha256Hex(picture.bytes);
        const auto name = fmt::format("media/images/images_{}_{}.png", sample.step, digest.substr(0, 20));
        if (names.empty()) width = picture.width, height = picture.height;
        names.push_back(name);
        captions.push_back(picture.prompt);
        lineMedia_.push_back({name, picture.file, picture.bytes.size()});
    }
    if (names.empty()) return;
    line_["images"] = {
        {"_type", "images/separated"}, {"width", width},     {"height", height},    {"format", "png"},
        {"count", names.size()},       {"filenames", names}, {"captions", captions}};
}

void Log::takeSystem(Json values) {
    if (values.empty()) return;
    ++extent_.systemLines;
    if (skipSystem_ > 0) {
        --skipSystem_;
        return;
    }
    values["_wandb"] = true;
    values["_timestamp"] = lastTime_;
    values["_runtime"] = runtime();
    batch_.system.push_back(std::move(values));
}

void Log::say(const std::string& text) {
    ++extent_.consoleLines;
    if (skipConsole_ > 0) {
        --skipConsole_;
        return;
    }
    batch_.console.push_back({lastTime_, text});
}

Batch Log::takeBatch(bool all) {
    if (all) close();
    return std::exchange(batch_, {});
}

Json Log::summary() const {
    Json out = summary_;
    out["_wandb"] = {{"runtime", static_cast<std::int64_t>(runtime())}};
    return out;
}

}  // namespace atelier::tracking::wandb
