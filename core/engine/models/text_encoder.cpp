// SPDX-License-Identifier: GPL-3.0-or-later
// Vectors of further tokens (text_encoder.h).
#include "core/engine/models/text_encoder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/weights/safetensors.h"

namespace atelier {

at::Tensor TextEncoder::embedTokens(const at::Tensor& inputIds_BS) const {
    const auto words = tokens().forward(inputIds_BS);
    if (learned_ND_.empty()) return words;
    const auto rows = at::cat(learned_ND_).to(words.scalar_type());
    const auto index = (inputIds_BS - firstLearned_).clamp(0, rows.size(0) - 1);
    const auto isLearned =
        (inputIds_BS >= firstLearned_).logical_and(inputIds_BS < firstLearned_ + rows.size(0));
    return at::where(isLearned.unsqueeze(-1), at::embedding(rows, index), words);
}

Status TextEncoder::setTokenVectors(std::int64_t firstId, const at::Tensor& vectors_ND) {
    if (vectors_ND.dim() != 2 || vectors_ND.size(1) != width())
        return fail(ErrorCode::Model,
                    fmt::format("the token vectors have shape {}, the text encoder takes [n, {}]",
                                shapeText(vectors_ND.sizes()), width()),
                    "", "They were made for a model of another family.");
    const at::NoGradGuard noGrad;
    auto& table = tokens().weight;
    const std::int64_t last = firstId + vectors_ND.size(0);
    if (firstId < 0 || firstId > table.size(0))
        return fail(
            ErrorCode::Model,
            fmt::format("token {} does not follow the text encoder's {} tokens", firstId, table.size(0)), "",
            "Tokenizer and text encoder must belong together.");
    if (last > table.size(0)) {
        const auto more = at::zeros({last - table.size(0), table.size(1)}, table.options());
        table.set_data(at::cat({table, more}));
        setVocabSize(static_cast<int>(last));
    }
    table.narrow(0, firstId, vectors_ND.size(0)).copy_(vectors_ND);
    return {};
}

void TextEncoder::learnTokens(std::int64_t firstId, std::vector<at::Tensor> vectors_ND) {
    firstLearned_ = firstId;
    learned_ND_ = std::move(vectors_ND);
}

const at::Tensor& TextEncoder::tokenTable() const {
    return tokens().weight;
}

}  // namespace atelier
