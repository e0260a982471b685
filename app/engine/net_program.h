// SPDX-License-Identifier: GPL-3.0-or-later
// Starting atelier-engine-net beside a verb that computes or checks.
#pragma once

#include <string>
#include <vector>

#include "core/base/process.h"

namespace atelier::cli {

// Process number of `atelier-engine-net WORDS…`. `in`, `out` < 0: ours. `quiet`: its errors go nowhere, so
// that one which outlives this process holds nothing of it open.
Result<int> startNetProgram(std::vector<std::string> words, int in, int out, bool quiet = false);

// The same, waited for.
struct NetAnswer {
    int code = 0;      // its exit code
    std::string text;  // its output; errors have gone where ours go
};
Result<NetAnswer> askNetProgram(std::vector<std::string> words);

// What a write to it names in an error.
inline constexpr const char* kNetProgram = "atelier-engine-net";

}  // namespace atelier::cli
