// SPDX-License-Identifier: GPL-3.0-or-later
// The product's version, as programs print it and events record it. Kept equal to CMakeLists.txt by a test.
#pragma once

namespace atelier {
inline constexpr const char* kVersion = "0.1.0";
}
