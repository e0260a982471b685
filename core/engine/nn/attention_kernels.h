// SPDX-License-Identifier: GPL-3.0-or-later
// CPU loops for softmax(q·kᵀ·scale)·v of one head, never holding more than a strip of scores (Dao et al.
// 2022). Made for the narrow heads of small UNets, where library kernels spend most of a training step. Plain
// float32 rows, no LibTorch; compiled for several instruction sets, chosen at start. Called by attention.cpp
// only.
#pragma once

#include <cstdint>

namespace atelier::nn {

// Rows are packed: `width` floats each, width a multiple of 8, zeros behind the head's own width.
struct HeadShape {
    std::int64_t queries = 0;
    std::int64_t keys = 0;
    std::int64_t width = 0;
    float scale = 1;
};
constexpr std::int64_t kHeadWidthStep = 8;
// Packed arrays hold this many rows: queries and keys rounded up to whole strips; the rows behind are zeros.
constexpr std::int64_t kQueryStrip = 16;
constexpr std::int64_t kKeyStrip = 64;
inline std::int64_t paddedQueries(std::int64_t n) {
    return (n + kQueryStrip - 1) / kQueryStrip * kQueryStrip;
}
inline std::int64_t paddedKeys(std::int64_t n) {
    return (n + kKeyStrip - 1) / kKeyStrip * kKeyStrip;
}
// Floats of scratch that either function needs.
inline std::int64_t headScratch(std::int64_t width) {
    return (2 * kKeyStrip + 6 * width) * kQueryStrip;
}

// out: packed like q. logSum [padded queries]: log Σ exp of each row's scaled scores, kept for backward.
void headForward(const float* q, const float* k, const float* v, float* out, float* logSum, float* scratch,
                 const HeadShape& shape);

// dots [padded queries]: Σ dOut·out of each row. dq is written, dk and dv are added to (zeroed by the
// caller).
void headBackward(const float* q, const float* k, const float* v, const float* dOut, const float* logSum,
                  const float* dots, float* dq, float* dk, float* dv, float* scratch, const HeadShape& shape);

}  // namespace atelier::nn
