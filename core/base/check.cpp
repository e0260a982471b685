// SPDX-License-Identifier: GPL-3.0-or-later
// Prints a broken invariant and aborts (see check.h).
#include "core/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace atelier {

void checkFailed(const char* condition, const char* file, int line, const std::string& context) {
    std::fprintf(stderr, "internal error: %s\n  broken: %s\n  at: %s:%d\n", context.c_str(), condition, file,
                 line);
    std::abort();
}

}  // namespace atelier
