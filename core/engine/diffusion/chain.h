// SPDX-License-Identifier: GPL-3.0-or-later
// What every sampler's loop works with, and those loops. Private to this folder; callers use samplers.h.
// Each loop takes x at the plan's first timestep and returns it at the end.
#pragma once

#include "core/engine/diffusion/samplers.h"

namespace atelier::diffusion {

// How a sampler writes x, and with that lays out its steps.
enum class Family {
    Signal,       // x = √ᾱ·x0 + √(1−ᾱ)·ε at whole timesteps
    Consistency,  // the same, over the timesteps of a distilled model
    Sigma,        // x = x0 + σ·ε
    Multistep,    // x = α·x0 + s·ε with α = 1/√(σ²+1), s = σ·α
};
Family familyOf(Sampler sampler);
// Two network evaluations for every step but the last.
bool evaluatesTwice(Sampler sampler);

struct Chain {
    const NoiseSchedule& schedule;
    const SamplingPlan& plan;
    const DenoiseFunction& denoise;
    const StepNoiseFunction& stepNoise;
    const StepCallback& afterStep;
    const SamplingStart& start;

    // Ends a network evaluation that led to `x`: where the given picture is to be kept, it is put back with
    // as much noise as x has by now. False: stop here.
    bool goesOn(std::size_t evaluation, at::Tensor& x) const;
    // noise·scale of this evaluation added to x.
    at::Tensor withNoise(const at::Tensor& x, double scale, std::size_t evaluation) const {
        if (!stepNoise || scale == 0) return x;
        return x + scale * stepNoise(static_cast<int>(evaluation));
    }
};

// x0 and ε of a network's output where x = signal·x0 + noise·ε.
struct Prediction {
    at::Tensor x0;
    at::Tensor epsilon;
};
Prediction interpret(PredictionType type, const at::Tensor& x, const at::Tensor& output, double signal,
                     double noise);
// Dynamic thresholding (Saharia et al. 2022, section 2.3) or clipping of x0 as the config says; `clips`: the
// default of the sampler's class for clip_sample.
at::Tensor limit(const ScheduleConfig& config, const at::Tensor& x0, bool clips);

// x = √ᾱ·x0 + √(1−ᾱ)·ε at whole timesteps.
at::Tensor sampleDdim(const Chain& chain, at::Tensor x);
at::Tensor sampleDdpm(const Chain& chain, at::Tensor x);
at::Tensor samplePndm(const Chain& chain, at::Tensor x);
at::Tensor sampleLcm(const Chain& chain, at::Tensor x);

// x = x0 + σ·ε.
at::Tensor sampleEuler(const Chain& chain, at::Tensor x);
at::Tensor sampleEulerAncestral(const Chain& chain, at::Tensor x);
at::Tensor sampleHeun(const Chain& chain, at::Tensor x);
at::Tensor sampleLms(const Chain& chain, at::Tensor x);
at::Tensor sampleDpmppSde(const Chain& chain, at::Tensor x);

// x = α·x0 + s·ε with α = 1/√(σ²+1), s = σ·α.
at::Tensor sampleDpmpp2m(const Chain& chain, at::Tensor x, bool stochastic);
at::Tensor sampleUniPc(const Chain& chain, at::Tensor x);

}  // namespace atelier::diffusion
