// SPDX-License-Identifier: GPL-3.0-or-later
// pread, and fstat behind it.
#include "core/weights/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace atelier {
namespace {

std::int64_t writtenAt(const struct stat& info) {
    return static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec;
}

}  // namespace

Result<FileBytes> FileBytes::open(const fs::path& path) {
    FileBytes file;
    ATELIER_TRY(file.file_, openForReading(path));
    file.path_ = path;
    struct stat info {};
    if (::fstat(file.file_.get(), &info) != 0 || !S_ISREG(info.st_mode))
        return fail(ErrorCode::Io, "it is not a regular file", path.string());
    file.size_ = static_cast<std::uint64_t>(info.st_size);
    file.written_ = writtenAt(info);
    return file;
}

Status FileBytes::unchanged() const {
    struct stat info {};
    if (::fstat(file_.get(), &info) == 0 && static_cast<std::uint64_t>(info.st_size) == size_ &&
        writtenAt(info) == written_)
        return {};
    return fail(ErrorCode::Model, "the file was cut or written to while it was read", path_.string(),
                "Another program is changing it: wait until that is done, then try again.");
}

Status FileBytes::read(std::uint64_t offset, std::span<std::byte> out) const {
    if (offset > size_ || out.size() > size_ - offset)
        return fail(ErrorCode::Model, "it is shorter than its own tables say", path_.string(),
                    "The file is damaged: fetch or save it again.");
    while (!out.empty()) {
        const ssize_t n = ::pread(file_.get(), out.data(), out.size(), static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            return fail(ErrorCode::Io, std::string("cannot be read: ") + std::strerror(errno), path_.string(),
                        "The disk or the connection to it may have a fault.");
        if (n == 0) return unchanged();
        offset += static_cast<std::uint64_t>(n);
        out = out.subspan(static_cast<std::size_t>(n));
    }
    return unchanged();
}

Result<std::string> FileBytes::text(ByteRange range) const {
    if (range.offset > size_ || range.size > size_ - range.offset)
        return fail(ErrorCode::Model, "it is shorter than its own tables say", path_.string(),
                    "The file is damaged: fetch or save it again.");
    std::string text(range.size, '\0');
    ATELIER_DO(read(range.offset, std::as_writable_bytes(std::span(text))));
    return text;
}

}  // namespace atelier
