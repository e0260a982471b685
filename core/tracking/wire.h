// SPDX-License-Identifier: GPL-3.0-or-later
// Protocol buffers' wire format, written by hand: the few messages that TensorBoard and W&B files hold need
// no generated code. Used by tensorboard_file.cpp and wandb_file.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace atelier::tracking {

// One message; fields in the order they are added. proto3 leaves out zeros: callers add what must be there.
class Message {
  public:
    Message& integer(int field, std::int64_t value);  // int32, int64, uint64, bool, enum
    Message& number(int field, double value);
    Message& number32(int field, float value);
    Message& text(int field, std::string_view bytes);  // string or bytes
    Message& message(int field, const Message& part) { return text(field, part.bytes_); }

    const std::string& bytes() const { return bytes_; }

  private:
    void varint(std::uint64_t value);
    void key(int field, unsigned type);
    std::string bytes_;
};

// Little-endian number of `count` bytes at the end of `out`.
void appendLittleEndian(std::string& out, std::uint64_t value, int count);

// CRC-32 as zlib has it (IEEE 802.3), and CRC-32C (Castagnoli).
std::uint32_t crc32(std::string_view bytes);
std::uint32_t crc32c(std::string_view bytes);

}  // namespace atelier::tracking
