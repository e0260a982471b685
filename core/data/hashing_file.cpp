// SPDX-License-Identifier: GPL-3.0-or-later
// Gathered writes: what is buffered and a large piece behind it go out in one writev(2).
#include "core/data/hashing_file.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace atelier::data {

HashingFile::HashingFile() : buffer_(std::make_unique_for_overwrite<char[]>(kBufferSize)) {}

HashingFile::~HashingFile() {
    discard();
}

Status HashingFile::begin(const fs::path& path) {
    file_ = Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!file_) return failErrno(errno, "create", path.string());
    path_ = path;
    size_ = used_ = 0;
    hash_ = Xxh128();
    return {};
}

Status HashingFile::append(std::string_view bytes) {
    size_ += bytes.size();
    if (bytes.size() >= kLarge) return writeOut(bytes);
    if (bytes.size() > kBufferSize - used_) ATELIER_DO(writeOut({}));
    std::memcpy(buffer_.get() + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
    return {};
}

// Hashes and writes the buffer, then `large`.
Status HashingFile::writeOut(std::string_view large) {
    std::string_view buffered(buffer_.get(), std::exchange(used_, 0));
    hash_.update(buffered);
    hash_.update(large);
    while (!buffered.empty() || !large.empty()) {
        const std::array<iovec, 2> parts{{{const_cast<char*>(buffered.data()), buffered.size()},
                                          {const_cast<char*>(large.data()), large.size()}}};
        const ssize_t n = ::writev(file_.get(), parts.data(), int(parts.size()));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failErrno(errno, "write", path_.string());
        const auto written = static_cast<std::size_t>(n);
        const std::size_t first = std::min(written, buffered.size());
        buffered.remove_prefix(first);
        large.remove_prefix(written - first);
    }
    return {};
}

Result<std::string> HashingFile::end() {
    if (used_ > 0) ATELIER_DO(writeOut({}));
    file_.reset();
    return hash_.hexDigest();
}

void HashingFile::discard() {
    if (!file_) return;
    used_ = 0;
    file_.reset();
    ::unlink(path_.c_str());
}

}  // namespace atelier::data
