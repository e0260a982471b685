// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tracking/tensorboard_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "core/tracking/wire.h"

namespace atelier::tracking::tensorboard {
namespace {

// TensorFlow masks its checksums, so that a checksum of data that holds checksums is not degenerate.
std::uint32_t masked(std::string_view bytes) {
    const std::uint32_t crc = crc32c(bytes);
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

std::string framed(const Message& event) {
    const std::string& data = event.bytes();
    std::string out;
    out.reserve(data.size() + 16);
    appendLittleEndian(out, data.size(), 8);
    appendLittleEndian(out, masked(out), 4);
    out += data;
    appendLittleEndian(out, masked(data), 4);
    return out;
}

// tensorflow.Event: 1 wall_time, 2 step, 3 file_version, 5 summary, 7 session_log.
Message eventAt(double time, std::int64_t step) {
    Message event;
    event.number(1, time);
    if (step != 0) event.integer(2, step);
    return event;
}

std::string framedSummary(double time, std::int64_t step, const Message& summary) {
    return framed(eventAt(time, step).message(5, summary));
}

// SummaryMetadata: 1 plugin_data {1 plugin_name, 2 content}, 3 summary_description, 4 data_class.
Message metadata(std::string_view plugin, std::string_view content) {
    Message data;
    data.text(1, plugin);
    if (!content.empty()) data.text(2, content);
    return Message().message(1, data);
}

// HParamsPluginData rides on a tensor that means nothing: one float, 0.
std::string hparamsRecord(double time, const std::string& tag, const Message& data) {
    Message tensor;
    tensor.integer(1, 1).message(2, Message()).text(5, std::string(4, '\0'));  // DT_FLOAT, shape [], [0]
    Message value;
    value.text(1, tag).message(8, tensor).message(9, metadata("hparams", data.bytes()));
    return framedSummary(time, 0, Message().message(1, value));
}

// google.protobuf.Value: 2 number, 3 string, 4 bool.
Message valueOf(const Json& json) {
    Message value;
    if (json.is_boolean())
        value.integer(4, json.get<bool>() ? 1 : 0);
    else if (json.is_number())
        value.number(2, json.get<double>());
    else
        value.text(3, json.is_string() ? json.get<std::string>() : dumpJson(json));
    return value;
}

}  // namespace

std::string versionRecord(double time) {
    return framed(eventAt(time, 0).text(3, "brain.Event:2"));
}

std::string restartRecord(double time, std::int64_t firstStep) {
    return framed(eventAt(time, firstStep).message(7, Message().integer(1, 1)));  // SessionLog.START
}

std::string scalarsRecord(double time, std::int64_t step,
                          const std::vector<std::pair<std::string, double>>& values) {
    Message summary;
    for (const auto& [tag, value] : values)
        summary.message(1, Message().text(1, tag).number32(2, static_cast<float>(value)));
    return framedSummary(time, step, summary);
}

std::string pictureRecord(double time, std::int64_t step, const Picture& picture) {
    Message shape;
    shape.message(2, Message().integer(1, 3));
    Message tensor;  // DT_STRING, shape [3]: width, height, file
    tensor.integer(1, 7).message(2, shape);
    tensor.text(8, std::to_string(picture.width))
        .text(8, std::to_string(picture.height))
        .text(8, picture.png);
    Message about = metadata("images", {});
    if (!picture.description.empty()) about.text(3, picture.description);
    about.integer(4, 3);  // DATA_CLASS_BLOB_SEQUENCE
    Message value;
    value.text(1, picture.tag).message(8, tensor).message(9, about);
    return framedSummary(time, step, Message().message(1, value));
}

std::string textRecord(double time, std::int64_t step, const std::string& tag, const std::string& markdown) {
    Message shape;
    shape.message(2, Message().integer(1, 1));
    Message tensor;
    tensor.integer(1, 7).message(2, shape).text(8, markdown);  // DT_STRING, shape [1]
    Message value;
    value.text(1, tag + "/text_summary").message(8, tensor);
    value.message(9, metadata("text", {}).integer(4, 2));  // DATA_CLASS_TENSOR
    return framedSummary(time, step, Message().message(1, value));
}

std::string experimentRecord(double time, const Json& settings, const std::vector<std::string>& metrics) {
    Message experiment;
    experiment.number(3, time);
    for (const auto& [name, value] : settings.items()) {
        const int type = value.is_boolean() ? 2 : value.is_number() ? 3 : 1;
        experiment.message(4, Message().text(1, name).integer(4, type));
    }
    for (const auto& tag : metrics) experiment.message(5, Message().message(1, Message().text(2, tag)));
    return hparamsRecord(time, "_hparams_/experiment", Message().message(2, experiment));
}

std::string sessionRecord(double time, const Json& settings, const std::string& name) {
    Message start;
    for (const auto& [key, value] : settings.items())
        start.message(1, Message().text(1, key).message(2, valueOf(value)));
    start.text(4, name).number(5, time);
    return hparamsRecord(time, "_hparams_/session_start_info", Message().message(3, start));
}

std::string sessionEndRecord(double time, bool success) {
    Message end;
    end.integer(1, success ? 1 : 2).number(2, time);
    return hparamsRecord(time, "_hparams_/session_end_info", Message().message(4, end));
}

fs::path newFilePath(const fs::path& folder, double now, const std::string& host, std::int64_t pid) {
    constexpr std::string_view kStem = "events.out.tfevents.";
    auto seconds = static_cast<std::int64_t>(now);
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (!name.starts_with(kStem)) continue;
        const auto there = std::strtoll(name.c_str() + kStem.size(), nullptr, 10);
        // A clock that was wrong for a while must not push later files out of the ten digits.
        if (there < 9'999'999'998) seconds = std::max<std::int64_t>(seconds, there + 1);
    }
    return folder / fmt::format("{}{:010}.{}.{}.0", kStem, seconds, host, pid);
}

}  // namespace atelier::tracking::tensorboard
