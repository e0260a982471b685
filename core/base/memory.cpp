// SPDX-License-Identifier: GPL-3.0-or-later
// /proc/meminfo and the control groups of this process, version 2 and 1.
#include "core/base/memory.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/strings.h"

namespace atelier {
namespace {

constexpr std::uint64_t kUnknown = std::numeric_limits<std::uint64_t>::max();

std::optional<std::uint64_t> leadingNumber(std::string_view text) {
    text = trim(text);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() ? std::optional(value) : std::nullopt;  // "max" is no number
}

// The number behind `key` at the start of a line.
std::optional<std::uint64_t> field(const fs::path& file, std::string_view key) {
    const auto text = readFile(file, 1 << 20);
    if (!text) return std::nullopt;
    for (const std::string& line : split(*text, '\n'))
        if (line.starts_with(key)) return leadingNumber(std::string_view(line).substr(key.size()));
    return std::nullopt;
}

// What one group has left. Its file cache counts as used there, but gives way.
std::uint64_t leftIn(const fs::path& group, const char* limitName, const char* usageName,
                     const char* cacheKey) {
    const auto limit = field(group / limitName, "");
    const auto usage = field(group / usageName, "");
    if (!limit || !usage) return kUnknown;
    const std::uint64_t used = *usage - std::min(*usage, field(group / "memory.stat", cacheKey).value_or(0));
    return *limit - std::min(*limit, used);
}

}  // namespace

std::uint64_t availableMemory(const fs::path& root) {
    std::uint64_t least = kUnknown;
    if (const auto kilobytes = field(root / "proc/meminfo", "MemAvailable:")) least = *kilobytes * 1024;
    const auto groups = readFile(root / "proc/self/cgroup", 1 << 20);
    if (!groups) return least;
    for (const std::string& line : split(*groups, '\n')) {
        const auto parts = split(line, ':');  // "0::/path" or "7:memory:/path"
        if (parts.size() < 3) continue;
        const bool second = parts[0] == "0" && parts[1].empty();
        if (!second && parts[1] != "memory") continue;
        const fs::path base = root / (second ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
        // Inside a container the path may name groups that only the host sees: those are passed over.
        for (fs::path path = fs::path(parts[2]).relative_path();; path = path.parent_path()) {
            const fs::path group = path.empty() ? base : base / path;
            least = std::min(least, second ? leftIn(group, "memory.max", "memory.current", "inactive_file ")
                                           : leftIn(group, "memory.limit_in_bytes", "memory.usage_in_bytes",
                                                    "total_inactive_file "));
            if (path.empty()) break;
        }
    }
    return least;
}

}  // namespace atelier
