// SPDX-License-Identifier: GPL-3.0-or-later
// TensorBoard's event files: TFRecord frames around Event messages. The bytes are made here as pure
// functions; tensorboard_sink.cpp decides what is written when.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/result.h"

namespace atelier::tracking::tensorboard {

// Each gives one framed record: u64 length, masked CRC-32C of it, Event, masked CRC-32C of that. `time` is
// unix seconds; a picture is the bytes of a PNG file.
std::string versionRecord(double time);
// Readers forget what they have of this step and later ones: a run goes on from an earlier checkpoint.
std::string restartRecord(double time, std::int64_t firstStep);
std::string scalarsRecord(double time, std::int64_t step,
                          const std::vector<std::pair<std::string, double>>& values);
struct Picture {
    std::string tag;
    std::string png;
    int width = 0, height = 0;
    std::string description;  // Markdown
};
std::string pictureRecord(double time, std::int64_t step, const Picture& picture);
std::string textRecord(double time, std::int64_t step, const std::string& tag, const std::string& markdown);
// What the HPARAMS page shows: numbers, booleans and texts of `settings` (a flat object), with the curves to
// compare runs by; and how the run ended.
std::string experimentRecord(double time, const Json& settings, const std::vector<std::string>& metrics);
std::string sessionRecord(double time, const Json& settings, const std::string& name);
std::string sessionEndRecord(double time, bool success);

// Path of a new event file: its name sorts after those that are there, since readers go by name.
fs::path newFilePath(const fs::path& folder, double now, const std::string& host, std::int64_t pid);

}  // namespace atelier::tracking::tensorboard
