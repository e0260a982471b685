// SPDX-License-Identifier: GPL-3.0-or-later
// The loops of norm_kernels.h. Rows of kLanes independent accumulators let the compiler use vectors without
// reordering floating-point sums behind our back; `ivdep` says that no output overlaps an input, which it
// would check at every pixel. bfloat16 travels as its 16 bits and is computed in float32.
#include "core/engine/nn/norm_kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/engine/nn/vector_math.h"

namespace atelier::nn {
namespace {

constexpr std::int64_t kLanes = 16;

ATELIER_INLINE float load(const float* p) {
    return *p;
}
ATELIER_INLINE float load(const std::uint16_t* p) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(*p) << 16);
}
ATELIER_INLINE void store(float* p, float value) {
    *p = value;
}
ATELIER_INLINE void store(std::uint16_t* p, float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t rounded = (bits + 0x7fffU + (bits >> 16 & 1U)) >> 16;  // nearest, ties to even
    *p = static_cast<std::uint16_t>(value == value ? rounded : 0x7fc0U);
}

ATELIER_INLINE float sigmoid(float x) {
    return 1.0F / (1.0F + exponential(-x));
}
ATELIER_INLINE float siluOf(float x) {
    return x * sigmoid(x);
}
ATELIER_INLINE float siluSlope(float x) {
    const float s = sigmoid(x);
    return s * (1.0F + x * (1.0F - s));
}

ATELIER_INLINE double total(const float (&lanes)[kLanes]) {
    double sum = 0;
    for (float lane : lanes) sum += lane;
    return sum;
}

// Σ x and Σ (x − centre)² over a contiguous run, in blocks so that float32 lanes never add up more than 4096
// terms each.
template <class T>
ATELIER_INLINE double sumOf(const T* x, std::int64_t count) {
    double sum = 0;
    for (std::int64_t start = 0; start < count; start += 65536) {
        const std::int64_t end = std::min(count, start + 65536);
        float lanes[kLanes] = {};
        std::int64_t i = start;
        for (; i + kLanes <= end; i += kLanes)
            for (std::int64_t l = 0; l < kLanes; ++l) lanes[l] += load(x + i + l);
        for (; i < end; ++i) lanes[0] += load(x + i);
        sum += total(lanes);
    }
    return sum;
}
template <class T>
ATELIER_INLINE double squaresOf(const T* x, std::int64_t count, float centre) {
    double sum = 0;
    for (std::int64_t start = 0; start < count; start += 65536) {
        const std::int64_t end = std::min(count, start + 65536);
        float lanes[kLanes] = {};
        std::int64_t i = start;
        for (; i + kLanes <= end; i += kLanes)
            for (std::int64_t l = 0; l < kLanes; ++l) {
                const float d = load(x + i + l) - centre;
                lanes[l] += d * d;
            }
        for (; i < end; ++i) {
            const float d = load(x + i) - centre;
            lanes[0] += d * d;
        }
        sum += total(lanes);
    }
    return sum;
}

// Where a task's data start, and its statistics.
struct Place {
    std::int64_t offset, channel, group, sampleChannel;
};
ATELIER_INLINE Place place(const NormShape& s, std::int64_t task) {
    const std::int64_t sample = task / s.tasksPerSample(), block = task % s.tasksPerSample();
    const std::int64_t channel = block * s.taskChannels();
    return {sample * s.channels * s.pixels + (s.channelsLast ? channel : channel * s.pixels), channel,
            sample * s.groups + block * s.groupsPerTask, sample * s.channels + channel};
}

// Per-channel scale and shift so that the normalised value is x·scale + shift.
ATELIER_INLINE void affine(const NormShape& s, const Place& at, const float* gamma, const float* beta,
                           const float* mean, const float* rstd, float* scale, float* shift) {
    for (std::int64_t c = 0; c < s.taskChannels(); ++c) {
        const std::int64_t g = at.group + c / s.groupWidth();
        scale[c] = rstd[g] * gamma[at.channel + c];
        shift[c] = beta[at.channel + c] - mean[g] * scale[c];
    }
}

