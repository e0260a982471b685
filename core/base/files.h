// SPDX-License-Identifier: GPL-3.0-or-later
// Files that are whole or absent: write to a temporary name in the same folder, fsync, rename.
// Everything that Atelier writes for keeps goes through here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace atelier {

namespace fs = std::filesystem;

// "~/x" → the user's home; anything else unchanged.
fs::path expandUser(std::string_view path);

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

// Whole file; refuses more than `limit` bytes with an Error rather than filling the memory.
Result<std::string> readFile(const fs::path& path, std::uint64_t limit = std::uint64_t{1} << 32);
// The whole file piece by piece, in order, through one small buffer; an Error of `visit` ends it. A file that
// another process cuts meanwhile just ends.
Status readPieces(const fs::path& path, const std::function<Status(std::string_view)>& visit);

Status createDirectories(const fs::path& path);
// Makes a rename or a new file in this folder durable.
Status fsyncDirectory(const fs::path& path);
// Atomic within one file system; fsyncs the target's folder.
Status renameFile(const fs::path& from, const fs::path& to);
// Points `link` at `target` (relative), replacing an older link in one step.
Status replaceSymlink(const fs::path& target, const fs::path& link);
// Bytes a normal user may still write there; the nearest existing parent counts.
Result<std::uint64_t> freeSpace(const fs::path& path);

// A file that appears under its name only on commit(); dropped without a trace otherwise.
class AtomicFile {
  public:
    static Result<AtomicFile> create(const fs::path& path);
    AtomicFile(AtomicFile&& other) noexcept;
    AtomicFile& operator=(AtomicFile&& other) noexcept;
    ~AtomicFile();

    Status write(std::string_view bytes);
    Status writeAt(std::uint64_t offset, std::string_view bytes);
    Status commit();
    int descriptor() const { return fd_; }
    const fs::path& path() const { return path_; }
    const fs::path& temporaryPath() const { return temporary_; }

  private:
    AtomicFile(int fd, fs::path path, fs::path temporary);
    void discard() noexcept;
    int fd_ = -1;
    fs::path path_;
    fs::path temporary_;
};

Status writeFileAtomic(const fs::path& path, std::string_view bytes);

}  // namespace atelier
