// SPDX-License-Identifier: GPL-3.0-or-later
// One file from s3://, http:// or https:// to a disk: what came is kept when it breaks off, and the file
// appears under its name only when it is whole. Called by `atelier-engine fetch`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier::net {

struct FetchOptions {
    std::function<bool()> cancelled;
    std::function<void(std::uint64_t done, std::uint64_t total)> onProgress;  // bytes; total 0 = not known
    int attempts = 8;  // of http; S3's come from AWS_MAX_ATTEMPTS
    double firstWaitSeconds = 0.5;
};

// Memory: one network buffer. The size, and the MD5 where the server gives one, are compared at the end.
// Errors name address, status and remedy.
Status fetchFile(const std::string& url, const fs::path& target, const FetchOptions& options = {});

// Addresses of the objects below "s3://bucket/folder/", and their places below it. Names that lead out of a
// folder are left out.
struct RemoteFile {
    std::string url;
    fs::path place;
};
Result<std::vector<RemoteFile>> filesBelow(const std::string& url, const FetchOptions& options = {});

}  // namespace atelier::net