template <class T>
ATELIER_INLINE void statisticsChannelsLast(const T* x, float* mean, float* rstd, float* sums,
                                           const NormShape& s, const Place& at) {
    const std::int64_t width = s.taskChannels(), d = s.groupWidth();
    const double count = static_cast<double>(d) * static_cast<double>(s.pixels);
    float* centre = sums + width;
    for (int pass = 0; pass < 2; ++pass) {
        for (std::int64_t g = 0; g < s.groupsPerTask; ++g) (pass == 0 ? mean : rstd)[at.group + g] = 0;
        for (std::int64_t c = 0; c < width; ++c) centre[c] = pass == 0 ? 0 : mean[at.group + c / d];
        for (std::int64_t start = 0; start < s.pixels; start += 4096) {
            std::fill(sums, sums + width, 0.0F);
            for (std::int64_t p = start; p < std::min(s.pixels, start + 4096); ++p) {
                const T* row = x + at.offset + p * s.channels;
                if (pass == 0) {
#pragma GCC ivdep
                    for (std::int64_t c = 0; c < width; ++c) sums[c] += load(row + c);
                } else {
#pragma GCC ivdep
                    for (std::int64_t c = 0; c < width; ++c) {
                        const float v = load(row + c) - centre[c];
                        sums[c] += v * v;
                    }
                }
            }
            for (std::int64_t g = 0; g < s.groupsPerTask; ++g) {
                double sum = 0;
                for (std::int64_t c = 0; c < d; ++c) sum += sums[g * d + c];
                (pass == 0 ? mean : rstd)[at.group + g] += static_cast<float>(sum / count);
            }
        }
    }
    for (std::int64_t g = 0; g < s.groupsPerTask; ++g)
        rstd[at.group + g] = 1.0F / std::sqrt(rstd[at.group + g] + s.eps);
}

template <class T>
ATELIER_INLINE void forwardBody(const T* x, const float* gamma, const float* beta, T* y, float* mean,
                                float* rstd, float* scratch, const NormShape& s, std::int64_t task,
                                bool statistics) {
    const Place at = place(s, task);
    const std::int64_t width = s.taskChannels(), d = s.groupWidth();
    float *scale = scratch, *shift = scratch + width;
    if (statistics && s.channelsLast) statisticsChannelsLast(x, mean, rstd, scratch + 2 * width, s, at);
    if (statistics && !s.channelsLast)
        for (std::int64_t g = 0; g < s.groupsPerTask; ++g) {
            const T* run = x + at.offset + g * d * s.pixels;
            const double count = static_cast<double>(d * s.pixels);
            mean[at.group + g] = static_cast<float>(sumOf(run, d * s.pixels) / count);
            const double variance = squaresOf(run, d * s.pixels, mean[at.group + g]) / count;
            rstd[at.group + g] = static_cast<float>(1.0 / std::sqrt(variance + s.eps));
        }
    affine(s, at, gamma, beta, mean, rstd, scale, shift);
    if (s.channelsLast) {
        for (std::int64_t p = 0; p < s.pixels; ++p) {
            const T* in = x + at.offset + p * s.channels;
            T* out = y + at.offset + p * s.channels;
            if (s.silu) {
#pragma GCC ivdep
                for (std::int64_t c = 0; c < width; ++c)
                    store(out + c, siluOf(load(in + c) * scale[c] + shift[c]));
            } else {
#pragma GCC ivdep
                for (std::int64_t c = 0; c < width; ++c) store(out + c, load(in + c) * scale[c] + shift[c]);
            }
        }
        return;
    }
    for (std::int64_t c = 0; c < width; ++c) {
        const T* in = x + at.offset + c * s.pixels;
        T* out = y + at.offset + c * s.pixels;
        const float a = scale[c], b = shift[c];
        if (s.silu)
            for (std::int64_t p = 0; p < s.pixels; ++p) store(out + p, siluOf(load(in + p) * a + b));
        else
            for (std::int64_t p = 0; p < s.pixels; ++p) store(out + p, load(in + p) * a + b);
    }
}

