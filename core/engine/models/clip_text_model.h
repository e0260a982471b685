// SPDX-License-Identifier: GPL-3.0-or-later
// CLIPTextModel and CLIPTextModelWithProjection: a pre-norm causal transformer over token ids (Radford et al.
// 2021, §2.4). Parameters carry the checkpoint's names ("text_model.…"). Called by training, sampling and
// probe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/config/architectures.h"
#include "core/engine/models/text_encoder.h"

namespace atelier {

struct ClipTextOutput {
    at::Tensor lastHiddenState_BSD;  // after final_layer_norm: SD 1's and SD 2's context
    std::vector<at::Tensor>
        hiddenStates;            // 0 = embeddings … L = last layer before final_layer_norm; only on request
    at::Tensor poolerOutput_BD;  // row of the EOS token
    at::Tensor textEmbeds_BP;    // with projection only
};

struct ClipContext {
    at::Tensor context_BSD;
    at::Tensor textEmbeds_BP;
};

class ClipTextModel : public TextEncoder {
  public:
    explicit ClipTextModel(const ClipTextConfig& config);
    ~ClipTextModel() override;

    // inputIds [B,S] int64 in [0, vocabSize), S ≤ maxPositionEmbeddings; no padding mask.
    ClipTextOutput forward(const at::Tensor& inputIds_BS, bool withHiddenStates = false);
    // The context for a UNet of the SD 1 and SD 2 kind [B,S,D]: lastHiddenState, or final_layer_norm of the
    // layer clipSkip before the last (the reference's clip_skip; others call this clip_skip + 1).
    at::Tensor encode(const at::Tensor& inputIds_BS, int clipSkip = 0) override;
    // SDXL's: the output of the layer clipSkip + 1 before the last, not normalised, and textEmbeds where
    // there is a projection.
    ClipContext encodePenultimate(const at::Tensor& inputIds_BS, int clipSkip = 0);
    Status checkInputs(const at::Tensor& inputIds_BS) const override;
    int width() const override { return config_.hiddenSize; }
    int vocabSize() const override { return config_.vocabSize; }
    int skippableLayers() const override { return config_.numHiddenLayers; }
    int maxTokens() const override { return config_.maxPositionEmbeddings; }
    std::string className() const override {
        return config_.withProjection ? "CLIPTextModelWithProjection" : "CLIPTextModel";
    }
    Json configJson() const override { return toJson(config_); }
    std::vector<std::string> attentionLayers() const override {
        return {"q_proj", "k_proj", "v_proj", "out_proj"};
    }

    const ClipTextConfig& config() const { return config_; }
    // Names with and without "text_model." in front are read; "position_ids" is ignored.
    static std::string renameFromFile(const std::string& name);

  protected:
    nn::Embedding& tokens() const override;
    void setVocabSize(int size) override { config_.vocabSize = size; }

  private:
    at::Tensor embed(const at::Tensor& inputIds_BS) const;
    at::Tensor endRow(const at::Tensor& inputIds_BS, const at::Tensor& states_BSD) const;
    struct Parts;
    ClipTextConfig config_;
    std::unique_ptr<Parts> parts_;
};

// CLIPTextModel's own initial values (transformers' CLIPPreTrainedModel._init_weights), deterministic as
// initializeDefault.
void initializeClip(ClipTextModel& model, std::uint64_t seed, const std::string& scope);

}  // namespace atelier
