// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/remote_shards.h"

#include <algorithm>

#include "core/base/hash.h"
#include "core/base/user_cache.h"
#include "core/data/shard_paths.h"

namespace atelier::data {
namespace {

fs::path remoteFolder() {
    return shardCache() / "remote";
}

}  // namespace

fs::path shardCache() {
    return userCache() / "shards";
}

bool isRemoteShard(std::string_view url) {
    return url.starts_with("s3://") || url.starts_with("http://") || url.starts_with("https://") ||
           url.starts_with("gs://") || url.starts_with("pipe:");
}

// One folder per remote folder; a query (a signature, often) is no part of the name, but of the folder's.
fs::path remoteShardCopy(std::string_view url) {
    if (url.starts_with("pipe:")) return remoteFolder() / hex(xxh3(url)) / "pipe.tar";
    const auto plain = url.substr(0, url.find('?'));
    const auto slash = plain.rfind('/');
    const auto name = plain.substr(slash + 1);
    const std::string folder = std::string(plain.substr(0, slash)) + std::string(url.substr(plain.size()));
    const bool usable = !name.empty() && name != "." && name != ".." && name.size() < 200;
    return remoteFolder() / hex(xxh3(folder)) / (usable ? std::string(name) : hex(xxh3(name)) + ".tar");
}

bool isRemoteCopy(const fs::path& path) {
    return path.parent_path().parent_path() == remoteFolder();
}

Result<std::vector<std::string>> remoteShardsOf(std::string_view spec) {
    ATELIER_TRY(auto urls, expandShardSpec(spec));
    std::erase_if(urls, [](const std::string& url) { return !isRemoteShard(url); });
    return urls;
}

}  // namespace atelier::data
