// SPDX-License-Identifier: GPL-3.0-or-later
// Condition pictures that are computed from the picture itself. Used by train_sample.cpp and by sampling.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace atelier::data {

// Edges as Canny (1986) finds them, white on black in RGB8: what cv2.Canny gives for the RGB array, three
// times over. `rgb`: height × width × 3 bytes; the thresholds are on OpenCV's scale.
std::vector<std::uint8_t> cannyEdges(std::span<const std::uint8_t> rgb, int width, int height, double low,
                                     double high);

}  // namespace atelier::data
