// SPDX-License-Identifier: GPL-3.0-or-later
// Names and places of run_folder.h.
#include "core/run/run_folder.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace atelier::run {
namespace {
constexpr std::string_view kStepPrefix = "step-";
constexpr std::size_t kStepDigits = 8;
}  // namespace

std::string stepName(std::int64_t step) {
    std::string digits = std::to_string(std::max<std::int64_t>(step, 0));
    if (digits.size() < kStepDigits) digits.insert(0, kStepDigits - digits.size(), '0');
    return std::string(kStepPrefix) + digits;
}

std::optional<std::int64_t> stepOfName(std::string_view name) {
    if (!name.starts_with(kStepPrefix)) return std::nullopt;
    name.remove_prefix(kStepPrefix.size());
    if (name.size() < kStepDigits || (name.size() > kStepDigits && name.front() == '0')) return std::nullopt;
    std::int64_t step = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), step);
    if (error != std::errc{} || end != name.data() + name.size() || step < 0) return std::nullopt;
    return step;
}

fs::path RunFolder::rankLog(int rank) const {
    return logs() / ("rank-" + std::to_string(rank) + ".log");
}

std::string RunFolder::relative(const fs::path& path) const {
    return path.lexically_relative(root).generic_string();
}

FolderKind kindOfFolder(const fs::path& root) {
    std::error_code error;
    if (!fs::is_directory(root, error)) return FolderKind::Absent;
    const RunFolder folder{root};
    if (fs::is_regular_file(folder.events(), error)) return FolderKind::Started;
    if (fs::is_regular_file(folder.config(), error)) return FolderKind::Exported;
    return fs::is_empty(root, error) && !error ? FolderKind::Empty : FolderKind::Foreign;
}

Status createRunFolder(const RunFolder& folder) {
    for (const auto& path :
         {folder.root, folder.control(), folder.logs(), folder.samples(), folder.checkpoints()})
        ATELIER_DO(createDirectories(path));
    return {};
}

Status prepareRun(const RunFolder& folder, std::string_view configYaml) {
    const FolderKind kind = kindOfFolder(folder.root);
    if (kind != FolderKind::Absent && kind != FolderKind::Empty)
        return fail(ErrorCode::Usage,
                    kind == FolderKind::Foreign ? "this folder has files that are not those of a run"
                                                : "this folder holds a run already",
                    folder.root.string(),
                    "Choose another name, for example \"" +
                        freeRunName(folder.root.parent_path(), folder.root.filename().string()) + "\".");
    ATELIER_DO(createRunFolder(folder));
    return writeFileAtomic(folder.config(), configYaml);
}

std::string freeRunName(const fs::path& logDir, std::string_view name) {
    std::string candidate(name);
    std::error_code error;
    for (int i = 2; fs::exists(fs::symlink_status(logDir / candidate, error)); ++i)
        candidate = std::string(name) + "-" + std::to_string(i);
    return candidate;
}

std::vector<std::int64_t> completeCheckpoints(const RunFolder& folder) {
    std::vector<std::int64_t> steps;
    std::error_code error;
    for (fs::directory_iterator it(folder.checkpoints(), error), end; !error && it != end;
         it.increment(error)) {
        const auto step = stepOfName(it->path().filename().string());
        std::error_code ignored;
        if (step && fs::exists(it->path() / "DONE", ignored)) steps.push_back(*step);
    }
    std::sort(steps.begin(), steps.end());
    return steps;
}

}  // namespace atelier::run
