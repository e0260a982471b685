// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/color_jitter.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace atelier::data {
namespace {

constexpr std::uint64_t kBrightnessDraw = 0, kContrastDraw = 1, kSaturationDraw = 2, kHueDraw = 3;

std::uint8_t byteOf(double value) {
    return static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
}

double greyOf(const std::uint8_t* p) {
    return std::floor(0.2989 * p[0] + 0.587 * p[1] + 0.114 * p[2]);
}

// RGB 0…1 with its hue turned by `turn` of the circle: to HSV and back (Smith 1978).
std::array<double, 3> turned(double r, double g, double b, double turn) {
    const double most = std::max({r, g, b}), range = most - std::min({r, g, b});
    if (range <= 0) return {r, g, b};
    const double sector = most == r ? (g - b) / range : most == g ? 2 + (b - r) / range : 4 + (r - g) / range;
    double hue = sector / 6 + turn;
    hue = 6 * (hue - std::floor(hue));
    const int which = static_cast<int>(hue) % 6;
    const double rest = hue - std::floor(hue), saturation = range / most;
    const double low = most * (1 - saturation), down = most * (1 - saturation * rest),
                 up = most * (1 - saturation * (1 - rest));
    switch (which) {
        case 0:
            return {most, up, low};
        case 1:
            return {down, most, low};
        case 2:
            return {low, most, up};
        case 3:
            return {low, down, most};
        case 4:
            return {up, low, most};
        default:
            return {most, low, down};
    }
}

}  // namespace

ColorChange drawColors(const ColorJitter& jitter, const Random& random) {
    const auto draw = [&](double most, std::uint64_t index) {
        return most * (2 * random.uniform(index) - 1);
    };
    return {std::max(0.0, 1 + draw(jitter.brightness, kBrightnessDraw)),
            std::max(0.0, 1 + draw(jitter.contrast, kContrastDraw)),
            std::max(0.0, 1 + draw(jitter.saturation, kSaturationDraw)), draw(jitter.hue, kHueDraw)};
}

void changeColors(std::vector<std::uint8_t>& rgb, const ColorChange& change) {
    if (change.brightness != 1)
        for (auto& value : rgb) value = byteOf(value * change.brightness);
    if (change.contrast != 1 && !rgb.empty()) {
        double mean = 0;
        for (std::size_t i = 0; i < rgb.size(); i += 3) mean += greyOf(&rgb[i]);
        mean /= static_cast<double>(rgb.size() / 3);
        for (auto& value : rgb) value = byteOf(value * change.contrast + (1 - change.contrast) * mean);
    }
    if (change.saturation != 1)
        for (std::size_t i = 0; i < rgb.size(); i += 3) {
            const double grey = (1 - change.saturation) * greyOf(&rgb[i]);
            for (std::size_t c = i; c < i + 3; ++c) rgb[c] = byteOf(rgb[c] * change.saturation + grey);
        }
    if (change.hue != 0)
        for (std::size_t i = 0; i < rgb.size(); i += 3) {
            const auto color = turned(rgb[i] / 255.0, rgb[i + 1] / 255.0, rgb[i + 2] / 255.0, change.hue);
            for (std::size_t c = 0; c < 3; ++c) rgb[i + c] = byteOf(color[c] * 255.999);
        }
}

void jitterColors(std::vector<std::uint8_t>& rgb, const ColorJitter& jitter, const Random& random) {
    if (jitter.any()) changeColors(rgb, drawColors(jitter, random));
}

}  // namespace atelier::data
