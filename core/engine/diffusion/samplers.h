// SPDX-License-Identifier: GPL-3.0-or-later
// From noise to latents: each sampler is a function of a plan (which timesteps, which sigmas) and a network.
// Numbers equal diffusers' schedulers of the same name (formats of their configs: schedule.h).
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <limits>
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
    int firstStep = 0;            // image-to-image leaves out the steps before it
    std::size_t endEvaluation = std::numeric_limits<std::size_t>::max();  // not visited, nor those behind it

    // The first entry of `timesteps` that is visited.
    std::size_t firstEvaluation() const;
    // Network evaluations that are made.
    std::size_t evaluations() const;
};

// steps ≤ number of training timesteps, and no more than the sampler can tell apart, else a Usage error.
// Karras sigmas are used if the sampler's name or the config says so.
Result<SamplingPlan> planSampling(const NoiseSchedule& schedule, Sampler sampler, int steps);
// Image-to-image: only the last ⌊steps·strength⌋ steps are made. strength in (0, 1]; a Usage error when no
// step is left, or for PNDM with Runge–Kutta steps, which have no place to start in between.
Status cutPlan(const NoiseSchedule& schedule, SamplingPlan& plan, double strength);
// Two models share a chain: the first makes the evaluations at timesteps of (1 − start)·T and above, the
// second the rest. A Usage error when one of them has nothing to do.
Status cutPlanBelow(const NoiseSchedule& schedule, SamplingPlan& plan, double start);  // the first's part
Status cutPlanAbove(const NoiseSchedule& schedule, SamplingPlan& plan, double start);  // the second's

// What the chain goes out from.
struct SamplingStart {
    at::Tensor noise_BCHW;    // standard normal, before initNoiseSigma
    at::Tensor picture_BCHW;  // latents of a given picture, noised to the first level; undefined: noise alone
    at::Tensor repaint_B1HW;  // with a picture: 1 = paint anew, 0 = keep it, put back after every evaluation
    at::Tensor x_BCHW;  // goes on from where another model's part of the chain ended; undefined: begins one
    bool fromPicture = false;  // start from the noised picture; otherwise the picture only serves repaint
};

// The network: output (epsilon, v or x0 as the schedule says) for an already scaled input at one timestep,
// guidance done.
using DenoiseFunction = std::function<at::Tensor(const at::Tensor& input_BCHW, double timestep)>;
// Standard normal noise [B,C,H,W] that a stochastic sampler adds after its i-th network evaluation.
using StepNoiseFunction = std::function<at::Tensor(int evaluation)>;
// Called after each network evaluation; returning false ends the sampling early (the result is then not to
// be used).
using StepCallback = std::function<bool(int evaluation)>;

// Returns clean latents of the start's shape. Without stepNoise the stochastic samplers add none.
at::Tensor runSampler(const NoiseSchedule& schedule, const SamplingPlan& plan, const SamplingStart& start,
                      const DenoiseFunction& denoise, const StepNoiseFunction& stepNoise = {},
                      const StepCallback& afterStep = {});

// Classifier-free guidance: u + scale·(c − u) (Ho & Salimans 2022). `rescale` in 0…1 brings the result's
// standard deviation back towards the conditional one's (Lin et al. 2024, section 3.4).
at::Tensor guide(const at::Tensor& unconditional, const at::Tensor& conditional, double scale,
                 double rescale = 0);

}  // namespace atelier
