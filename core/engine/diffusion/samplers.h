// SPDX-License-Identifier: GPL-3.0-or-later
// From noise to latents: each sampler is a function of a plan (which timesteps, which sigmas) and a network.
// Numbers equal diffusers' schedulers of the same name (formats of their configs: schedule.h).
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/engine/diffusion/schedule.h"

namespace atelier {

enum class Sampler { Ddim, Ddpm, Euler };

// "ddim", "ddpm", "euler"; an unknown name is a Usage error that lists them.
Result<Sampler> samplerFromName(const std::string& name);
std::span<const std::string> samplerNames();
const std::string& samplerName(Sampler sampler);

struct SamplingPlan {
    Sampler sampler = Sampler::Ddim;
    std::vector<double> timesteps;  // from noisy to clean; fractional for Euler with linspace spacing
    std::vector<double> sigmas;     // Euler: one more than timesteps, the last is 0; empty for the others
    double initNoiseSigma = 1.0;    // standard normal noise is multiplied by this before the first step
};

// `steps` network evaluations; steps ≤ number of training timesteps, else a Usage error.
Result<SamplingPlan> planSampling(const NoiseSchedule& schedule, Sampler sampler, int steps);

// The network: output (epsilon, v or x0 as the schedule says) for an already scaled input at one timestep,
// guidance done.
using DenoiseFunction = std::function<at::Tensor(const at::Tensor& input_BCHW, double timestep)>;
// Standard normal noise [B,C,H,W] that a stochastic sampler adds at its i-th step.
using StepNoiseFunction = std::function<at::Tensor(int step)>;
// Called after each step; returning false ends the sampling early (the result is then not to be used).
using StepCallback = std::function<bool(int step)>;

// noise_BCHW: standard normal, before initNoiseSigma. Returns clean latents of the same shape.
at::Tensor runSampler(const NoiseSchedule& schedule, const SamplingPlan& plan, const at::Tensor& noise_BCHW,
                      const DenoiseFunction& denoise, const StepNoiseFunction& stepNoise = {},
                      const StepCallback& afterStep = {});

// Classifier-free guidance: u + scale·(c − u) (Ho & Salimans 2022).
at::Tensor guide(const at::Tensor& unconditional, const at::Tensor& conditional, double scale);

}  // namespace atelier
