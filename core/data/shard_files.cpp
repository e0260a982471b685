// SPDX-License-Identifier: GPL-3.0-or-later
// ShardFiles: pread(2) on a small set of open files, least recently used closed first.
#include "core/data/shard_files.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/base/hash.h"
#include "core/data/remote_shards.h"

namespace atelier::data {

ShardFiles::ShardFiles(std::vector<fs::path> paths)
    : paths_(std::move(paths)), open_(paths_.size()), places_(paths_.size(), recent_.end()) {}

Result<ShardFiles::Shared> ShardFiles::file(std::uint32_t shard) {
    const std::lock_guard lock(mutex_);
    if (open_[shard]) {
        recent_.splice(recent_.begin(), recent_, places_[shard]);
        return open_[shard];
    }
    ATELIER_TRY(Descriptor opened, openForReading(paths_[shard]));
    if (recent_.size() >= kOpenFiles) {
        open_[recent_.back()].reset();  // stays open for those reading from it right now
        recent_.pop_back();
    }
    open_[shard] = std::make_shared<const Descriptor>(std::move(opened));
    places_[shard] = recent_.insert(recent_.begin(), shard);
    return open_[shard];
}

Result<std::string> ShardFiles::read(std::uint32_t shard, std::uint64_t offset, std::uint64_t size) {
    ATELIER_TRY(const Shared opened, file(shard));
    struct stat info {};
    if (::fstat(opened->get(), &info) != 0) return failErrno(errno, "read", paths_[shard].string());
    const auto total = static_cast<std::uint64_t>(info.st_size);
    if (offset > total || total - offset < size)
        return fail(
            ErrorCode::Data,
            fmt::format("it has {} bytes, but a member should lie at {} to {}", total, offset, offset + size),
            paths_[shard].string(), "The shard was cut or replaced: copy or build it again.");
    std::string bytes(static_cast<std::size_t>(size), '\0');
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t n = ::pread(opened->get(), bytes.data() + done, bytes.size() - done,
                                  static_cast<off_t>(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failErrno(errno, "read", paths_[shard].string());
        if (n == 0)
            return fail(ErrorCode::Data, "it became shorter while it was read", paths_[shard].string());
        done += static_cast<std::size_t>(n);
    }
    return bytes;
}

Result<fs::path> unpackedShard(const fs::path& path) {
    ATELIER_TRY(const bool compressed, isCompressed(path));
    if (!compressed) return path;
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return failErrno(errno, "open", path.string());
    const std::string identity = fmt::format("{}\n{}\n{}.{}", fs::absolute(path).string(), info.st_size,
                                             info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
    const fs::path unpacked = shardCache() / (hex(xxh3(identity)) + ".tar");
    std::error_code error;
    if (fs::exists(unpacked, error)) return unpacked;
    ATELIER_DO(createDirectories(unpacked.parent_path()));
    ATELIER_TRY(const auto source, openByteSource(path));
    ATELIER_TRY(AtomicFile target, AtomicFile::create(unpacked));
    std::string buffer(1 << 20, '\0');
    for (;;) {
        ATELIER_TRY(const std::size_t n, source->read(buffer.data(), buffer.size()));
        if (n == 0) break;
        ATELIER_DO(target.write(std::string_view(buffer).substr(0, n)));
    }
    ATELIER_DO(target.commit());
    return unpacked;
}

}  // namespace atelier::data
