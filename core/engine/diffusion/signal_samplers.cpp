// SPDX-License-Identifier: GPL-3.0-or-later
// DDIM, DDPM, PNDM and LCM: x = √ᾱ·x0 + √(1−ᾱ)·ε at whole timesteps.
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <span>

#include "core/engine/diffusion/chain.h"

namespace atelier::diffusion {
namespace {

// ᾱ at a timestep; beyond the clean end it is 1 or ᾱ_0, by set_alpha_to_one (`one`: the class's default).
double barAt(const Chain& chain, int timestep, bool one) {
    const auto& bars = chain.schedule.alphaBar;
    if (timestep < 0) return chain.schedule.config.setAlphaToOne.value_or(one) ? 1.0F : bars.front();
    return bars[std::min(static_cast<std::size_t>(timestep), bars.size() - 1)];
}

Prediction predict(const Chain& chain, const at::Tensor& x, const at::Tensor& output, double bar) {
    return interpret(chain.schedule.config.predictionType, x, output, std::sqrt(bar), std::sqrt(1 - bar));
}

// Liu et al. 2022, eq. 11: from ᾱ = a to ᾱ = p along ε.
at::Tensor pndmMove(const Chain& chain, const at::Tensor& x, int from, int to, const at::Tensor& output) {
    const double a = barAt(chain, from, false);
    const double p = barAt(chain, to, false);
    const auto epsilon = predict(chain, x, output, a).epsilon;
    return std::sqrt(p / a) * x - (p - a) / (a * std::sqrt(1 - p) + std::sqrt(a * (1 - a) * p)) * epsilon;
}

// Adams–Bashforth weights of as many outputs as there are, newest first.
at::Tensor pndmCombine(const std::deque<at::Tensor>& outputs) {
    switch (outputs.size()) {
        case 1:
            return outputs[0];
        case 2:
            return (3 * outputs[0] - outputs[1]) / 2;
        case 3:
            return (23 * outputs[0] - 16 * outputs[1] + 5 * outputs[2]) / 12;
        default:
            return (55 * outputs[0] - 59 * outputs[1] + 37 * outputs[2] - 9 * outputs[3]) / 24;
    }
}

}  // namespace

Prediction interpret(PredictionType type, const at::Tensor& x, const at::Tensor& output, double signal,
                     double noise) {
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

at::Tensor limit(const ScheduleConfig& config, const at::Tensor& x0, bool clips) {
    if (config.thresholding) {
        auto bound = at::quantile(x0.flatten(1).abs(), config.dynamicThresholdingRatio, 1)
                         .clamp(1, config.sampleMaxValue);
        bound = bound.view({-1, 1, 1, 1});
        return at::clamp(x0, -bound, bound) / bound;
    }
    return config.clipSample.value_or(clips) ? x0.clamp(-config.clipSampleRange, config.clipSampleRange) : x0;
}

// Song et al. 2021, eq. 12 with eta = 0. The previous timestep is t − N//n whatever the spacing.
at::Tensor sampleDdim(const Chain& chain, at::Tensor x) {
    const auto& config = chain.schedule.config;
    for (std::size_t i = chain.plan.firstEvaluation(); i < chain.plan.timesteps.size(); ++i) {
        const int t = static_cast<int>(chain.plan.timesteps[i]);
        const double previous = barAt(chain, t - config.numTrainTimesteps / chain.plan.steps, true);
        const auto prediction = predict(chain, x, chain.denoise(x, t), barAt(chain, t, true));
        x = std::sqrt(previous) * limit(config, prediction.x0, true) +
            std::sqrt(1 - previous) * prediction.epsilon;
        if (!chain.goesOn(i, x)) break;
    }
    return x;
}

// Ho et al. 2020, eq. 7, variance "fixed_small"; the previous timestep is the next entry of the list.
at::Tensor sampleDdpm(const Chain& chain, at::Tensor x) {
    const auto& timesteps = chain.plan.timesteps;
    for (std::size_t i = chain.plan.firstEvaluation(); i < timesteps.size(); ++i) {
        const int t = static_cast<int>(timesteps[i]);
        const double bar = barAt(chain, t, true);
        const double previous =
            i + 1 == timesteps.size() ? 1.0 : barAt(chain, static_cast<int>(timesteps[i + 1]), true);
        const double alpha = bar / previous;
        const auto x0 = limit(chain.schedule.config, predict(chain, x, chain.denoise(x, t), bar).x0, true);
        x = (std::sqrt(previous) * (1 - alpha) / (1 - bar)) * x0 +
            (std::sqrt(alpha) * (1 - previous) / (1 - bar)) * x;
        const double variance = std::max((1 - previous) / (1 - bar) * (1 - alpha), 1e-20);
        x = chain.withNoise(x, t == 0 ? 0.0 : std::sqrt(variance), i);
        if (!chain.goesOn(i, x)) break;
    }
    return x;
}

// Liu et al. 2022: linear multistep over ε. With skip_prk_steps the first step is corrected once (the second
// visit of the second timestep restarts from the first x); otherwise three Runge–Kutta steps come first.
// Started in between, the second timestep corrects the first step all the same, as in diffusers.
at::Tensor samplePndm(const Chain& chain, at::Tensor x) {
    const std::size_t first = chain.plan.firstEvaluation();
    const auto timesteps = std::span(chain.plan.timesteps).subspan(first);
    const int stride = chain.schedule.config.numTrainTimesteps / chain.plan.steps;
    const std::size_t rungeKutta = chain.schedule.config.skipPrkSteps ? 0 : 12;
    std::deque<at::Tensor> outputs;  // newest first
    at::Tensor start;                // x before the first step, or of the Runge–Kutta step at work
    at::Tensor sum;
    for (std::size_t k = 0; k < timesteps.size(); ++k) {
        const int t = static_cast<int>(timesteps[k]);
        const auto output = chain.denoise(x, t);
        if (k < rungeKutta) {
            const std::size_t stage = k % 4;
            if (stage == 0) {
                start = x;
                sum = at::zeros_like(x);
                outputs.push_front(output);
            }
            sum = sum + output / (stage == 0 || stage == 3 ? 6 : 3);
            const int to = stage % 2 == 0 ? t - stride / 2 : t;
            x = pndmMove(chain, start, static_cast<int>(timesteps[k - stage]), to, stage == 3 ? sum : output);
        } else if (k == 1) {
            x = pndmMove(chain, start, t + stride, t, (output + outputs[0]) / 2);
        } else {
            if (k == 0) start = x;
            outputs.push_front(output);
            if (outputs.size() > 4) outputs.pop_back();
            x = pndmMove(chain, x, t, t - stride, pndmCombine(outputs));
        }
        if (!chain.goesOn(first + k, x)) break;
    }
    return x;
}

// Luo et al. 2023: x0 through the boundary conditions of a consistency model, then noise up to the next
// timestep.
at::Tensor sampleLcm(const Chain& chain, at::Tensor x) {
    constexpr double kDataVariance = 0.25;  // σ_data = 0.5
    const auto& timesteps = chain.plan.timesteps;
    const auto& config = chain.schedule.config;
    for (std::size_t i = chain.plan.firstEvaluation(); i < timesteps.size(); ++i) {
        const int t = static_cast<int>(timesteps[i]);
        const auto x0 =
            limit(config, predict(chain, x, chain.denoise(x, t), barAt(chain, t, true)).x0, false);
        const double scaled = t * config.timestepScaling;
        const double total = scaled * scaled + kDataVariance;
        x = (scaled / std::sqrt(total)) * x0 + (kDataVariance / total) * x;
        if (i + 1 < timesteps.size()) {
            const double next = barAt(chain, static_cast<int>(timesteps[i + 1]), true);
            x = chain.withNoise(std::sqrt(next) * x, std::sqrt(1 - next), i);
        }
        if (!chain.goesOn(i, x)) break;
    }
    return x;
}

}  // namespace atelier::diffusion
