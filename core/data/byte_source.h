// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes of a file, decompressed if need be (gzip, bzip2, xz, zstd: told by content). Used by ShardReader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier::data {

class ByteSource {
  public:
    virtual ~ByteSource() = default;
    // Up to `capacity` bytes; 0 at the end. A plain file that has become shorter than it was when opened is
    // an Error, not an end.
    virtual Result<std::size_t> read(char* buffer, std::size_t capacity) = 0;
    // Passes over bytes. Callers check size() first where it is known; otherwise the end is an Error.
    virtual Status skip(std::uint64_t bytes) = 0;
    // Total size, known for plain files only.
    virtual std::optional<std::uint64_t> size() const = 0;
};

Result<std::unique_ptr<ByteSource>> openByteSource(const fs::path& path);
// The bytes as they are in the file, compressed or not.
Result<std::unique_ptr<ByteSource>> openPlainSource(const fs::path& path);
// Whether the first bytes are those of a compressed file.
Result<bool> isCompressed(const fs::path& path);

}  // namespace atelier::data
