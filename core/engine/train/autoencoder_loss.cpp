// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/autoencoder_loss.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

namespace atelier::train {
namespace {

constexpr double kGradientEpsilon = 1e-4, kLargestWeight = 1e4;  // of the adaptive weight
constexpr double kSmoothing = 1e-5;                              // of the codebook's counts

at::Tensor gradientNorm(const at::Tensor& loss, const at::Tensor& weight) {
    const auto gradient = torch::autograd::grad({loss}, {weight}, {}, /*retain_graph=*/true).front();
    return at::linalg_vector_norm(gradient.to(at::kFloat));
}

}  // namespace

Adversarial adversarialLoss(const PatchDiscriminator& network, const DiscriminatorSettings& settings,
                            const at::Tensor& pixels_BCHW, const at::Tensor& reconstruction_BCHW,
                            const at::Tensor& reconstructionLoss, const at::Tensor& lastWeight) {
    const bool hinge = settings.loss == DiscriminatorLoss::Hinge;
    const auto fooled = network.forward(reconstruction_BCHW, true).to(at::kFloat);
    const auto generator = hinge ? -fooled.mean() : (fooled - 1).square().mean();
    const auto real = network.forward(pixels_BCHW, false).to(at::kFloat),
               fake = network.forward(reconstruction_BCHW.detach(), false).to(at::kFloat);
    const auto discriminator = hinge ? at::relu(1 - real).mean() + at::relu(1 + fake).mean()
                                     : (real - 1).square().mean() + fake.square().mean();
    auto weight = at::full({}, settings.weight, generator.options().requires_grad(false));
    if (settings.adaptive) {
        const auto ratio = gradientNorm(reconstructionLoss, lastWeight) /
                           (gradientNorm(generator, lastWeight) + kGradientEpsilon);
        weight = weight * ratio.clamp(0, kLargestWeight).detach();
    }
    return {weight * generator, discriminator / 2, weight};
}

CodebookAverage::CodebookAverage(at::Tensor codebook_KL, double decay)
    : codebook_KL_(codebook_KL.detach()),
      counts_K_(at::ones({codebook_KL.size(0)}, codebook_KL_.options())),
      sums_KL_(codebook_KL_.clone()),
      decay_(decay) {}

void CodebookAverage::add(const at::Tensor& latents_BLHW, const at::Tensor& indices_BHW) {
    const at::NoGradGuard noGrad;
    const auto rows = codebook_KL_.size(0), width = codebook_KL_.size(1);
    const auto vectors = latents_BLHW.permute({0, 2, 3, 1}).reshape({-1, width}).to(at::kFloat);
    const auto indices = indices_BHW.reshape({-1});
    // index_add_ adds in the order of the rows on the CPU, so that a resumed run adds alike.
    const auto counts = at::zeros_like(counts_K_).index_add_(0, indices, at::ones_like(vectors.select(1, 0)));
    const auto sums = at::zeros_like(sums_KL_).index_add_(0, indices, vectors);
    const auto usable = vectors.isfinite().all();
    const auto follow = [&](at::Tensor& mean, const at::Tensor& now) {
        mean.copy_(at::where(usable, decay_ * mean + (1 - decay_) * now, mean));
    };
    follow(counts_K_, counts);
    follow(sums_KL_, sums);
    const auto total = counts_K_.sum();
    const auto smooth = (counts_K_ + kSmoothing) / (total + static_cast<double>(rows) * kSmoothing) * total;
    codebook_KL_.copy_(sums_KL_ / smooth.unsqueeze(1));
}

NamedTensors CodebookAverage::state() const {
    return {{"codebook", codebook_KL_}, {"counts", counts_K_}, {"sums", sums_KL_}};
}

at::Tensor codebookUse(const at::Tensor& indices_BHW, std::int64_t rows) {
    return at::zeros({rows}, indices_BHW.options().dtype(at::kFloat))
        .index_fill_(0, indices_BHW.reshape({-1}), 1)
        .mean();
}

}  // namespace atelier::train
