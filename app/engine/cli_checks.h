// SPDX-License-Identifier: GPL-3.0-or-later
// Checks of option values whose messages say what is expected, where CLI11's name the limits of a double, let
// nan pass and cut numbers that do not fit. Included by the verbs in app/engine.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

namespace atelier::cli {

// A whole number from `least` up to what 64 bits hold.
inline CLI::Validator atLeast(std::int64_t least) {
    const auto check = [least](const std::string& text) -> std::string {
        const char* end = text.data() + text.size();
        std::int64_t low = 0;
        std::uint64_t high = 0;
        const bool negative = text.starts_with('-');
        const auto [at, error] =
            negative ? std::from_chars(text.data(), end, low) : std::from_chars(text.data(), end, high);
        if (error == std::errc::result_out_of_range)
            return fmt::format("{} is beyond the numbers that fit", text);
        const bool tooLow = negative ? low < least : high < std::uint64_t(std::max<std::int64_t>(least, 0));
        if (error != std::errc() || at != end || tooLow)
            return fmt::format("it must be a whole number of at least {}, not {}", least, text);
        return {};
    };
    return {check, fmt::format(">= {}", least)};
}

// A finite number from `least` to `most`, both included.
inline CLI::Validator between(double least, double most) {
    const auto check = [least, most](const std::string& text) -> std::string {
        double value = 0;
        if (!CLI::detail::lexical_cast(text, value) || !std::isfinite(value) || value < least || value > most)
            return fmt::format("it must be a number from {:g} to {:g}, not {}", least, most, text);
        return {};
    };
    return {check, fmt::format("{:g} to {:g}", least, most)};
}

}  // namespace atelier::cli
