// SPDX-License-Identifier: GPL-3.0-or-later
// DPM-Solver++ multistep (with and without fresh noise) and UniPC: x = α·x0 + s·ε, steps in λ = ln(α/s) = −ln
// σ.
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>
#include <span>

#include "core/engine/diffusion/chain.h"

namespace atelier::diffusion {
namespace {

double signalOf(double sigma) {
    return 1 / std::sqrt(sigma * sigma + 1);
}
double noiseOf(double sigma) {
    return sigma * signalOf(sigma);
}

// x0 at step i; one network evaluation.
at::Tensor denoised(const Chain& chain, const at::Tensor& x, std::size_t i) {
    const auto& config = chain.schedule.config;
    const double sigma = chain.plan.sigmas[i];
    const auto output = chain.denoise(x, chain.plan.timesteps[i]);
    const auto x0 = interpret(config.predictionType, x, output, signalOf(sigma), noiseOf(sigma)).x0;
    auto thresholdOnly = config;
    thresholdOnly.clipSample = false;  // these classes have no clip_sample
    return limit(thresholdOnly, x0, false);
}

// Solves the n×n system a·x = b (rows in `a`) by elimination with pivots; n ≤ 3.
std::vector<double> solve(std::vector<std::vector<double>> a, std::vector<double> b) {
    const std::size_t n = b.size();
    for (std::size_t column = 0; column < n; ++column) {
        std::size_t pivot = column;
        for (std::size_t row = column + 1; row < n; ++row)
            if (std::abs(a[row][column]) > std::abs(a[pivot][column])) pivot = row;
        std::swap(a[column], a[pivot]);
        std::swap(b[column], b[pivot]);
        for (std::size_t row = column + 1; row < n; ++row) {
            const double factor = a[row][column] / a[column][column];
            for (std::size_t k = column; k < n; ++k) a[row][k] -= factor * a[column][k];
            b[row] -= factor * b[column];
        }
    }
    for (std::size_t row = n; row-- > 0;) {
        for (std::size_t k = row + 1; k < n; ++k) b[row] -= a[row][k] * b[k];
        b[row] /= a[row][row];
    }
    return b;
}

// Zhao et al. 2023, algorithms 1 and 2 in the x0 form. From σ = sigmas[i] to sigmas[i + 1]; `known`: x0 at
// steps i, i − 1, …; `reached`: x0 at step i + 1 for the corrector, undefined for the predictor.
at::Tensor uniPcMove(const Chain& chain, const at::Tensor& x, std::size_t i,
                     const std::deque<at::Tensor>& known, const at::Tensor& reached, std::size_t order) {
    const auto& sigmas = chain.plan.sigmas;
    const double from = sigmas[i];
    const double to = sigmas[i + 1];
    const double h = to == 0 ? INFINITY : std::log(from) - std::log(to);
    const double phi1 = std::expm1(-h);
    const double b1 = chain.schedule.config.solverType == "bh1" ? -h : phi1;
    auto moved = (noiseOf(to) / noiseOf(from)) * x - signalOf(to) * phi1 * known[0];
    const std::size_t unknowns = reached.defined() ? order : order - 1;
    if (unknowns == 0) return moved;

    std::vector<double> places;  // of the x0 that differences are taken to, in units of h
    std::vector<at::Tensor> differences;
    for (std::size_t k = 1; k < order; ++k) {
        places.push_back((std::log(from) - std::log(sigmas[i - k])) / h);
        differences.push_back((known[k] - known[0]) / places.back());
    }
    if (reached.defined()) {
        places.push_back(1);
        differences.push_back(reached - known[0]);
    }
    std::vector<std::vector<double>> rows;
    std::vector<double> right;
    double phi = phi1 / -h - 1;
    double factorial = 1;
    for (std::size_t k = 1; k <= unknowns; ++k) {
        std::vector<double> row;
        for (const double place : places) row.push_back(std::pow(place, static_cast<double>(k - 1)));
        rows.push_back(std::move(row));
        right.push_back(phi * factorial / b1);
        factorial *= static_cast<double>(k + 1);
        phi = phi / -h - 1 / factorial;
    }
    // With one unknown the solution is taken as 1/2, which keeps the order and is exact in the limit.
    const auto weights = unknowns == 1 ? std::vector<double>{0.5} : solve(std::move(rows), std::move(right));
    for (std::size_t k = 0; k < unknowns; ++k)
        moved = moved - (signalOf(to) * b1 * weights[k]) * differences[k];
    return moved;
}

}  // namespace

// Lu et al. 2022, algorithm 2 and its third order; `stochastic`: SDE-DPM-Solver++ of the same paper,
// appendix. First order at the first step and, where it would not be stable, at the last.
at::Tensor sampleDpmpp2m(const Chain& chain, at::Tensor x, bool stochastic) {
    const auto& config = chain.schedule.config;
    const auto& sigmas = chain.plan.sigmas;
    const std::size_t steps = sigmas.size() - 1;
    const bool careful = config.lowerOrderFinal && steps < 15;
    std::deque<at::Tensor> known;  // x0, newest first
    for (std::size_t i = chain.plan.firstEvaluation(); i < steps; ++i) {
        const double from = sigmas[i];
        const double to = sigmas[i + 1];
        const double h = to == 0 ? INFINITY : std::log(from) - std::log(to);
        known.push_front(denoised(chain, x, i));
        if (known.size() > 3) known.pop_back();
        auto order = std::min(static_cast<std::size_t>(config.solverOrder), known.size());
        if (i + 1 == steps && (config.eulerAtFinal || to == 0 || careful)) order = 1;
        if (i + 2 == steps && careful) order = std::min<std::size_t>(order, 2);

        const double h2 = stochastic ? 2 * h : h;
        const double decay = -std::expm1(-h2);
        auto moved = (noiseOf(to) / noiseOf(from) * (stochastic ? std::exp(-h) : 1)) * x +
                     signalOf(to) * decay * known[0];
        if (order > 1) {
            const double r0 = (std::log(sigmas[i - 1]) - std::log(from)) / h;
            const auto slope = (known[0] - known[1]) / r0;
            if (order == 2) {
                const double weight = config.solverType == "heun" ? 1 - decay / h2 : decay / 2;
                moved = moved + (signalOf(to) * weight) * slope;
            } else {
                const double r1 = (std::log(sigmas[i - 2]) - std::log(sigmas[i - 1])) / h;
                const auto bend = (slope - (known[1] - known[2]) / r1) / (r0 + r1);
                moved = moved + (signalOf(to) * (1 - decay / h)) * (slope + r0 * bend) +
                        (signalOf(to) * (0.5 - (h - decay) / (h * h))) * bend;
            }
        }
        x = stochastic ? chain.withNoise(moved, noiseOf(to) * std::sqrt(decay), i) : moved;
        if (!chain.goesOn(i, x)) break;
    }
    return x;
}

at::Tensor sampleUniPc(const Chain& chain, at::Tensor x) {
    const auto& config = chain.schedule.config;
    const auto& sigmas = chain.plan.sigmas;
    const std::size_t steps = sigmas.size() - 1;
    const auto highest = static_cast<std::size_t>(config.solverOrder);
    std::deque<at::Tensor> known;  // x0, newest first
    at::Tensor start;              // x that the last prediction went out from
    std::size_t order = 0;         // of that prediction
    const std::size_t first = chain.plan.firstEvaluation();
    for (std::size_t i = first; i < steps; ++i) {
        const auto x0 = denoised(chain, x, i);
        if (i > first) x = uniPcMove(chain, start, i - 1, known, x0, order);
        known.push_front(x0);
        if (known.size() > highest) known.pop_back();
        order = std::min({highest, i - first + 1, config.lowerOrderFinal ? steps - i : highest});
        if (sigmas[i + 1] == 0) order = 1;
        start = x;
        x = uniPcMove(chain, start, i, known, {}, order);
        if (!chain.goesOn(i, x)) break;
    }
    return x;
}

}  // namespace atelier::diffusion
