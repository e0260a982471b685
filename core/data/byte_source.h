// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes of a file, decompressed if need be (gzip, bzip2, xz, zstd: told by content). Used by ShardReader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier::data {

class ByteSource {
  public:
    virtual ~ByteSource() = default;
    // Up to `capacity` bytes; 0 at the end.
    virtual Result<std::size_t> read(char* buffer, std::size_t capacity) = 0;
    // Passes over bytes. Callers check size() first where it is known; otherwise the end is an Error.
    virtual Status skip(std::uint64_t bytes) = 0;
    // Total size, known for plain files only.
    virtual std::optional<std::uint64_t> size() const = 0;
    // The whole file in the address space, for plain files on file systems that can; empty otherwise. Only
    // what prepare() has brought in may be looked at. Not to be mixed with read() and skip().
    virtual std::string_view map() { return {}; }
    // Brings bytes [from, to) of the map into memory, so that a disk error or a file that was cut meanwhile
    // is an Error here and not a signal at a later access. Pages before `keepFrom` are given back.
    virtual Status prepare(std::uint64_t keepFrom, std::uint64_t from, std::uint64_t to);
};

Result<std::unique_ptr<ByteSource>> openByteSource(const fs::path& path);
// Whether the first bytes are those of a compressed file.
Result<bool> isCompressed(const fs::path& path);

// An open file descriptor that closes itself.
class Descriptor {
  public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor();
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    void reset();

  private:
    int fd_;
};
// Read-only; refuses folders.
Result<Descriptor> openForReading(const fs::path& path);

}  // namespace atelier::data
