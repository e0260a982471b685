// SPDX-License-Identifier: GPL-3.0-or-later
// What every text encoder does, whatever its family: token ids to the context that a UNet attends to. The
// families are clip_text_model.h and t5_encoder_model.h. Called by conditioning, training and sampling.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <limits>
#include <string>

#include "core/base/json.h"
#include "core/base/result.h"

namespace atelier {

class TextEncoder : public torch::nn::Module {
  public:
    // The context [B,S,width()] for UNets of the SD 1 and SD 2 kind. clipSkip leaves so many layers out,
    // where the family knows that: at most skippableLayers().
    virtual at::Tensor encode(const at::Tensor& inputIds_BS, int clipSkip = 0) = 0;
    virtual Status checkInputs(const at::Tensor& inputIds_BS) const = 0;
    virtual int width() const = 0;
    virtual int vocabSize() const = 0;
    virtual int skippableLayers() const { return 0; }
    // The longest window of tokens.
    virtual int maxTokens() const { return std::numeric_limits<int>::max(); }
    virtual std::string className() const = 0;
    virtual Json configJson() const = 0;  // of config.json
};

}  // namespace atelier
