// SPDX-License-Identifier: GPL-3.0-or-later
// What a denoiser is trained for: which timesteps and which noise are drawn, how prediction and target are
// compared, and how samples are weighted by their signal-to-noise ratio. Every draw is a function of (seed,
// sample number). Used by the text-to-image task and by replay.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "core/engine/diffusion/schedule.h"

namespace atelier::train {

enum class LossType { Mse, L1, Huber };
enum class HuberSchedule { Constant, Exponential, Snr };
enum class LossWeighting { None, MinSnr, Debiased, P2 };
enum class TimestepSampling { Uniform, LogitNormal };

struct Objective {
    LossType type = LossType::Mse;
    double huberDelta = 0.1;  // where the pseudo-Huber loss turns from squared to absolute
    HuberSchedule huberSchedule = HuberSchedule::Snr;

    LossWeighting weighting = LossWeighting::None;
    double minSnrGamma = 5;

    double noiseOffset = 0;        // + offset · N(0,1) per sample and channel
    double pyramidNoise = 0;       // discount per coarser level; 0: off
    double inputPerturbation = 0;  // + γ · N(0,1) in the noised input only (Ning et al. 2023)

    TimestepSampling timesteps = TimestepSampling::Uniform;
    double timestepMean = 0;  // logit-normal (Esser et al. 2024): t = σ(mean + deviation · N(0,1))
    double timestepDeviation = 1;
    std::int64_t timestepMin = 0;             // inclusive
    std::optional<std::int64_t> timestepMax;  // inclusive; absent: the schedule's last

    double unmaskedWeight = 0;    // of elements where a mask is black
    bool normalizeMasks = false;  // a sample's loss is divided by its mean weight
};

// [B] int64 in [timestepMin, timestepMax].
at::Tensor drawTimesteps(const Objective& objective, std::uint64_t seed,
                         const std::vector<std::uint64_t>& numbers, int scheduleSize, at::Device device);

struct DrawnNoise {
    at::Tensor noise_BLHW;  // what the network has to find
    at::Tensor input_BLHW;  // what the latents are noised with; the same tensor without perturbation
};
// shape: [L,h,w]; float32.
DrawnNoise drawNoise(const Objective& objective, std::uint64_t seed,
                     const std::vector<std::uint64_t>& numbers, at::IntArrayRef shape, at::Device device);

// Weight of each sample [B] float32; undefined when all are 1. SNR = ᾱ/(1−ᾱ).
//   min-SNR-γ (Hang et al. 2023): ε min(SNR,γ)/SNR, v min(SNR,γ)/(SNR+1), x0 min(SNR,γ)
//   debiased (Yu et al. 2023):    ε 1/√min(SNR,1000), v 1/(SNR+1), x0 √min(SNR,1000)
//   P2 with k = γ = 1 (Choi et al. 2022): 1/(1+SNR)
at::Tensor lossWeights(const Objective& objective, const NoiseSchedule& schedule,
                       const at::Tensor& timesteps_B);

// [B] float32: means over a sample's elements of (p−t)², |p−t|, or the pseudo-Huber loss
// 2δ(√((p−t)² + δ²) − δ), times the weight. δ is huberDelta, δ^(t/N) (exponential), or
// (1−δ)/(1+σ_t)² + δ with σ_t = √((1−ᾱ)/ᾱ) (snr). With masks [B,1,h,w] in 0…1 each element is weighed by
// u + (1 − u)·mask, u = unmaskedWeight.
at::Tensor perSampleLoss(const Objective& objective, const NoiseSchedule& schedule,
                         const at::Tensor& prediction, const at::Tensor& target,
                         const at::Tensor& timesteps_B, const at::Tensor& masks_B1HW = {});

}  // namespace atelier::train
