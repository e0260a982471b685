// SPDX-License-Identifier: GPL-3.0-or-later
// Where something is to be seen in a picture: the spectral residual of Hou & Zhang ("Saliency Detection: A
// Spectral Residual Approach", CVPR 2007), which needs no trained network. Used for crops.
#pragma once

#include <utility>
#include <vector>

#include "core/data/image_io.h"
#include "core/data/resize.h"

namespace atelier::data {

// S = G * |F⁻¹(exp(L − h*L + iP))|², with L the logarithm of the grey picture's amplitude spectrum, P its
// phase, h a 3 × 3 mean and G a Gaussian of σ = 2.5, at a long side of 64 pixels. Row by row, of `size`.
struct SaliencyMap {
    Size size;
    std::vector<float> values;  // ≥ 0
};
SaliencyMap saliencyOf(const Image& image);

// Left and top of the window of `target` in the picture scaled to `scaled` that holds most of its saliency;
// of equal ones the nearest to the middle.
std::pair<int, int> salientPlace(const Image& image, Size scaled, Size target);

}  // namespace atelier::data
