// SPDX-License-Identifier: GPL-3.0-or-later
// Shrinking pictures: target sizes as pure functions, pixels by area averaging.
// Used by the dataset build, the training reader and thumbnails.
#pragma once

#include <string_view>

#include "core/data/image_io.h"

namespace atelier::data {

enum class ResizeMode {
    ShortSide,  // short side becomes `side`, proportions kept
    LongSide,   // long side becomes `side`, proportions kept
    Square,     // short side becomes `side`, then the centre side × side is cut out
};

struct ResizeSpec {
    int side = 0;  // 0 = leave the size alone
    ResizeMode mode = ResizeMode::ShortSide;
    bool enlarge = false;  // otherwise smaller pictures stay as they are
};

struct Size {
    int width = 0;
    int height = 0;
    bool operator==(const Size&) const = default;
};

// Size after scaling and before cutting; rounded to nearest, at least 1 pixel.
Size scaledSize(Size original, const ResizeSpec& spec);
// Size of the result.
Size resizedSize(Size original, const ResizeSpec& spec);

// Area averaging when it shrinks (each output pixel is the mean of the area it covers, as OpenCV's
// INTER_AREA), cubic when it enlarges.
Image scaleImage(const Image& image, Size size);
// Each pixel is the nearest of the source: for pictures whose values are numbers of things.
Image scaleNearest(const Image& image, Size size);
// Cuts out size.width × size.height at (x, y); the rectangle must lie inside.
Image cropImage(const Image& image, int x, int y, Size size);
Image resizeImage(Image image, const ResizeSpec& spec);

}  // namespace atelier::data
