// SPDX-License-Identifier: GPL-3.0-or-later
// Where a conversion keeps its unfinished work: a hidden folder beside the result, which takes its name from
// there in one step. Used by everything in core/weights that writes a model.
#pragma once

#include <utility>

#include "core/base/files.h"

namespace atelier {

// Error (Usage) when something is there already.
Status requireFree(const fs::path& out);

// ".NAME.partial-PID" beside `out`, for this process.
fs::path partialPath(const fs::path& out);

class WorkFolder {
  public:
    // Makes the folder, and removes those beside it whose processes were killed. Errors: Usage when `out`
    // exists, Io.
    static Result<WorkFolder> create(const fs::path& out);
    WorkFolder(WorkFolder&& other) noexcept
        : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}
    WorkFolder& operator=(WorkFolder&&) = delete;
    ~WorkFolder();  // removes it and all that is still in it
    const fs::path& path() const { return path_; }

  private:
    WorkFolder(fs::path path, Descriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}
    fs::path path_;
    Descriptor lock_;
};

}  // namespace atelier
