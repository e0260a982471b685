// SPDX-License-Identifier: GPL-3.0-or-later
// "FILE:0.8" on the command line: a file with a weight. Used by `lora` and `sample`.
#pragma once

#include <string>

namespace atelier::cli {

struct WeightedFile {
    std::string file;
    double weight = 1;
};
// What stands behind the last colon is the weight if it is a number, else part of the name.
WeightedFile splitWeight(const std::string& text);

}  // namespace atelier::cli
