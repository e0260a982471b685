// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/work_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

namespace atelier {
namespace {

constexpr std::string_view kMark = ".partial-";

Descriptor openFolder(const fs::path& path) {
    return Descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// The process that a name tells; 0 when it is no such name.
pid_t ownerOf(const std::string& name) {
    const auto at = name.rfind(kMark);
    if (!name.starts_with('.') || at == std::string::npos) return 0;
    const std::string digits = name.substr(at + kMark.size());
    const bool number = !digits.empty() && digits.size() < 10 &&
                        std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
    return number ? static_cast<pid_t>(std::atol(digits.c_str())) : 0;
}

// Gone for certain: no such process here, and nobody holds the folder's lock, as a process of another
// computer that shares the folder would. Where folders cannot be locked, what is there is left alone.
bool isAbandoned(const fs::path& folder, pid_t owner) {
    if (owner <= 0 || ::kill(owner, 0) == 0 || errno != ESRCH) return false;
    const Descriptor lock = openFolder(folder);
    return lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0;
}

void removeAbandoned(const fs::path& parent) {
    std::error_code error;
    for (fs::directory_iterator it(parent, error), end; !error && it != end; it.increment(error)) {
        const fs::path path = it->path();
        if (!fs::is_directory(fs::symlink_status(path, error))) continue;
        if (isAbandoned(path, ownerOf(path.filename().string()))) fs::remove_all(path, error);
        error.clear();
    }
}

}  // namespace

Status requireFree(const fs::path& out) {
    std::error_code error;
    if (fs::exists(fs::symlink_status(out, error)))
        return fail(ErrorCode::Usage, "it exists already", out.string(), "Choose another name or remove it.");
    return {};
}

fs::path partialPath(const fs::path& out) {
    const fs::path target = fs::absolute(out).lexically_normal();
    return target.parent_path() / fmt::format(".{}{}{}", target.filename().string(), kMark, ::getpid());
}

Result<WorkFolder> WorkFolder::create(const fs::path& out) {
    ATELIER_DO(requireFree(out));
    const fs::path path = partialPath(out);
    removeAbandoned(path.parent_path());
    ATELIER_DO(createDirectories(path));
    Descriptor lock = openFolder(path);
    if (lock) static_cast<void>(::flock(lock.get(), LOCK_EX | LOCK_NB));  // not everywhere possible
    return WorkFolder(path, std::move(lock));
}

WorkFolder::~WorkFolder() {
    if (path_.empty()) return;
    std::error_code error;
    fs::remove_all(path_, error);
}

}  // namespace atelier
