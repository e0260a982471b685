// SPDX-License-Identifier: GPL-3.0-or-later
// The writing half of event_log.h.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/run/event_log.h"

namespace atelier::run {
namespace {

bool mustReachTheDisk(const EventBody& body) {
    return std::holds_alternative<RunStarted>(body) || std::holds_alternative<Checkpoint>(body) ||
           std::holds_alternative<ErrorRaised>(body) || std::holds_alternative<RunFinished>(body);
}

}  // namespace

double unixNow() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Result<std::unique_ptr<EventWriter>> EventWriter::open(const fs::path& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0) return failErrno(errno, "open the event log", path.string());
    std::unique_ptr<EventWriter> writer(new EventWriter(fd, path));
    struct stat info {};
    if (::fstat(fd, &info) != 0) return failErrno(errno, "read the event log", path.string());
    if (!S_ISREG(info.st_mode)) return fail(ErrorCode::Io, "it is not a regular file", path.string());
    char last = '\n';
    if (info.st_size > 0 && ::pread(fd, &last, 1, info.st_size - 1) != 1)
        return failErrno(errno, "read the event log", path.string());
    // What a killed writer left becomes a line of its own, which readers skip; if only the newline was
    // missing, it counts.
    writer->torn_ = last != '\n';
    if (info.st_size == 0) ATELIER_DO(fsyncDirectory(path.parent_path()));
    return writer;
}

EventWriter::EventWriter(int fd, fs::path path) : fd_(fd), path_(std::move(path)) {}

EventWriter::~EventWriter() {
    ::close(fd_);
}

Status EventWriter::write(const EventBody& body) {
    return write(Event{unixNow(), body});
}

Status EventWriter::write(const Event& event) {
    std::string line = eventToLine(event);
    if (line.size() >= kMaxLineBytes)
        return fail(ErrorCode::Internal,
                    "an event of " + std::to_string(line.size()) + " bytes is longer than readers accept",
                    path_.string());
    line += '\n';
    const std::lock_guard guard(mutex_);
    ATELIER_DO(append(line, mustReachTheDisk(event.body)));
    lastWrite_ = std::chrono::steady_clock::now();
    if (const auto* progress = std::get_if<Progress>(&event.body)) {
        last_ = *progress;
        lastProgress_ = lastWrite_;
    } else if (const auto* started = std::get_if<RunStarted>(&event.body)) {
        last_ = {};  // until there is progress, the heartbeat says where it begins and nothing else
        last_.step = started->resumedStep;
    }
    return {};
}

Status EventWriter::writeIfDue(const Progress& progress, std::chrono::milliseconds interval) {
    {
        const std::lock_guard guard(mutex_);
        last_ = progress;  // a heartbeat tells the newest counts
        if (std::chrono::steady_clock::now() - lastProgress_ < interval) return {};
    }
    return write(progress);
}

Status EventWriter::beat(std::chrono::milliseconds interval) {
    Progress progress;
    {
        const std::lock_guard guard(mutex_);
        if (std::chrono::steady_clock::now() - lastWrite_ < interval) return {};
        progress = last_;
    }
    return write(progress);
}

Status EventWriter::append(const std::string& line, bool sync) {
    const std::string bytes = torn_ ? "\n" + line : line;
    struct stat info {};
    if (::fstat(fd_, &info) != 0) return failErrno(errno, "write the event log", path_.string());
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t n = ::write(fd_, bytes.data() + done, bytes.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            const int code = errno;
            // Half an event helps nobody: cut it off, so that whatever is written once there is room again is
            // readable.
            if (done > 0) torn_ = ::ftruncate(fd_, info.st_size) != 0 || torn_;
            return failErrno(code, "write the event log", path_.string());
        }
        done += std::size_t(n);
    }
    torn_ = false;
    if (sync && ::fdatasync(fd_) != 0 && errno != EINVAL && errno != ENOTSUP)
        return failErrno(errno, "write the event log to disk", path_.string());
    return {};
}

Heartbeat::Heartbeat(EventWriter& writer, std::chrono::milliseconds interval) {
    thread_ = std::thread([this, &writer, interval] {
        std::unique_lock lock(mutex_);
        while (!wake_.wait_for(lock, interval / 4, [this] { return stop_; })) {
            // A log that cannot be written is reported by the owner's own next event.
            lock.unlock();
            (void)writer.beat(interval * 3 / 4);
            lock.lock();
        }
    });
}

Heartbeat::~Heartbeat() {
    {
        const std::lock_guard guard(mutex_);
        stop_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

}  // namespace atelier::run
