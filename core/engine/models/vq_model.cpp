// SPDX-License-Identifier: GPL-3.0-or-later
// The codebook autoencoder of vq_model.h.
#include "core/engine/models/vq_model.h"

#include <ATen/ATen.h>

#include "core/engine/models/autoencoder_blocks.h"

namespace atelier {

struct VQModel::Parts {
    std::shared_ptr<autoencoder::Encoder> encoder;
    std::shared_ptr<autoencoder::Decoder> decoder;
    std::shared_ptr<nn::Conv2d> quant, postQuant;
    std::shared_ptr<nn::Embedding> codebook;
};

VQModel::VQModel(const VQModelConfig& config) : config_(config), parts_(std::make_unique<Parts>()) {
    const auto options = autoencoder::optionsFrom(config_, config_.latentChannels);
    const std::int64_t latent = config_.latentChannels, code = config_.codeWidth();
    parts_->encoder = register_module("encoder", std::make_shared<autoencoder::Encoder>(options));
    parts_->quant = register_module("quant_conv", std::make_shared<nn::Conv2d>(latent, code, 1));
    auto quantizer = register_module("quantize", std::make_shared<torch::nn::Module>());
    parts_->codebook = quantizer->register_module(
        "embedding", std::make_shared<nn::Embedding>(config_.numVqEmbeddings, code));
    parts_->postQuant = register_module("post_quant_conv", std::make_shared<nn::Conv2d>(code, latent, 1));
    parts_->decoder = register_module("decoder", std::make_shared<autoencoder::Decoder>(options));
}

VQModel::~VQModel() = default;

at::Tensor VQModel::encode(const at::Tensor& pixels_BCHW) {
    return parts_->quant->forward(parts_->encoder->forward(pixels_BCHW));
}

Quantized VQModel::quantize(const at::Tensor& latents_BLHW) {
    const at::Tensor z = latents_BLHW.permute({0, 2, 3, 1}).contiguous().to(at::kFloat);  // [B,h,w,L]
    const at::Tensor codes = parts_->codebook->weight.to(at::kFloat);
    const at::Tensor indices = at::cdist(z.detach().reshape({-1, z.size(3)}), codes.detach())
                                   .argmin(1)
                                   .view({z.size(0), z.size(1), z.size(2)});
    const at::Tensor nearest = at::embedding(codes, indices);
    const std::vector<std::int64_t> each{1, 2, 3};
    const auto straight = (z + (nearest - z).detach()).permute({0, 3, 1, 2}).contiguous();
    return {straight.to(latents_BLHW.scalar_type()), indices, (nearest - z.detach()).square().mean(each),
            (nearest.detach() - z).square().mean(each)};
}

at::Tensor VQModel::codebook() const {
    return parts_->codebook->weight;
}

at::Tensor VQModel::decode(const at::Tensor& latents_BLHW, bool quantized) {
    const at::Tensor codes = quantized ? latents_BLHW : quantize(latents_BLHW).latents_BLHW;
    return parts_->decoder->forward(parts_->postQuant->forward(codes));
}

at::Tensor VQModel::lookUp(const at::Tensor& indices_BHW) {
    return parts_->codebook->forward(indices_BHW).permute({0, 3, 1, 2}).contiguous();
}

}  // namespace atelier
