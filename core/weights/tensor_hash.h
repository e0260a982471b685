// SPDX-License-Identifier: GPL-3.0-or-later
// The SHA-256 of a safetensors file's tensors (all that follows its header) in its own metadata, by which
// programs name models (Stability's ModelSpec: modelspec.hash_sha256). Used by convert, lora and training.
#pragma once

#include <string>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier {

// Stands in the metadata, of the same length, until the tensors are written.
std::string tensorHashPlaceholder();
// Puts the hash in its place, everywhere in the header. For files that do not have their final name yet.
Status stampTensorHash(const fs::path& file);

}  // namespace atelier
