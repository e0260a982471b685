// SPDX-License-Identifier: GPL-3.0-or-later
// What a single file's tensors say about the models in it: the family, and each component's configuration.
#pragma once

#include <string>

#include "core/weights/dialects/names.h"
#include "core/weights/safetensors.h"

namespace atelier::dialects {

enum class Family { Sd1, Sd2, Sdxl };
std::string familyName(Family family);  // "Stable Diffusion XL"

// Errors (code Model): no UNet of this dialect in the file, or a text tower of another family.
Result<Family> familyOfSingleFile(const WeightSet& weights);

// From names and shapes. What these do not tell (heads, activation, scaling) is the family's published value.
// Errors (code Model): a tensor that decides something is missing, or a width the published values do not
// fit.
Result<UNet2DConditionConfig> deriveUnet(const WeightSet& weights, Family family);
Result<AutoencoderKLConfig> deriveVae(const WeightSet& weights, Family family);
// `index` 0 or 1: which of the family's towers.
Result<ClipTextConfig> deriveText(const WeightSet& weights, Family family, int index);

// The towers of a family: where the single file keeps them and in which form.
struct TextTower {
    const char* component;  // "text_encoder"
    const char* prefix;
    bool openClip;
};
std::vector<TextTower> textTowers(Family family);

}  // namespace atelier::dialects
