// SPDX-License-Identifier: GPL-3.0-or-later
// OpenCV's imgproc behind resize.h.
#include "core/data/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "core/base/check.h"

namespace atelier::data {
namespace {

// Callers run one picture per thread; OpenCV's own pool would only get in their way.
void oneThreadEach() {
    static std::once_flag once;
    std::call_once(once, [] { cv::setNumThreads(1); });
}

int scaled(int length, int from, int to) {
    return std::max(1, int(std::lround(double(length) * double(to) / double(from))));
}

}  // namespace

Size scaledSize(Size original, const ResizeSpec& spec) {
    if (spec.side <= 0) return original;
    const int shorter = std::min(original.width, original.height);
    const int longer = std::max(original.width, original.height);
    const int reference = spec.mode == ResizeMode::LongSide ? longer : shorter;
    if (reference == spec.side || (reference < spec.side && !spec.enlarge)) return original;
    return {scaled(original.width, reference, spec.side), scaled(original.height, reference, spec.side)};
}

Size resizedSize(Size original, const ResizeSpec& spec) {
    const Size size = scaledSize(original, spec);
    if (spec.side <= 0 || spec.mode != ResizeMode::Square) return size;
    const int side = std::min({spec.side, size.width, size.height});
    return {side, side};
}

Image scaleImage(const Image& image, Size size) {
    oneThreadEach();
    Image out = Image::allocate(size.width, size.height);
    const cv::Mat from(image.height, image.width, CV_8UC3, image.rgb.get());
    cv::Mat to(size.height, size.width, CV_8UC3, out.rgb.get());
    const bool shrinks = size.width <= image.width && size.height <= image.height;
    cv::resize(from, to, to.size(), 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_CUBIC);
    ATELIER_CHECK(to.data == out.rgb.get(), "OpenCV wrote elsewhere");
    return out;
}

Image cropImage(const Image& image, int x, int y, Size size) {
    ATELIER_CHECK(x >= 0 && y >= 0 && x + size.width <= image.width && y + size.height <= image.height,
                  "crop lies outside");
    Image out = Image::allocate(size.width, size.height);
    for (int row = 0; row < size.height; ++row)
        std::memcpy(out.row(row), image.row(y + row) + 3 * x, out.rowBytes());
    return out;
}

Image resizeImage(Image image, const ResizeSpec& spec) {
    const Size original{image.width, image.height};
    const Size scaledTo = scaledSize(original, spec);
    if (scaledTo != original) image = scaleImage(image, scaledTo);
    const Size size = resizedSize(original, spec);
    if (size != scaledTo)
        image =
            cropImage(image, (scaledTo.width - size.width) / 2, (scaledTo.height - size.height) / 2, size);
    return image;
}

}  // namespace atelier::data
