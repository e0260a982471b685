// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/lr_schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace atelier::train {
namespace {

double cosine(double progress) {
    return 0.5 * (1 + std::cos(std::numbers::pi * progress));
}

double oneCycle(const LrSchedule& s, std::int64_t update) {
    constexpr double kStart = 1.0 / 25, kEnd = kStart / 1e4, kRise = 0.3;
    const auto last = static_cast<double>(std::max<std::int64_t>(s.total - 1, 1));
    const double peak =
        s.warmup > 0 ? static_cast<double>(s.warmup) : kRise * static_cast<double>(s.total) - 1;
    const auto n = static_cast<double>(update);
    if (n < peak) return s.base * (1 + (kStart - 1) * cosine(n / peak));
    const double progress = std::min((n - peak) / std::max(last - peak, 1.0), 1.0);
    return s.base * (kEnd + (1 - kEnd) * cosine(progress));
}

}  // namespace

double LrSchedule::at(std::int64_t update) const {
    if (shape == LrShape::OneCycle) return oneCycle(*this, update);
    if (update < warmup) return base * static_cast<double>(update + 1) / static_cast<double>(warmup);
    const auto length = static_cast<double>(std::max<std::int64_t>(total - warmup, 1));
    const double progress = std::min(static_cast<double>(update - warmup) / length, 1.0);
    double share = 1;
    switch (shape) {
        case LrShape::Constant:
        case LrShape::OneCycle:
            return base;
        case LrShape::InverseSqrt: {
            const double scale = warmup > 0 ? static_cast<double>(warmup) : 10'000.0;
            return base * std::sqrt(scale / (static_cast<double>(update - warmup) + scale));
        }
        case LrShape::Cosine:
            share = cosine(progress);
            break;
        case LrShape::CosineRestarts:
            share = progress >= 1 ? 0 : cosine(std::fmod(cycles * progress, 1.0));
            break;
        case LrShape::Linear:
            share = 1 - progress;
            break;
        case LrShape::Polynomial:
            share = std::pow(1 - progress, power);
            break;
    }
    return base * (floor + (1 - floor) * share);
}

}  // namespace atelier::train
