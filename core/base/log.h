// SPDX-License-Identifier: GPL-3.0-or-later
// Diagnostics for people: stderr, and a file when a run or a build has one. Never for events (core/run).
#pragma once

#include <filesystem>
#include <string_view>

#include "core/base/result.h"

namespace atelier::log {

enum class Level { Debug, Info, Warning, Error };

void write(Level level, std::string_view text);
inline void debug(std::string_view text) {
    write(Level::Debug, text);
}
inline void info(std::string_view text) {
    write(Level::Info, text);
}
inline void warning(std::string_view text) {
    write(Level::Warning, text);
}
inline void error(std::string_view text) {
    write(Level::Error, text);
}

// Lowest level that is printed on stderr; the file gets everything from Debug on.
void setLevel(Level level);
// Also append to this file (logs/rank-N.log of a run folder), with time stamps.
Status addFile(const std::filesystem::path& path);
void flush();

}  // namespace atelier::log
