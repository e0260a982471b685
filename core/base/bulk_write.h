// SPDX-License-Identifier: GPL-3.0-or-later
// Gigabytes to one file at the disk's own rate.
#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <string_view>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier {

// Fills a new AtomicFile from its start. The bytes go past the page cache (O_DIRECT), one piece on its way to
// the disk while the next is copied: nothing that was cached for reading is driven out, and the fsync of
// commit() has nothing left to wait for. File systems without O_DIRECT get the same bytes through the cache.
class BulkWrite {
  public:
    // `size`: bytes of the whole file; reserved at once, so that a full disk is known before the first byte.
    static Result<BulkWrite> begin(AtomicFile& file, std::uint64_t size);
    BulkWrite(BulkWrite&&) noexcept;
    BulkWrite& operator=(BulkWrite&&) = delete;
    ~BulkWrite();

    Status write(std::string_view bytes);
    // The rest; call file.commit() after it.
    Status finish();

  private:
    struct State;
    explicit BulkWrite(std::unique_ptr<State> state);
    Status send();  // the full buffer to the disk, in the background
    std::unique_ptr<State> state_;
};

}  // namespace atelier
