// SPDX-License-Identifier: GPL-3.0-or-later
// Starting atelier-engine-net beside a verb that computes. Used by tracking_process.cpp and fetch_shards.cpp.
#pragma once

#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier::cli {

struct Pipe {
    Descriptor read, write;
    static Result<Pipe> make();
};

Status writeAll(int fd, std::string_view bytes);

// Process number of `atelier-engine-net WORDS…`. `out` < 0: its output goes where ours goes. `quiet`: its
// errors go nowhere, so that one which outlives this process holds nothing of it open.
Result<int> startNetProgram(std::vector<std::string> words, int in, int out, bool quiet);

}  // namespace atelier::cli
