// SPDX-License-Identifier: GPL-3.0-or-later
// Whether the networks of a text-to-image model go together, told by their configurations alone. Called by
// `check` before anything is loaded, and by training and sampling on what they have loaded.
#pragma once

#include <optional>
#include <string>

#include "core/config/architectures.h"

namespace atelier {

// What a text encoder gives.
struct TextSide {
    std::string className;
    int width = 0;                // of its hidden states
    std::optional<int> pooled{};  // width of its projected pool; none without a projection
    bool clip = true;
};
TextSide textSide(const ClipTextConfig& config);
TextSide textSide(const T5EncoderConfig& config);

struct Misfit {
    std::string key;  // of the UNet's configuration; empty: of none
    std::string what, hint;
};
// One encoder for SD 1 and 2, two for SDXL, the second alone for SDXL's refiner.
std::optional<Misfit> textMisfit(const UNet2DConditionConfig& unet, const std::optional<TextSide>& first,
                                 const std::optional<TextSide>& second);
// For training: the UNet sees latents, and when it inpaints (which makes room for them) a mask and the
// picture's rest beside them.
std::optional<Misfit> latentMisfit(const UNet2DConditionConfig& unet, const AutoencoderKLConfig& vae,
                                   bool inpainting);

// How many numbers behind pooled text of this width the UNet's embedding is made for: SDXL 6, its refiner 5.
int sizeIdCount(const UNet2DConditionConfig& unet, int pooledWidth);

}  // namespace atelier
