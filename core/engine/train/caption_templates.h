// SPDX-License-Identifier: GPL-3.0-or-later
// Sentences about pictures of a new word, which textual inversion is trained with (Gal et al. 2022, §4).
// Used by settings.cpp.
#pragma once

#include <string>
#include <vector>

namespace atelier::train {

// Every sentence with `word` in its place: about a thing, or about a style.
std::vector<std::string> captionTemplates(const std::string& word, bool style);

}  // namespace atelier::train
