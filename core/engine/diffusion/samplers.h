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

enum class Sampler {
    Ddim,
    Ddpm,
    Pndm,
    Euler,
    EulerAncestral,
    Heun,
    Lms,
    Dpmpp2m,
    Dpmpp2mKarras,
    Dpmpp2mSde,
    Dpmpp2mSdeKarras,
    DpmppSde,
    DpmppSdeKarras,
    UniPc,
    Lcm
};

// "ddim", "euler_a", "dpmpp_2m_karras", …; an unknown name is a Usage error that lists them.
Result<Sampler> samplerFromName(const std::string& name);
std::span<const std::string> samplerNames();
const std::string& samplerName(Sampler sampler);
// The sampler that a scheduler_config.json stands for by its _class_name, algorithm_type and
// use_karras_sigmas; a class without a sampler here is a Model error.
Result<Sampler> samplerFromConfig(const ScheduleConfig& config);
// Network evaluations of `steps` steps: Heun and DPM++ SDE evaluate twice per step except at the last, PNDM
// once more.
int networkEvaluations(const ScheduleConfig& config, Sampler sampler, int steps);

struct SamplingPlan {
    Sampler sampler = Sampler::Ddim;
    int steps = 0;
    std::vector<double> timesteps;  // one per network evaluation, from noisy to clean; fractional for some
    std::vector<double> sigmas;  // steps + 1 values √((1−ᾱ)/ᾱ), falling; empty for DDIM, DDPM, PNDM, LCM
    double initNoiseSigma = 1.0;  // standard normal noise is multiplied by this before the first step
};

// steps ≤ number of training timesteps, and no more than the sampler can tell apart, else a Usage error.
// Karras sigmas are used if the sampler's name or the config says so.
Result<SamplingPlan> planSampling(const NoiseSchedule& schedule, Sampler sampler, int steps);

// The network: output (epsilon, v or x0 as the schedule says) for an already scaled input at one timestep,
// guidance done.
using DenoiseFunction = std::function<at::Tensor(const at::Tensor& input_BCHW, double timestep)>;
// Standard normal noise [B,C,H,W] that a stochastic sampler adds after its i-th network evaluation.
using StepNoiseFunction = std::function<at::Tensor(int evaluation)>;
// Called after each network evaluation; returning false ends the sampling early (the result is then not to
// be used).
using StepCallback = std::function<bool(int evaluation)>;

// noise_BCHW: standard normal, before initNoiseSigma. Returns clean latents of the same shape. Without
// stepNoise the stochastic samplers add none.
at::Tensor runSampler(const NoiseSchedule& schedule, const SamplingPlan& plan, const at::Tensor& noise_BCHW,
                      const DenoiseFunction& denoise, const StepNoiseFunction& stepNoise = {},
                      const StepCallback& afterStep = {});

// Classifier-free guidance: u + scale·(c − u) (Ho & Salimans 2022).
at::Tensor guide(const at::Tensor& unconditional, const at::Tensor& conditional, double scale);

}  // namespace atelier
