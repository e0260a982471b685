// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/lr_schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace atelier::train {

double LrSchedule::at(std::int64_t update) const {
    if (update < warmup) return base * static_cast<double>(update + 1) / static_cast<double>(warmup);
    if (shape == LrShape::Constant) return base;
    const auto length = static_cast<double>(std::max<std::int64_t>(total - warmup, 1));
    const double progress = std::min(static_cast<double>(update - warmup) / length, 1.0);
    return 0.5 * base * (1 + std::cos(std::numbers::pi * progress));
}

}  // namespace atelier::train
