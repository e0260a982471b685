// SPDX-License-Identifier: GPL-3.0-or-later
// A plain tar of small files that is whole or absent. Shards have a writer of their own (shard_writer.h);
// this one is for pictures that were made or taken out. Called by evaluation, `sample --tar` and `dataset
// reference`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier::data {

class TarFile {
  public:
    static Result<TarFile> create(const fs::path& path);
    // Contract: `name` not empty and without NUL, fewer than 8 GiB.
    Status add(std::string_view name, std::string_view bytes);
    // The file appears under its name.
    Status close();

  private:
    explicit TarFile(AtomicFile file) : file_(std::move(file)) {}
    Status flush();
    AtomicFile file_;
    std::string buffer_;
};

// The bytes of one member of a tar, compressed or not; nothing when it has none of that name. Errors: Io,
// Data (no tar, or a damaged one, up to that member).
Result<std::optional<std::string>> readTarMember(const fs::path& path, std::string_view name);

}  // namespace atelier::data
