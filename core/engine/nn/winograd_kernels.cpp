// SPDX-License-Identifier: GPL-3.0-or-later
// The loops of winograd_kernels.h. For some tiles at a time: transform the input (Bᵀ·d·B), one product of
// matrices for each of the 16 positions, transform the sums back (Aᵀ·m·A). All of it stays in a core's cache.
#include "core/engine/nn/winograd_kernels.h"

#include <algorithm>

#include "core/engine/nn/vector_math.h"

namespace atelier::nn {
namespace {

using Narrow = float __attribute__((vector_size(32)));
using Wide = float __attribute__((vector_size(64)));
template <class V>
constexpr std::int64_t kLanes = sizeof(V) / sizeof(float);

template <class V>
ATELIER_INLINE V load(const float* p) {
    V v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}
template <class V>
ATELIER_INLINE void store(float* p, V v) {
    __builtin_memcpy(p, &v, sizeof v);
}

// Tiles whose sums are in registers together.
constexpr std::int64_t kRows = 6;
static_assert(kWinogradTiles % kRows == 0);

// sums[row][column] = Σ_k a[row][k]·b[k][column] for kRows rows and Vectors·lanes columns; rows of b and sums
// are kWinogradOut long.
template <class V, int Vectors>
ATELIER_INLINE void product(const float* a, const float* b, float* sums, std::int64_t depth) {
    V sum[kRows][Vectors] = {};
    for (std::int64_t k = 0; k < depth; ++k) {
        V row[Vectors];
        for (int v = 0; v < Vectors; ++v) row[v] = load<V>(b + k * kWinogradOut + v * kLanes<V>);
        for (std::int64_t r = 0; r < kRows; ++r)
            for (int v = 0; v < Vectors; ++v) sum[r][v] += row[v] * a[r * depth + k];
    }
    for (std::int64_t r = 0; r < kRows; ++r)
        for (int v = 0; v < Vectors; ++v) store(sums + r * kWinogradOut + v * kLanes<V>, sum[r][v]);
}

struct Tile {
    std::int64_t sample, row, column;  // of its first pixel
};
ATELIER_INLINE Tile tileAt(const WinogradShape& s, std::int64_t index) {
    const std::int64_t perSample = s.tilesDown() * s.tilesAcross(), within = index % perSample;
    return {index / perSample, within / s.tilesAcross() * 2, within % s.tilesAcross() * 2};
}

// One tile's 4×4 pixels, all channels, to [position][kWinogradTiles][in].
template <class V>
ATELIER_INLINE void transformInput(const float* x, const float* zeros, float* to, const WinogradShape& s,
                                   const Tile& tile) {
    const float* pixel[16];
    for (std::int64_t i = 0; i < 16; ++i) {
        const std::int64_t row = tile.row - 1 + i / 4, column = tile.column - 1 + i % 4;
        const bool inside = row >= 0 && row < s.height && column >= 0 && column < s.width;
        pixel[i] = inside ? x + ((tile.sample * s.height + row) * s.width + column) * s.in : zeros;
    }
    for (std::int64_t c = 0; c < s.in; c += kLanes<V>) {
        V half[16];
        for (int column = 0; column < 4; ++column) {
            const V a = load<V>(pixel[column] + c), b = load<V>(pixel[4 + column] + c),
                    d = load<V>(pixel[8 + column] + c), e = load<V>(pixel[12 + column] + c);
            half[column] = a - d;
            half[4 + column] = b + d;
            half[8 + column] = d - b;
            half[12 + column] = b - e;
        }
        for (int row = 0; row < 4; ++row) {
            const V *h = half + 4 * row, v[4] = {h[0] - h[2], h[1] + h[2], h[2] - h[1], h[1] - h[3]};
            for (int column = 0; column < 4; ++column)
                store(to + (4 * row + column) * kWinogradTiles * s.in + c, v[column]);
        }
    }
}

// One tile's sums [position][kWinogradTiles][kWinogradOut] to its pixels, from channel `channel` on.
template <class V>
ATELIER_INLINE void transformOutput(const float* from, const float* bias, const float* other, float* y,
                                    const WinogradShape& s, const Tile& tile, std::int64_t channel) {
    for (std::int64_t c = 0; c < kWinogradOut; c += kLanes<V>) {
        V half[2][4];
        for (int column = 0; column < 4; ++column) {
            V m[4];
            for (int row = 0; row < 4; ++row)
                m[row] = load<V>(from + (4 * row + column) * kWinogradTiles * kWinogradOut + c);
            half[0][column] = m[0] + m[1] + m[2];
            half[1][column] = m[1] - m[2] - m[3];
        }
        const V base = bias ? load<V>(bias + channel + c) : V{};
        for (int row = 0; row < 2 && tile.row + row < s.height; ++row) {
            const V* h = half[row];
            const V v[2] = {h[0] + h[1] + h[2] + base, h[1] - h[2] - h[3] + base};
            for (int column = 0; column < 2 && tile.column + column < s.width; ++column) {
                const std::int64_t at =
                    ((tile.sample * s.height + tile.row + row) * s.width + tile.column + column) * s.out +
                    channel + c;
                store(y + at, other ? v[column] + load<V>(other + at) : v[column]);
            }
        }
    }
}

template <class V, int Vectors>
ATELIER_INLINE void body(const float* x, const float* transformed, const float* bias, const float* other,
                         float* y, float* scratch, const WinogradShape& s, std::int64_t first,
                         std::int64_t count) {
    float *input = scratch, *sums = input + 16 * kWinogradTiles * s.in,
          *zeros = sums + 16 * kWinogradTiles * kWinogradOut;
    std::fill(zeros, zeros + s.in, 0.0F);
    for (std::int64_t t = 0; t < count; ++t)
        transformInput<V>(x, zeros, input + t * s.in, s, tileAt(s, first + t));
    for (std::int64_t channel = 0; channel < s.out; channel += kWinogradOut) {
        for (std::int64_t i = 0; i < 16; ++i) {
            const float* weights = transformed + (channel / kWinogradOut * 16 + i) * s.in * kWinogradOut;
            for (std::int64_t t = 0; t < count; t += kRows)
                for (std::int64_t c = 0; c < kWinogradOut; c += Vectors * kLanes<V>)
                    product<V, Vectors>(input + (i * kWinogradTiles + t) * s.in, weights + c,
                                        sums + (i * kWinogradTiles + t) * kWinogradOut + c, s.in);
        }
        for (std::int64_t t = 0; t < count; ++t)
            transformOutput<V>(sums + t * kWinogradOut, bias, other, y, s, tileAt(s, first + t), channel);
    }
}

// As many sums as fit the registers: 6×4 of 32, or 6×2 of 16.
[[gnu::target("arch=x86-64-v4")]] void wide(const float* x, const float* transformed, const float* bias,
                                            const float* other, float* y, float* scratch,
                                            const WinogradShape& shape, std::int64_t first,
                                            std::int64_t count) {
    body<Wide, 4>(x, transformed, bias, other, y, scratch, shape, first, count);
}
[[gnu::target("arch=x86-64-v3")]] void narrow(const float* x, const float* transformed, const float* bias,
                                              const float* other, float* y, float* scratch,
                                              const WinogradShape& shape, std::int64_t first,
                                              std::int64_t count) {
    body<Narrow, 2>(x, transformed, bias, other, y, scratch, shape, first, count);
}

bool wideHere() {
    return __builtin_cpu_supports("x86-64-v4");
}

}  // namespace

bool winogradHere() {
    return __builtin_cpu_supports("x86-64-v3");
}

void winogradWeights(const float* weight, float* transformed, std::int64_t in, std::int64_t out) {
    for (std::int64_t o = 0; o < out; ++o)
        for (std::int64_t i = 0; i < in; ++i) {
            const float* g = weight + (o * in + i) * 9;
            double half[4][3];
            for (int column = 0; column < 3; ++column) {
                const double a = g[column], b = g[3 + column], c = g[6 + column];
                half[0][column] = a;
                half[1][column] = (a + b + c) / 2;
                half[2][column] = (a - b + c) / 2;
                half[3][column] = c;
            }
            for (int row = 0; row < 4; ++row) {
                const double *h = half[row],
                             u[4] = {h[0], (h[0] + h[1] + h[2]) / 2, (h[0] - h[1] + h[2]) / 2, h[2]};
                for (int column = 0; column < 4; ++column) {
                    const std::int64_t position = o / kWinogradOut * 16 + 4 * row + column;
                    transformed[(position * in + i) * kWinogradOut + o % kWinogradOut] =
                        static_cast<float>(u[column]);
                }
            }
        }
}

void winogradTiles(const float* x, const float* transformed, const float* bias, const float* other, float* y,
                   float* scratch, const WinogradShape& shape, std::int64_t first, std::int64_t count) {
    (wideHere() ? wide : narrow)(x, transformed, bias, other, y, scratch, shape, first, count);
}

}  // namespace atelier::nn
