// SPDX-License-Identifier: GPL-3.0-or-later
// What a single file says about itself in its metadata, by Stability's ModelSpec. Written into checkpoints
// and LoRA files.
#pragma once

#include <map>
#include <string>

namespace atelier {

// The keys that every file of ours has; date is now, the hash a placeholder (tensor_hash.h) until
// stampTensorHash. `resolution`: "512x768" (width first), or "" when unknown.
std::map<std::string, std::string> modelSpec(const std::string& architecture,
                                             const std::string& implementation, const std::string& title,
                                             const std::string& resolution);
// Takes out what was true of the file that `metadata` comes from and cannot be of one made from it.
void eraseHashes(std::map<std::string, std::string>& metadata);

}  // namespace atelier
