// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/saliency.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <opencv2/imgproc.hpp>

namespace atelier::data {
namespace {

constexpr int kLongSide = 64;
constexpr double kSigma = 2.5;

// Sums of the columns (or rows) of the map.
std::vector<double> profileOf(const SaliencyMap& map, bool columns) {
    std::vector<double> sums(static_cast<std::size_t>(columns ? map.size.width : map.size.height));
    std::size_t i = 0;
    for (int y = 0; y < map.size.height; ++y)
        for (int x = 0; x < map.size.width; ++x, ++i)
            sums[static_cast<std::size_t>(columns ? x : y)] += map.values[i];
    return sums;
}

// The integral of a profile over [0, place), `scale` pixels to each of its entries.
double sumUpTo(const std::vector<double>& integral, double place, double scale) {
    const double at = std::clamp(place / scale, 0.0, static_cast<double>(integral.size() - 1));
    const auto whole = std::min(static_cast<std::size_t>(at), integral.size() - 2);
    return integral[whole] + (at - static_cast<double>(whole)) * (integral[whole + 1] - integral[whole]);
}

int bestPlace(const std::vector<double>& profile, int length, int window) {
    std::vector<double> integral{0};
    for (const double value : profile) integral.push_back(integral.back() + value);
    const double scale = static_cast<double>(length) / static_cast<double>(profile.size());
    const int middle = (length - window) / 2;
    // What rounding makes of equal sums decides nothing.
    const double slack = 1e-9 * integral.back();
    int best = middle;
    double most = sumUpTo(integral, middle + window, scale) - sumUpTo(integral, middle, scale);
    for (int away = 1; away <= length - window; ++away)
        for (const int place : {middle - away, middle + away}) {
            if (place < 0 || place > length - window) continue;
            const double sum = sumUpTo(integral, place + window, scale) - sumUpTo(integral, place, scale);
            if (sum > most + slack) {
                most = sum;
                best = place;
            }
        }
    return best;
}

}  // namespace

SaliencyMap saliencyOf(const Image& image) {
    const double shrink = static_cast<double>(kLongSide) / std::max(image.width, image.height);
    const Size size{std::max(1, static_cast<int>(std::lround(image.width * shrink))),
                    std::max(1, static_cast<int>(std::lround(image.height * shrink)))};
    const Image small = scaleImage(image, size);
    cv::Mat grey(size.height, size.width, CV_32F);
    for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x) {
            const std::uint8_t* p = small.row(y) + 3 * x;
            grey.at<float>(y, x) = 0.299F * p[0] + 0.587F * p[1] + 0.114F * p[2];
        }
    double least = 0, most = 0;
    cv::minMaxLoc(grey, &least, &most);
    // The spectrum of a flat picture is rounding.
    if (most - least < 1) return {size, std::vector<float>(grey.total(), 1.0F)};
    cv::Mat spectrum;
    cv::dft(grey, spectrum, cv::DFT_COMPLEX_OUTPUT);
    cv::Mat parts[2], magnitude, phase, logarithm, mean;
    cv::split(spectrum, parts);
    cv::cartToPolar(parts[0], parts[1], magnitude, phase);
    cv::log(magnitude + 1e-6F, logarithm);
    cv::blur(logarithm, mean, cv::Size(3, 3), cv::Point(-1, -1), cv::BORDER_REPLICATE);
    cv::exp(logarithm - mean, magnitude);
    cv::polarToCart(magnitude, phase, parts[0], parts[1]);
    cv::merge(parts, 2, spectrum);
    cv::dft(spectrum, spectrum, cv::DFT_INVERSE | cv::DFT_SCALE);
    cv::split(spectrum, parts);
    cv::Mat map = parts[0].mul(parts[0]) + parts[1].mul(parts[1]);
    cv::GaussianBlur(map, map, cv::Size(0, 0), kSigma, kSigma, cv::BORDER_REPLICATE);
    SaliencyMap result{size, {}};
    for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x) result.values.push_back(std::max(map.at<float>(y, x), 0.0F));
    return result;
}

std::pair<int, int> salientPlace(const Image& image, Size scaled, Size target) {
    const auto map = saliencyOf(image);
    return {bestPlace(profileOf(map, true), scaled.width, target.width),
            bestPlace(profileOf(map, false), scaled.height, target.height)};
}

}  // namespace atelier::data
