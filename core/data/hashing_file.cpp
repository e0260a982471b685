// SPDX-License-Identifier: GPL-3.0-or-later
// A ring of buffers between the writing caller and the hashing thread.
#include "core/data/hashing_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace atelier::data {

HashingFile::HashingFile(bool hash) : hash_(hash) {
    for (auto& buffer : buffers_) buffer = std::make_unique_for_overwrite<char[]>(kBufferSize);
    if (hash_) thread_ = std::thread([this] { hashLoop(); });
}

HashingFile::~HashingFile() {
    discard();
    if (!hash_) return;
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

Status HashingFile::begin(const fs::path& path) {
    file_ = Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!file_) return failErrno(errno, "create", path.string());
    path_ = path;
    size_ = used_ = 0;
    sha256_ = std::make_unique<Sha256>();  // the thread is idle: every earlier buffer was hashed by end() or
                                           // discard()
    return {};
}

Status HashingFile::append(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t n = std::min(bytes.size(), kBufferSize - used_);
        std::memcpy(buffers_[filled_ % kBuffers].get() + used_, bytes.data(), n);
        used_ += n;
        size_ += n;
        bytes.remove_prefix(n);
        if (used_ == kBufferSize) ATELIER_DO(flush());
    }
    return {};
}

// Hands the current buffer to the hashing thread, writes it, and waits for the next buffer to be free.
Status HashingFile::flush() {
    const char* data = buffers_[filled_ % kBuffers].get();
    const std::size_t length = std::exchange(used_, 0);
    if (hash_) {
        const std::lock_guard lock(mutex_);
        lengths_[filled_ % kBuffers] = length;
        ++filled_;
    } else {
        ++filled_;
    }
    changed_.notify_all();
    for (std::size_t done = 0; done < length;) {
        const ssize_t n = ::write(file_.get(), data + done, length - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failErrno(errno, "write", path_.string());
        done += static_cast<std::size_t>(n);
    }
    if (hash_) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return filled_ - hashed_ < kBuffers; });
    }
    return {};
}

Result<std::string> HashingFile::end() {
    if (used_ > 0) ATELIER_DO(flush());
    if (hash_) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return filled_ == hashed_; });
    }
    file_.reset();
    return hash_ ? sha256_->hexDigest() : std::string();
}

void HashingFile::discard() {
    if (!file_) return;
    if (hash_) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return filled_ == hashed_; });
    }
    used_ = 0;
    file_.reset();
    ::unlink(path_.c_str());
}

void HashingFile::hashLoop() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stop_ || hashed_ < filled_; });
        if (hashed_ == filled_) return;
        const std::size_t slot = hashed_ % kBuffers;
        const std::string_view bytes(buffers_[slot].get(), lengths_[slot]);
        lock.unlock();
        sha256_->update(bytes);
        lock.lock();
        ++hashed_;
        changed_.notify_all();
    }
}

}  // namespace atelier::data
