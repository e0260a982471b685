// SPDX-License-Identifier: GPL-3.0-or-later
// What networks make of pictures and captions, kept on disk for later runs. An entry is named after the hash
// of everything that it depends on, so any number of runs and processes share a folder: whoever writes an
// entry a second time writes the same. Used by the training tasks and `atelier-engine cache`.
//
// A file: "atelier-encoded 1\n", 32 hex digits of XXH3-128 over all that follows and "\n", the length of the
// key in decimals and "\n", the key, the value. It is written under another name and renamed, without
// fsync: one that was torn by a crash does not have its hash, counts as absent, and is written again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier::data {

class EncodedCache {
  public:
    // ~/.cache/atelier/encoded, or below XDG_CACHE_HOME.
    static fs::path defaultFolder();
    explicit EncodedCache(fs::path folder) : folder_(std::move(folder)) {}

    // Whether there is a file for it, whole or not.
    bool has(const std::string& key) const;
    // The whole value; nothing when it is absent, torn or of another key. Marks it as used.
    std::optional<std::string> get(const std::string& key) const;
    Status put(const std::string& key, std::string_view value) const;

    const fs::path& folder() const { return folder_; }

  private:
    fs::path fileOf(const std::string& key) const;
    fs::path folder_;
};

struct EncodedUsage {
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;
};
EncodedUsage encodedUsage(const fs::path& folder);
// Removes the entries that were used least recently until `keep` bytes are left, and what killed writers left
// behind; nothing else that lies there. Returns what was removed.
Result<EncodedUsage> trimEncoded(const fs::path& folder, std::uint64_t keep);

}  // namespace atelier::data
