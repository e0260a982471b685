// SPDX-License-Identifier: GPL-3.0-or-later
// What every text encoder does, whatever its family: token ids to the context that a UNet attends to, and
// vectors for further tokens. The families are clip_text_model.h and t5_encoder_model.h. Called by
// conditioning, training and sampling.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <limits>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/engine/nn/layers.h"

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
    // Ends of the module paths of its attention's layers: what a LoRA of it is attached to.
    virtual std::vector<std::string> attentionLayers() const = 0;

    // Gives the tokens from `firstId` on these vectors [n, width()]; the table grows where they are new
    // (vocabSize() with it). Errors (code Model): another width, or a gap behind the last token.
    Status setTokenVectors(std::int64_t firstId, const at::Tensor& vectors_ND);
    // Tokens that are being learned: from `firstId` on, the rows of these tensors [n, width()], one behind
    // the other, stand for the table's, which stay as they are. Gradients flow into them alone. The table
    // must have as many rows (setTokenVectors); an empty list ends it.
    void learnTokens(std::int64_t firstId, std::vector<at::Tensor> vectors_ND);
    // The table's rows, [vocabSize(), width()].
    const at::Tensor& tokenTable() const;

  protected:
    virtual nn::Embedding& tokens() const = 0;
    virtual void setVocabSize(int size) = 0;
    // Rows of the table, of learned tokens their vectors: [B,S,width()].
    at::Tensor embedTokens(const at::Tensor& inputIds_BS) const;

  private:
    std::int64_t firstLearned_ = 0;
    std::vector<at::Tensor> learned_ND_;
};

}  // namespace atelier
