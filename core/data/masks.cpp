// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/masks.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "core/base/check.h"

namespace atelier::data {
namespace {

// One draw after another of a generator.
class Draws {
  public:
    explicit Draws(const Random& random) : random_(random) {}
    double uniform() { return random_.uniform(next_++); }
    // low … high, both inclusive.
    int between(int low, int high) {
        return low + static_cast<int>(random_.below(static_cast<std::uint64_t>(high - low) + 1, next_++));
    }

  private:
    const Random& random_;
    std::uint64_t next_ = 0;
};

// Sides from a tenth to `most` of the picture's.
cv::Rect rectangle(Draws& draws, cv::Size size, double most) {
    const auto side = [&](int whole) {
        const int low = std::max(1, whole / 10);
        return draws.between(low, std::max(low, static_cast<int>(whole * most)));
    };
    const int width = side(size.width), height = side(size.height);
    return {draws.between(0, size.width - width), draws.between(0, size.height - height), width, height};
}

// A line of several bends, as thick as a twentieth to a fifth of the shorter side.
void stroke(Draws& draws, cv::Mat& mask) {
    const int shorter = std::min(mask.cols, mask.rows);
    const int thickness =
        draws.between(std::max(1, shorter / 20), std::min(std::max(2, shorter / 5), 32'000));
    const auto point = [&] {
        return cv::Point(draws.between(0, mask.cols - 1), draws.between(0, mask.rows - 1));
    };
    cv::Point from = point();
    for (int bends = draws.between(1, 5); bends > 0; --bends) {
        const cv::Point to = point();
        cv::line(mask, from, to, cv::Scalar(255), thickness);
        from = to;
    }
}

}  // namespace

std::vector<std::uint8_t> randomMask(const Random& random, int width, int height, double whole) {
    ATELIER_CHECK(width > 0 && height > 0, "a picture has pixels");
    std::vector<std::uint8_t> result(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    cv::Mat mask(height, width, CV_8UC1, result.data());
    Draws draws(random);
    if (draws.uniform() < whole) {
        mask.setTo(255);
        return result;
    }
    switch (draws.between(0, 2)) {
        case 0:
            for (int count = draws.between(1, 3); count > 0; --count)
                mask(rectangle(draws, mask.size(), 0.6)).setTo(255);
            break;
        case 1:
            for (int count = draws.between(1, 3); count > 0; --count) stroke(draws, mask);
            break;
        default:
            mask.setTo(255);
            mask(rectangle(draws, mask.size(), 0.8)).setTo(0);
    }
    return result;
}

}  // namespace atelier::data
