// SPDX-License-Identifier: GPL-3.0-or-later
// The learning rate as a pure function of the update number. Used by the training loop and by replay.
#pragma once

#include <cstdint>

namespace atelier::train {

enum class LrShape { Constant, Cosine };

struct LrSchedule {
    LrShape shape = LrShape::Constant;
    double base = 1e-4;
    std::int64_t warmup = 0;  // updates
    std::int64_t total = 1;   // updates of the whole run; used by the cosine only

    // update n counts from 0. n < warmup: base·(n+1)/warmup; then base, or ½·base·(1 +
    // cos(π(n−W)/(total−W))).
    double at(std::int64_t update) const;
};

}  // namespace atelier::train
