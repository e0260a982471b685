// SPDX-License-Identifier: GPL-3.0-or-later
// Area averaging of our own (three times as fast as OpenCV's INTER_AREA for three channels, same definition);
// OpenCV enlarges.
#include "core/data/resize.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstring>
#include <mutex>
#include <opencv2/imgproc.hpp>
#include <utility>
#include <vector>

#include "core/base/check.h"

namespace atelier::data {
namespace {

// Callers run one picture per thread; OpenCV's own pool would only get in their way.
void oneThreadEach() {
    static std::once_flag once;
    std::call_once(once, [] { cv::setNumThreads(1); });
}

// The part of [0, from) that falls on each of `to` equal cells: first sample, and weights that sum to 1.
struct Cell {
    int first = 0;
    int count = 0;
    std::size_t weights = 0;  // into Cells::weights
};
struct Cells {
    std::vector<Cell> cells;
    std::vector<float> weights;
};

Cells areaCells(int from, int to) {
    Cells result;
    result.cells.reserve(std::size_t(to));
    const double step = double(from) / double(to);
    for (int i = 0; i < to; ++i) {
        const double begin = i * step;
        const double end = std::min(double(from), (i + 1) * step);
        Cell cell{int(begin), 0, result.weights.size()};
        for (int x = cell.first; x < end && x < from; ++x) {
            const double covered = std::min(end, x + 1.0) - std::max(begin, double(x));
            if (covered < 1e-6 * step && cell.count > 0) break;
            result.weights.push_back(float(covered / step));
            ++cell.count;
        }
        result.cells.push_back(cell);
    }
    return result;
}

void addRow(const std::uint8_t* row, float weight, float* sum, std::size_t values) {
    for (std::size_t i = 0; i < values; ++i) sum[i] += weight * float(row[i]);
}

// out(x, y) = mean of the source over the area that the output pixel covers. Rows first: that pass is one
// multiply-add a byte over contiguous memory, and it leaves less for the second.
Image areaShrink(const Image& image, Size size) {
    Image out = Image::allocate(size.width, size.height);
    const Cells columns = areaCells(image.width, size.width);
    const Cells rows = areaCells(image.height, size.height);
    std::vector<float> sum(image.rowBytes());
    for (int y = 0; y < size.height; ++y) {
        std::ranges::fill(sum, 0.0f);
        const Cell& band = rows.cells[std::size_t(y)];
        for (int i = 0; i < band.count; ++i) {
            addRow(image.row(band.first + i), rows.weights[band.weights + std::size_t(i)], sum.data(),
                   sum.size());
        }
        std::uint8_t* to = out.row(y);
        for (const Cell& cell : columns.cells) {
            const float* from = sum.data() + 3 * cell.first;
            const float* weight = columns.weights.data() + cell.weights;
            float r = 0.5f;
            float g = 0.5f;
            float b = 0.5f;
            for (int i = 0; i < cell.count; ++i, from += 3) {
                r += weight[i] * from[0];
                g += weight[i] * from[1];
                b += weight[i] * from[2];
            }
            *to++ = std::uint8_t(r);
            *to++ = std::uint8_t(g);
            *to++ = std::uint8_t(b);
        }
    }
    return out;
}

// A line of pixels enlarged can pass what an int holds.
int scaled(int length, int from, int to) {
    const double exact = double(length) * double(to) / double(from);
    return exact >= double(INT_MAX) ? INT_MAX : std::max(1, int(std::lround(exact)));
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
    if (size.width <= image.width && size.height <= image.height) return areaShrink(image, size);
    oneThreadEach();
    Image out = Image::allocate(size.width, size.height);
    const cv::Mat from(image.height, image.width, CV_8UC3, image.rgb.get());
    cv::Mat to(size.height, size.width, CV_8UC3, out.rgb.get());
    cv::resize(from, to, to.size(), 0, 0, cv::INTER_CUBIC);
    ATELIER_CHECK(to.data == out.rgb.get(), "OpenCV wrote elsewhere");
    return out;
}

Image scaleNearest(const Image& image, Size size) {
    Image out = Image::allocate(size.width, size.height);
    const auto nearest = [](int place, int to, int from) {  // the middle of the cell
        return static_cast<int>((2 * std::int64_t{place} + 1) * from / (2 * std::int64_t{to}));
    };
    for (int y = 0; y < size.height; ++y) {
        const std::uint8_t* from = image.row(nearest(y, size.height, image.height));
        std::uint8_t* to = out.row(y);
        for (int x = 0; x < size.width; ++x, to += 3)
            std::copy_n(from + 3 * nearest(x, size.width, image.width), 3, to);
    }
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
