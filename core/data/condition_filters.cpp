// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/condition_filters.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "core/base/check.h"

namespace atelier::data {
namespace {

constexpr int kShapesSide = 224, kShapesBlur = 15;
constexpr double kShapesCut = 0.33;  // of the range of brightness, from either end

// Ones where x² + y² < 0.3, x and y from −0.5 to 0.5.
cv::Mat disk(int size) {
    cv::Mat kernel(size, size, CV_8UC1);
    for (int y = 0; y < size; ++y)
        for (int x = 0; x < size; ++x) {
            const double u = static_cast<double>(x) / (size - 1) - 0.5,
                         v = static_cast<double>(y) / (size - 1) - 0.5;
            kernel.at<std::uint8_t>(y, x) = u * u + v * v < 0.3 ? 1 : 0;
        }
    return kernel;
}

}  // namespace

std::vector<std::uint8_t> coarsePicture(std::span<const std::uint8_t> rgb, int width, int height,
                                        int factor) {
    ATELIER_CHECK(
        factor > 0 && rgb.size() == static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3,
        "height × width × 3 bytes");
    const auto middle = [&](int place, int length) {
        return std::min(place / factor * factor + factor / 2, length - 1);
    };
    std::vector<std::uint8_t> result;
    result.reserve(rgb.size());
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const auto at = (static_cast<std::size_t>(middle(y, height)) * static_cast<std::size_t>(width) +
                             static_cast<std::size_t>(middle(x, width))) *
                            3;
            result.insert(result.end(), {rgb[at], rgb[at + 1], rgb[at + 2]});
        }
    return result;
}

std::vector<std::uint8_t> brightnessShapes(std::span<const std::uint8_t> rgb, int width, int height,
                                           const Random& random) {
    ATELIER_CHECK(rgb.size() == static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3,
                  "height × width × 3 bytes");
    cv::Mat value(height, width, CV_8UC1);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const auto* pixel = rgb.data() + (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                                              static_cast<std::size_t>(x)) *
                                                 3;
            value.at<std::uint8_t>(y, x) = std::max({pixel[0], pixel[1], pixel[2]});
        }
    cv::Mat small, shapes;
    cv::resize(value, small, cv::Size(kShapesSide, kShapesSide), 0, 0, cv::INTER_LINEAR);
    cv::GaussianBlur(small, small, cv::Size(kShapesBlur, kShapesBlur), 0);
    cv::morphologyEx(small, small, cv::MORPH_CLOSE, disk(3 + 2 * static_cast<int>(random.below(3, 0))));
    double low = 0, high = 0;
    cv::minMaxLoc(small, &low, &high);
    const double cut = kShapesCut * (high - low);
    for (int y = 0; y < small.rows; ++y)
        for (int x = 0; x < small.cols; ++x) {
            auto& v = small.at<std::uint8_t>(y, x);
            v = v > high - cut ? 255 : v < low + cut ? 0 : 128;
        }
    cv::resize(small, shapes, cv::Size(width, height), 0, 0, cv::INTER_LINEAR);
    std::vector<std::uint8_t> result;
    result.reserve(rgb.size());
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) result.insert(result.end(), 3, shapes.at<std::uint8_t>(y, x));
    return result;
}

}  // namespace atelier::data
