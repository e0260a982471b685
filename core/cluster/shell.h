// SPDX-License-Identifier: GPL-3.0-or-later
// Paths and names for bash and for #SBATCH lines. Used by all that renders scripts, with shellQuote() of
// core/base/strings.h.
#pragma once

#include <string>
#include <string_view>

namespace atelier::cluster {

// A path as one word, whose leading ~ means the home folder of whoever runs the script: ~/a b → "$HOME"/'a
// b'.
std::string shellPath(std::string_view path);
// True when no character ends a line or cannot be typed: what may stand in a script at all.
bool isOneLine(std::string_view text);
// Letters, digits and . _ - only, at most 64 of them: a job name that survives every tool that lists jobs.
std::string jobName(std::string_view text);

}  // namespace atelier::cluster
