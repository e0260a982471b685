// SPDX-License-Identifier: GPL-3.0-or-later
// Where this user's programs keep what can be had again. Used for shards, encoded pictures and runs in S3.
#pragma once

#include "core/base/files.h"

namespace atelier {

// ~/.cache/atelier, or below XDG_CACHE_HOME.
fs::path userCache();

}  // namespace atelier
