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

Result<at::Tensor> encodeWeightedPrompts(const Pipeline& pipeline, const std::vector<std::string>& texts) {
    const int length = std::min(pipeline.tokenizer->maxLength(),
                                static_cast<int>(pipeline.textEncoder->config().maxPositionEmbeddings));
    std::vector<std::vector<PromptChunk>> prompts;
    std::size_t windows = 1;
    for (const auto& text : texts) {
        prompts.push_back(tokenizePrompt(*pipeline.tokenizer, text, length));
        windows = std::max(windows, prompts.back().size());
    }
    std::vector<std::int64_t> ids;
    std::vector<float> weights;
    for (auto& chunks : prompts) {
        chunks.resize(windows, emptyChunk(*pipeline.tokenizer, length));
        for (const auto& chunk : chunks) {
            ids.insert(ids.end(), chunk.ids.begin(), chunk.ids.end());
            weights.insert(weights.end(), chunk.weights.begin(), chunk.weights.end());
        }
    }
    const auto rows = static_cast<std::int64_t>(texts.size() * windows);
    const auto ids_RS = at::tensor(ids, at::kLong).view({rows, length});
    const auto weights_RS = at::tensor(weights, at::kFloat).view({rows, length});
    ATELIER_DO(pipeline.textEncoder->checkInputs(ids_RS));
    const auto device = pipeline.textEncoder->parameters().front().device();
    const auto hidden_RSD = pipeline.textEncoder->encode(ids_RS.to(device));
    std::vector<at::Tensor> weighted;
    for (std::int64_t row = 0; row < rows; ++row)
        weighted.push_back(applyTokenWeights(hidden_RSD[row], weights_RS[row]));
    const auto width = hidden_RSD.size(2);
    return at::stack(weighted).view(
        {static_cast<std::int64_t>(texts.size()), static_cast<std::int64_t>(windows) * length, width});
}

}  // namespace atelier::eval
