// SPDX-License-Identifier: GPL-3.0-or-later
// Reading ranges of one file that must stay as it was when it was opened. No memory map: a file that another
// program cuts would end the process with SIGBUS. Used by the readers of weight files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/base/files.h"

namespace atelier {

struct ByteRange {
    std::uint64_t offset = 0, size = 0;
};

class FileBytes {
  public:
    static Result<FileBytes> open(const fs::path& path);

    std::uint64_t size() const { return size_; }
    const fs::path& path() const { return path_; }
    // Fills `out`; may be called from several threads. Errors (code Model): the range lies outside; the file
    // was cut or written to since it was opened. A file that was replaced under its name is read to its end.
    Status read(std::uint64_t offset, std::span<std::byte> out) const;
    Result<std::string> text(ByteRange range) const;

  private:
    Status unchanged() const;

    Descriptor file_;
    fs::path path_;
    std::uint64_t size_ = 0;
    std::int64_t written_ = 0;  // time of the last write, nanoseconds
};

}  // namespace atelier
