// SPDX-License-Identifier: GPL-3.0-or-later
// What the CPU loops share: the instruction sets they are compiled for, and e^x. Included by *_kernels.cpp
// only.
#pragma once

#include <bit>
#include <cstdint>

#define ATELIER_INLINE [[gnu::always_inline]] inline
// One body, three machines; the loader picks. "default" is what every x86-64 has.
#define ATELIER_CLONES [[gnu::target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")]]

namespace atelier::nn {

// e^x within 2 ulp for |x| ≤ 87, NaN for NaN (Cephes polynomial; range reduction by the 1.5·2^23 rounding
// trick).
ATELIER_INLINE float exponential(float x) {
    constexpr float kRound = 12582912.0F;
    x = x > 88.0F ? 88.0F : x;
    x = x < -87.0F ? -87.0F : x;
    const float n = (x * 1.44269504088896341F + kRound) - kRound;
    const float r = (x - n * 0.693359375F) - n * -2.12194440e-4F;
    float p = 1.9875691500e-4F;
    p = p * r + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * r * r + r + 1.0F;
    return p * std::bit_cast<float>((static_cast<std::int32_t>(n) + 127) << 23);
}

}  // namespace atelier::nn
