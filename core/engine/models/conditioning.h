// SPDX-License-Identifier: GPL-3.0-or-later
// What a UNet of the Stable Diffusion family is told beside latents and timestep, made from prompts and
// sizes. One notion for SD 1 and 2 (one text encoder), SDXL (two) and SDXL's refiner (the second alone):
// which it is follows from the parts the pipeline has. Called by sampling, training and replay.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/config/model_fit.h"
#include "core/engine/models/pipeline.h"

namespace atelier {

// Rows = samples. SD 1 and 2 have the context only; the other two are undefined there.
struct TextConditioning {
    at::Tensor context_NSD;    // for cross attention; SDXL: both encoders' widths, one behind the other
    at::Tensor textEmbeds_NP;  // SDXL: pooled text of the second encoder
    at::Tensor timeIds_NI;     // SDXL: float32 [N,6], refiner [N,5] (sizeIds); SD 1 and 2, and before sizes
                               // are known: undefined

    // Context and pooled text converted and moved, the numbers of timeIds moved only.
    TextConditioning to(at::Device device, at::ScalarType dtype) const;
    // Rows first … first + count − 1.
    TextConditioning rows(std::int64_t first, std::int64_t count) const;
};
// The rows of all of them; parts of one pipeline only.
TextConditioning concatenate(std::span<const TextConditioning> parts);
// A UNet's (or ControlNet's) inputs. `timestep_B`: [N], [1] or a scalar.
UNetInputs unetInputs(const at::Tensor& sample_BCHW, const at::Tensor& timestep_B,
                      const TextConditioning& conditioning);

// ---- text

// Token numbers int64 on the CPU, padded to each encoder's window (77), one tensor for each text encoder that
// the pipeline has; the other undefined.
struct TextTokens {
    at::Tensor first_NS;   // tokenizer → text_encoder
    at::Tensor second_NS;  // tokenizer_2 → text_encoder_2
};
// Errors: tokens beyond an encoder's vocabulary (code Model).
Result<TextTokens> tokenizePrompts(const Pipeline& pipeline, const std::vector<std::string>& prompts);

// Tokens through the text encoders, without timeIds. One encoder: its last hidden state, normalised; with
// text_encoder_2: the penultimate hidden states, not normalised, and the second's projected pool (diffusers'
// encode_prompt). Gradients flow where autograd is on. `clipSkip`: so many more layers are left out.
TextConditioning encodeTokens(const Pipeline& pipeline, const TextTokens& tokens, int clipSkip = 0);
// Both in one.
Result<TextConditioning> encodePrompts(const Pipeline& pipeline, const std::vector<std::string>& prompts,
                                       int clipSkip = 0);

// ---- sizes

// What SDXL is told about a picture (Podell et al. 2023, §2.2), in pixels.
struct SizeCondition {
    int originalHeight = 0, originalWidth = 0;  // before it was scaled down
    int cropTop = 0, cropLeft = 0;              // place of the square in the scaled picture
    int targetHeight = 0, targetWidth = 0;      // what the network sees or makes
    double aestheticScore = 6;                  // the refiner gets this instead of the target size
};
// [N,6] float32 on the CPU, in diffusers' order (height before width); [N,5] for a UNet whose embedding is
// made for a score, as the refiner's; undefined for a UNet that takes none. `textWidth`: of textEmbeds.
at::Tensor sizeIds(const UNet2DConditionConfig& unet, std::int64_t textWidth,
                   std::span<const SizeCondition> sizes);

// Whether its UNet is told an aesthetic score, as SDXL's refiner is.
bool takesScore(const Pipeline& pipeline);

// Whether the UNet takes what the pipeline's text encoders give, by their configurations.
std::optional<Misfit> textMisfit(const Pipeline& pipeline);
// The same as an Error (code Model), and whether all parts that encodePrompts needs are there.
Status checkConditioning(const Pipeline& pipeline);

}  // namespace atelier
