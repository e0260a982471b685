// SPDX-License-Identifier: GPL-3.0-or-later
// Plain files by read(2), compressed ones through libarchive's filters (raw format: it only decompresses).
// Not mapped: a file that another process cuts would end this one by SIGBUS.
#include "core/data/byte_source.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atelier::data {
namespace {

class PlainFile final : public ByteSource {
  public:
    PlainFile(Descriptor file, fs::path path, std::uint64_t size)
        : file_(std::move(file)), path_(std::move(path)), size_(size) {}

    Result<std::size_t> read(char* buffer, std::size_t capacity) override {
        for (;;) {
            const ssize_t n = ::read(file_.get(), buffer, capacity);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return failErrno(errno, "read", path_.string());
            if (n == 0 && capacity > 0 && at_ < size_) return truncated();
            at_ += static_cast<std::uint64_t>(n);
            return static_cast<std::size_t>(n);
        }
    }
    Status skip(std::uint64_t bytes) override {
        if (::lseek(file_.get(), static_cast<off_t>(bytes), SEEK_CUR) < 0)
            return failErrno(errno, "read", path_.string());
        at_ += bytes;
        return {};
    }
    std::optional<std::uint64_t> size() const override { return size_; }

  private:
    tl::unexpected<Error> truncated() const {
        struct stat info {};
        ::fstat(file_.get(), &info);
        return fail(ErrorCode::Data,
                    fmt::format("the shard was truncated while it was read: it had {} bytes, now {}", size_,
                                info.st_size),
                    path_.string(), "Another program writes to it: wait for that, then read it again.");
    }

    Descriptor file_;
    fs::path path_;
    std::uint64_t size_;  // when it was opened
    std::uint64_t at_ = 0;
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

Result<bool> isCompressed(const fs::path& path) {
    ATELIER_TRY(const Descriptor file, openForReading(path));
    std::array<char, 6> head{};
    const ssize_t n = ::pread(file.get(), head.data(), head.size(), 0);
    if (n < 0) return failErrno(errno, "read", path.string());
    return compressedMagic({head.data(), static_cast<std::size_t>(n)});
}

Result<std::unique_ptr<ByteSource>> openPlainSource(const fs::path& path) {
    ATELIER_TRY(Descriptor file, openForReading(path));
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) return failErrno(errno, "open", path.string());
    return std::make_unique<PlainFile>(std::move(file), path, static_cast<std::uint64_t>(info.st_size));
}

Result<std::unique_ptr<ByteSource>> openByteSource(const fs::path& path) {
    ATELIER_TRY(const bool compressed, isCompressed(path));
    if (!compressed) return openPlainSource(path);
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
