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
    // Gives the tokens from `firstId` on these vectors [n, hiddenSize]; the table grows where they are new
    // (config().vocabSize with it). Errors (code Model): another width, or a gap behind the last token.
    Status setTokenVectors(std::int64_t firstId, const at::Tensor& vectors_ND);
    // Tokens that are being learned: from `firstId` on, the rows of these tensors [n, hiddenSize], one behind
    // the other, stand for the table's, which stay as they are. Gradients flow into them alone. The table
    // must have as many rows (setTokenVectors); an empty list ends it.
    void learnTokens(std::int64_t firstId, std::vector<at::Tensor> vectors_ND);
    // The table's rows, [vocabSize, hiddenSize].
    const at::Tensor& tokenTable() const;

    const ClipTextConfig& config() const { return config_; }
    // Names with and without "text_model." in front are read; "position_ids" is ignored.
    static std::string renameFromFile(const std::string& name);

  private:
    at::Tensor embed(const at::Tensor& inputIds_BS) const;
    at::Tensor endRow(const at::Tensor& inputIds_BS, const at::Tensor& states_BSD) const;
    struct Parts;
    ClipTextConfig config_;
    std::unique_ptr<Parts> parts_;
    std::int64_t firstLearned_ = 0;
    std::vector<at::Tensor> learned_ND_;
};

// CLIPTextModel's own initial values (transformers' CLIPPreTrainedModel._init_weights), deterministic as
// initializeDefault.
void initializeClip(ClipTextModel& model, std::uint64_t seed, const std::string& scope);

}  // namespace atelier
