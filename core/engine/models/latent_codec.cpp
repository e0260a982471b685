// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/models/latent_codec.h"

#include <ATen/ATen.h>

namespace atelier {
namespace {

template <class T>
std::shared_ptr<T> held(const std::variant<std::shared_ptr<AutoencoderKL>, std::shared_ptr<VQModel>>& model) {
    const auto* found = std::get_if<std::shared_ptr<T>>(&model);
    return found ? *found : nullptr;
}

std::string plainName(const std::string& className) {
    return className.substr(className.rfind('.') + 1);
}

}  // namespace

std::shared_ptr<AutoencoderKL> LatentCodec::kl() const {
    return held<AutoencoderKL>(model_);
}
std::shared_ptr<VQModel> LatentCodec::vq() const {
    return held<VQModel>(model_);
}

torch::nn::Module& LatentCodec::module() const {
    if (const auto model = vq()) return *model;
    return *kl();
}

const char* LatentCodec::component() const {
    return vq() ? "vqvae" : "vae";
}
const char* LatentCodec::className() const {
    return vq() ? "VQModel" : "AutoencoderKL";
}

Json LatentCodec::config() const {
    return vq() ? toJson(vq()->config()) : toJson(kl()->config());
}

int LatentCodec::pixelChannels() const {
    return vq() ? vq()->config().inChannels : kl()->config().inChannels;
}
int LatentCodec::latentChannels() const {
    return vq() ? vq()->config().codeWidth() : kl()->config().latentChannels;
}
int LatentCodec::downscale() const {
    const auto levels =
        vq() ? vq()->config().blockOutChannels.size() : kl()->config().blockOutChannels.size();
    return 1 << (static_cast<int>(levels) - 1);
}
double LatentCodec::scalingFactor() const {
    return vq() ? vq()->config().scalingFactor : kl()->config().scalingFactor;
}

at::Tensor LatentCodec::encode(const at::Tensor& pixels_BCHW, const at::Tensor& noise_BLHW) const {
    if (const auto model = vq())
        return model->quantize(model->encode(pixels_BCHW)).latents_BLHW.to(at::kFloat);
    const auto posterior = kl()->encode(pixels_BCHW);
    return DiagonalGaussian{posterior.mean_BLHW.to(at::kFloat), posterior.logvar_BLHW.to(at::kFloat)}.sample(
        noise_BLHW);
}

at::Tensor LatentCodec::decode(const at::Tensor& latents_BLHW) const {
    const auto latents = latents_BLHW.to(module().parameters().front().scalar_type());
    return (vq() ? vq()->decode(latents) : kl()->decode(latents)).to(at::kFloat);
}

Status LatentCodec::save(const fs::path& folder, const SaveOptions& options, double scalingFactor) const {
    ATELIER_DO(vq() ? saveVqModel(*vq(), folder, options) : saveVae(*kl(), folder, options));
    const fs::path file = folder / "config.json";
    ATELIER_TRY(auto config, readModelJson(file));
    config["scaling_factor"] = scalingFactor;
    return writeFileAtomic(file, dumpModelJson(config));
}

Result<LatentCodec> loadLatentCodec(const fs::path& folder, const LoadOptions& options) {
    ATELIER_DO(requireModelFolder(folder));
    ATELIER_TRY(const auto json, readModelJson(folder / "config.json"));
    if (json.is_object() && json.value("_class_name", Json()) == "VQModel") {
        ATELIER_TRY(auto model, loadVqModel(folder, options));
        return LatentCodec(std::move(model));
    }
    ATELIER_TRY(auto model, loadVae(folder, options));
    return LatentCodec(std::move(model));
}

Result<LatentCodec> makeLatentCodec(const std::string& className, const Json& params, std::uint64_t seed) {
    if (plainName(className) == "VQModel") {
        ATELIER_TRY(const auto config, vqModelConfigFromJson(params, "model.vae.params"));
        return LatentCodec(makeVqModel(config, seed));
    }
    ATELIER_TRY(const auto config, autoencoderKLConfigFromJson(params, "model.vae.params"));
    return LatentCodec(makeVae(config, seed));
}

at::Tensor withChannels(const at::Tensor& pixels_BCHW, int channels) {
    if (pixels_BCHW.size(1) == channels) return pixels_BCHW;
    if (channels == 1) return pixels_BCHW.mean({1}, true);
    return pixels_BCHW.expand({-1, channels, -1, -1});
}

}  // namespace atelier
