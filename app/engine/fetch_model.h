// SPDX-License-Identifier: GPL-3.0-or-later
// Models named on the command line or in a configuration: a folder, a name in the cache of downloads, or a
// name that is downloaded now. Used by the verbs that take models.
#pragma once

#include <string>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/weights/hub_cache.h"

namespace atelier::cli {

// Runs `atelier-engine download` and waits: its progress goes to our stderr. Returns the snapshot's folder.
Result<fs::path> fetchModel(const HubId& id);

// resolveModel with fetchModel.
inline Result<fs::path> modelPath(const std::string& text) {
    return resolveModel(text, fetchModel);
}

}  // namespace atelier::cli
