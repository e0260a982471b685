// SPDX-License-Identifier: GPL-3.0-or-later
// Colours that are changed a little at every visit. Called while a training sample is prepared.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/random.h"

namespace atelier::data {

// Largest changes; 0: none. The factors of brightness, contrast and saturation are drawn from 1 − x … 1 + x,
// the turn of the hue from −x … x of the circle.
struct ColorJitter {
    double brightness = 0, contrast = 0, saturation = 0, hue = 0;
    bool any() const { return brightness > 0 || contrast > 0 || saturation > 0 || hue > 0; }
};
// What was drawn.
struct ColorChange {
    double brightness = 1, contrast = 1, saturation = 1, hue = 0;
};

ColorChange drawColors(const ColorJitter& jitter, const Random& random);
// In this order, each as torchvision.transforms.functional's adjust_… does it on RGB8: brightness p·f;
// contrast p·f + (1 − f)·mean grey of the picture; saturation p·f + (1 − f)·its own grey; hue (h + f) mod 1
// in HSV. Grey is 0.2989 R + 0.587 G + 0.114 B. `rgb`: whole pixels.
void changeColors(std::vector<std::uint8_t>& rgb, const ColorChange& change);
void jitterColors(std::vector<std::uint8_t>& rgb, const ColorJitter& jitter, const Random& random);

}  // namespace atelier::data
