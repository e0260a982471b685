// SPDX-License-Identifier: GPL-3.0-or-later
// The learning rate as a pure function of the update number. Used by the training loop and by replay.
#pragma once

#include <cstdint>

namespace atelier::train {

enum class LrShape { Constant, Cosine, CosineRestarts, Linear, Polynomial, InverseSqrt, OneCycle };

struct LrSchedule {
    LrShape shape = LrShape::Constant;
    double base = 1e-4;
    std::int64_t warmup = 0;  // updates
    std::int64_t total = 1;   // updates of the whole run
    double cycles = 1;        // CosineRestarts
    double power = 1;         // Polynomial
    double floor = 0;         // lowest share of the base; Cosine, CosineRestarts, Linear, Polynomial

    // Update n counts from 0, W = warmup, T = total, p = (n−W)/(T−W) up to 1. n < W: base·(n+1)/W. Then base
    // · (floor + (1 − floor)·s) with s =
    //   Constant 1                              Linear 1 − p
    //   Cosine ½(1 + cos πp)                    Polynomial (1 − p)^power
    //   CosineRestarts ½(1 + cos(π(cycles·p mod 1))), 0 at the end
    //   InverseSqrt √(τ/(n + τ − W)), τ = W or 10 000 (Vaswani et al. 2017; no floor)
    // OneCycle (Smith & Topin 2018): from base/25 along a cosine to base at W (30 % of the run without a
    // warm-up), then along a cosine to base/250 000; no floor.
    double at(std::int64_t update) const;
};

}  // namespace atelier::train
