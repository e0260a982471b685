// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/eval/weighted_prompt.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/text/prompt_weights.h"

namespace atelier::eval {

at::Tensor applyTokenWeights(const at::Tensor& hidden_SD, const at::Tensor& weights_S) {
    if (weights_S.eq(1).all().item<bool>()) return hidden_SD;
    const auto hidden = hidden_SD.to(at::kFloat);
    const auto weighted = hidden * weights_S.to(hidden.device()).unsqueeze(1);
    const double before = hidden.mean().item<double>(), after = weighted.mean().item<double>();
    return (after == 0 ? weighted : weighted * (before / after)).to(hidden_SD.scalar_type());
}

namespace {

// Texts in windows for one text encoder.
struct Windows {
    std::vector<std::vector<PromptChunk>> chunks;  // of each text
    int length = 0;                                // entries of a window

    std::size_t most() const {
        std::size_t windows = 1;
        for (const auto& of : chunks) windows = std::max(windows, of.size());
        return windows;
    }
};

Windows cut(const Tokenizer& tokenizer, const TextEncoder& encoder, const std::vector<std::string>& texts) {
    Windows result;
    result.length = std::min(tokenizer.maxLength(), encoder.maxTokens());
    for (const auto& text : texts) result.chunks.push_back(tokenizePrompt(tokenizer, text, result.length));
    return result;
}

// Rows = windows of all texts, `windows` for each; filled up with empty ones.
struct WindowRows {
    at::Tensor ids_RS, weights_RS;
};
Result<WindowRows> rowsOf(Windows cuts, std::size_t windows, const Tokenizer& tokenizer,
                          const TextEncoder& encoder) {
    std::vector<std::int64_t> ids;
    std::vector<float> weights;
    for (auto& chunks : cuts.chunks) {
        chunks.resize(windows, emptyChunk(tokenizer, cuts.length));
        for (const auto& chunk : chunks) {
            ids.insert(ids.end(), chunk.ids.begin(), chunk.ids.end());
            weights.insert(weights.end(), chunk.weights.begin(), chunk.weights.end());
        }
    }
    WindowRows rows{at::tensor(ids, at::kLong).view({-1, cuts.length}),
                    at::tensor(weights, at::kFloat).view({-1, cuts.length})};
    ATELIER_DO(encoder.checkInputs(rows.ids_RS));
    return rows;
}

}  // namespace

Result<TextConditioning> encodeWeightedPrompts(const Pipeline& pipeline,
                                               const std::vector<std::string>& texts) {
    struct Encoder {
        const Tokenizer* tokenizer;
        const TextEncoder* model;
        at::Tensor TextTokens::*ids;
        Windows cuts{};
        at::Tensor weights_RS{};
    };
    std::vector<Encoder> encoders;
    for (const auto& part : textParts(pipeline)) {
        encoders.push_back(
            {part.tokenizer, part.encoder, part.second ? &TextTokens::second_NS : &TextTokens::first_NS});
    }
    std::size_t windows = 1;
    for (auto& encoder : encoders) {
        encoder.cuts = cut(*encoder.tokenizer, *encoder.model, texts);
        windows = std::max(windows, encoder.cuts.most());
    }
    TextTokens tokens;
    for (auto& encoder : encoders) {
        ATELIER_TRY(auto rows, rowsOf(std::move(encoder.cuts), windows, *encoder.tokenizer, *encoder.model));
        tokens.*encoder.ids = rows.ids_RS;
        encoder.weights_RS = rows.weights_RS;
    }
    const auto encoded = encodeTokens(pipeline, tokens);
    // The mean is kept for each encoder's part of the width.
    std::vector<at::Tensor> weightedParts;
    std::int64_t from = 0;
    for (const auto& encoder : encoders) {
        const std::int64_t width = encoder.model->width();
        const auto hidden_RSD = encoded.context_NSD.narrow(2, from, width);
        std::vector<at::Tensor> weighted;
        for (std::int64_t row = 0; row < hidden_RSD.size(0); ++row)
            weighted.push_back(applyTokenWeights(hidden_RSD[row], encoder.weights_RS[row]));
        weightedParts.push_back(at::stack(weighted));
        from += width;
    }
    const auto context_RSD = at::cat(weightedParts, 2);
    const auto count = static_cast<std::int64_t>(texts.size()), each = static_cast<std::int64_t>(windows);
    TextConditioning result;
    result.context_NSD = context_RSD.reshape({count, each * context_RSD.size(1), context_RSD.size(2)});
    if (encoded.textEmbeds_NP.defined())
        result.textEmbeds_NP = encoded.textEmbeds_NP.view({count, each, -1}).select(1, 0);
    return result;
}

}  // namespace atelier::eval
