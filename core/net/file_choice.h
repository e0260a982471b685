// SPDX-License-Identifier: GPL-3.0-or-later
// Which files of a model's repository are wanted: one set of weights per part instead of every format.
// Called by hub_download; pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"

namespace atelier::net {

struct FileWishes {
    std::string variant;  // "fp16": weights of that variant where a part has them
    std::vector<std::string>
        include;  // patterns (*, ?, [a-z]; * also matches /): instead of the usual choice
    std::vector<std::string> exclude;  // patterns that are left out
};

// `modelIndex`: the parsed model_index.json, or null when the repository has none. Each part gets its
// safetensors files, or its .bin files when it has no others; of the wished variant, or plain when it has
// none of it. Errors (Usage): a variant or a pattern that nothing has; no weights, or several to choose from.
Result<std::vector<std::string>> chooseFiles(std::span<const std::string> files, const Json& modelIndex,
                                             const FileWishes& wishes);

// Safe to make below a folder: relative, no "." or "..", no control characters.
bool isSafeRelativePath(const std::string& path);

}  // namespace atelier::net
