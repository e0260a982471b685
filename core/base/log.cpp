// SPDX-License-Identifier: GPL-3.0-or-later
// spdlog behind log.h: one stderr sink, optional file sinks.
#include "core/base/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace atelier::log {
namespace {

spdlog::level::level_enum toSpdlog(Level level) {
    switch (level) {
        case Level::Debug:
            return spdlog::level::debug;
        case Level::Info:
            return spdlog::level::info;
        case Level::Warning:
            return spdlog::level::warn;
        case Level::Error:
            break;
    }
    return spdlog::level::err;
}

// spdlog keeps its default logger in its own registry; ours is made on first use and lives as long as the
// process.
spdlog::logger& logger() {
    static const std::shared_ptr<spdlog::logger> instance = [] {
        auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        sink->set_pattern("%l: %v");
        sink->set_level(spdlog::level::info);
        auto made = std::make_shared<spdlog::logger>("atelier", sink);
        made->set_level(spdlog::level::debug);
        made->flush_on(spdlog::level::warn);
        return made;
    }();
    return *instance;
}

}  // namespace

void write(Level level, std::string_view text) {
    logger().log(toSpdlog(level), text);
}

void setLevel(Level level) {
    logger().sinks().front()->set_level(toSpdlog(level));
}

Status addFile(const std::filesystem::path& path) {
    try {
        auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path.string());
        sink->set_pattern("%Y-%m-%d %H:%M:%S.%e %l %v");
        logger().sinks().push_back(std::move(sink));
    } catch (const spdlog::spdlog_ex& e) {
        return fail(ErrorCode::Io, e.what(), path.string(), "Check that the folder can be written.");
    }
    return {};
}

void flush() {
    logger().flush();
}

}  // namespace atelier::log
