// SPDX-License-Identifier: GPL-3.0-or-later
// The name tables between the two dialects of the Stable Diffusion family: diffusers' component folders and
// the single files of the original repositories (LDM for SD 1 and 2, SGM for XL). A table is computed from a
// component's configuration, so it also says which tensors must be there and how they are shaped.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config/architectures.h"

namespace atelier::dialects {

// How the single file holds what the folder holds.
enum class Layout {
    Same,
    Conv1x1,     // [out, in] in the folder, [out, in, 1, 1] in the single file
    Transposed,  // [a, b] in the folder, [b, a] in the single file
    FusedQ,      // rows 0…H of a fused [3H, …] tensor
    FusedK,      // rows H…2H
    FusedV,      // rows 2H…3H
};

struct NamePair {
    std::string single;               // whole name, with the part's prefix
    std::string folder;               // name inside the component's weights
    std::vector<std::int64_t> shape;  // as the folder holds it
    Layout layout = Layout::Same;
};
using NameTable = std::vector<NamePair>;

std::vector<std::int64_t> singleShape(const NamePair& pair);

inline constexpr const char* kUnetPrefix = "model.diffusion_model.";
inline constexpr const char* kVaePrefix = "first_stage_model.";
inline constexpr const char* kControlPrefix = "control_model.";

// Errors (code Model): a configuration that the single-file dialect has no names for.
Result<NameTable> unetNames(const UNet2DConditionConfig& config);
Result<NameTable> vaeNames(const AutoencoderKLConfig& config);
// `prefix`: kControlPrefix, or empty as some files have it.
Result<NameTable> controlNetNames(const ControlNetConfig& config, const std::string& prefix = kControlPrefix);
// A text tower under transformers' own names (SD 1, first tower of XL).
NameTable clipNames(const ClipTextConfig& config, const std::string& prefix);
// A T5 encoder, which folders alone hold: both names are the folder's.
NameTable t5Names(const T5EncoderConfig& config);
// A text tower under OpenCLIP's names: fused query, key and value, projection transposed.
NameTable openClipNames(const ClipTextConfig& config, const std::string& prefix);

}  // namespace atelier::dialects
