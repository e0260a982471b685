// SPDX-License-Identifier: GPL-3.0-or-later
// A file that is hashed while it is written (XXH3, 128 bit). Internal to ShardWriter.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/result.h"

namespace atelier::data {

class HashingFile {
  public:
    HashingFile();
    ~HashingFile();
    HashingFile(const HashingFile&) = delete;
    HashingFile& operator=(const HashingFile&) = delete;

    // Truncates `path` if it exists. The object is reused for one file after another.
    Status begin(const fs::path& path);
    // Small pieces are gathered in a buffer; large ones go to the file from where they are.
    Status append(std::string_view bytes);
    // Appended, not yet necessarily on disk; counts from begin().
    std::uint64_t size() const { return size_; }
    // Writes what is buffered and closes. Returns the hash, 32 hex digits.
    Result<std::string> end();
    // Closes and removes the file.
    void discard();
    bool isOpen() const { return static_cast<bool>(file_); }

  private:
    static constexpr std::size_t kBufferSize = 128 << 10;
    static constexpr std::size_t kLarge = 32 << 10;  // not worth copying from here on

    Status writeOut(std::string_view large);

    fs::path path_;
    Descriptor file_;
    std::uint64_t size_ = 0;
    std::unique_ptr<char[]> buffer_;
    std::size_t used_ = 0;
    Xxh128 hash_;
};

}  // namespace atelier::data
