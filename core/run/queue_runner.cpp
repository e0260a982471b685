// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/queue_runner.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "core/base/process.h"
#include "core/base/strings.h"
#include "core/run/event_log.h"
#include "core/run/run_folder.h"
#include "core/run/run_state.h"

namespace atelier::run {
namespace {

// An engine that was started this long ago by a runner that is gone, and holds no lock, never came to it.
constexpr double kLaunchSeconds = 60;
constexpr std::uint64_t kTailBytes = 64 * 1024;

std::string tailOf(const fs::path& file) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (error) return {};
    const Result<Descriptor> log = openForReading(file);
    if (!log) return {};
    std::string text(std::min<std::uint64_t>(size, kTailBytes), '\0');
    const ssize_t n = ::pread(log->get(), text.data(), text.size(), off_t(size - text.size()));
    text.resize(n > 0 ? std::size_t(n) : 0);
    return text;
}

// The newest attempt as the end of the log tells it.
RunState endOf(const RunFolder& folder) {
    RunState state;
    std::error_code error;
    const auto size = fs::file_size(folder.events(), error);
    if (error) return state;
    EventReader reader(folder.events(), size > kTailBytes ? size - kTailBytes : 0);
    (void)reader.read([&](Event&& event) { state.apply(event); }, kTailBytes + kMaxLineBytes);
    return state;
}

bool locked(const fs::path& folder) {
    const auto lock = inspectLock(RunFolder{folder});
    return lock && lock->alive().value_or(false);
}

// A process with a session of its own, its output at the end of `log` behind a line that says what was
// started.
Result<int> spawnDetached(std::vector<std::string> words, const fs::path& log,
                          const fs::path& workingFolder) {
    ATELIER_DO(createDirectories(log.parent_path()));
    const Descriptor out(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    if (!out) return failErrno(errno, "write", log.string());
    const std::string line = "$ " + join(words, " ") + "\n";
    if (::write(out.get(), line.data(), line.size()) < 0) return failErrno(errno, "write", log.string());
    ATELIER_TRY(const Descriptor null, openNull());
    return spawn({.words = std::move(words),
                  .in = null.get(),
                  .out = out.get(),
                  .error = out.get(),
                  .folder = workingFolder,
                  .ownSession = true});
}

}  // namespace

std::optional<std::string> lastWords(std::string_view log) {
    const auto launch = log.rfind("\n$ ");
    if (launch != std::string_view::npos) log.remove_prefix(launch + 1);
    constexpr std::string_view kMark = "error: ";
    auto at = log.rfind(std::string("\n") + std::string(kMark));
    if (at == std::string_view::npos) {
        if (!log.starts_with(kMark)) return std::nullopt;
        at = 0;
    } else {
        ++at;
    }
    return std::string(trim(log.substr(at + kMark.size())));
}

Result<QueueRunner> QueueRunner::open(const fs::path& queueFolder, const fs::path& engine) {
    ATELIER_DO(createDirectories(queueFolder));
    ATELIER_TRY(RunLock lock, RunLock::acquire(RunFolder{queueFolder}, "atelier-engine queue"));
    return QueueRunner(queueFolder, engine, std::move(lock));
}

QueueRunner::QueueRunner(fs::path queue, fs::path engine, RunLock lock)
    : queue_(std::move(queue)), engine_(std::move(engine)), lock_(std::move(lock)) {}

bool QueueRunner::atWork(const fs::path& queueFolder) {
    return locked(queueFolder);
}

Status QueueRunner::startProcess(const fs::path& queueFolder, const fs::path& engine) {
    if (atWork(queueFolder)) return {};
    ATELIER_TRY(const int pid,
                spawnDetached({engine.string(), "queue", "run"}, queueFolder / "runner.log", queueFolder));
    (void)pid;  // it ends by itself when there is nothing more to do
    return {};
}

// The engine has the folder, or had it and is through.
bool QueueRunner::begun(const QueueEntry& entry) const {
    if (locked(entry.folder)) return true;
    const RunState state = endOf(RunFolder{entry.folder});
    return !state.attempts.empty() && entry.launched > 0 && state.attempts.back().time >= entry.launched;
}

void QueueRunner::failedEarly(Queue& queue, const fs::path& folder, const std::string& why) {
    if (++failures_ < kFailuresInARow || queue.paused) return;
    failures_ = 0;
    const bool more = std::any_of(queue.entries.begin(), queue.entries.end(), [&](const QueueEntry& entry) {
        return entry.problem.empty() && entry.folder != folder;
    });
    if (!more) return;
    (void)pauseQueue(queue, true,
                     plural(kFailuresInARow, "run") + " in a row ended before the first step; the last was " +
                         folder.filename().string() + (why.empty() ? "" : ": " + why));
}

// Engines that ended: those that never took their folder leave their reason in the queue.
void QueueRunner::reap(Queue& queue) {
    for (auto child = children_.begin(); child != children_.end();) {
        int status = 0;
        const pid_t ended = ::waitpid(child->first, &status, WNOHANG);
        if (ended == 0 || (ended < 0 && errno == EINTR)) {
            ++child;
            continue;
        }
        const fs::path folder = child->second;
        child = children_.erase(child);
        const int code = ended > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        const RunFolder place{folder};
        const std::string words = lastWords(tailOf(place.engineLog())).value_or("");
        QueueEntry* entry = queue.find(folder);
        if (entry != nullptr && entry->launched > 0 && !begun(*entry)) {
            entry->launched = 0;
            entry->problem = !words.empty() ? words
                             : code >= 0    ? "the engine ended with code " + std::to_string(code)
                                            : "the engine was ended before it began";
            failedEarly(queue, folder, words);
        } else if (code != 0 && code != exitCode(ErrorCode::Suspended) && endOf(place).progress.step == 0) {
            failedEarly(queue, folder, words);
        } else {
            failures_ = 0;
        }
    }
}

void QueueRunner::launch(QueueEntry& entry) {
    std::vector<std::string> words{engine_.string(), "train", entry.folder.string()};
    words.insert(words.end(), entry.overrides.begin(), entry.overrides.end());
    const auto pid = spawnDetached(std::move(words), RunFolder{entry.folder}.engineLog(), entry.folder);
    if (pid) {
        children_[*pid] = entry.folder;
        return;
    }
    entry.launched = 0;
    entry.problem = pid.error().message();
}

Result<bool> QueueRunner::turn() {
    bool more = false;
    std::vector<fs::path> due;
    ATELIER_DO(changeQueue(queue_, [&](Queue& queue) -> Status {
        reap(queue);
        std::erase_if(queue.entries, [&](const QueueEntry& entry) {
            return locked(entry.folder) || (entry.launched > 0 && begun(entry));
        });
        const double now = unixNow();
        const std::vector<fs::path> atWork = runsAtWork();
        std::map<QueueDevice, bool> busy;
        for (const fs::path& folder : atWork) {
            const auto known = devices_.try_emplace(folder, QueueDevice::Cpu);
            if (known.second) known.first->second = queueDeviceOfRun(folder);
            busy[known.first->second] = true;
        }
        for (QueueEntry& entry : queue.entries) {
            if (entry.launched <= 0) continue;
            const bool ours = std::any_of(children_.begin(), children_.end(),
                                          [&](const auto& child) { return child.second == entry.folder; });
            if (ours || now - entry.launched < kLaunchSeconds)
                busy[entry.device] = true;
            else
                entry.launched = 0;
        }
        more = !queue.paused && queue.wantsWork();
        if (queue.paused) return {};
        for (QueueEntry& entry : queue.entries) {
            if (entry.launched > 0 || !entry.problem.empty() || busy[entry.device]) continue;
            std::error_code error;
            if (!fs::exists(RunFolder{entry.folder}.config(), error)) {
                entry.problem = "the run folder is gone";
                continue;
            }
            entry.launched =
                now;  // on disk before the process is: a runner that is killed in between is told
            busy[entry.device] = true;
            due.push_back(entry.folder);
        }
        return {};
    }));
    if (due.empty()) return more;
    ATELIER_DO(changeQueue(queue_, [&](Queue& queue) -> Status {
        for (const fs::path& folder : due)
            if (QueueEntry* entry = queue.find(folder)) launch(*entry);
        return {};
    }));
    return true;
}

Status QueueRunner::run(std::chrono::milliseconds interval, const std::function<bool()>& stopped) {
    while (!stopped()) {
        ATELIER_TRY(const bool more, turn());
        if (!more) return {};
        std::this_thread::sleep_for(interval);
    }
    return {};
}

}  // namespace atelier::run
