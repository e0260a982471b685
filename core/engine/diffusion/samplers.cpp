// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/diffusion/samplers.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>

#include "core/base/strings.h"
#include "core/engine/diffusion/chain.h"

namespace atelier {
namespace {

const std::array<std::string, 15> kNames{"ddim",
                                         "ddpm",
                                         "pndm",
                                         "euler",
                                         "euler_a",
                                         "heun",
                                         "lms",
                                         "dpmpp_2m",
                                         "dpmpp_2m_karras",
                                         "dpmpp_2m_sde",
                                         "dpmpp_2m_sde_karras",
                                         "dpmpp_sde",
                                         "dpmpp_sde_karras",
                                         "unipc",
                                         "lcm"};

// The picture with as much noise as x has before network evaluation number `evaluation`.
at::Tensor noised(const NoiseSchedule& schedule, const SamplingPlan& plan, const SamplingStart& start,
                  std::size_t evaluation) {
    const auto family = diffusion::familyOf(plan.sampler);
    if (family == diffusion::Family::Signal || family == diffusion::Family::Consistency) {
        const double bar = schedule.alphaBar[static_cast<std::size_t>(plan.timesteps[evaluation])];
        return std::sqrt(bar) * start.picture_BCHW + std::sqrt(1 - bar) * start.noise_BCHW;
    }
    // Between the two evaluations of a step, diffusers takes the noise of the step's end; so do we.
    const double sigma =
        plan.sigmas[diffusion::evaluatesTwice(plan.sampler) ? (evaluation + 1) / 2 : evaluation];
    const auto x = start.picture_BCHW + sigma * start.noise_BCHW;
    return family == diffusion::Family::Sigma ? x : x / std::sqrt(sigma * sigma + 1);
}

}  // namespace

bool diffusion::Chain::goesOn(std::size_t evaluation, at::Tensor& x) const {
    if (start.repaint_B1HW.defined()) {
        const auto kept = evaluation + 1 < plan.timesteps.size()
                              ? noised(schedule, plan, start, evaluation + 1)
                              : start.picture_BCHW;
        x = (1 - start.repaint_B1HW) * kept + start.repaint_B1HW * x;
    }
    const bool wanted = !afterStep || afterStep(static_cast<int>(evaluation));
    return wanted && evaluation + 1 < plan.endEvaluation;
}

std::span<const std::string> samplerNames() {
    return kNames;
}
const std::string& samplerName(Sampler sampler) {
    return kNames[static_cast<std::size_t>(sampler)];
}

Result<Sampler> samplerFromName(const std::string& name) {
    for (std::size_t i = 0; i < kNames.size(); ++i)
        if (kNames[i] == name) return static_cast<Sampler>(i);
    return fail(ErrorCode::Usage, "there is no sampler \"" + name + "\"", "",
                "Samplers: " + join(kNames, ", ") + ".");
}

Result<Sampler> samplerFromConfig(const ScheduleConfig& config) {
    const auto& name = config.className;
    const bool karras = config.sigmaSpacing == SigmaSpacing::Karras;
    if (name == "DDIMScheduler") return Sampler::Ddim;
    if (name == "DDPMScheduler") return Sampler::Ddpm;
    if (name == "PNDMScheduler") return Sampler::Pndm;
    if (name == "EulerDiscreteScheduler") return Sampler::Euler;
    if (name == "EulerAncestralDiscreteScheduler") return Sampler::EulerAncestral;
    if (name == "HeunDiscreteScheduler") return Sampler::Heun;
    if (name == "LMSDiscreteScheduler") return Sampler::Lms;
    if (name == "UniPCMultistepScheduler") return Sampler::UniPc;
    if (name == "LCMScheduler") return Sampler::Lcm;
    if (name == "DPMSolverSDEScheduler") return karras ? Sampler::DpmppSdeKarras : Sampler::DpmppSde;
    if (name == "DPMSolverMultistepScheduler") {
        if (config.algorithmType.empty() || config.algorithmType == "dpmsolver++")
            return karras ? Sampler::Dpmpp2mKarras : Sampler::Dpmpp2m;
        if (config.algorithmType == "sde-dpmsolver++")
            return karras ? Sampler::Dpmpp2mSdeKarras : Sampler::Dpmpp2mSde;
        return fail(ErrorCode::Model,
                    "its algorithm_type \"" + config.algorithmType + "\" has no sampler here",
                    "scheduler_config.json", "Name a sampler: " + join(kNames, ", ") + ".");
    }
    return fail(ErrorCode::Model, "its class " + name + " has no sampler here", "scheduler_config.json",
                "Name a sampler: " + join(kNames, ", ") + ".");
}

at::Tensor runSampler(const NoiseSchedule& schedule, const SamplingPlan& plan, const SamplingStart& start,
                      const DenoiseFunction& denoise, const StepNoiseFunction& stepNoise,
                      const StepCallback& afterStep) {
    const diffusion::Chain chain{schedule, plan, denoise, stepNoise, afterStep, start};
    at::Tensor x = start.x_BCHW.defined() ? start.x_BCHW
                   : start.fromPicture    ? noised(schedule, plan, start, plan.firstEvaluation())
                                          : start.noise_BCHW * plan.initNoiseSigma;
    switch (plan.sampler) {
        case Sampler::Ddim:
            return diffusion::sampleDdim(chain, x);
        case Sampler::Ddpm:
            return diffusion::sampleDdpm(chain, x);
        case Sampler::Pndm:
            return diffusion::samplePndm(chain, x);
        case Sampler::Euler:
            return diffusion::sampleEuler(chain, x);
        case Sampler::EulerAncestral:
            return diffusion::sampleEulerAncestral(chain, x);
        case Sampler::Heun:
            return diffusion::sampleHeun(chain, x);
        case Sampler::Lms:
            return diffusion::sampleLms(chain, x);
        case Sampler::Dpmpp2m:
        case Sampler::Dpmpp2mKarras:
            return diffusion::sampleDpmpp2m(chain, x, false);
        case Sampler::Dpmpp2mSde:
        case Sampler::Dpmpp2mSdeKarras:
            return diffusion::sampleDpmpp2m(chain, x, true);
        case Sampler::DpmppSde:
        case Sampler::DpmppSdeKarras:
            return diffusion::sampleDpmppSde(chain, x);
        case Sampler::UniPc:
            return diffusion::sampleUniPc(chain, x);
        case Sampler::Lcm:
            break;
    }
    return diffusion::sampleLcm(chain, x);
}

at::Tensor guide(const at::Tensor& unconditional, const at::Tensor& conditional, double scale,
                 double rescale) {
    const auto guided = unconditional + scale * (conditional - unconditional);
    if (rescale == 0) return guided;
    const auto deviation = [](const at::Tensor& x) { return x.flatten(1).std(1, true).view({-1, 1, 1, 1}); };
    return guided * (rescale * (deviation(conditional) / deviation(guided)) + (1 - rescale));
}

}  // namespace atelier
