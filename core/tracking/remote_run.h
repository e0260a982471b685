// SPDX-License-Identifier: GPL-3.0-or-later
// A run whose folder lies in S3 (s3_sink.cpp writes it), seen from a machine that is to go on with it.
// Called by `atelier-engine fetch --run`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/net/fetch_file.h"
#include "core/run/run_folder.h"

namespace atelier::tracking {

struct RemoteRun {
    bool started = false;              // a configuration is there
    std::optional<std::int64_t> step;  // of its newest whole checkpoint
    // What is needed to go on: that checkpoint with its DONE last, and everything that is no checkpoint.
    std::vector<net::RemoteFile> files;
};
// `url`: "s3://bucket/folder/name/".
Result<RemoteRun> lookAtRun(const std::string& url, const net::FetchOptions& options = {});

// Notes in the folder that it came from S3 at this step: what is older there was never here, so that its
// absence says nothing.
Status noteFetched(const run::RunFolder& folder, std::int64_t step);
// 0 for a run that began here.
std::int64_t fetchedAt(const run::RunFolder& folder);

}  // namespace atelier::tracking
