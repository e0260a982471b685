// SPDX-License-Identifier: GPL-3.0-or-later
// POSIX side of files.h.
#include "core/base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <utility>

namespace atelier {
namespace {

fs::path temporaryName(const fs::path& path) {
    static std::atomic<unsigned> counter{0};
    return path.parent_path() / ("." + path.filename().string() + "." + std::to_string(::getpid()) + "." +
                                 std::to_string(counter++) + ".tmp");
}

Status writeAll(int fd, std::string_view bytes, const fs::path& path) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0) {
            if (errno == EINTR) continue;
            return failErrno(errno, "write", path.string());
        }
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

}  // namespace

fs::path expandUser(std::string_view path) {
    if (path == "~" || path.starts_with("~/")) {
        if (const char* home = std::getenv("HOME"))
            return fs::path(home) / path.substr(path.size() > 1 ? 2 : 1);
    }
    return fs::path(path);
}

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}
Descriptor::~Descriptor() {
    reset();
}
void Descriptor::reset() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<Descriptor> openForReading(const fs::path& path) {
    // Opening a pipe would wait for a writer, deaf to signals; without one it now reads as empty.
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file) return failErrno(errno, "open", path.string());
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) return failErrno(errno, "open", path.string());
    if (S_ISDIR(info.st_mode)) return failErrno(EISDIR, "open", path.string());
    if (!S_ISREG(info.st_mode)) ::fcntl(file.get(), F_SETFL, ::fcntl(file.get(), F_GETFL) & ~O_NONBLOCK);
    return file;
}

Result<std::string> readFile(const fs::path& path, std::uint64_t limit) {
    ATELIER_TRY(const Descriptor file, openForReading(path));
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) return failErrno(errno, "read", path.string());
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size > limit)
        return fail(ErrorCode::Io,
                    "it has " + std::to_string(size) + " bytes, more than the " + std::to_string(limit) +
                        " expected here",
                    path.string());
    std::string text;
    text.resize(size);
    std::size_t done = 0;
    for (;;) {
        if (done == text.size())
            text.resize(text.size() + (done == size ? 1 : 65536));  // files of /proc say size 0
        const ssize_t n = ::read(file.get(), text.data() + done, text.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failErrno(errno, "read", path.string());
        if (n == 0) break;
        done += static_cast<std::size_t>(n);
        if (done > limit)
            return fail(ErrorCode::Io, "it has more than " + std::to_string(limit) + " bytes", path.string());
    }
    text.resize(done);
    return text;
}

Status readPieces(const fs::path& path, const std::function<Status(std::string_view)>& visit) {
    constexpr std::size_t kPiece = 128 << 10;  // stays in the L2 cache between reading and use
    ATELIER_TRY(const Descriptor file, openForReading(path));
    const auto buffer = std::make_unique_for_overwrite<char[]>(kPiece);
    for (;;) {
        const ssize_t n = ::read(file.get(), buffer.get(), kPiece);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failErrno(errno, "read", path.string());
        if (n == 0) return {};
        ATELIER_DO(visit({buffer.get(), static_cast<std::size_t>(n)}));
    }
}

Status createDirectories(const fs::path& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) return failErrno(error.value(), "create the folder", path.string());
    return {};
}

Status fsyncDirectory(const fs::path& path) {
    const int fd = ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return failErrno(errno, "open the folder", path.string());
    const int result = ::fsync(fd);
    const int code = errno;
    ::close(fd);
    // Some network and FUSE file systems cannot sync folders; nothing better can be done there.
    if (result != 0 && code != EINVAL && code != ENOTSUP)
        return failErrno(code, "sync the folder", path.string());
    return {};
}

Status renameFile(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return failErrno(errno, "rename to this name", to.string());
    return fsyncDirectory(to.parent_path());
}

Status replaceSymlink(const fs::path& target, const fs::path& link) {
    const fs::path temporary = temporaryName(link);
    if (::symlink(target.c_str(), temporary.c_str()) != 0)
        return failErrno(errno, "create the link", link.string());
    if (auto done = renameFile(temporary, link); !done) {
        ::unlink(temporary.c_str());
        return done;
    }
    return {};
}

Result<std::uint64_t> freeSpace(const fs::path& path) {
    fs::path probe = fs::absolute(path);
    std::error_code error;
    while (!fs::exists(probe, error) && probe.has_parent_path() && probe != probe.parent_path())
        probe = probe.parent_path();
    struct statvfs info {};
    if (::statvfs(probe.c_str(), &info) != 0) return failErrno(errno, "read the free space", probe.string());
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

AtomicFile::AtomicFile(int fd, fs::path path, fs::path temporary)
    : fd_(fd), path_(std::move(path)), temporary_(std::move(temporary)) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
    if (this != &other) {
        discard();
        fd_ = std::exchange(other.fd_, -1);
        path_ = std::move(other.path_);
        temporary_ = std::move(other.temporary_);
    }
    return *this;
}

AtomicFile::~AtomicFile() {
    discard();
}

void AtomicFile::discard() noexcept {
    if (fd_ < 0) return;
    ::close(std::exchange(fd_, -1));
    ::unlink(temporary_.c_str());
}

Result<AtomicFile> AtomicFile::create(const fs::path& path) {
    fs::path temporary = temporaryName(path);
    const int fd = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) return failErrno(errno, "create", path.string());
    return AtomicFile(fd, path, std::move(temporary));
}

Status AtomicFile::write(std::string_view bytes) {
    return writeAll(fd_, bytes, path_);
}

Status AtomicFile::writeAt(std::uint64_t offset, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (n < 0) {
            if (errno == EINTR) continue;
            return failErrno(errno, "write", path_.string());
        }
        offset += static_cast<std::uint64_t>(n);
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

Status AtomicFile::commit() {
    if (::fsync(fd_) != 0) {
        const int code = errno;
        discard();
        return failErrno(code, "write to disk", path_.string());
    }
    const int closed = ::close(std::exchange(fd_, -1));
    if (closed != 0) {
        const int code = errno;
        ::unlink(temporary_.c_str());
        return failErrno(code, "write to disk", path_.string());
    }
    auto renamed = renameFile(temporary_, path_);
    if (!renamed) ::unlink(temporary_.c_str());
    return renamed;
}

Status writeFileAtomic(const fs::path& path, std::string_view bytes) {
    ATELIER_TRY(auto file, AtomicFile::create(path));
    ATELIER_DO(file.write(bytes));
    return file.commit();
}

}  // namespace atelier
