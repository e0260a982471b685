// SPDX-License-Identifier: GPL-3.0-or-later
// Events ⇄ JSON (FORMAT.md). Lines of the two types that make up nearly all of a log, metric and progress,
// have a reader of their own in event_scan.cpp.
#include "core/run/event.h"

#include <array>
#include <cmath>
#include <limits>

#include "core/run/event_scan.h"
#include "core/run/run_folder.h"

namespace atelier::run {
namespace {

constexpr std::array<std::string_view, 3> kAckStates{"taken", "done", "refused"};
constexpr std::array<std::string_view, 4> kFinishReasons{"completed", "stopped", "suspended", "failed"};
constexpr std::array<std::string_view, 15> kTypes{
    "run_started", "phase",   "progress",       "metric", "sample", "checkpoint", "memory",      "device",
    "timing",      "warning", "sample_dropped", "shard",  "ack",    "error",      "run_finished"};
static_assert(std::variant_size_v<EventBody> == kTypes.size() + 1, "one name per type, UnknownEvent last");

// Fields of a wrong type count as missing: a reader never stops at what it does not understand.
std::string text(const Json& object, const char* key) {
    const auto it = object.find(key);
    return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}
double number(const Json& object, const char* key, double fallback = 0) {
    const auto it = object.find(key);
    return it == object.end() ? fallback : numberFromJson(*it, fallback);
}
std::int64_t integer(const Json& object, const char* key, std::int64_t fallback = 0) {
    const auto it = object.find(key);
    if (it == object.end() || !it->is_number()) return fallback;
    if (it->is_number_unsigned()) {
        const auto value = it->get<std::uint64_t>();
        return value <= std::uint64_t(std::numeric_limits<std::int64_t>::max()) ? std::int64_t(value)
                                                                                : fallback;
    }
    if (it->is_number_integer()) return it->get<std::int64_t>();
    const double value = it->get<double>();
    return std::abs(value) < 9e18 ? std::int64_t(value) : fallback;
}
std::uint64_t natural(const Json& object, const char* key) {
    return std::uint64_t(std::max<std::int64_t>(integer(object, key), 0));
}
bool flag(const Json& object, const char* key) {
    const auto it = object.find(key);
    return it != object.end() && it->is_boolean() && it->get<bool>();
}
template <std::size_t n>
std::size_t indexOf(const std::array<std::string_view, n>& names, std::string_view name,
                    std::size_t fallback) {
    for (std::size_t i = 0; i < n; ++i)
        if (names[i] == name) return i;
    return fallback;
}

// ---- to JSON: one overload per type, fields in the order of FORMAT.md

void put(Json& o, const RunStarted& e) {
    o["engine"] = e.engine;
    o["config_hash"] = e.configHash;
    o["host"] = e.host;
    o["pid"] = e.pid;
    o["device"] = e.device;
    o["world_size"] = e.worldSize;
    o["resumed_from"] = e.resumedFrom.empty() ? Json(nullptr) : Json(e.resumedFrom);
    if (!e.resumedFrom.empty()) o["resumed_step"] = e.resumedStep;
    if (!e.overrides.empty()) o["overrides"] = e.overrides;
}
void put(Json& o, const Phase& e) {
    o["name"] = e.name;
}
void put(Json& o, const Progress& e) {
    o["step"] = e.step;
    if (e.totalSteps) o["total_steps"] = e.totalSteps;
    o["images"] = e.images;
    o["total_images"] = e.totalImages;
    o["images_per_s"] = jsonNumber(e.imagesPerSecond);
    o["eta_s"] = e.etaSeconds < 0 ? Json(nullptr) : jsonNumber(e.etaSeconds);
    if (e.done) o["done"] = e.done;
    if (e.total) o["total"] = e.total;
    if (e.bytes) o["bytes"] = e.bytes;
}
void put(Json& o, const Metric& e) {
    o["step"] = e.step;
    o["images"] = e.images;
    Json values = Json::object();
    for (const auto& [name, value] : e.values) values[name] = jsonNumber(value);
    o["values"] = std::move(values);
}
void put(Json& o, const Sample& e) {
    o["step"] = e.step;
    o["dir"] = e.dir;
    o["count"] = e.count;
    if (e.failed) o["failed"] = e.failed;
}
void put(Json& o, const Checkpoint& e) {
    o["step"] = e.step;
    o["dir"] = e.dir;
    o["bytes"] = e.bytes;
    o["seconds"] = jsonNumber(e.seconds);
}
void put(Json& o, const Memory& e) {
    Json by = Json::object();
    for (const auto& [name, bytes] : e.bytes) by[name] = bytes;
    o["by"] = std::move(by);
    o["peak"] = e.peak;
}
void put(Json& o, const Device& e) {
    if (e.utilization) o["util"] = jsonNumber(*e.utilization);
    if (e.temperature) o["temperature"] = jsonNumber(*e.temperature);
    if (e.memory) o["memory"] = *e.memory;
    if (e.memoryTotal) o["memory_total"] = *e.memoryTotal;
}
void put(Json& o, const Timing& e) {
    o["data"] = jsonNumber(e.data);
    o["encode"] = jsonNumber(e.encode);
    o["train"] = jsonNumber(e.train);
    o["rest"] = jsonNumber(e.rest);
}
void put(Json& o, const Warning& e) {
    o["code"] = e.code;
    o["text"] = e.text;
    if (!e.hint.empty()) o["hint"] = e.hint;
}
void put(Json& o, const SampleDropped& e) {
    o["key"] = e.key;
    o["shard"] = e.shard;
    o["reason"] = e.reason;
}
void put(Json& o, const Shard& e) {
    o["name"] = e.name;
    o["samples"] = e.samples;
    o["bytes"] = e.bytes;
    o["sha256"] = e.sha256;
    o["verified"] = e.verified;
}
void put(Json& o, const Ack& e) {
    o["id"] = e.id;
    o["request"] = e.request;
    o["state"] = ackStateName(e.state);
    if (!e.text.empty()) o["text"] = e.text;
}
void put(Json& o, const ErrorRaised& e) {
    o["code"] = e.code;
    o["what"] = e.what;
    o["where"] = e.where;
    o["hint"] = e.hint;
}
void put(Json& o, const RunFinished& e) {
    o["reason"] = finishReasonName(e.reason);
    o["step"] = e.step;
    o["images"] = e.images;
}
void put(Json& o, const UnknownEvent& e) {
    if (!e.fields.is_object()) return;
    for (const auto& [key, value] : e.fields.items())
        if (key != "v" && key != "t" && key != "type") o[key] = value;
}

// ---- from JSON

RunStarted takeRunStarted(const Json& o) {
    RunStarted e;
    e.engine = text(o, "engine");
    e.configHash = text(o, "config_hash");
    e.host = text(o, "host");
    e.pid = integer(o, "pid");
    e.device = text(o, "device");
    e.worldSize = int(integer(o, "world_size", 1));
    e.resumedFrom = text(o, "resumed_from");
    e.resumedStep = integer(o, "resumed_step");
    if (!e.resumedFrom.empty() && !o.contains("resumed_step")) {
        const auto step = stepOfName(fs::path(e.resumedFrom).filename().string());
        e.resumedStep = step.value_or(0);
    }
    if (const auto it = o.find("overrides"); it != o.end() && it->is_array())
        for (const auto& entry : *it)
            if (entry.is_string()) e.overrides.push_back(entry.get<std::string>());
    return e;
}
Progress takeProgress(const Json& o) {
    Progress e;
    e.step = integer(o, "step");
    e.totalSteps = integer(o, "total_steps");
    e.images = integer(o, "images");
    e.totalImages = integer(o, "total_images");
    e.imagesPerSecond = number(o, "images_per_s");
    e.etaSeconds = number(o, "eta_s", -1);
    e.done = integer(o, "done");
    e.total = integer(o, "total");
    e.bytes = integer(o, "bytes");
    return e;
}
Metric takeMetric(const Json& o) {
    Metric e{integer(o, "step"), integer(o, "images"), {}};
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    if (const auto it = o.find("values"); it != o.end() && it->is_object())
        for (const auto& [name, value] : it->items()) e.values.emplace_back(name, numberFromJson(value, nan));
    return e;
}
Memory takeMemory(const Json& o) {
    Memory e;
    e.peak = natural(o, "peak");
    if (const auto it = o.find("by"); it != o.end() && it->is_object())
        for (const auto& [name, value] : it->items()) e.bytes.emplace_back(name, natural(*it, name.c_str()));
    return e;
}
Device takeDevice(const Json& o) {
    Device e;
    if (o.contains("util")) e.utilization = number(o, "util");
    if (o.contains("temperature")) e.temperature = number(o, "temperature");
    if (o.contains("memory")) e.memory = natural(o, "memory");
    if (o.contains("memory_total")) e.memoryTotal = natural(o, "memory_total");
    return e;
}

EventBody takeBody(std::string_view type, Json&& o) {
    switch (indexOf(kTypes, type, kTypes.size())) {
        case 0:
            return takeRunStarted(o);
        case 1:
            return Phase{text(o, "name")};
        case 2:
            return takeProgress(o);
        case 3:
            return takeMetric(o);
        case 4:
            return Sample{integer(o, "step"), text(o, "dir"), int(integer(o, "count")),
                          int(integer(o, "failed"))};
        case 5:
            return Checkpoint{integer(o, "step"), text(o, "dir"), natural(o, "bytes"), number(o, "seconds")};
        case 6:
            return takeMemory(o);
        case 7:
            return takeDevice(o);
        case 8:
            return Timing{number(o, "data"), number(o, "encode"), number(o, "train"), number(o, "rest")};
        case 9:
            return Warning{text(o, "code"), text(o, "text"), text(o, "hint")};
        case 10:
            return SampleDropped{text(o, "key"), text(o, "shard"), text(o, "reason")};
        case 11:
            return Shard{text(o, "name"), natural(o, "samples"), natural(o, "bytes"), text(o, "sha256"),
                         flag(o, "verified")};
        case 12:
            return Ack{text(o, "id"), text(o, "request"), AckState(indexOf(kAckStates, text(o, "state"), 0)),
                       text(o, "text")};
        case 13:
            return ErrorRaised{text(o, "code"), text(o, "what"), text(o, "where"), text(o, "hint")};
        case 14:
            return RunFinished{FinishReason(indexOf(kFinishReasons, text(o, "reason"), 3)),
                               integer(o, "step"), integer(o, "images")};
        default:
            break;
    }
    o.erase("v");
    o.erase("t");
    o.erase("type");
    return UnknownEvent{std::string(type), std::move(o)};
}

}  // namespace

std::string_view eventTypeName(const EventBody& body) {
    if (const auto* unknown = std::get_if<UnknownEvent>(&body)) return unknown->type;
    return kTypes[body.index()];
}
std::string_view ackStateName(AckState state) {
    return kAckStates[std::size_t(state)];
}
std::string_view finishReasonName(FinishReason reason) {
    return kFinishReasons[std::size_t(reason)];
}

std::string eventToLine(const Event& event) {
    Json object = Json::object();
    object["v"] = kFormatVersion;
    object["t"] = jsonNumber(std::round(event.time * 1000) / 1000);
    object["type"] = eventTypeName(event.body);
    std::visit([&](const auto& body) { put(object, body); }, event.body);
    return dumpJson(object);
}

Result<Event> eventFromLine(std::string_view line) {
    if (auto event = scanFrequentEvent(line)) return std::move(*event);
    ATELIER_TRY(Json object, parseJson(line));
    if (!object.is_object()) return fail(ErrorCode::Data, "the line is not a JSON object");
    const auto version = integer(object, "v", kFormatVersion);
    if (version > kFormatVersion)
        return fail(ErrorCode::Config,
                    "it is written in format " + std::to_string(version) + ", this version reads up to " +
                        std::to_string(kFormatVersion),
                    "", "Open it with a newer Atelier.");
    const std::string type = text(object, "type");
    if (type.empty()) return fail(ErrorCode::Data, "the event has no type");
    if (!object.contains("t")) return fail(ErrorCode::Data, "the event has no time");
    const double time = number(object, "t", std::numeric_limits<double>::quiet_NaN());
    if (!std::isfinite(time)) return fail(ErrorCode::Data, "the event's time is not a number");
    return Event{time, takeBody(type, std::move(object))};
}

ErrorRaised errorEvent(const Error& error) {
    return {std::string(errorCodeName(error.code)), error.what, error.where, error.hint};
}

}  // namespace atelier::run
