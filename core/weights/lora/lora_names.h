// SPDX-License-Identifier: GPL-3.0-or-later
// Module paths as LoRA files spell them: kohya's tools write "_" for every ".", and the original
// repositories' block numbers for SDXL. Used by lora_file.cpp and lora_write.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace atelier::lora {

// "down_blocks.0.attentions.1.proj_in" → "down_blocks_0_attentions_1_proj_in".
std::string flattened(std::string_view path);
// The reverse, by the names that the parts of UNets and text encoders have; nullopt when one is not known.
std::optional<std::string> unflattened(std::string_view name);

// Original repositories' UNet path ↔ diffusers', for two layers per block, as all of Stable Diffusion has.
std::optional<std::string> fromLdmPath(std::string_view path);
std::optional<std::string> toLdmPath(std::string_view path);

}  // namespace atelier::lora
