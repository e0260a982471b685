// SPDX-License-Identifier: GPL-3.0-or-later
// What a single file's tensors say about the models in it: the family, and each component's configuration.
#pragma once

#include <string>

#include "core/weights/dialects/names.h"
#include "core/weights/safetensors.h"

namespace atelier::dialects {

enum class Family { Sd1, Sd2, Sdxl, Refiner, Upscaler };
std::string familyName(Family family);  // "Stable Diffusion XL"

// SGM's refiner and the 4x upscaler are families of their own: other towers, other widths.
// Errors (code Model): no UNet of this dialect in the file, or a text tower of another family.
Result<Family> familyOfSingleFile(const WeightSet& weights);

// From names and shapes. What these do not tell (heads, activation, scaling) is the family's published value.
// Errors (code Model): a tensor that decides something is missing, or a width the published values do not
// fit.
Result<UNet2DConditionConfig> deriveUnet(const WeightSet& weights, Family family);
// Of cldm's form (`prefix`: kControlPrefix or empty), or of the folder's names in a file without config.json.
Result<ControlNetConfig> deriveControlNet(const WeightSet& weights, const std::string& prefix);
Result<ControlNetConfig> deriveControlNetOfFolderNames(const WeightSet& weights);
// By the width of the text it is given.
Family familyOfControlNet(const ControlNetConfig& config);
Result<AutoencoderKLConfig> deriveVae(const WeightSet& weights, Family family);
// `index`: which of the family's towers.
Result<ClipTextConfig> deriveText(const WeightSet& weights, Family family, int index);

// The towers of a family: where the single file keeps them and in which form.
struct TextTower {
    const char* component;  // "text_encoder"
    const char* prefix;
    bool openClip;
};
std::vector<TextTower> textTowers(Family family);
// SD 2 and the upscaler condition on the tower's last layer but one: their folders leave the last one out.
bool leavesLastLayerOut(Family family);

}  // namespace atelier::dialects
