// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/engine/weighted_file.h"

#include <charconv>
#include <cmath>

namespace atelier::cli {

WeightedFile splitWeight(const std::string& text) {
    const auto colon = text.rfind(':');
    if (colon == std::string::npos || colon + 1 == text.size()) return {text, 1};
    const char* end = text.data() + text.size();
    double weight = 1;
    const auto [at, error] = std::from_chars(text.data() + colon + 1, end, weight);
    if (error != std::errc() || at != end || !std::isfinite(weight)) return {text, 1};
    return {text.substr(0, colon), weight};
}

}  // namespace atelier::cli
