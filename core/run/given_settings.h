// SPDX-License-Identifier: GPL-3.0-or-later
// What was changed on continuing a run: config.yaml never changes, each start's run_started says what it was
// given, and all of that together holds on. Called by `train RUN_DIR` and by branches.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/run/run_folder.h"

namespace atelier::run {

struct GivenSetting {
    std::int64_t step = 0;  // of the checkpoint that the start continued from
    std::string text;       // key=value
};

// In the order of the starts; later ones win. Empty without a log. Errors: Io.
Result<std::vector<GivenSetting>> givenSettings(const RunFolder& folder);
// Their texts alone.
std::vector<std::string> textsOf(const std::vector<GivenSetting>& settings);

// key=value for each setting of the resolved configuration `now` that `before` has otherwise; lists are one
// value.
std::vector<std::string> changedSettings(const Json& before, const Json& now);

}  // namespace atelier::run
