// SPDX-License-Identifier: GPL-3.0-or-later
// Prompts and sizes for UNets: conditioning.h.
#include "core/engine/models/conditioning.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "core/base/check.h"

namespace atelier {
namespace {

at::Tensor converted(const at::Tensor& tensor, at::Device device, at::ScalarType dtype) {
    return tensor.defined() ? tensor.to(device, dtype) : tensor;
}
at::Tensor narrowed(const at::Tensor& tensor, std::int64_t first, std::int64_t count) {
    return tensor.defined() ? tensor.narrow(0, first, count) : tensor;
}

// The tokenizer's window (CLIP's classic 77 entries), or as many as the encoder has positions for; undefined
// without an encoder.
Result<at::Tensor> tokenize(const Tokenizer* tokenizer, const TextEncoder* encoder,
                            const std::vector<std::string>& prompts) {
    if (!tokenizer || !encoder) return at::Tensor();
    const auto length = std::min(tokenizer->maxLength(), encoder->maxTokens());
    std::vector<std::int64_t> ids;
    for (const auto& prompt : prompts) {
        const auto padded = tokenizer->encodePadded(prompt);
        ids.insert(ids.end(), padded.begin(), padded.begin() + length);
    }
    const auto ids_NS = at::tensor(ids, at::kLong).view({static_cast<std::int64_t>(prompts.size()), length});
    ATELIER_DO(encoder->checkInputs(ids_NS));
    return ids_NS;
}

at::Device deviceOf(const torch::nn::Module& model) {
    return model.parameters().front().device();
}

std::optional<TextSide> sideOf(const TextEncoder* encoder) {
    if (const auto* clip = dynamic_cast<const ClipTextModel*>(encoder)) return textSide(clip->config());
    if (const auto* t5 = dynamic_cast<const T5EncoderModel*>(encoder)) return textSide(t5->config());
    return std::nullopt;
}

}  // namespace

TextConditioning TextConditioning::to(at::Device device, at::ScalarType dtype) const {
    return {converted(context_NSD, device, dtype), converted(textEmbeds_NP, device, dtype),
            converted(timeIds_NI, device, at::kFloat)};
}

TextConditioning TextConditioning::rows(std::int64_t first, std::int64_t count) const {
    return {narrowed(context_NSD, first, count), narrowed(textEmbeds_NP, first, count),
            narrowed(timeIds_NI, first, count)};
}

TextConditioning concatenate(std::span<const TextConditioning> parts) {
    const auto joined = [&](at::Tensor TextConditioning::*member) {
        std::vector<at::Tensor> tensors;
        for (const auto& part : parts)
            if ((part.*member).defined()) tensors.push_back(part.*member);
        return tensors.empty() ? at::Tensor() : at::cat(tensors);
    };
    return {joined(&TextConditioning::context_NSD), joined(&TextConditioning::textEmbeds_NP),
            joined(&TextConditioning::timeIds_NI)};
}

UNetInputs unetInputs(const at::Tensor& sample_BCHW, const at::Tensor& timestep_B,
                      const TextConditioning& conditioning) {
    UNetInputs inputs;
    inputs.sample_BCHW = sample_BCHW;
    inputs.timestep_B = timestep_B;
    inputs.encoderHiddenStates_BSD = conditioning.context_NSD;
    inputs.textEmbeds_BP = conditioning.textEmbeds_NP;
    inputs.timeIds_B6 = conditioning.timeIds_NI;
    return inputs;
}

Result<TextTokens> tokenizePrompts(const Pipeline& pipeline, const std::vector<std::string>& prompts) {
    TextTokens tokens;
    ATELIER_TRY(tokens.first_NS, tokenize(pipeline.tokenizer.get(), pipeline.textEncoder.get(), prompts));
    ATELIER_TRY(tokens.second_NS, tokenize(pipeline.tokenizer2.get(), pipeline.textEncoder2.get(), prompts));
    return tokens;
}

TextConditioning encodeTokens(const Pipeline& pipeline, const TextTokens& tokens, int clipSkip) {
    if (!pipeline.textEncoder2) {
        auto& encoder = *pipeline.textEncoder;
        return {encoder.encode(tokens.first_NS.to(deviceOf(encoder)), clipSkip), {}, {}};
    }
    auto& second = *pipeline.textEncoder2;
    const auto pooled = second.encodePenultimate(tokens.second_NS.to(deviceOf(second)), clipSkip);
    if (!pipeline.textEncoder) return {pooled.context_BSD, pooled.textEmbeds_BP, {}};
    auto* clip = dynamic_cast<ClipTextModel*>(pipeline.textEncoder.get());
    ATELIER_CHECK(clip, "checkConditioning lets CLIP alone stand beside a second text encoder");
    auto& first = *clip;
    const auto context = first.encodePenultimate(tokens.first_NS.to(deviceOf(first)), clipSkip).context_BSD;
    return {at::cat({context, pooled.context_BSD}, 2), pooled.textEmbeds_BP, {}};
}

Result<TextConditioning> encodePrompts(const Pipeline& pipeline, const std::vector<std::string>& prompts,
                                       int clipSkip) {
    ATELIER_TRY(const auto tokens, tokenizePrompts(pipeline, prompts));
    return encodeTokens(pipeline, tokens, clipSkip);
}

at::Tensor sizeIds(const UNet2DConditionConfig& unet, std::int64_t textWidth,
                   std::span<const SizeCondition> sizes) {
    if (unet.additionEmbedType != "text_time") return {};
    const bool score = sizeIdCount(unet, static_cast<int>(textWidth)) == 5;
    std::vector<float> numbers;
    const auto add = [&](double a) { numbers.push_back(static_cast<float>(a)); };
    for (const auto& size : sizes) {
        for (const int n : {size.originalHeight, size.originalWidth, size.cropTop, size.cropLeft}) add(n);
        if (score) {
            add(size.aestheticScore);
        } else {
            add(size.targetHeight);
            add(size.targetWidth);
        }
    }
    return at::tensor(numbers, at::kFloat).view({static_cast<std::int64_t>(sizes.size()), score ? 5 : 6});
}

bool takesScore(const Pipeline& pipeline) {
    const auto& unet = pipeline.unet->config();
    return unet.additionEmbedType == "text_time" && pipeline.textEncoder2 &&
           sizeIdCount(unet, pipeline.textEncoder2->config().projectionDim) == 5;
}

std::optional<Misfit> textMisfit(const Pipeline& pipeline) {
    return textMisfit(pipeline.unet->config(), sideOf(pipeline.textEncoder.get()),
                      sideOf(pipeline.textEncoder2.get()));
}

Status checkConditioning(const Pipeline& pipeline) {
    using Part = std::tuple<const Tokenizer*, const TextEncoder*, const char*>;
    for (const auto& [tokenizer, encoder, name] :
         {Part{pipeline.tokenizer.get(), pipeline.textEncoder.get(), "text_encoder"},
          Part{pipeline.tokenizer2.get(), pipeline.textEncoder2.get(), "text_encoder_2"}})
        if (encoder && !tokenizer)
            return fail(ErrorCode::Model, fmt::format("its {} has no tokenizer", name), "model_index.json",
                        "A pipeline folder holds a tokenizer for each of its text encoders.");
    const auto misfit = textMisfit(pipeline);
    if (!misfit) return {};
    return fail(ErrorCode::Model, misfit->what, misfit->key.empty() ? "model_index.json" : "unet/config.json",
                misfit->hint);
}

}  // namespace atelier
