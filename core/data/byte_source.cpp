// SPDX-License-Identifier: GPL-3.0-or-later
// Plain files by read(2) or mapped, compressed ones through libarchive's filters (raw format: it only
// decompresses).
#include "core/data/byte_source.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

namespace atelier::data {
namespace {

class PlainFile final : public ByteSource {
  public:
    PlainFile(Descriptor file, fs::path path, std::uint64_t size)
        : file_(std::move(file)), path_(std::move(path)), size_(size) {}
    ~PlainFile() override {
        if (map_ != nullptr) ::munmap(map_, size_);
    }
    PlainFile(const PlainFile&) = delete;
    PlainFile& operator=(const PlainFile&) = delete;

    Result<std::size_t> read(char* buffer, std::size_t capacity) override {
        for (;;) {
            const ssize_t n = ::read(file_.get(), buffer, capacity);
            if (n >= 0) return static_cast<std::size_t>(n);
            if (errno != EINTR) return failErrno(errno, "read", path_.string());
        }
    }
    Status skip(std::uint64_t bytes) override {
        if (::lseek(file_.get(), static_cast<off_t>(bytes), SEEK_CUR) < 0)
            return failErrno(errno, "read", path_.string());
        return {};
    }
    std::optional<std::uint64_t> size() const override { return size_; }

    std::string_view map() override {
        if (size_ == 0 || map_ != nullptr) return {map_, static_cast<std::size_t>(size_)};
        void* map = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file_.get(), 0);
        if (map == MAP_FAILED) return {};
        // Kernels before 5.14 and some file systems cannot populate: read(2) serves there.
        if (::madvise(map, 1, MADV_POPULATE_READ) != 0) {
            ::munmap(map, size_);
            return {};
        }
        ::madvise(map, size_, MADV_SEQUENTIAL);
        map_ = static_cast<char*>(map);
        return {map_, static_cast<std::size_t>(size_)};
    }
    Status prepare(std::uint64_t keepFrom, std::uint64_t from, std::uint64_t to) override {
        struct stat info {};
        if (::fstat(file_.get(), &info) != 0) return failErrno(errno, "read", path_.string());
        if (static_cast<std::uint64_t>(info.st_size) < to)
            return fail(ErrorCode::Data, "the file became shorter while it was read", path_.string(),
                        "Something else writes to it: wait for that, then read it again.");
        const std::uint64_t page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
        const std::uint64_t keep = keepFrom / page * page;
        if (keep > dropped_) ::madvise(map_ + dropped_, keep - dropped_, MADV_DONTNEED);
        dropped_ = std::max(dropped_, keep);
        const std::uint64_t begin = from / page * page;
        while (::madvise(map_ + begin, to - begin, MADV_POPULATE_READ) != 0) {
            if (errno == EINTR || errno == EAGAIN) continue;
            return failErrno(errno == EFAULT ? EIO : errno, "read", path_.string());
        }
        return {};
    }

  private:
    Descriptor file_;
    fs::path path_;
    std::uint64_t size_;
    char* map_ = nullptr;
    std::uint64_t dropped_ = 0;  // bytes of the map whose pages were given back
};

struct FreeArchive {
    void operator()(archive* a) const { archive_read_free(a); }
};
using ArchivePtr = std::unique_ptr<archive, FreeArchive>;

class CompressedFile final : public ByteSource {
  public:
    CompressedFile(ArchivePtr archive, fs::path path)
        : archive_(std::move(archive)), path_(std::move(path)) {}

    Result<std::size_t> read(char* buffer, std::size_t capacity) override {
        const la_ssize_t n = archive_read_data(archive_.get(), buffer, capacity);
        if (n < 0) {
            const char* text = archive_error_string(archive_.get());
            return fail(ErrorCode::Data,
                        std::string("it cannot be decompressed: ") + (text ? text : "broken data"),
                        path_.string());
        }
        return static_cast<std::size_t>(n);
    }
    Status skip(std::uint64_t bytes) override {
        scratch_.resize(1 << 16);
        while (bytes > 0) {
            ATELIER_TRY(const std::size_t n,
                        read(scratch_.data(), std::min<std::uint64_t>(bytes, scratch_.size())));
            if (n == 0) return fail(ErrorCode::Data, "the file ends inside a member", path_.string());
            bytes -= n;
        }
        return {};
    }
    std::optional<std::uint64_t> size() const override { return std::nullopt; }

  private:
    ArchivePtr archive_;
    fs::path path_;
    std::vector<char> scratch_;
};

bool compressedMagic(std::string_view head) {
    using namespace std::string_view_literals;
    return head.starts_with("\x1f\x8b"sv) || head.starts_with("BZh"sv) ||
           head.starts_with(
               "\xfd"sv
               "7zXZ\0"sv) ||
           head.starts_with("\x28\xb5\x2f\xfd"sv);
}

}  // namespace

Status ByteSource::prepare(std::uint64_t, std::uint64_t, std::uint64_t) {
    return {};
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
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return failErrno(errno, "open", path.string());
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) return failErrno(errno, "open", path.string());
    if (S_ISDIR(info.st_mode)) return failErrno(EISDIR, "open", path.string());
    return file;
}

Result<bool> isCompressed(const fs::path& path) {
    ATELIER_TRY(const Descriptor file, openForReading(path));
    std::array<char, 6> head{};
    const ssize_t n = ::pread(file.get(), head.data(), head.size(), 0);
    if (n < 0) return failErrno(errno, "read", path.string());
    return compressedMagic({head.data(), static_cast<std::size_t>(n)});
}

Result<std::unique_ptr<ByteSource>> openByteSource(const fs::path& path) {
    ATELIER_TRY(const bool compressed, isCompressed(path));
    if (!compressed) {
        ATELIER_TRY(Descriptor file, openForReading(path));
        struct stat info {};
        if (::fstat(file.get(), &info) != 0) return failErrno(errno, "open", path.string());
        return std::make_unique<PlainFile>(std::move(file), path, static_cast<std::uint64_t>(info.st_size));
    }
    ArchivePtr reader(archive_read_new());
    archive_read_support_filter_gzip(reader.get());
    archive_read_support_filter_bzip2(reader.get());
    archive_read_support_filter_xz(reader.get());
    archive_read_support_filter_zstd(reader.get());
    archive_read_support_format_raw(reader.get());
    archive_entry* entry = nullptr;
    if (archive_read_open_filename(reader.get(), path.c_str(), 1 << 16) != ARCHIVE_OK ||
        archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK) {
        const char* text = archive_error_string(reader.get());
        return fail(ErrorCode::Data,
                    std::string("it cannot be decompressed: ") + (text ? text : "broken data"),
                    path.string());
    }
    return std::make_unique<CompressedFile>(std::move(reader), path);
}

}  // namespace atelier::data
