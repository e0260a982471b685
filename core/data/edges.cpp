// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/edges.h"

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "core/base/check.h"

namespace atelier::data {

std::vector<std::uint8_t> cannyEdges(std::span<const std::uint8_t> rgb, int width, int height, double low,
                                     double high) {
    const auto pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    ATELIER_CHECK(rgb.size() == pixels * 3, "height × width × 3 bytes");
    const cv::Mat picture(height, width, CV_8UC3, const_cast<std::uint8_t*>(rgb.data()));  // only read
    cv::Mat edges;
    cv::Canny(picture, edges, low, high);
    std::vector<std::uint8_t> result;
    result.reserve(pixels * 3);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) result.insert(result.end(), 3, edges.at<std::uint8_t>(y, x));
    return result;
}

}  // namespace atelier::data
