// SPDX-License-Identifier: GPL-3.0-or-later
// Scanning and glancing of run_scan.h.
#include "ui/session/run_scan.h"

#include <sys/stat.h>

#include <QCoreApplication>
#include <algorithm>
#include <set>

#include "core/run/event_log.h"

namespace atelier {
namespace {

constexpr std::uint64_t kHeadBytes = 64 * 1024;
constexpr std::uint64_t kTailBytes = 256 * 1024;

double modifiedTime(const fs::path& path, std::uint64_t* bytes = nullptr) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return 0;
    if (bytes) *bytes = std::uint64_t(info.st_size);
    return double(info.st_mtim.tv_sec) + double(info.st_mtim.tv_nsec) * 1e-9;
}

bool isRun(run::FolderKind kind) {
    return kind == run::FolderKind::Started || kind == run::FolderKind::Exported;
}

FoundRun found(const fs::path& path, run::FolderKind kind) {
    const run::RunFolder folder{path};
    FoundRun run;
    run.path = QString::fromStdString(path.string());
    run.name = QString::fromStdString(path.filename().string());
    run.kind = kind;
    run.modified = std::max(modifiedTime(folder.events(), &run.eventBytes), modifiedTime(folder.config()));
    return run;
}

std::vector<fs::path> subfolders(const fs::path& folder) {
    std::vector<fs::path> folders;
    std::error_code error;
    for (fs::directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
         !error && it != end; it.increment(error)) {
        std::error_code ignored;
        if (!it->path().filename().string().starts_with('.') && it->is_directory(ignored))
            folders.push_back(it->path());
    }
    return folders;
}

}  // namespace

std::vector<FoundRun> scanRuns(const QStringList& folders) {
    std::vector<FoundRun> runs;
    std::set<fs::path> seen;
    const auto add = [&](const fs::path& path) {
        const auto kind = run::kindOfFolder(path);
        if (!isRun(kind)) return false;
        std::error_code error;
        if (seen.insert(fs::weakly_canonical(path, error)).second) runs.push_back(found(path, kind));
        return true;
    };
    for (const QString& folder : folders) {
        const fs::path root = fs::absolute(expandUser(folder.toStdString()));
        if (add(root)) continue;
        for (const auto& child : subfolders(root))
            if (!add(child))
                for (const auto& grandchild : subfolders(child)) add(grandchild);
    }
    std::sort(runs.begin(), runs.end(), [](const FoundRun& a, const FoundRun& b) {
        return a.modified != b.modified ? a.modified > b.modified : a.path < b.path;
    });
    return runs;
}

QString scanProblem(const QStringList& folders) {
    for (const QString& folder : folders) {
        const fs::path root = fs::absolute(expandUser(folder.toStdString()));
        std::error_code error;
        const bool is = fs::is_directory(root, error);
        const QString name = QString::fromStdString(root.string());
        if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) continue;
        if (!error && !is) return QCoreApplication::translate("RunScan", "%1 is not a folder.").arg(name);
        if (!error) fs::directory_iterator(root, error);
        if (error)
            return QCoreApplication::translate("RunScan", "%1 cannot be read: %2.")
                .arg(name, QString::fromStdString(error.message()));
    }
    return {};
}

RunGlance glanceAt(const QString& runFolder, double now) {
    const run::RunFolder folder{runFolder.toStdString()};
    RunGlance glance;
    std::uint64_t bytes = 0;
    modifiedTime(folder.events(), &bytes);
    const auto fold = [&](run::Event&& event) { glance.state.apply(event); };
    glance.whole = bytes <= kHeadBytes + kTailBytes;
    run::EventReader head(folder.events());
    const auto start = head.read(fold, glance.whole ? std::size_t(bytes) + 1 : kHeadBytes);
    bool readable = start.has_value() && (start->events > 0 || start->malformed == 0);
    if (!glance.whole) {
        // Starts between the two parts are not seen; the end of an earlier one must not pass for the end of
        // the last.
        glance.state.finished.reset();
        glance.state.stopTaken = false;
        run::EventReader tail(folder.events(), bytes - kTailBytes);
        readable = tail.read(fold, kTailBytes + run::kMaxLineBytes).has_value() && readable;
    }
    run::LiveFacts facts;
    facts.now = now;
    if (const auto lock = run::inspectLock(folder)) {
        glance.holder = lock->holder;
        glance.lock = lock->state;
        facts.processAlive = lock->alive();
    }
    glance.readable = readable;
    glance.status = run::statusOf(glance.state, facts);
    return glance;
}

}  // namespace atelier
