// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/branch.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <system_error>

#include "core/run/event.h"

namespace atelier::run {
namespace {

using Cancelled = std::function<bool()>;

Status ioError(const std::string& what, const fs::path& where, const std::error_code& error) {
    return fail(ErrorCode::Io, what + ": " + error.message(), where.string(),
                "Check the permissions and the free space there.");
}

// A file that is never changed in place may have two names.
Status linkOrCopy(const fs::path& from, const fs::path& to) {
    std::error_code error;
    fs::create_hard_link(from, to, error);
    if (!error) return {};
    fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
    if (error) return ioError("it cannot be copied", from, error);
    return {};
}

Status takeTree(const fs::path& from, const fs::path& to, const Cancelled& cancelled) {
    ATELIER_DO(createDirectories(to));
    std::error_code error;
    for (fs::directory_iterator it(from, error), end; !error && it != end; it.increment(error)) {
        if (cancelled && cancelled()) return fail(ErrorCode::Cancelled, "cancelled");
        const fs::path target = to / it->path().filename();
        std::error_code kind;
        if (it->is_symlink(kind))
            fs::copy_symlink(it->path(), target, kind);
        else if (it->is_directory(kind))
            ATELIER_DO(takeTree(it->path(), target, cancelled));
        else
            ATELIER_DO(linkOrCopy(it->path(), target));
        if (kind) return ioError("it cannot be copied", it->path(), kind);
    }
    if (error) return ioError("it cannot be read", from, error);
    return {};
}

// True for lines that go along; `last`: this one is the checkpoint the branch begins with.
bool belongs(const std::string& line, std::int64_t step, bool& last) {
    if (line.find("\"checkpoint\"") == std::string::npos) return true;
    const auto event = eventFromLine(line);
    const auto* checkpoint = event ? std::get_if<Checkpoint>(&event->body) : nullptr;
    if (checkpoint == nullptr) return true;
    last = checkpoint->step == step;
    return last;
}

// What starts were given is in the branch's own configuration.
std::string withoutOverrides(const std::string& line) {
    if (line.find("\"overrides\"") == std::string::npos) return line;
    auto event = eventFromLine(line);
    auto* started = event ? std::get_if<RunStarted>(&event->body) : nullptr;
    if (started == nullptr) return line;
    started->overrides.clear();
    return eventToLine(*event);
}

// The log up to the event of the checkpoint; of the newest one where a step was reached more than once.
Status takeEvents(const fs::path& from, const fs::path& to, std::int64_t step, const Cancelled& cancelled) {
    std::ifstream in(from, std::ios::binary);
    if (!in) return {};  // a folder that has checkpoints alone: its curve begins with the branch
    std::ofstream out(to, std::ios::binary | std::ios::trunc);
    std::string line;
    std::streamoff end = 0;
    for (std::uint64_t n = 0; std::getline(in, line) && !in.eof(); ++n) {  // a torn last line stays behind
        if (n % 4096 == 0 && cancelled && cancelled()) return fail(ErrorCode::Cancelled, "cancelled");
        bool last = false;
        if (!belongs(line, step, last)) continue;
        out << withoutOverrides(line) << '\n';
        if (last) end = out.tellp();
    }
    out.close();
    std::error_code error;
    if (out && end > 0) fs::resize_file(to, std::uintmax_t(end), error);
    if (!out || error)
        return fail(ErrorCode::Io, "the events cannot be written", to.string(),
                    "Check the free space there.");
    return {};
}

Status takeSamples(const RunFolder& source, const RunFolder& target, std::int64_t step,
                   const Cancelled& cancelled) {
    std::error_code error;
    for (fs::directory_iterator it(source.samples(), error), end; !error && it != end; it.increment(error)) {
        const auto at = stepOfName(it->path().filename().string());
        if (at && *at <= step) ATELIER_DO(takeTree(it->path(), target.sampleDir(*at), cancelled));
    }
    return {};
}

Status fill(const RunFolder& source, std::int64_t step, const RunFolder& target, std::string_view configYaml,
            const Cancelled& cancelled) {
    ATELIER_DO(createRunFolder(target));
    ATELIER_DO(takeTree(source.checkpointDir(step), target.checkpointDir(step), cancelled));
    ATELIER_DO(takeSamples(source, target, step, cancelled));
    ATELIER_DO(takeEvents(source.events(), target.events(), step, cancelled));
    const fs::path pipeline = fs::path("checkpoints") / stepName(step) / "pipeline";
    ATELIER_DO(createDirectories(target.root / "pipelines"));
    ATELIER_DO(replaceSymlink(fs::path("..") / pipeline,
                              target.root / "pipelines" / ("step_" + std::to_string(step))));
    ATELIER_DO(replaceSymlink(pipeline, target.currentPipeline()));
    return writeFileAtomic(target.config(), configYaml);
}

}  // namespace

Status branchRun(const RunFolder& source, std::int64_t step, const RunFolder& target,
                 std::string_view configYaml, const Cancelled& cancelled) {
    const auto complete = completeCheckpoints(source);
    if (!std::ranges::binary_search(complete, step))
        return fail(ErrorCode::Usage, "there is no complete checkpoint of step " + std::to_string(step),
                    source.checkpoints().string(),
                    complete.empty() ? "It may have been removed to save space."
                                     : "The newest one is of step " + std::to_string(complete.back()) + ".");
    const FolderKind kind = kindOfFolder(target.root);
    if (kind != FolderKind::Absent && kind != FolderKind::Empty)
        return fail(ErrorCode::Usage, "there is a folder of this name already", target.root.string(),
                    "Choose another name, for example \"" +
                        freeRunName(target.root.parent_path(), target.root.filename().string()) + "\".");
    const RunFolder partial{target.root.parent_path() / ("." + target.root.filename().string() + ".partial")};
    std::error_code ignored;
    fs::remove_all(partial.root, ignored);  // of a studio that was killed
    Status status = fill(source, step, partial, configYaml, cancelled);
    if (status) status = renameFile(partial.root, target.root);
    if (!status) fs::remove_all(partial.root, ignored);
    return status;
}

}  // namespace atelier::run