// With h = x̂·gamma + beta and u = dy·act'(h):  dgamma = Σ u·x̂, dbeta = Σ u, and per group of M elements
//   dx = rstd·gamma·u − rstd·(Σ gamma·u + x̂·Σ gamma·u·x̂)/M.      (Wu & He 2018; derivation as for layer norm)
// sumU and sumUX hold Σu and Σu·x per channel on entry; on return the factors of  dx = scale·u + slope·x +
// offset.
ATELIER_INLINE void backwardFactors(const NormShape& s, const Place& at, const float* gamma,
                                    const float* mean, const float* rstd, float* sumU, float* sumUX,
                                    float* dgamma, float* dbeta) {
    const std::int64_t d = s.groupWidth();
    for (std::int64_t g = 0; g < s.groupsPerTask; ++g) {
        const double m = mean[at.group + g], r = rstd[at.group + g],
                     count = static_cast<double>(d * s.pixels);
        double gu = 0, gux = 0;
        for (std::int64_t c = g * d; c < (g + 1) * d; ++c) {
            const double u = sumU[c], ux = (sumUX[c] - m * u) * r;  // Σu, Σu·x̂
            dbeta[at.sampleChannel + c] = static_cast<float>(u);
            dgamma[at.sampleChannel + c] = static_cast<float>(ux);
            gu += u * gamma[at.channel + c];
            gux += ux * gamma[at.channel + c];
        }
        const double slope = -r * r * gux / count, offset = -r * gu / count - slope * m;
        for (std::int64_t c = g * d; c < (g + 1) * d; ++c) {
            sumUX[c] = static_cast<float>(slope);
            sumU[c] = static_cast<float>(offset);
        }
    }
}

template <bool silu, class T>
ATELIER_INLINE float upstream(const T* dy, float x, float scale, float shift) {
    if constexpr (silu) return load(dy) * siluSlope(x * scale + shift);
    return load(dy);
}

