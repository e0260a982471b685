// SPDX-License-Identifier: GPL-3.0-or-later
// Weights as one safetensors file under their own tensor names: the way out of pickles and of many parts, and
// a change of dtype. Called by `atelier-engine convert --to safetensors`.
#pragma once

#include "core/base/files.h"
#include "core/weights/dialects/convert.h"

namespace atelier {

// Floating tensors take options.dtype when given; texts and numbers of a pickle become metadata. `out`
// appears whole or not at all and must not exist. Errors as convertModel's.
Result<ConvertReport> rewriteAsSafetensors(const fs::path& in, const fs::path& out,
                                           const ConvertOptions& options);

}  // namespace atelier
