// SPDX-License-Identifier: GPL-3.0-or-later
// The loops of attention_kernels.h. Sixteen queries lie side by side in a vector; keys and values are
// broadcast.
#include "core/engine/nn/attention_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/engine/nn/vector_math.h"

namespace atelier::nn {
namespace {

constexpr std::int64_t kLanes = kQueryStrip;
using Vector = float __attribute__((vector_size(kLanes * sizeof(float))));
using Integers = std::int32_t __attribute__((vector_size(kLanes * sizeof(float))));
using Row = float __attribute__((vector_size(kHeadWidthStep * sizeof(float))));

ATELIER_INLINE Vector& at(float* p) {
    return *reinterpret_cast<Vector*>(p);
}
ATELIER_INLINE const Vector& at(const float* p) {
    return *reinterpret_cast<const Vector*>(p);
}

ATELIER_INLINE Vector spread(float x) {
    return x - Vector{};
}

// exponential() of vector_math.h for sixteen numbers.
ATELIER_INLINE Vector exponentials(Vector x) {
    x = x > 88.0F ? spread(88.0F) : x;
    x = x < -87.0F ? spread(-87.0F) : x;
    const Vector n = (x * 1.44269504088896341F + 12582912.0F) - 12582912.0F;
    const Vector r = (x - n * 0.693359375F) - n * -2.12194440e-4F;
    Vector p = r * 1.9875691500e-4F + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * r * r + r + 1.0F;
    const Integers power = (__builtin_convertvector(n, Integers) + 127) << 23;
    return p * reinterpret_cast<Vector>(power);
}

// rows [kLanes][width] → columns [width][kLanes].
ATELIER_INLINE void transposeIn(const float* rows, float* columns, std::int64_t width) {
    for (std::int64_t d = 0; d < width; ++d)
        for (std::int64_t l = 0; l < kLanes; ++l) columns[d * kLanes + l] = rows[l * width + d];
}
ATELIER_INLINE void transposeOut(const float* columns, float* rows, std::int64_t width) {
    for (std::int64_t l = 0; l < kLanes; ++l)
        for (std::int64_t d = 0; d < width; ++d) rows[l * width + d] = columns[d * kLanes + l];
}

// strip[j] = Σ_d columns[d]·rows[j][d] for one strip of keys, eight keys at a time so that eight sums are
// under way.
ATELIER_INLINE void dots(const float* columns, const float* rows, float* strip, std::int64_t width) {
    for (std::int64_t j = 0; j < kKeyStrip; j += 8) {
        Vector sum[8] = {};
        const float* row = rows + j * width;
        for (std::int64_t d = 0; d < width; ++d) {
            const Vector q = at(columns + d * kLanes);
            for (std::int64_t u = 0; u < 8; ++u) sum[u] += q * row[u * width + d];
        }
        for (std::int64_t u = 0; u < 8; ++u) at(strip + (j + u) * kLanes) = sum[u];
    }
}

// columns[d] += Σ_j strip[j]·rows[j][d], eight columns at a time.
ATELIER_INLINE void accumulate(float* columns, const float* strip, const float* rows, std::int64_t width) {
    for (std::int64_t d = 0; d < width; d += 8) {
        Vector sum[8];
        for (std::int64_t u = 0; u < 8; ++u) sum[u] = at(columns + (d + u) * kLanes);
        for (std::int64_t j = 0; j < kKeyStrip; ++j) {
            const Vector p = at(strip + j * kLanes);
            const float* row = rows + j * width + d;
            for (std::int64_t u = 0; u < 8; ++u) sum[u] += p * row[u];
        }
        for (std::int64_t u = 0; u < 8; ++u) at(columns + (d + u) * kLanes) = sum[u];
    }
}

// out[j][d] += Σ_i strip[j][i]·rows[i][d]: the strip's gradient with respect to keys or values; four keys at
// a time.
ATELIER_INLINE void accumulateRows(float* out, const float* strip, const float* rows, std::int64_t width) {
    for (std::int64_t j = 0; j < kKeyStrip; j += 4)
        for (std::int64_t d = 0; d < width; d += kHeadWidthStep) {
            Row sum[4];
            for (std::int64_t u = 0; u < 4; ++u) std::memcpy(&sum[u], out + (j + u) * width + d, sizeof(Row));
            for (std::int64_t i = 0; i < kLanes; ++i) {
                Row row;
                std::memcpy(&row, rows + i * width + d, sizeof(Row));
                for (std::int64_t u = 0; u < 4; ++u) sum[u] += strip[(j + u) * kLanes + i] * row;
            }
            for (std::int64_t u = 0; u < 4; ++u) std::memcpy(out + (j + u) * width + d, &sum[u], sizeof(Row));
        }
}

ATELIER_INLINE void forwardBody(const float* q, const float* k, const float* v, float* out, float* logSum,
                                float* scratch, const HeadShape& s) {
    const std::int64_t width = s.width, cells = kKeyStrip * kLanes;
    float *scores = scratch, *query = scratch + cells, *sum = query + width * kLanes;
    for (std::int64_t i = 0; i < s.queries; i += kLanes) {
        transposeIn(q + i * width, query, width);
        std::fill(sum, sum + width * kLanes, 0.0F);
        Vector top = spread(-std::numeric_limits<float>::infinity()), total = {};
        for (std::int64_t j = 0; j < s.keys; j += kKeyStrip) {
            const std::int64_t valid = std::min(kKeyStrip, s.keys - j);
            dots(query, k + j * width, scores, width);
            Vector next = top;
            for (std::int64_t u = 0; u < valid; ++u) {
                const Vector x = at(scores + u * kLanes) * s.scale;
                next = x > next ? x : next;
            }
            // What was added up so far was relative to the old maximum.
            const Vector shrink = j == 0 ? Vector{} : exponentials(top - next);
            total *= shrink;
            top = next;
            for (std::int64_t u = 0; u < valid; ++u) {
                const Vector p = exponentials(at(scores + u * kLanes) * s.scale - top);
                at(scores + u * kLanes) = p;
                total += p;
            }
            std::fill(scores + valid * kLanes, scores + cells, 0.0F);
            for (std::int64_t d = 0; d < width; ++d) at(sum + d * kLanes) *= shrink;
            accumulate(sum, scores, v + j * width, width);
        }
        for (std::int64_t d = 0; d < width; ++d) at(sum + d * kLanes) /= total;
        for (std::int64_t l = 0; l < kLanes; ++l) logSum[i + l] = top[l] + std::log(total[l]);
        transposeOut(sum, out + i * width, width);
    }
}

// With P = exp(scale·QKᵀ − logSum) and dP = dO·Vᵀ:  dS = P∘(dP − Σ dO∘O),  dQ = scale·dS·K,  dK =
// scale·dSᵀ·Q,  dV = Pᵀ·dO.
ATELIER_INLINE void backwardBody(const float* q, const float* k, const float* v, const float* dOut,
                                 const float* logSum, const float* rowDots, float* dq, float* dk, float* dv,
                                 float* scratch, const HeadShape& s) {
    const std::int64_t width = s.width, cells = kKeyStrip * kLanes;
    float *p = scratch, *ds = scratch + cells, *query = ds + cells, *gradient = query + width * kLanes,
          *sum = gradient + width * kLanes;
    for (std::int64_t i = 0; i < s.queries; i += kLanes) {
        transposeIn(q + i * width, query, width);
        transposeIn(dOut + i * width, gradient, width);
        std::fill(sum, sum + width * kLanes, 0.0F);
        const std::int64_t lanes = std::min(kLanes, s.queries - i);
        for (std::int64_t j = 0; j < s.keys; j += kKeyStrip) {
            const std::int64_t valid = std::min(kKeyStrip, s.keys - j);
            dots(query, k + j * width, p, width);
            dots(gradient, v + j * width, ds, width);
            for (std::int64_t u = 0; u < valid; ++u) {
                at(p + u * kLanes) = exponentials(at(p + u * kLanes) * s.scale - at(logSum + i));
                at(ds + u * kLanes) = at(p + u * kLanes) * (at(ds + u * kLanes) - at(rowDots + i)) * s.scale;
            }
            std::fill(p + valid * kLanes, p + cells, 0.0F);
            std::fill(ds + valid * kLanes, ds + cells, 0.0F);
            if (lanes < kLanes)  // queries that are only padding must not reach keys and values
                for (std::int64_t u = 0; u < valid; ++u)
                    for (std::int64_t l = lanes; l < kLanes; ++l)
                        p[u * kLanes + l] = ds[u * kLanes + l] = 0.0F;
            accumulate(sum, ds, k + j * width, width);
            accumulateRows(dk + j * width, ds, q + i * width, width);
            accumulateRows(dv + j * width, p, dOut + i * width, width);
        }
        transposeOut(sum, dq + i * width, width);
    }
}

}  // namespace

ATELIER_CLONES void headForward(const float* q, const float* k, const float* v, float* out, float* logSum,
                                float* scratch, const HeadShape& shape) {
    forwardBody(q, k, v, out, logSum, scratch, shape);
}

ATELIER_CLONES void headBackward(const float* q, const float* k, const float* v, const float* dOut,
                                 const float* logSum, const float* dots, float* dq, float* dk, float* dv,
                                 float* scratch, const HeadShape& shape) {
    backwardBody(q, k, v, dOut, logSum, dots, dq, dk, dv, scratch, shape);
}

}  // namespace atelier::nn
