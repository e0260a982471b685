// SPDX-License-Identifier: GPL-3.0-or-later
// Masks that are drawn at random, for inpainting. Used by train_sample.cpp.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/random.h"

namespace atelier::data {

// Grey 8, height × width, 255 = to be painted anew, 0 = given: with probability `whole` all of it, else
// rectangles, brush strokes (Suvorov et al. 2022, §2.4) or all that lies outside of a rectangle, each as
// often. Never empty.
std::vector<std::uint8_t> randomMask(const Random& random, int width, int height, double whole);

}  // namespace atelier::data