template <bool silu, class T>
ATELIER_INLINE void backwardBody(const T* dy, const T* x, const float* gamma, const float* beta,
                                 const float* mean, const float* rstd, T* dx, float* dgamma, float* dbeta,
                                 float* scratch, const NormShape& s, std::int64_t task) {
    const Place at = place(s, task);
    const std::int64_t width = s.taskChannels();
    float *scale = scratch, *shift = scratch + width, *sumU = scratch + 2 * width,
          *sumUX = scratch + 3 * width;
    affine(s, at, gamma, beta, mean, rstd, scale, shift);
    std::fill(sumU, sumU + 2 * width, 0.0F);
    if (s.channelsLast) {
        // Few pixels at a time in float32, as lanes are below: one long sum would lose what small gradients
        // are made of.
        double* sums = reinterpret_cast<double*>(scratch + 4 * width);
        std::fill(sums, sums + 2 * width, 0.0);
        for (std::int64_t start = 0; start < s.pixels; start += 32) {
            for (std::int64_t p = start; p < std::min(s.pixels, start + 32); ++p) {
                const std::int64_t o = at.offset + p * s.channels;
#pragma GCC ivdep
                for (std::int64_t c = 0; c < width; ++c) {
                    const float v = load(x + o + c), u = upstream<silu>(dy + o + c, v, scale[c], shift[c]);
                    sumU[c] += u;
                    sumUX[c] += u * v;
                }
            }
            for (std::int64_t c = 0; c < 2 * width; ++c) {  // sumU, then sumUX
                sums[c] += sumU[c];
                sumU[c] = 0;
            }
        }
        for (std::int64_t c = 0; c < 2 * width; ++c) sumU[c] = static_cast<float>(sums[c]);
        backwardFactors(s, at, gamma, mean, rstd, sumU, sumUX, dgamma, dbeta);
        for (std::int64_t p = 0; p < s.pixels; ++p) {
            const std::int64_t o = at.offset + p * s.channels;
#pragma GCC ivdep
            for (std::int64_t c = 0; c < width; ++c) {
                const float v = load(x + o + c), u = upstream<silu>(dy + o + c, v, scale[c], shift[c]);
                store(dx + o + c, scale[c] * u + sumUX[c] * v + sumU[c]);
            }
        }
        return;
    }
    for (std::int64_t c = 0; c < width; ++c) {
        const std::int64_t o = at.offset + c * s.pixels;
        const float a = scale[c], b = shift[c];
        float u0[kLanes] = {}, ux0[kLanes] = {};
        std::int64_t p = 0;
        for (; p + kLanes <= s.pixels; p += kLanes)
            for (std::int64_t l = 0; l < kLanes; ++l) {
                const float v = load(x + o + p + l), u = upstream<silu>(dy + o + p + l, v, a, b);
                u0[l] += u;
                ux0[l] += u * v;
            }
        for (; p < s.pixels; ++p) {
            const float v = load(x + o + p), u = upstream<silu>(dy + o + p, v, a, b);
            u0[0] += u;
            ux0[0] += u * v;
        }
        sumU[c] = static_cast<float>(total(u0));
        sumUX[c] = static_cast<float>(total(ux0));
    }
    backwardFactors(s, at, gamma, mean, rstd, sumU, sumUX, dgamma, dbeta);
    for (std::int64_t c = 0; c < width; ++c) {
        const std::int64_t o = at.offset + c * s.pixels;
        const float a = scale[c], b = shift[c], slope = sumUX[c], offset = sumU[c];
        for (std::int64_t p = 0; p < s.pixels; ++p) {
            const float v = load(x + o + p), u = upstream<silu>(dy + o + p, v, a, b);
            store(dx + o + p, a * u + slope * v + offset);
        }
    }
}

}  // namespace

ATELIER_CLONES void normForward(const float* x, const float* gamma, const float* beta, float* y, float* mean,
                                float* rstd, float* scratch, const NormShape& shape, std::int64_t task,
                                bool statistics) {
    forwardBody(x, gamma, beta, y, mean, rstd, scratch, shape, task, statistics);
}
ATELIER_CLONES void normForward(const std::uint16_t* x, const float* gamma, const float* beta,
                                std::uint16_t* y, float* mean, float* rstd, float* scratch,
                                const NormShape& shape, std::int64_t task, bool statistics) {
    forwardBody(x, gamma, beta, y, mean, rstd, scratch, shape, task, statistics);
}
ATELIER_CLONES void normBackward(const float* dy, const float* x, const float* gamma, const float* beta,
                                 const float* mean, const float* rstd, float* dx, float* dgamma, float* dbeta,
                                 float* scratch, const NormShape& shape, std::int64_t task) {
    if (shape.silu)
        backwardBody<true>(dy, x, gamma, beta, mean, rstd, dx, dgamma, dbeta, scratch, shape, task);
    else
        backwardBody<false>(dy, x, gamma, beta, mean, rstd, dx, dgamma, dbeta, scratch, shape, task);
}
ATELIER_CLONES void normBackward(const std::uint16_t* dy, const std::uint16_t* x, const float* gamma,
                                 const float* beta, const float* mean, const float* rstd, std::uint16_t* dx,
                                 float* dgamma, float* dbeta, float* scratch, const NormShape& shape,
                                 std::int64_t task) {
    if (shape.silu)
        backwardBody<true>(dy, x, gamma, beta, mean, rstd, dx, dgamma, dbeta, scratch, shape, task);
    else
        backwardBody<false>(dy, x, gamma, beta, mean, rstd, dx, dgamma, dbeta, scratch, shape, task);
}

}  // namespace atelier::nn
