// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/diffusion/samplers.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/strings.h"

namespace atelier {
namespace {

const std::array<std::string, 3> kNames{"ddim", "ddpm", "euler"};

// x0 and ε from the network's output at signal level a = ᾱ_t.
struct Prediction {
    at::Tensor x0;
    at::Tensor epsilon;
};

Prediction interpret(PredictionType type, const at::Tensor& x, const at::Tensor& output, float a) {
    const float signal = std::sqrt(a);
    const float noise = std::sqrt(1 - a);
    switch (type) {
        case PredictionType::Epsilon:
            return {(x - noise * output) / signal, output};
        case PredictionType::Sample:
            return {output, (x - signal * output) / noise};
        case PredictionType::VPrediction:
            break;
    }
    return {signal * x - noise * output, signal * output + noise * x};
}

// DDIM and DDPM clip x0 unless the file says otherwise (their classes' default).
at::Tensor limit(const ScheduleConfig& config, const at::Tensor& x0) {
    return config.clipSample.value_or(true) ? x0.clamp(-config.clipSampleRange, config.clipSampleRange) : x0;
}

// Formats differ per sampler only in the default and in whether linspace is rounded.
std::vector<double> spacedTimesteps(const ScheduleConfig& config, TimestepSpacing spacing, int steps,
                                    bool rounded) {
    const int n = config.numTrainTimesteps;
    std::vector<double> result;
    for (int i = 0; i < steps; ++i) {
        switch (spacing) {
            case TimestepSpacing::Leading:
                result.push_back((steps - 1 - i) * (n / steps) + config.stepsOffset);
                break;
            case TimestepSpacing::Linspace: {
                const double exact = steps == 1 ? 0.0 : (n - 1.0) * (steps - 1 - i) / (steps - 1);
                result.push_back(rounded ? std::nearbyint(exact) : static_cast<float>(exact));
                break;
            }
            case TimestepSpacing::Trailing:
                result.push_back(std::nearbyint(n - i * (static_cast<double>(n) / steps)) - 1);
                break;
        }
    }
    return result;
}

double interpolate(const std::vector<double>& table, double position) {
    const double clamped = std::clamp(position, 0.0, static_cast<double>(table.size() - 1));
    const auto low = static_cast<std::size_t>(clamped);
    const auto high = std::min(low + 1, table.size() - 1);
    return table[low] + (table[high] - table[low]) * (clamped - static_cast<double>(low));
}

// The fractional timestep whose training sigma is `sigma`, by interpolation in log sigma.
double timestepOfSigma(const std::vector<double>& table, double sigma) {
    const double target = std::log(std::max(sigma, 1e-10));
    std::size_t low = 0;
    while (low + 2 < table.size() && std::log(table[low + 1]) <= target) ++low;
    const double a = std::log(table[low]);
    const double b = std::log(table[low + 1]);
    return static_cast<double>(low) + std::clamp((target - a) / (b - a), 0.0, 1.0);
}

// Karras et al. 2022, eq. 5, with rho = 7 between the ends of the inference list.
std::vector<double> karrasSigmas(const std::vector<double>& sigmas) {
    const double high = std::pow(sigmas.front(), 1 / 7.0);
    const double low = std::pow(sigmas.back(), 1 / 7.0);
    std::vector<double> result;
    for (std::size_t i = 0; i < sigmas.size(); ++i) {
        const double ramp =
            sigmas.size() == 1 ? 0.0 : static_cast<double>(i) / static_cast<double>(sigmas.size() - 1);
        result.push_back(std::pow(high + ramp * (low - high), 7.0));
    }
    return result;
}

void planEuler(const NoiseSchedule& schedule, SamplingPlan& plan, TimestepSpacing spacing) {
    auto table = schedule.sigmas();
    // With zero terminal SNR the last ᾱ is 0: 2^-24 instead keeps the first sigma finite.
    if (schedule.config.rescaleBetasZeroSnr) table.back() = std::sqrt((1 - 0x1p-24) / 0x1p-24);
    for (const double t : plan.timesteps) plan.sigmas.push_back(interpolate(table, t));
    if (schedule.config.useKarrasSigmas) {
        plan.sigmas = karrasSigmas(plan.sigmas);
        for (std::size_t i = 0; i < plan.sigmas.size(); ++i)
            plan.timesteps[i] = timestepOfSigma(table, plan.sigmas[i]);
    }
    for (auto& sigma : plan.sigmas) sigma = static_cast<float>(sigma);
    for (auto& t : plan.timesteps) t = static_cast<float>(t);
    const double highest = *std::max_element(plan.sigmas.begin(), plan.sigmas.end());
    plan.initNoiseSigma = spacing == TimestepSpacing::Leading ? std::sqrt(highest * highest + 1) : highest;
    plan.sigmas.push_back(0);
}

at::Tensor eulerStep(const NoiseSchedule& schedule, const at::Tensor& x, const at::Tensor& output,
                     double sigma, double next) {
    at::Tensor x0;
    switch (schedule.config.predictionType) {
        case PredictionType::Epsilon:
            x0 = x - sigma * output;
            break;
        case PredictionType::Sample:
            x0 = output;
            break;
        case PredictionType::VPrediction:
            x0 = output * (-sigma / std::sqrt(sigma * sigma + 1)) + x / (sigma * sigma + 1);
            break;
    }
    return x + (x - x0) / sigma * (next - sigma);
}

// Song et al. 2021, eq. 12 with eta = 0. The previous timestep is t − N//n whatever the spacing.
at::Tensor ddimStep(const NoiseSchedule& schedule, const SamplingPlan& plan, const at::Tensor& x,
                    const at::Tensor& output, std::size_t step) {
    const auto& config = schedule.config;
    const int t = static_cast<int>(plan.timesteps[step]);
    const int previous = t - config.numTrainTimesteps / static_cast<int>(plan.timesteps.size());
    const float last = config.setAlphaToOne.value_or(true) ? 1.0F : schedule.alphaBar.front();
    const float bar = schedule.alphaBar[static_cast<std::size_t>(t)];
    const float barPrevious = previous >= 0 ? schedule.alphaBar[static_cast<std::size_t>(previous)] : last;
    const auto prediction = interpret(config.predictionType, x, output, bar);
    return std::sqrt(barPrevious) * limit(config, prediction.x0) +
           std::sqrt(1 - barPrevious) * prediction.epsilon;
}

// Ho et al. 2020, eq. 7, variance "fixed_small"; the previous timestep is the next entry of the list.
at::Tensor ddpmStep(const NoiseSchedule& schedule, const SamplingPlan& plan, const at::Tensor& x,
                    const at::Tensor& output, std::size_t step, const StepNoiseFunction& stepNoise) {
    const int t = static_cast<int>(plan.timesteps[step]);
    const bool final = step + 1 == plan.timesteps.size();
    const float bar = schedule.alphaBar[static_cast<std::size_t>(t)];
    const float barPrevious =
        final ? 1.0F : schedule.alphaBar[static_cast<std::size_t>(plan.timesteps[step + 1])];
    const float alpha = bar / barPrevious;
    const float beta = 1 - alpha;
    const auto x0 = limit(schedule.config, interpret(schedule.config.predictionType, x, output, bar).x0);
    auto mean = (std::sqrt(barPrevious) * beta / (1 - bar)) * x0 +
                (std::sqrt(alpha) * (1 - barPrevious) / (1 - bar)) * x;
    if (t == 0 || !stepNoise) return mean;
    const float variance = std::max((1 - barPrevious) / (1 - bar) * beta, 1e-20F);
    return mean + std::sqrt(variance) * stepNoise(static_cast<int>(step));
}

}  // namespace

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

Result<SamplingPlan> planSampling(const NoiseSchedule& schedule, Sampler sampler, int steps) {
    const auto& config = schedule.config;
    if (steps < 1 || steps > config.numTrainTimesteps)
        return fail(ErrorCode::Usage, std::to_string(steps) + " steps asked for", "",
                    "Give 1 to " + std::to_string(config.numTrainTimesteps) + " steps.");
    if (config.thresholding)
        return fail(ErrorCode::Model, "thresholding is on, which these samplers do not do",
                    "scheduler_config.json",
                    "Set thresholding to false: it is meant for models that work on pixels.");
    SamplingPlan plan;
    plan.sampler = sampler;
    const bool euler = sampler == Sampler::Euler;
    const auto spacing =
        config.timestepSpacing.value_or(euler ? TimestepSpacing::Linspace : TimestepSpacing::Leading);
    // The step offset of diffusers' DDPM, DDIM and Euler alike belongs to leading spacing only.
    plan.timesteps = spacedTimesteps(config, spacing, steps, !euler);
    if (plan.timesteps.front() > config.numTrainTimesteps - 1)
        return fail(ErrorCode::Model,
                    "steps_offset " + std::to_string(config.stepsOffset) + " leads beyond the last timestep",
                    "scheduler_config.json", "Use fewer steps or another timestep_spacing.");
    if (euler) planEuler(schedule, plan, spacing);
    return plan;
}

at::Tensor runSampler(const NoiseSchedule& schedule, const SamplingPlan& plan, const at::Tensor& noise_BCHW,
                      const DenoiseFunction& denoise, const StepNoiseFunction& stepNoise,
                      const StepCallback& afterStep) {
    at::Tensor x = noise_BCHW * plan.initNoiseSigma;
    for (std::size_t i = 0; i < plan.timesteps.size(); ++i) {
        const double t = plan.timesteps[i];
        switch (plan.sampler) {
            case Sampler::Ddim:
                x = ddimStep(schedule, plan, x, denoise(x, t), i);
                break;
            case Sampler::Ddpm:
                x = ddpmStep(schedule, plan, x, denoise(x, t), i, stepNoise);
                break;
            case Sampler::Euler: {
                const double sigma = plan.sigmas[i];
                const auto output = denoise(x / std::sqrt(sigma * sigma + 1), t);
                x = eulerStep(schedule, x, output, sigma, plan.sigmas[i + 1]);
                break;
            }
        }
        if (afterStep && !afterStep(static_cast<int>(i))) break;
    }
    return x;
}

at::Tensor guide(const at::Tensor& unconditional, const at::Tensor& conditional, double scale) {
    return unconditional + scale * (conditional - unconditional);
}

}  // namespace atelier
