// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tracking/wandb_file.h"

#include <cmath>

#include "core/base/version.h"

namespace atelier::tracking::wandb {
namespace {

constexpr std::size_t kBlock = 32768;
constexpr std::size_t kChunkHead = 7;
constexpr std::string_view kFileHead("\x3A\x57\x26\x42\xE1\xBE\x00", 7);

enum ChunkType : char { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

// google.protobuf.Timestamp
Message timestamp(double time) {
    const double seconds = std::floor(time);
    return Message()
        .integer(1, static_cast<std::int64_t>(seconds))
        .integer(2, static_cast<std::int64_t>((time - seconds) * 1e9));
}

// {key 1, nested_key 2, value_json 16}
Message item(std::string_view key, const Json& value) {
    return Message().text(1, key).text(16, dumpJson(value));
}

}  // namespace

std::string RecordFramer::frame(const Message& body) {
    // Record: num 1, then the body, whose field says what it is.
    std::string record = Message().integer(1, ++number_).bytes() + body.bytes();
    std::string out;
    if (position_ == 0) {
        out = kFileHead;
        position_ = out.size();
    }
    std::string_view rest = record;
    for (bool first = true; first || !rest.empty(); first = false) {
        if (const std::size_t left = kBlock - position_ % kBlock; left < kChunkHead) {
            out.append(left, '\0');
            position_ += left;
        }
        const std::size_t room = kBlock - position_ % kBlock - kChunkHead;
        const auto part = rest.substr(0, room);
        rest.remove_prefix(part.size());
        const char type = first ? (rest.empty() ? kFull : kFirst) : (rest.empty() ? kLast : kMiddle);
        std::string checked(1, type);
        checked += part;
        appendLittleEndian(out, crc32(checked), 4);
        appendLittleEndian(out, part.size(), 2);
        out += checked;
        position_ += kChunkHead + part.size();
    }
    return out;
}

// Record: history 2, summary 3, files 6, stats 7, output_raw 13, run 17, exit 18, header 21.
Message headerRecord() {
    const Message version = Message().text(1, std::string("atelier-") + kVersion).text(2, "0.9.20");
    return Message().message(21, Message().message(1, version));
}

Message runRecord(const Identity& identity, const Json& config, const run::RunStarted& started,
                  double startTime) {
    Message settings;
    for (const auto& [key, entry] : config.items())
        settings.message(1, item(key, entry.is_object() && entry.contains("value") ? entry["value"] : entry));
    Message run;
    run.text(1, identity.runId);
    if (!identity.entity.empty()) run.text(2, identity.entity);
    run.text(3, identity.project).message(4, settings);
    if (!identity.group.empty()) run.text(6, identity.group);
    run.text(8, identity.name);
    if (!identity.notes.empty()) run.text(9, identity.notes);
    for (const auto& tag : identity.tags) run.text(10, tag);
    run.text(13, started.host).message(17, timestamp(startTime));
    return Message().message(17, run);
}

Message historyRecord(const Json& line) {
    Message history;
    for (const auto& [key, value] : line.items()) history.message(1, item(key, value));
    history.message(2, Message().integer(1, line["_step"].get<std::int64_t>()));
    return Message().message(2, history);
}

Message systemRecord(const Json& line) {
    Message stats;
    stats.message(2, timestamp(line["_timestamp"].get<double>()));
    for (const auto& [key, value] : line.items())
        if (key.starts_with("system.")) stats.message(3, item(key.substr(7), value));
    return Message().message(7, stats);
}

Message consoleRecord(const ConsoleLine& line) {
    return Message().message(
        13, Message().integer(1, 1).message(2, timestamp(line.time)).text(3, line.text + "\n"));
}

Message summaryRecord(const Json& summary) {
    Message update;
    for (const auto& [key, value] : summary.items()) update.message(1, item(key, value));
    return Message().message(3, update);
}

Message filesRecord(const std::string& name, bool media) {
    const Message file = Message().text(1, name).integer(2, media ? 0 : 1).integer(3, media ? 2 : 1);
    return Message().message(6, Message().message(1, file));
}

Message exitRecord(int code, double runtime) {
    return Message().message(18, Message().integer(1, code).integer(2, static_cast<std::int64_t>(runtime)));
}

}  // namespace atelier::tracking::wandb
