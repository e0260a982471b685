// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/user_cache.h"

#include <cstdlib>

namespace atelier {

fs::path userCache() {
    const char* cache = std::getenv("XDG_CACHE_HOME");
    const fs::path base = cache != nullptr && *cache != '\0' ? fs::path(cache) : expandUser("~/.cache");
    return base / "atelier";
}

}  // namespace atelier
