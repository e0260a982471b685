// SPDX-License-Identifier: GPL-3.0-or-later
// A model of the Stable Diffusion family opened against its name table, whichever form it has: pipeline
// folder, single file, ControlNet folder or file. Used by convert.cpp.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/weights/dialects/convert.h"
#include "core/weights/dialects/pipeline_files.h"
#include "core/weights/dialects/values.h"

namespace atelier::dialects {

// One tensor of a component with where it was found.
struct Found {
    NamePair pair;
    WeightSet::Entry entry;
    bool single = false;  // the entry is in the single file's layout
};
struct Part {
    std::string component;  // "unet"; empty: the folder itself, as for a ControlNet
    std::vector<Found> tensors;
};
// The tensor in the folder's layout.
Result<Bytes> folderBytes(const Found& found);

struct Source {
    PipelineConfigs configs;
    std::vector<std::unique_ptr<WeightSet>> weights;
    std::vector<Part> parts;
    std::set<std::string> used;        // names in a single file that the parts take
    std::vector<std::string> remarks;  // what was left out, as sentences
};

// Configurations come from options.like where it is given, else from names and shapes. Errors (code Model):
// another family, a tensor missing, left over or of the wrong shape or dtype.
Result<Source> openSingle(const fs::path& path, const ConvertOptions& options);
Result<Source> openFolder(const fs::path& path, const std::string& variant);

}  // namespace atelier::dialects
