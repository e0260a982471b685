// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/queue.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <set>

#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/config/load.h"
#include "core/run/lock.h"
#include "core/run/run_folder.h"

namespace atelier::run {
namespace {

constexpr std::uint64_t kMaxQueueBytes = 16U << 20, kMaxEnvironBytes = 4U << 20;

fs::path queueFile(const fs::path& folder) {
    return folder / "queue.json";
}

// Held while the queue is read, changed and written. Waits for its turn: others hold it for milliseconds.
Result<Descriptor> editLock(const fs::path& folder) {
    ATELIER_DO(createDirectories(folder));
    const fs::path path = folder / "EDIT";
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    if (!file) return failErrno(errno, "create the lock", path.string());
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    while (::fcntl(file.get(), F_OFD_SETLKW, &range) != 0)
        if (errno != EINTR) return failErrno(errno, "lock", path.string());
    return file;
}

Json toJson(const Queue& queue) {
    Json entries = Json::array();
    for (const QueueEntry& entry : queue.entries) {
        Json one{{"run", entry.folder.string()},
                 {"device", std::string(queueDeviceName(entry.device))},
                 {"added", entry.added}};
        if (!entry.overrides.empty()) one["overrides"] = entry.overrides;
        if (entry.launched > 0) one["launched"] = entry.launched;
        if (!entry.problem.empty()) one["problem"] = entry.problem;
        entries.push_back(std::move(one));
    }
    Json all{{"v", 1}, {"paused", queue.paused}};
    if (!queue.pausedWhy.empty()) all["paused_why"] = queue.pausedWhy;
    all["entries"] = std::move(entries);
    return all;
}

std::string textOf(const Json& object, const char* key) {
    const auto at = object.find(key);
    return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

double numberOf(const Json& object, const char* key) {
    const auto at = object.find(key);
    return at != object.end() ? numberFromJson(*at, 0) : 0;
}

Result<Queue> parse(const std::string& text, const fs::path& file) {
    const auto all = parseJson(text, file.string());
    if (!all || !all->is_object() || !all->contains("entries") || !(*all)["entries"].is_array())
        return fail(ErrorCode::Data, "this is no queue of runs", file.string(),
                    "Remove the file: the runs themselves are untouched.");
    Queue queue;
    queue.paused = all->value("paused", Json(false)) == Json(true);
    queue.pausedWhy = textOf(*all, "paused_why");
    for (const Json& one : (*all)["entries"]) {
        if (!one.is_object() || textOf(one, "run").empty()) continue;
        QueueEntry entry;
        entry.folder = textOf(one, "run");
        entry.device = textOf(one, "device") == "gpu" ? QueueDevice::Gpu : QueueDevice::Cpu;
        entry.added = numberOf(one, "added");
        entry.launched = numberOf(one, "launched");
        entry.problem = textOf(one, "problem");
        if (const auto words = one.find("overrides"); words != one.end() && words->is_array())
            for (const Json& word : *words)
                if (word.is_string()) entry.overrides.push_back(word.get<std::string>());
        queue.entries.push_back(std::move(entry));
    }
    return queue;
}

tl::unexpected<Error> notQueued(const fs::path& folder) {
    return fail(ErrorCode::Usage, "it is not in the queue", folder.string(),
                "It may have been started meanwhile.");
}

bool hasGpu() {
    std::error_code error;
    return fs::exists("/dev/nvidiactl", error) || fs::exists("/dev/kfd", error);
}

// The value of $ATELIER_QUEUE in the environment that a process was started with.
std::string queueOf(const fs::path& process) {
    const auto text = readFile(process / "environ", kMaxEnvironBytes).value_or("");
    constexpr std::string_view kName = "ATELIER_QUEUE=";
    for (const std::string& one : split(text, '\0'))
        if (one.starts_with(kName)) return one.substr(kName.size());
    return {};
}

std::string ownQueue() {
    const char* given = std::getenv("ATELIER_QUEUE");
    return given != nullptr ? given : "";
}

}  // namespace

std::string_view queueDeviceName(QueueDevice device) {
    return device == QueueDevice::Gpu ? "gpu" : "cpu";
}

QueueDevice queueDeviceOf(const TrainConfig& config) {
    switch (config.system.device) {
        case DeviceChoice::Cpu:
            return QueueDevice::Cpu;
        case DeviceChoice::Cuda:
            return QueueDevice::Gpu;
        case DeviceChoice::Auto:
            break;
    }
    return hasGpu() ? QueueDevice::Gpu : QueueDevice::Cpu;
}

QueueDevice queueDeviceOfRun(const fs::path& folder) {
    const auto text = readConfigFile(RunFolder{folder}.config());
    return queueDeviceOf(text ? checkTrainConfig(*text, "config.yaml").loaded.config : TrainConfig{});
}

QueueEntry* Queue::find(const fs::path& folder) {
    const auto at = std::find_if(entries.begin(), entries.end(),
                                 [&](const QueueEntry& entry) { return entry.folder == folder; });
    return at != entries.end() ? &*at : nullptr;
}

bool Queue::wantsWork() const {
    return std::any_of(entries.begin(), entries.end(),
                       [](const QueueEntry& entry) { return entry.problem.empty(); });
}

fs::path queueFolder() {
    if (const std::string given = ownQueue(); !given.empty()) return given;
    const char* state = std::getenv("XDG_STATE_HOME");
    const fs::path base = state != nullptr && *state == '/' ? fs::path(state) : expandUser("~/.local/state");
    return base / "atelier" / ("queue-" + hostName());
}

Result<Queue> readQueue(const fs::path& folder) {
    std::error_code error;
    if (!fs::exists(queueFile(folder), error)) return Queue{};
    ATELIER_TRY(const std::string text, readFile(queueFile(folder), kMaxQueueBytes));
    return parse(text, queueFile(folder));
}

Status changeQueue(const fs::path& folder, const std::function<Status(Queue&)>& change) {
    ATELIER_TRY(const Descriptor lock, editLock(folder));
    ATELIER_TRY(const Queue before, readQueue(folder));
    Queue queue = before;
    ATELIER_DO(change(queue));
    if (queue == before) return {};
    return writeFileAtomic(queueFile(folder), dumpJsonPretty(toJson(queue)));
}

Status addToQueue(Queue& queue, QueueEntry entry) {
    const FolderKind kind = kindOfFolder(entry.folder);
    if (kind != FolderKind::Exported && kind != FolderKind::Started)
        return fail(ErrorCode::Usage, "this is no run folder", entry.folder.string(),
                    "A run folder holds a config.yaml.");
    if (const QueueEntry* known = queue.find(entry.folder)) {
        if (known->problem.empty())
            return fail(ErrorCode::Usage, "it is in the queue already", entry.folder.string());
        ATELIER_DO(removeFromQueue(queue, entry.folder));
    }
    if (const auto lock = inspectLock(RunFolder{entry.folder}); lock && lock->alive().value_or(false))
        return fail(ErrorCode::Usage, "it is at work", entry.folder.string());
    queue.entries.push_back(std::move(entry));
    return {};
}

Status removeFromQueue(Queue& queue, const fs::path& folder) {
    if (queue.find(folder) == nullptr) return notQueued(folder);
    std::erase_if(queue.entries, [&](const QueueEntry& entry) { return entry.folder == folder; });
    return {};
}

Status moveInQueue(Queue& queue, const fs::path& folder, std::size_t place) {
    const QueueEntry* found = queue.find(folder);
    if (found == nullptr) return notQueued(folder);
    QueueEntry entry = *found;
    ATELIER_DO(removeFromQueue(queue, folder));
    place = std::min(place, queue.entries.size());
    queue.entries.insert(queue.entries.begin() + std::ptrdiff_t(place), std::move(entry));
    return {};
}

Status pauseQueue(Queue& queue, bool paused, std::string why) {
    queue.paused = paused;
    queue.pausedWhy = paused ? std::move(why) : std::string();
    return {};
}

// An engine keeps LOCK of its run folder open as long as it lives: that names the folder, whoever started it
// and from where. Processes of other users cannot be looked into.
std::vector<fs::path> runsAtWork() {
    std::set<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
        const std::string name = it->path().filename().string();
        if (name.empty() || name.find_first_not_of("0123456789") != std::string::npos) continue;
        const auto program = readFile(it->path() / "comm", 64);  // cut to 15 letters by the kernel
        if (!program || !program->starts_with("atelier-engine") || queueOf(it->path()) != ownQueue())
            continue;
        std::error_code ended;
        for (fs::directory_iterator fd(it->path() / "fd", ended), last; !ended && fd != last;
             fd.increment(ended)) {
            std::error_code closed;
            const fs::path target = fs::read_symlink(fd->path(), closed);
            if (closed || target.filename() != "LOCK") continue;
            const FolderKind kind = kindOfFolder(target.parent_path());
            if (kind == FolderKind::Started || kind == FolderKind::Exported)
                found.insert(target.parent_path());
        }
    }
    return {found.begin(), found.end()};
}

bool deviceFree(const Queue& queue, QueueDevice device, const std::vector<fs::path>& atWork) {
    const bool waited = std::any_of(queue.entries.begin(), queue.entries.end(), [&](const QueueEntry& entry) {
        return entry.device == device && entry.problem.empty();
    });
    return !waited && std::none_of(atWork.begin(), atWork.end(), [&](const fs::path& folder) {
        return queueDeviceOfRun(folder) == device;
    });
}

}  // namespace atelier::run
