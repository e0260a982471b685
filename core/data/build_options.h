// SPDX-License-Identifier: GPL-3.0-or-later
// Build options as JSON under their long names: the `build:` section of dataset.yaml, the manifest's
// `options`, and part of what decides whether a build can be continued.
#pragma once

#include "core/base/json.h"
#include "core/data/build.h"

namespace atelier::data {

// Complete; buildOptionsFromJson gives the same options back.
Json buildOptionsToJson(const BuildOptions& options);
// Absent keys keep their defaults. Errors (Data): wrong types and values, unknown keys with the nearest name.
Result<BuildOptions> buildOptionsFromJson(const Json& json, const std::string& where);

}  // namespace atelier::data
