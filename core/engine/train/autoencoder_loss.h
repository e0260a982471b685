// SPDX-License-Identifier: GPL-3.0-or-later
// What a reconstruction is held against besides its pixels: LPIPS, a discriminator, a codebook that follows
// its vectors. Used by the autoencoder task.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <utility>

#include "core/engine/models/patch_discriminator.h"
#include "core/engine/models/state_dict.h"
#include "core/engine/train/settings.h"

namespace atelier::train {

// Adversarial terms (Esser et al. 2021, §3.2), scalars with a graph.
struct Adversarial {
    at::Tensor generator;      // for the autoencoder, times its weight; no gradient into the discriminator
    at::Tensor discriminator;  // for the discriminator alone
    at::Tensor weight;         // detached
};
// `reconstructionLoss`: scalar with a graph; `lastWeight`: of the decoder. With adaptive weight λ = |∇L_rec|
// /
// (|∇L_gen| + 1e-4), at most 1e4, both gradients those of lastWeight; times settings.weight.
//   hinge  L_gen = −E[D(x̂)],      L_disc = ½ E[max(0, 1 − D(x)) + max(0, 1 + D(x̂))]
//   mse    L_gen = E[(D(x̂)−1)²],  L_disc = ½ E[(D(x) − 1)² + D(x̂)²]
Adversarial adversarialLoss(const PatchDiscriminator& network, const DiscriminatorSettings& settings,
                            const at::Tensor& pixels_BCHW, const at::Tensor& reconstruction_BCHW,
                            const at::Tensor& reconstructionLoss, const at::Tensor& lastWeight);

// Rows of the codebook as running means of the vectors that chose them (van den Oord et al. 2017, A.1)
// instead of by gradient: N ← γN + (1−γ)n, m ← γm + (1−γ)Σz, row = m / N with Laplace's smoothing of N.
class CodebookAverage {
  public:
    // `codebook` [K,L] float32 is written to.
    CodebookAverage(at::Tensor codebook_KL, double decay);
    // One batch; vectors that are not finite change nothing.
    void add(const at::Tensor& latents_BLHW, const at::Tensor& indices_BHW);
    // For exact resume: "codebook", "counts", "sums".
    NamedTensors state() const;

  private:
    at::Tensor codebook_KL_, counts_K_, sums_KL_;
    double decay_;
};

// Share of the codebook's rows that occur: a scalar.
at::Tensor codebookUse(const at::Tensor& indices_BHW, std::int64_t rows);

}  // namespace atelier::train
