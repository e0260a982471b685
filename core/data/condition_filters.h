// SPDX-License-Identifier: GPL-3.0-or-later
// Condition pictures other than edges that are computed from the picture itself (Pernias et al. 2023, Stable
// Cascade's control filters). Used by train_sample.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/random.h"

namespace atelier::data {

// `rgb`: height × width × 3 bytes, as the results.

// Every square of `factor` pixels in the colour of one of them, the nearest to its middle: for
// super-resolution.
std::vector<std::uint8_t> coarsePicture(std::span<const std::uint8_t> rgb, int width, int height, int factor);

// Brightness (the largest of R, G, B) in black, grey and white with smooth borders, looked at in 224 × 224:
// blurred, closed by a disk of 3, 5 or 7 pixels as drawn, and cut at a third of its range from either end.
// For shapes that a picture is to hide, such as QR codes.
std::vector<std::uint8_t> brightnessShapes(std::span<const std::uint8_t> rgb, int width, int height,
                                           const Random& random);

}  // namespace atelier::data
