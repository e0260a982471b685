// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/model_fit.h"

#include <fmt/format.h>

namespace atelier {
namespace {

// The width of text that does not fit, with the key that says so.
std::optional<std::pair<std::string, int>> otherWidth(const UNet2DConditionConfig& unet, int width) {
    if (unet.encoderHidDim) {
        if (*unet.encoderHidDim == width) return std::nullopt;
        return std::pair{"encoder_hid_dim", *unet.encoderHidDim};
    }
    for (const int expected : unet.crossAttentionDim)
        if (expected != width) return std::pair{"cross_attention_dim", expected};
    return std::nullopt;
}

}  // namespace

TextSide textSide(const ClipTextConfig& config) {
    return {config.withProjection ? "CLIPTextModelWithProjection" : "CLIPTextModel", config.hiddenSize,
            config.withProjection ? std::optional(config.projectionDim) : std::nullopt, true};
}

TextSide textSide(const T5EncoderConfig& config) {
    return {"T5EncoderModel", config.dModel, std::nullopt, false};
}

int sizeIdCount(const UNet2DConditionConfig& unet, int pooledWidth) {
    const int width = unet.projectionClassEmbeddingsInputDim.value_or(0) - pooledWidth;
    const int each = unet.additionTimeEmbedDim.value_or(0);
    return each > 0 && width % each == 0 ? width / each : 0;
}

std::optional<Misfit> textMisfit(const UNet2DConditionConfig& unet, const std::optional<TextSide>& first,
                                 const std::optional<TextSide>& second) {
    if (!first && !second) return Misfit{"", "it has no text encoder", "Give a text-to-image model."};
    if (second)
        for (const auto& [side, name] : {std::pair{&first, "text_encoder"}, {&second, "text_encoder_2"}})
            if (*side && !(*side)->clip)
                return Misfit{
                    "", fmt::format("its {} is a {} beside a second text encoder", name, (*side)->className),
                    "Models with two text encoders are SDXL's, which are CLIP's."};
    const bool sized = unet.additionEmbedType == "text_time";
    if (sized && (!second || !second->pooled))
        return Misfit{"addition_embed_type",
                      "the UNet is SDXL's and expects pooled text, which no text_encoder_2 gives it",
                      "SDXL needs a CLIPTextModelWithProjection as text_encoder_2."};
    const int width = (first ? first->width : 0) + (second ? second->width : 0);
    if (const auto other = otherWidth(unet, width))
        return Misfit{other->first,
                      fmt::format("the UNet expects text of width {}, the text {} {}", other->second,
                                  first && second ? "encoders give" : "encoder gives", width),
                      fmt::format("{} = {} goes with it; or give text encoders of the UNet's family.",
                                  other->first, width)};
    if (!sized) return std::nullopt;
    if (const int count = sizeIdCount(unet, *second->pooled); count != 5 && count != 6)
        return Misfit{
            "projection_class_embeddings_input_dim",
            fmt::format("pooled text of width {} does not go with projection_class_embeddings_input_dim {}",
                        *second->pooled, unet.projectionClassEmbeddingsInputDim.value_or(0)),
            fmt::format("It must be {} (the pooled width and six sizes of addition_time_embed_dim), {} for a "
                        "refiner.",
                        *second->pooled + 6 * unet.additionTimeEmbedDim.value_or(0),
                        *second->pooled + 5 * unet.additionTimeEmbedDim.value_or(0))};
    return std::nullopt;
}

std::optional<Misfit> latentMisfit(const UNet2DConditionConfig& unet, const AutoencoderKLConfig& vae,
                                   bool inpainting) {
    const bool wide = unet.inChannels == 2 * vae.latentChannels + 1;
    if (unet.inChannels == vae.latentChannels || (wide && inpainting)) return std::nullopt;
    if (wide)
        return Misfit{"in_channels", "this is an inpainting model, which sees a mask, too",
                      "Set method.type to inpainting, or give a text-to-image model."};
    return Misfit{"in_channels",
                  fmt::format("the UNet takes {} channels, the autoencoder gives {}", unet.inChannels,
                              vae.latentChannels),
                  "They must be equal."};
}

}  // namespace atelier
