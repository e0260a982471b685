// SPDX-License-Identifier: GPL-3.0-or-later
// Walks the members of a tar: headers with PAX and GNU extensions applied, data as views into the mapped file
// or, where it cannot be mapped, into one moving buffer. Internal to ShardReader.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/data/byte_source.h"
#include "core/data/tar_format.h"

namespace atelier::data {

class TarCursor {
  public:
    TarCursor(std::unique_ptr<ByteSource> source, bool keepData, std::uint64_t memberLimit);

    // The next regular file, its name and size final; nothing at the end. The cursor then stands on its data.
    Result<std::optional<TarHeader>> nextFile();
    // Position of the cursor in the (decompressed) tar.
    std::uint64_t position() const { return bufferStart_ + cursor_; }
    // Moves past data and padding of the file just returned. With keepData its bytes stay reachable through
    // bytes() until release(); otherwise they are not read at all.
    Status passData(std::uint64_t size);
    // View of `size` bytes at tar position `at`; must not have been released.
    std::string_view bytes(std::uint64_t at, std::uint64_t size) const;
    // Everything before the cursor may be overwritten.
    void release() { keepFrom_ = cursor_; }
    bool sawEnd() const { return sawEnd_; }

  private:
    Result<bool> fill(std::uint64_t wanted);
    Result<std::string> readExtension(std::uint64_t size);
    Result<std::optional<TarHeader>> nextHeader();
    tl::unexpected<Error> torn(std::string what) const;

    std::unique_ptr<ByteSource> source_;
    bool keepData_;
    std::uint64_t memberLimit_;
    std::string_view map_;           // the whole file; then nothing below moves and bufferStart_ stays 0
    std::vector<char> buffer_;       // empty with a map
    const char* base_;               // the map or the buffer; what is said below of the buffer holds for both
    std::size_t keepFrom_ = 0;       // first byte of the buffer still needed
    std::size_t cursor_ = 0;         // next byte to look at
    std::size_t filled_ = 0;         // bytes in the buffer
    std::uint64_t bufferStart_ = 0;  // tar position of buffer_[0]
    std::uint64_t remaining_ = 0;    // bytes there were when fill() last came up short
    PaxRecords global_;
    bool sawEnd_ = false;
};

}  // namespace atelier::data
