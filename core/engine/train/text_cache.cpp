// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/text_cache.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace atelier::train {
namespace {

// The tokens are the caption as the encoders see it.
std::string idsOf(const at::Tensor& ids_1S) {
    if (!ids_1S.defined()) return "none";
    const auto* ids = ids_1S.const_data_ptr<std::int64_t>();
    return fmt::format("{}", fmt::join(ids, ids + ids_1S.numel(), ","));
}

}  // namespace

TextCache::TextCache(const Pipeline& pipeline, at::Device device, TensorCache store)
    : pipeline_(pipeline), device_(device), store_(std::move(store)) {
    constexpr int kVersion = 1;  // of how texts are encoded
    encoders_ = fmt::format("text {} {}", kVersion, arithmeticOf(device));
    for (const auto& encoder : pipeline.textEncoders())
        encoders_ += " " + networkHash(*encoder, dumpJson(encoder->configJson()));
}

Result<TextConditioning> TextCache::encode(const std::vector<std::string>& captions) {
    const at::NoGradGuard noGrad;
    std::vector<TextConditioning> rows;
    for (const auto& caption : captions) {
        ATELIER_TRY(const auto tokens, tokenizePrompts(pipeline_, {caption}));
        const auto key = fmt::format("{} {} {}", encoders_, idsOf(tokens.first_NS), idsOf(tokens.second_NS));
        TextConditioning row;
        if (const auto found = store_.get(key)) {
            for (const auto& [name, tensor] : *found)
                (name == "context" ? row.context_NSD : row.textEmbeds_NP) = tensor.to(device_);
        } else {
            row = encodeTokens(pipeline_, tokens);
            NamedTensors kept{{"context", row.context_NSD.cpu()}};
            if (row.textEmbeds_NP.defined()) kept.emplace_back("pooled", row.textEmbeds_NP.cpu());
            if (const auto done = store_.put(key, kept); !done && !std::exchange(told_, true))
                problem_ = done.error();
        }
        rows.push_back(std::move(row));
    }
    return concatenate(rows);
}

}  // namespace atelier::train
