// SPDX-License-Identifier: GPL-3.0-or-later
// CPU loops for 3×3 convolutions by minimal filtering, F(2×2, 3×3) of Lavin & Gray 2016: every 2×2 pixels of
// the result cost 16 multiplications for each pair of channels instead of 36. float32 with channels last,
// stride 1, padding 1; no LibTorch; compiled for two instruction sets. Called by winograd.cpp only.
#pragma once

#include <cstdint>

namespace atelier::nn {

// Numbers of channels that the loops take: in a multiple of kWinogradIn, out of kWinogradOut.
constexpr std::int64_t kWinogradIn = 16, kWinogradOut = 64;
// 2×2 pixels that one call makes at most.
constexpr std::int64_t kWinogradTiles = 36;

struct WinogradShape {
    std::int64_t batch = 0, height = 0, width = 0, in = 0, out = 0;

    std::int64_t tilesAcross() const { return (width + 1) / 2; }
    std::int64_t tilesDown() const { return (height + 1) / 2; }
    std::int64_t tiles() const { return batch * tilesDown() * tilesAcross(); }
    std::int64_t weights() const { return 16 * in * out; }  // floats of transformed weights
    // Floats that a call needs for itself, aligned to 64 bytes.
    std::int64_t scratch() const { return 16 * kWinogradTiles * (in + kWinogradOut) + in; }
};

// Whether this processor has the vectors that the loops are made for.
bool winogradHere();

// weight [out,in,3,3] → transformed, in the loops' own order.
void winogradWeights(const float* weight, float* transformed, std::int64_t in, std::int64_t out);

// Tiles `first` to `first + count` of y = x ∗ weight + bias + other; x [batch,height,width,in], y and other
// [batch,height,width,out]. bias and other may be null. Calls for different tiles do not touch each other.
void winogradTiles(const float* x, const float* transformed, const float* bias, const float* other, float* y,
                   float* scratch, const WinogradShape& shape, std::int64_t first, std::int64_t count);

}  // namespace atelier::nn
