// SPDX-License-Identifier: GPL-3.0-or-later
// The two ways to name a configuration on a command line, made one. Called by check, train, replay and
// export.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier {

struct ConfigRequest {
    fs::path file;
    std::vector<std::string> overrides;
    fs::path base;  // where relative paths start: empty = the file's folder; the working directory in
                    // open-diffusion's form
};

// `CONFIG.yaml key=value …` or, as open-diffusion has it, `config=CONFIG.yaml key=value …` in any order.
Result<ConfigRequest> configRequest(std::span<const std::string> words);

}  // namespace atelier
