// SPDX-License-Identifier: GPL-3.0-or-later
// Writing the shared cache as huggingface_hub does: blobs by their hash, links to them in a snapshot, refs,
// and a lock for each blob. Called by hub_download.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/weights/hub_cache.h"

namespace atelier::net {

// The hash by which a hub names a blob: SHA-256 of the bytes, or git's SHA-1 over "blob <size>\0" + bytes.
class BlobHash {
  public:
    // Nothing when the etag is neither of the two. Git's needs the size beforehand.
    static std::optional<BlobHash> forEtag(const std::string& etag, std::optional<std::uint64_t> size);
    BlobHash(BlobHash&&) noexcept;
    BlobHash& operator=(BlobHash&&) noexcept;
    ~BlobHash();
    void update(std::string_view bytes);
    std::string hexDigest();  // spent afterwards

  private:
    struct State;
    explicit BlobHash(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// Feeds a file's first `size` bytes to `take` in pieces.
Status readPieces(const fs::path& path, std::uint64_t size,
                  const std::function<Status(std::string_view)>& take);

// Held while the blob is written; other processes, Python's included, wait.
class BlobLock {
  public:
    // `waiting` is called once when another process holds it. Errors: Io, Cancelled.
    static Result<BlobLock> take(const fs::path& path, const std::function<bool()>& cancelled,
                                 const std::function<void()>& waiting);
    BlobLock(BlobLock&& other) noexcept;
    BlobLock& operator=(BlobLock&& other) noexcept;
    ~BlobLock();

  private:
    explicit BlobLock(int fd) : fd_(fd) {}
    int fd_ = -1;
};

// Places of one model in the cache.
class BlobStore {
  public:
    BlobStore(fs::path cache, const HubId& id) : cache_(std::move(cache)), folder_(id.folder()) {}

    fs::path blob(const std::string& etag) const { return cache_ / folder_ / "blobs" / etag; }
    fs::path incomplete(const std::string& etag) const {
        return cache_ / folder_ / "blobs" / (etag + ".incomplete");
    }
    fs::path lock(const std::string& etag) const { return cache_ / ".locks" / folder_ / (etag + ".lock"); }
    fs::path snapshot(const std::string& commit) const { return cache_ / folder_ / "snapshots" / commit; }

    // Folders and CACHEDIR.TAG.
    Status prepare() const;
    // snapshots/<commit>/<path> → the blob; a copy where there are no links.
    Status link(const std::string& commit, const std::string& path, const std::string& etag) const;
    // refs/<revision> = commit, unless the revision is one.
    Status setRef(const std::string& revision, const std::string& commit) const;

  private:
    fs::path cache_;
    std::string folder_;
};

}  // namespace atelier::net
