// SPDX-License-Identifier: GPL-3.0-or-later
// Prompts with weights and of any length, for sampling: what core/text/prompt_weights.h reads, encoded.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "core/engine/models/conditioning.h"

namespace atelier::eval {

// hidden [S,D] × weights [S], then scaled so that the mean over all entries is what it was, as AUTOMATIC1111
// does; unchanged when all weights are 1 or the mean would be lost.
at::Tensor applyTokenWeights(const at::Tensor& hidden_SD, const at::Tensor& weights_S);

// Context [N, n·S, D]: every text in windows of S = the encoders' length, each encoded with its own BOS and
// EOS and weighted; n = windows of the longest text, the others are filled up with empty ones. The pooled
// text of SDXL is that of the first window, not weighted. Errors: tokens beyond an encoder's vocabulary.
Result<TextConditioning> encodeWeightedPrompts(const Pipeline& pipeline,
                                               const std::vector<std::string>& texts);

}  // namespace atelier::eval
