// SPDX-License-Identifier: GPL-3.0-or-later
// The reading half of event_log.h: an offset, and fingerprints of what was read to recognise the file.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/run/event_log.h"

namespace atelier::run {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 18;
constexpr std::uint64_t kFingerprintBytes = 256;

// Up to `size` bytes at `offset`; fewer at the end of the file, -1 with errno on a fault.
ssize_t readAt(int fd, char* to, std::size_t size, std::uint64_t offset) {
    std::size_t done = 0;
    while (done < size) {
        const ssize_t n = ::pread(fd, to + done, size - done, off_t(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -1;
        if (n == 0) break;
        done += std::size_t(n);
    }
    return ssize_t(done);
}

bool startsWithAt(int fd, const std::string& expected, std::uint64_t offset) {
    std::string found(expected.size(), '\0');
    return readAt(fd, found.data(), found.size(), offset) == ssize_t(expected.size()) && found == expected;
}

}  // namespace

EventReader::EventReader(fs::path path, std::uint64_t offset)
    : path_(std::move(path)), offset_(offset), aligned_(offset == 0) {}

// A mirror replaces the file by a longer copy (new inode, same beginning): that is the same log, grown.
bool EventReader::sameFile(int fd) const {
    return startsWithAt(fd, head_, 0) && startsWithAt(fd, tail_, offset_ - tail_.size());
}

void EventReader::remember(int fd) {
    const auto keep = [&](std::string& print, std::uint64_t begin, std::uint64_t size) {
        print.resize(size);
        if (readAt(fd, print.data(), print.size(), begin) != ssize_t(size)) print.clear();
    };
    const std::uint64_t size = std::min(offset_, kFingerprintBytes);
    if (head_.size() < size) keep(head_, 0, size);
    keep(tail_, offset_ - size, size);
}

// A start inside a line begins with the next one.
Status EventReader::align(int fd) {
    char before = '\n';
    if (readAt(fd, &before, 1, offset_ - 1) < 0)
        return failErrno(errno, "read the event log", path_.string());
    skipPartial_ = before != '\n';
    aligned_ = true;
    return {};
}

std::size_t EventReader::consume(std::string_view block, Batch& batch,
                                 const std::function<void(Event&&)>& sink) {
    std::size_t begin = 0;
    while (begin < block.size()) {
        const void* newline = std::memchr(block.data() + begin, '\n', block.size() - begin);
        if (!newline) break;
        const std::size_t end = std::size_t(static_cast<const char*>(newline) - block.data());
        const std::string_view line = block.substr(begin, end - begin);
        begin = end + 1;
        if (std::exchange(skipPartial_, false)) continue;
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        auto event = eventFromLine(line);
        if (event) {
            ++batch.events;
            sink(std::move(*event));
        } else if (event.error().code == ErrorCode::Config) {
            ++batch.newer;
        } else {
            ++batch.malformed;
        }
    }
    return begin;
}

Result<EventReader::Batch> EventReader::read(const std::function<void(Event&&)>& sink, std::size_t maxBytes,
                                             const std::function<void()>& onRestart) {
    Batch batch;
    const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) {
        if (errno == ENOENT) return batch;
        return failErrno(errno, "open the event log", path_.string());
    }
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) return failErrno(errno, "read the event log", path_.string());
    if (!S_ISREG(info.st_mode)) return fail(ErrorCode::Io, "it is not a regular file", path_.string());
    size_ = std::uint64_t(info.st_size);

    if (size_ < offset_ || !sameFile(file.get())) {
        offset_ = 0;
        aligned_ = true;
        skipPartial_ = false;
        head_.clear();
        tail_.clear();
        batch.restarted = true;
        if (onRestart) onRestart();
    }
    if (!aligned_) ATELIER_DO(align(file.get()));

    std::size_t blockBytes = std::min(kBlockBytes, std::max<std::size_t>(maxBytes, 4096));
    while (offset_ < size_) {
        if (batch.bytes >= maxBytes) {
            batch.more = true;
            break;
        }
        buffer_.resize(std::size_t(std::min<std::uint64_t>(blockBytes, size_ - offset_)));
        const ssize_t got = readAt(file.get(), buffer_.data(), buffer_.size(), offset_);
        if (got < 0) return failErrno(errno, "read the event log", path_.string());
        if (got == 0) break;  // truncated meanwhile: seen at the next call
        std::size_t used = consume(std::string_view(buffer_.data(), std::size_t(got)), batch, sink);
        if (used == 0) {
            if (offset_ + std::uint64_t(got) >= size_ && std::size_t(got) < kMaxLineBytes)
                break;  // half a line: wait
            if (blockBytes < kMaxLineBytes) {
                blockBytes = kMaxLineBytes;
                continue;
            }
            if (!std::exchange(skipPartial_, true)) ++batch.malformed;  // longer than any event: pass over it
            used = std::size_t(got);
        }
        offset_ += used;
        batch.bytes += used;
    }
    if (batch.bytes > 0 || tail_.empty()) remember(file.get());
    buffer_.clear();
    return batch;
}

}  // namespace atelier::run
