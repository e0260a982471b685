// SPDX-License-Identifier: GPL-3.0-or-later
// T5EncoderModel: the encoder half of T5 (Raffel et al. 2020), 1.0 and 1.1. Parameters carry the checkpoint's
// names ("shared.weight", "encoder.block.…"). Computed without dropout, in training too: what a run learns
// does not depend on anything but its seed. Called by training, sampling and probe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/config/architectures.h"
#include "core/engine/models/text_encoder.h"

namespace atelier {

struct T5Output {
    at::Tensor lastHiddenState_BSD;
    std::vector<at::Tensor> hiddenStates;  // 0 = embeddings … L = last hidden state; only on request
};

class T5EncoderModel : public TextEncoder {
  public:
    explicit T5EncoderModel(const T5EncoderConfig& config);
    ~T5EncoderModel() override;

    // inputIds [B,S] int64 in [0, vocabSize); mask [B,S], not zero where a token may be seen, or undefined:
    // all of them.
    T5Output forward(const at::Tensor& inputIds_BS, const at::Tensor& mask_BS = {},
                     bool withHiddenStates = false);
    // As diffusers' pipelines do: padding is seen by the other tokens unless the configuration says
    // use_attention_mask. clipSkip must be 0.
    at::Tensor encode(const at::Tensor& inputIds_BS, int clipSkip = 0) override;
    Status checkInputs(const at::Tensor& inputIds_BS) const override;
    int width() const override { return config_.dModel; }
    int vocabSize() const override { return config_.vocabSize; }
    std::string className() const override { return "T5EncoderModel"; }
    Json configJson() const override { return toJson(config_); }
    std::vector<std::string> attentionLayers() const override { return {"q", "k", "v", "o"}; }

    const T5EncoderConfig& config() const { return config_; }
    // Files hold the table of tokens as "shared", as "encoder.embed_tokens", or twice; those of whole T5
    // models the decoder too, which is left aside.
    static std::string renameFromFile(const std::string& name);

  protected:
    nn::Embedding& tokens() const override;
    void setVocabSize(int size) override { config_.vocabSize = size; }

  private:
    struct Parts;
    T5EncoderConfig config_;
    std::unique_ptr<Parts> parts_;
};

// T5EncoderModel's own initial values (transformers' T5PreTrainedModel._init_weights), deterministic as
// initializeDefault.
void initializeT5(T5EncoderModel& model, std::uint64_t seed, const std::string& scope);

}  // namespace atelier
