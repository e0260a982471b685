// SPDX-License-Identifier: GPL-3.0-or-later
// Broken invariants: ATELIER_CHECK aborts with the condition, the place and a sentence of context.
// For mistakes of ours only; what a user can cause is an Error (result.h).
#pragma once

#include <string>

namespace atelier {
[[noreturn]] void checkFailed(const char* condition, const char* file, int line, const std::string& context);
}

#define ATELIER_CHECK(condition, context)                                                    \
    do {                                                                                     \
        if (!(condition)) ::atelier::checkFailed(#condition, __FILE__, __LINE__, (context)); \
    } while (false)
