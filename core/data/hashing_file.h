// SPDX-License-Identifier: GPL-3.0-or-later
// A file that is written and hashed at the same time: the caller's thread writes, a second one computes the
// SHA-256 of the same buffers. Internal to ShardWriter.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/result.h"
#include "core/data/byte_source.h"

namespace atelier::data {

class HashingFile {
  public:
    explicit HashingFile(bool hash);
    ~HashingFile();
    HashingFile(const HashingFile&) = delete;
    HashingFile& operator=(const HashingFile&) = delete;

    // Truncates `path` if it exists. The object is reused for one file after another.
    Status begin(const fs::path& path);
    Status append(std::string_view bytes);
    // Appended, not yet necessarily on disk; counts from begin().
    std::uint64_t size() const { return size_; }
    // Writes what is buffered and closes. Returns the SHA-256, or "" without hashing.
    Result<std::string> end();
    // Closes and removes the file.
    void discard();
    bool isOpen() const { return static_cast<bool>(file_); }

  private:
    static constexpr std::size_t kBufferSize = 1 << 20;
    static constexpr std::size_t kBuffers = 4;

    Status flush();
    void hashLoop();

    fs::path path_;
    Descriptor file_;
    std::uint64_t size_ = 0;
    std::array<std::unique_ptr<char[]>, kBuffers> buffers_;
    std::size_t used_ = 0;  // bytes in the buffer being filled

    // Buffer number n (counted over all files) lies in buffers_[n % kBuffers]; those in [hashed_, filled_)
    // await hashing.
    bool hash_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t filled_ = 0, hashed_ = 0;
    std::array<std::size_t, kBuffers> lengths_{};
    bool stop_ = false;
    std::unique_ptr<Sha256> sha256_;
    std::thread thread_;
};

}  // namespace atelier::data
