// SPDX-License-Identifier: GPL-3.0-or-later
// What goes wrong while training, told so that something can be done: in which phase, at which step, with
// which pictures, and the smallest change that helps. Used by loop.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/engine/train/settings.h"

namespace atelier::train {

// Where a run is.
struct Place {
    std::string phase;
    std::int64_t step = 0;          // the update at work, from 1
    int width = 0, height = 0;      // of the batch's pictures, pixels; 0: there is none, or it is cached
    std::vector<std::string> keys;  // of its samples
    // "phase train, step 12, 512 × 512 pixels, samples a, b"
    std::string text() const;
};
// "a, b and 3 more"
std::string someOf(std::vector<std::string> keys);

// The settings to change, "a=1 b=2", and what that does.
std::string hintForMemory(const Settings& settings);
// After losses (`ownLoss`) or gradients that are not finite.
std::string hintForNonFinite(const Settings& settings, bool ownLoss);

// LibTorch reports by exceptions; here they become Errors with their place.
Status caught(const Settings& settings, const std::function<Place()>& place,
              const std::function<Status()>& work);

}  // namespace atelier::train
