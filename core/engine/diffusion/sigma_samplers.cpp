// SPDX-License-Identifier: GPL-3.0-or-later
// Euler, Euler ancestral, Heun, LMS and DPM++ SDE: x = x0 + σ·ε, the network sees x/√(σ²+1).
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <deque>

#include "core/engine/diffusion/chain.h"

namespace atelier::diffusion {
namespace {

std::size_t firstStep(const Chain& chain) {
    return static_cast<std::size_t>(chain.plan.firstStep);
}

// x0 as the network sees it at σ; one network evaluation.
at::Tensor denoised(const Chain& chain, const at::Tensor& x, double sigma, std::size_t evaluation) {
    const double scale = std::sqrt(sigma * sigma + 1);
    const auto output = chain.denoise(x / scale, chain.plan.timesteps[evaluation]);
    switch (chain.schedule.config.predictionType) {
        case PredictionType::Epsilon:
            return x - sigma * output;
        case PredictionType::Sample:
            return output;
        case PredictionType::VPrediction:
            break;
    }
    return output * (-sigma / scale) + x / (scale * scale);
}

// Of a step from σ_from to σ_to, how far down to go and how much fresh noise leads back up to σ_to.
struct Ancestral {
    double down;
    double up;
};
Ancestral ancestral(double from, double to) {
    const double up = std::min(to, std::sqrt(to * to * (from * from - to * to) / (from * from)));
    return {std::sqrt(to * to - up * up), up};
}

// ∫ over [σ_i, σ_{i+1}] of the j-th of the Lagrange polynomials through σ_i, σ_{i−1}, … (`order` of them): a
// polynomial of degree ≤ 3, for which two Gauss–Legendre points are exact.
double lmsWeight(const std::vector<double>& sigmas, std::size_t i, std::size_t j, std::size_t order) {
    const double middle = (sigmas[i] + sigmas[i + 1]) / 2;
    const double half = (sigmas[i + 1] - sigmas[i]) / 2;
    double sum = 0;
    for (const double node : {-1 / std::sqrt(3.0), 1 / std::sqrt(3.0)}) {
        double product = 1;
        for (std::size_t k = 0; k < order; ++k)
            if (k != j) product *= (middle + half * node - sigmas[i - k]) / (sigmas[i - j] - sigmas[i - k]);
        sum += product;
    }
    return sum * half;
}

}  // namespace

// Karras et al. 2022, algorithm 2 without churn and without its correction.
at::Tensor sampleEuler(const Chain& chain, at::Tensor x) {
    const auto& sigmas = chain.plan.sigmas;
    for (std::size_t i = firstStep(chain); i + 1 < sigmas.size(); ++i) {
        x = x + (x - denoised(chain, x, sigmas[i], i)) * ((sigmas[i + 1] - sigmas[i]) / sigmas[i]);
        if (!chain.goesOn(i, x)) break;
    }
    return x;
}

at::Tensor sampleEulerAncestral(const Chain& chain, at::Tensor x) {
    const auto& sigmas = chain.plan.sigmas;
    for (std::size_t i = firstStep(chain); i + 1 < sigmas.size(); ++i) {
        const auto [down, up] = ancestral(sigmas[i], sigmas[i + 1]);
        x = x + (x - denoised(chain, x, sigmas[i], i)) * ((down - sigmas[i]) / sigmas[i]);
        x = chain.withNoise(x, up, i);
        if (!chain.goesOn(i, x)) break;
    }
    return x;
}

// Karras et al. 2022, algorithm 1: the slope is the mean of the slopes at both ends of the step.
at::Tensor sampleHeun(const Chain& chain, at::Tensor x) {
    const auto& sigmas = chain.plan.sigmas;
    const auto& config = chain.schedule.config;
    for (std::size_t i = firstStep(chain); i + 1 < sigmas.size(); ++i) {
        const double step = sigmas[i + 1] - sigmas[i];
        const auto slope = (x - limit(config, denoised(chain, x, sigmas[i], 2 * i), false)) / sigmas[i];
        auto end = x + slope * step;
        if (!chain.goesOn(2 * i, end)) break;
        if (sigmas[i + 1] == 0) return end;
        const auto atEnd = limit(config, denoised(chain, end, sigmas[i + 1], 2 * i + 1), false);
        x = x + (slope + (end - atEnd) / sigmas[i + 1]) * (step / 2);
        if (!chain.goesOn(2 * i + 1, x)) break;
    }
    return x;
}

// Linear multistep of order 4 over the slope (x − x0)/σ. Started in between, the weights are those of the
// full order though the first slopes are missing, as in diffusers.
at::Tensor sampleLms(const Chain& chain, at::Tensor x) {
    const auto& sigmas = chain.plan.sigmas;
    std::deque<at::Tensor> slopes;  // newest first
    for (std::size_t i = firstStep(chain); i + 1 < sigmas.size(); ++i) {
        slopes.push_front((x - denoised(chain, x, sigmas[i], i)) / sigmas[i]);
        if (slopes.size() > 4) slopes.pop_back();
        const std::size_t order = std::min<std::size_t>(i + 1, 4);
        for (std::size_t j = 0; j < slopes.size(); ++j) x = x + lmsWeight(sigmas, i, j, order) * slopes[j];
        if (!chain.goesOn(i, x)) break;
    }
    return x;
}

// DPM-Solver++(2S) with ancestral noise (Lu et al. 2022): half a step in log σ, then a whole one along x0 at
// the half. Both noises are increments of one Brownian motion over σ, as in k-diffusion.
at::Tensor sampleDpmppSde(const Chain& chain, at::Tensor x) {
    const auto& sigmas = chain.plan.sigmas;
    const auto towards = [](const at::Tensor& from, const at::Tensor& x0, double ratio) {
        return ratio * from + (1 - ratio) * x0;
    };
    for (std::size_t i = firstStep(chain); i + 1 < sigmas.size(); ++i) {
        const double sigma = sigmas[i];
        const double next = sigmas[i + 1];
        auto x0 = denoised(chain, x, sigma, 2 * i);
        if (next == 0) {
            chain.goesOn(2 * i, x0);
            return x0;
        }
        const double middle = std::sqrt(sigma * next);
        const auto half = ancestral(sigma, middle);
        const auto whole = ancestral(sigma, next);
        at::Tensor first;  // Brownian increment over [middle, σ], unit variance
        at::Tensor atMiddle = towards(x, x0, half.down / sigma);
        if (chain.stepNoise) {
            first = chain.stepNoise(static_cast<int>(2 * i));
            atMiddle = atMiddle + half.up * first;
        }
        if (!chain.goesOn(2 * i, atMiddle)) break;
        x = towards(x, denoised(chain, atMiddle, middle, 2 * i + 1), whole.down / sigma);
        if (chain.stepNoise) {
            const auto second = chain.stepNoise(static_cast<int>(2 * i + 1));
            const double share = (sigma - middle) / (sigma - next);
            x = x + whole.up * (std::sqrt(share) * first + std::sqrt(1 - share) * second);
        }
        if (!chain.goesOn(2 * i + 1, x)) break;
    }
    return x;
}

}  // namespace atelier::diffusion
