// SPDX-License-Identifier: GPL-3.0-or-later
// Private to core/data's picture code: bounded access to header bytes, in memory or in a file, and
// fixed-width integers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/data/image_io.h"

namespace atelier::data {

// Bytes of a file by position. A file is read in windows of 16 kB, so that headers cost one or two reads.
class ProbeSource {
  public:
    ProbeSource(std::string_view memory, std::string_view name)
        : memory_(memory), name_(name), size_(memory.size()) {}
    // Borrows the descriptor.
    ProbeSource(int fd, std::uint64_t size, std::string_view name) : name_(name), fd_(fd), size_(size) {}

    // At most `length` bytes, fewer at the end. Valid until the next call.
    std::string_view at(std::uint64_t offset, std::uint64_t length);
    std::uint64_t size() const { return size_; }
    std::string_view name() const { return name_; }

  private:
    std::string_view memory_;
    std::string_view name_;
    int fd_ = -1;
    std::uint64_t size_;
    std::uint64_t start_ = 0;
    std::string window_;
};

inline unsigned byteAt(std::string_view b, std::size_t at) {
    return at < b.size() ? static_cast<unsigned char>(b[at]) : 0;
}
inline std::uint32_t be16(std::string_view b, std::size_t at) {
    return byteAt(b, at) << 8 | byteAt(b, at + 1);
}
inline std::uint32_t be32(std::string_view b, std::size_t at) {
    return be16(b, at) << 16 | be16(b, at + 2);
}
inline std::uint32_t le16(std::string_view b, std::size_t at) {
    return byteAt(b, at + 1) << 8 | byteAt(b, at);
}
inline std::uint32_t le24(std::string_view b, std::size_t at) {
    return byteAt(b, at + 2) << 16 | le16(b, at);
}
inline std::uint32_t le32(std::string_view b, std::size_t at) {
    return le16(b, at + 2) << 16 | le16(b, at);
}

// The profile inside a PNG iCCP chunk (name, method, zlib stream); "" when it is broken or beyond 16 MB.
std::string inflateIccp(std::string_view chunk);
// codec_tiff.cpp: fills `info` from the first directory.
Status probeTiff(ProbeSource& source, ImageInfo& info);

}  // namespace atelier::data
