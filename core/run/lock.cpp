// SPDX-License-Identifier: GPL-3.0-or-later
// fcntl's open-file-description locks and /proc behind lock.h.
#include "core/run/lock.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <ctime>
#include <utility>

#include "core/base/json.h"
#include "core/base/strings.h"

namespace atelier::run {
namespace {

enum class Locking { Got, Taken, Unsupported };

struct flock wholeFile(short type) {
    struct flock range {};
    range.l_type = type;
    range.l_whence = SEEK_SET;
    return range;
}

bool unsupported(int code) {
    return code == ENOLCK || code == EOPNOTSUPP || code == EINVAL || code == ENOSYS;
}

Locking tryLock(int fd, int& code) {
    auto range = wholeFile(F_WRLCK);
    if (::fcntl(fd, F_OFD_SETLK, &range) == 0) return Locking::Got;
    code = errno;
    return unsupported(code) ? Locking::Unsupported : Locking::Taken;
}

std::string bootId() {
    const auto text = readFile("/proc/sys/kernel/random/boot_id", 100);
    return text ? std::string(trim(*text)) : std::string();
}

std::string holderText(const LockHolder& holder) {
    return dumpJsonPretty(Json{{"host", holder.host},
                               {"pid", holder.process.pid},
                               {"start_ticks", holder.process.startTicks},
                               {"boot_id", holder.process.bootId},
                               {"since", holder.since},
                               {"program", holder.program}});
}

std::optional<LockHolder> readHolder(int fd) {
    std::string text(4096, '\0');
    const ssize_t n = ::pread(fd, text.data(), text.size(), 0);
    if (n <= 0) return std::nullopt;
    text.resize(std::size_t(n));
    const auto object = parseJson(text);
    if (!object || !object->is_object()) return std::nullopt;  // cut short by a full disk or written by hand
    LockHolder holder;
    const auto word = [&](const char* key) {
        return object->contains(key) && (*object)[key].is_string() ? (*object)[key].get<std::string>()
                                                                   : std::string();
    };
    holder.host = word("host");
    holder.program = word("program");
    holder.process.bootId = word("boot_id");
    if (object->contains("pid") && (*object)["pid"].is_number_integer())
        holder.process.pid = (*object)["pid"].get<std::int64_t>();
    if (object->contains("start_ticks") && (*object)["start_ticks"].is_number_unsigned())
        holder.process.startTicks = (*object)["start_ticks"].get<std::uint64_t>();
    if (object->contains("since")) holder.since = numberFromJson((*object)["since"], 0);
    if (holder.host.empty() || holder.process.pid <= 0) return std::nullopt;
    return holder;
}

// "13:50", with the date when it was not today.
std::string clockTime(double unixSeconds) {
    const std::time_t then = std::time_t(unixSeconds);
    const std::time_t now = std::time(nullptr);
    std::tm thenParts{}, nowParts{};
    ::localtime_r(&then, &thenParts);
    ::localtime_r(&now, &nowParts);
    const bool today = thenParts.tm_year == nowParts.tm_year && thenParts.tm_yday == nowParts.tm_yday;
    char text[32];
    return {text, std::strftime(text, sizeof text, today ? "%H:%M" : "%Y-%m-%d %H:%M", &thenParts)};
}

std::string describe(const LockHolder& holder) {
    return holder.program + " on " + holder.host + ", process " + std::to_string(holder.process.pid) +
           ", since " + clockTime(holder.since);
}

tl::unexpected<Error> inUse(const RunFolder& folder, const std::optional<LockHolder>& holder) {
    return fail(ErrorCode::Usage,
                "it is in use by " + (holder ? describe(*holder) : std::string("another process")),
                folder.root.string(), "Watch that run, stop it first, or choose another folder.");
}

tl::unexpected<Error> needsTakeover(const RunFolder& folder, const LockHolder& holder) {
    return fail(
        ErrorCode::Usage, "it was left locked by " + describe(holder) + ", which cannot be seen from here",
        folder.root.string(), "Make sure that process has ended, then take the folder over with --takeover.");
}

bool hereAndAlive(const LockHolder& holder) {
    return holder.host == hostName() && processAlive(holder.process);
}

// What the holder's note means when the lock itself tells nothing (free, or locks do not work on this file
// system).
LockState stateByNote(const std::optional<LockHolder>& holder, bool locksWork) {
    if (!holder) return LockState::Free;
    if (holder->host != hostName()) return LockState::OtherHost;
    return !locksWork && processAlive(holder->process) ? LockState::Held : LockState::Stale;
}

}  // namespace

std::optional<ProcessId> processId(std::int64_t pid) {
    if (pid <= 0) return std::nullopt;
    const auto stat = readFile("/proc/" + std::to_string(pid) + "/stat", 8192);
    if (!stat) {
        if (::access("/proc/self/stat", F_OK) == 0 || (::kill(pid_t(pid), 0) != 0 && errno == ESRCH))
            return std::nullopt;
        return ProcessId{pid, 0, ""};
    }
    // pid (any name, also with brackets) state ppid … starttime: the name ends at the last bracket.
    const auto bracket = stat->rfind(')');
    if (bracket == std::string::npos) return std::nullopt;
    const auto fields =
        split(trim(std::string_view(*stat).substr(bracket + 1)), ' ');  // fields[0] is field 3
    if (fields.size() < 20 || fields[0] == "Z" || fields[0] == "X") return std::nullopt;
    ProcessId id{pid, 0, bootId()};
    std::from_chars(fields[19].data(), fields[19].data() + fields[19].size(), id.startTicks);
    return id;
}

ProcessId ownProcessId() {
    return processId(::getpid()).value_or(ProcessId{::getpid(), 0, ""});
}

bool processAlive(const ProcessId& process) {
    const auto now = processId(process.pid);
    if (!now) return false;
    if (!process.bootId.empty() && now->bootId != process.bootId) return false;
    return process.startTicks == 0 || now->startTicks == process.startTicks;
}

std::string hostName() {
    char name[256] = {};
    return ::gethostname(name, sizeof name - 1) == 0 && name[0] ? std::string(name)
                                                                : std::string("localhost");
}

std::optional<bool> LockFacts::alive() const {
    switch (state) {
        case LockState::Held:
            return true;
        case LockState::Stale:
            return false;
        case LockState::Free:
            return exists ? std::optional(false) : std::nullopt;
        case LockState::OtherHost:
            break;
    }
    return std::nullopt;
}

Result<LockFacts> inspectLock(const RunFolder& folder) {
    const int fd = ::open(folder.lock().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        if (errno == ENOENT || errno == ENOTDIR) return LockFacts{};
        return failErrno(errno, "read the lock", folder.lock().string());
    }
    auto range = wholeFile(F_WRLCK);
    const bool asked = ::fcntl(fd, F_OFD_GETLK, &range) == 0;
    LockFacts facts;
    facts.exists = true;
    facts.holder = readHolder(fd);
    ::close(fd);
    facts.state = asked && range.l_type != F_UNLCK ? LockState::Held : stateByNote(facts.holder, asked);
    return facts;
}

Result<RunLock> RunLock::acquire(const RunFolder& folder, const std::string& program, bool takeover) {
    const int fd = ::open(folder.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) return failErrno(errno, "create the lock", folder.lock().string());
    RunLock lock(fd, {}, {});
    int code = 0;
    const Locking locking = tryLock(fd, code);
    const auto previous = readHolder(fd);
    if (locking == Locking::Taken) {
        lock.fd_ = -1;  // not ours to wipe
        ::close(fd);
        if (code == EAGAIN || code == EACCES) return inUse(folder, previous);
        return failErrno(code, "lock", folder.lock().string());
    }
    if (previous && ((previous->host != hostName() && !takeover) ||
                     (locking == Locking::Unsupported && hereAndAlive(*previous)))) {
        lock.fd_ = -1;
        ::close(fd);
        return previous->host != hostName() ? needsTakeover(folder, *previous) : inUse(folder, previous);
    }
    lock.replaced_ = previous;
    lock.holder_ = {
        hostName(), ownProcessId(),
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(), program};
    const std::string text = holderText(lock.holder_);
    // Shorter or longer than the last note: cut first. A reader in between sees a lock without a name.
    if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, text.data(), text.size(), 0) != ssize_t(text.size()))
        return failErrno(errno ? errno : ENOSPC, "write the lock", folder.lock().string());
    return lock;
}

RunLock::RunLock(int fd, LockHolder holder, std::optional<LockHolder> replaced)
    : fd_(fd), holder_(std::move(holder)), replaced_(std::move(replaced)) {}

RunLock::RunLock(RunLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      holder_(std::move(other.holder_)),
      replaced_(std::move(other.replaced_)) {}

RunLock& RunLock::operator=(RunLock&& other) noexcept {
    if (this != &other) {
        release();
        fd_ = std::exchange(other.fd_, -1);
        holder_ = std::move(other.holder_);
        replaced_ = std::move(other.replaced_);
    }
    return *this;
}

RunLock::~RunLock() {
    release();
}

void RunLock::release() noexcept {
    if (fd_ < 0) return;
    (void)!::ftruncate(fd_, 0);  // still locked: nobody else can have written a name yet
    ::close(std::exchange(fd_, -1));
}

}  // namespace atelier::run
