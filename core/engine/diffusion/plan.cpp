// SPDX-License-Identifier: GPL-3.0-or-later
// Which timesteps and sigmas a sampler visits; used by every caller of runSampler.
#include <algorithm>
#include <cmath>

#include "core/engine/diffusion/chain.h"

namespace atelier {

using diffusion::evaluatesTwice;
using diffusion::Family;
using diffusion::familyOf;

diffusion::Family diffusion::familyOf(Sampler sampler) {
    switch (sampler) {
        case Sampler::Ddim:
        case Sampler::Ddpm:
        case Sampler::Pndm:
            return Family::Signal;
        case Sampler::Euler:
        case Sampler::EulerAncestral:
        case Sampler::Heun:
        case Sampler::Lms:
        case Sampler::DpmppSde:
        case Sampler::DpmppSdeKarras:
            return Family::Sigma;
        case Sampler::Dpmpp2m:
        case Sampler::Dpmpp2mKarras:
        case Sampler::Dpmpp2mSde:
        case Sampler::Dpmpp2mSdeKarras:
        case Sampler::UniPc:
            return Family::Multistep;
        case Sampler::Lcm:
            break;
    }
    return Family::Consistency;
}

namespace {

SigmaSpacing spacingOf(const ScheduleConfig& config, Sampler sampler) {
    if (sampler == Sampler::Dpmpp2mKarras || sampler == Sampler::Dpmpp2mSdeKarras ||
        sampler == Sampler::DpmppSdeKarras)
        return SigmaSpacing::Karras;
    return sampler == Sampler::EulerAncestral ? SigmaSpacing::Timesteps : config.sigmaSpacing;
}

bool isDpmppSde(Sampler sampler) {
    return sampler == Sampler::DpmppSde || sampler == Sampler::DpmppSdeKarras;
}

// `points` positions of the list that is spread over the training timesteps, of which the first `steps` are
// visited: DPM++ and UniPC count the clean end as one more point. Half rounds to even, as numpy does.
std::vector<double> spacedTimesteps(const ScheduleConfig& config, TimestepSpacing spacing, int steps,
                                    int points, bool rounded) {
    const int n = config.numTrainTimesteps;
    std::vector<double> result;
    for (int i = 0; i < steps; ++i) {
        switch (spacing) {
            case TimestepSpacing::Leading:
                result.push_back((points - 1 - i) * (n / points) + config.stepsOffset);
                break;
            case TimestepSpacing::Linspace: {
                const double exact = points == 1 ? 0.0 : (points - 1 - i) * ((n - 1.0) / (points - 1));
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

// The fractional timestep whose training sigma is `sigma`, by interpolation in log sigma. The table's
// logarithms are float32 as in diffusers: where timesteps are cut to whole numbers, 998.9999997 is not 999.
double timestepOfSigma(const std::vector<double>& table, double sigma) {
    const auto logAt = [&](std::size_t i) {
        return static_cast<double>(std::log(static_cast<float>(table[i])));
    };
    const double target = std::log(std::max(sigma, 1e-10));
    std::size_t low = 0;
    while (low + 2 < table.size() && logAt(low + 1) <= target) ++low;
    const double a = logAt(low);
    const double b = logAt(low + 1);
    return static_cast<double>(low) + std::clamp((target - a) / (b - a), 0.0, 1.0);
}

// The quantile of Beta(0.6, 0.6) at p, by bisection over the series of its distribution function.
double betaQuantile(double p) {
    constexpr double kShape = 0.6;
    if (p > 0.5) return 1 - betaQuantile(1 - p);
    const auto integral = [](double x) {  // ∫₀ˣ (t(1−t))^(kShape−1) dt for x ≤ ½
        double sum = 0;
        double factor = 1;
        for (int k = 0; k < 60; ++k) {
            sum += factor / (kShape + k);
            factor *= (1 - kShape + k) / (k + 1) * x;
        }
        return std::pow(x, kShape) * sum;
    };
    const double target = p * 2 * integral(0.5);
    double low = 0;
    double high = 0.5;
    for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2;
        (integral(middle) < target ? low : high) = middle;
    }
    return (low + high) / 2;
}

// `count` falling sigmas between the two. Karras et al. 2022, eq. 5, with rho = 7; evenly in log sigma; or
// Lee et al. 2024 (beta sampling).
std::vector<double> spacedSigmas(SigmaSpacing spacing, double highest, double lowest, std::size_t count) {
    const double high = std::pow(highest, 1 / 7.0);
    const double low = std::pow(lowest, 1 / 7.0);
    std::vector<double> result;
    for (std::size_t i = 0; i < count; ++i) {
        const double ramp = count == 1 ? 0.0 : static_cast<double>(i) / static_cast<double>(count - 1);
        if (spacing == SigmaSpacing::Karras)
            result.push_back(std::pow(high + ramp * (low - high), 7.0));
        else if (spacing == SigmaSpacing::Exponential)
            result.push_back(highest * std::pow(lowest / highest, ramp));
        else
            result.push_back(lowest + betaQuantile(1 - ramp) * (highest - lowest));
    }
    return result;
}

// Training sigmas; with zero terminal SNR the last ᾱ is 0, and 2^-24 instead keeps the first sigma finite.
std::vector<double> sigmaTable(const NoiseSchedule& schedule) {
    auto table = schedule.sigmas();
    if (schedule.config.rescaleBetasZeroSnr) table.back() = std::sqrt((1 - 0x1p-24) / 0x1p-24);
    return table;
}

// Samplers of x = x0 + σ·ε. Sigmas with a law of their own lie between the ends of the inference list.
void planSigmas(const NoiseSchedule& schedule, SamplingPlan& plan, TimestepSpacing spacing) {
    const auto table = sigmaTable(schedule);
    for (const double t : plan.timesteps) plan.sigmas.push_back(interpolate(table, t));
    const auto law = spacingOf(schedule.config, plan.sampler);
    if (law != SigmaSpacing::Timesteps) {
        plan.sigmas = spacedSigmas(law, plan.sigmas.front(), plan.sigmas.back(), plan.sigmas.size());
        for (std::size_t i = 0; i < plan.sigmas.size(); ++i)
            plan.timesteps[i] = timestepOfSigma(table, plan.sigmas[i]);
    }
    // The second evaluation of a step: Heun's at the next timestep, DPM++ SDE's halfway in log sigma.
    if (evaluatesTwice(plan.sampler)) {
        std::vector<double> twice{plan.timesteps.front()};
        for (std::size_t i = 1; i < plan.timesteps.size(); ++i) {
            const double middle = std::sqrt(plan.sigmas[i - 1] * plan.sigmas[i]);
            twice.push_back(isDpmppSde(plan.sampler) ? timestepOfSigma(table, middle) : plan.timesteps[i]);
            twice.push_back(plan.timesteps[i]);
        }
        plan.timesteps = std::move(twice);
    }
    const double highest = *std::max_element(plan.sigmas.begin(), plan.sigmas.end());
    plan.initNoiseSigma = spacing == TimestepSpacing::Leading ? std::sqrt(highest * highest + 1) : highest;
    const bool stopsAbove = plan.sampler == Sampler::Euler && schedule.config.finalSigmaIsLowest;
    plan.sigmas.push_back(stopsAbove ? table.front() : 0);
}

// DPM++ and UniPC: whole timesteps; sigmas with a law of their own span all training sigmas.
void planMultistep(const NoiseSchedule& schedule, SamplingPlan& plan) {
    const auto& config = schedule.config;
    const auto table = sigmaTable(schedule);
    const auto law = spacingOf(config, plan.sampler);
    if (law != SigmaSpacing::Timesteps) {
        plan.sigmas = spacedSigmas(law, table.back(), table.front(), plan.timesteps.size());
        // diffusers cuts where it does not round.
        const bool cuts =
            law != SigmaSpacing::Karras ||
            (plan.sampler != Sampler::UniPc && config.betaSchedule == BetaSchedule::SquaredCosCapV2);
        for (std::size_t i = 0; i < plan.sigmas.size(); ++i) {
            const double t = timestepOfSigma(table, plan.sigmas[i]);
            plan.timesteps[i] = cuts ? std::trunc(t) : std::nearbyint(t);
        }
    } else {
        for (const double t : plan.timesteps) plan.sigmas.push_back(interpolate(table, t));
    }
    plan.sigmas.push_back(config.finalSigmaIsLowest ? table.front() : 0);
}

// Evenly chosen entries of the list that the model was distilled on (Luo et al. 2023).
Status planConsistency(const ScheduleConfig& config, SamplingPlan& plan) {
    const int original = config.originalInferenceSteps;
    if (original < 1 || original > config.numTrainTimesteps)
        return fail(
            ErrorCode::Model, "original_inference_steps " + std::to_string(original) + " is not usable",
            "scheduler_config.json", "It must be 1 to " + std::to_string(config.numTrainTimesteps) + ".");
    if (plan.steps > original)
        return fail(ErrorCode::Usage, std::to_string(plan.steps) + " steps asked for", "",
                    "The sampler lcm takes 1 to " + std::to_string(original) + " steps.");
    const int stride = config.numTrainTimesteps / original;
    for (int i = 0; i < plan.steps; ++i) {
        const int index = static_cast<int>(i * (static_cast<double>(original) / plan.steps));
        plan.timesteps.push_back((original - index) * stride - 1);
    }
    return {};
}

// The second-highest timestep is visited twice: the first visit only corrects the first step.
void planPndm(const ScheduleConfig& config, SamplingPlan& plan) {
    auto& list = plan.timesteps;
    if (config.skipPrkSteps) {
        if (list.size() > 1) list.insert(list.begin() + 1, list[1]);
        return;
    }
    // Runge-Kutta for the three highest steps: at the start, halfway (twice) and at the end of each.
    const double half = config.numTrainTimesteps / plan.steps / 2;  // whole timesteps
    std::vector<double> prk;
    for (std::size_t i = 0; i < 3; ++i)
        prk.insert(prk.end(), {list[i], list[i + 1] + half, list[i + 1] + half, list[i + 1]});
    prk.insert(prk.end(), list.begin() + 3, list.end());
    list = std::move(prk);
}

Status checkSolver(const ScheduleConfig& config, Sampler sampler) {
    const bool stochastic = sampler == Sampler::Dpmpp2mSde || sampler == Sampler::Dpmpp2mSdeKarras;
    const int highest = stochastic ? 2 : 3;
    if (config.solverOrder >= 1 && config.solverOrder <= highest) return {};
    return fail(ErrorCode::Model,
                "solver_order " + std::to_string(config.solverOrder) + " is not one that " +
                    samplerName(sampler) + " can do",
                "scheduler_config.json", "Set solver_order to 1 … " + std::to_string(highest) + ".");
}

}  // namespace

bool diffusion::evaluatesTwice(Sampler sampler) {
    return sampler == Sampler::Heun || isDpmppSde(sampler);
}

std::size_t SamplingPlan::firstEvaluation() const {
    return static_cast<std::size_t>(evaluatesTwice(sampler) ? 2 * firstStep : firstStep);
}

std::size_t SamplingPlan::evaluations() const {
    return std::min(timesteps.size(), endEvaluation) - firstEvaluation();
}

namespace {

// Steps whose timestep is one of the first model's. Whole steps, also where a step has two evaluations.
int stepsBefore(const NoiseSchedule& schedule, const SamplingPlan& plan, double start) {
    const int total = schedule.config.numTrainTimesteps;
    const double limit = std::nearbyint(total - start * total);
    const std::size_t each = evaluatesTwice(plan.sampler) ? 2 : 1;
    int steps = 0;
    for (std::size_t i = 0; i < plan.timesteps.size(); i += each) steps += plan.timesteps[i] >= limit ? 1 : 0;
    return steps;
}

Status badShare(const SamplingPlan& plan, double start) {
    return fail(
        ErrorCode::Usage,
        "of " + std::to_string(plan.steps) + " steps, one of the two models has none to make", "",
        "A refiner's start lies between 0 and 1, 0.8 is usual; here it is " + std::to_string(start) + ".");
}

}  // namespace

Status cutPlanBelow(const NoiseSchedule& schedule, SamplingPlan& plan, double start) {
    const int steps = stepsBefore(schedule, plan, start);
    plan.endEvaluation = static_cast<std::size_t>(evaluatesTwice(plan.sampler) ? 2 * steps : steps);
    if (plan.endEvaluation <= plan.firstEvaluation() || plan.endEvaluation >= plan.timesteps.size())
        return badShare(plan, start);
    return {};
}

Status cutPlanAbove(const NoiseSchedule& schedule, SamplingPlan& plan, double start) {
    if (plan.sampler == Sampler::Pndm && !schedule.config.skipPrkSteps)
        return fail(ErrorCode::Usage,
                    "the sampler pndm cannot start in between where skip_prk_steps is false", "",
                    "Use another sampler.");
    plan.firstStep = stepsBefore(schedule, plan, start);
    if (plan.firstStep < 1 || plan.firstEvaluation() >= plan.timesteps.size()) return badShare(plan, start);
    return {};
}

Status cutPlan(const NoiseSchedule& schedule, SamplingPlan& plan, double strength) {
    if (!(strength > 0 && strength <= 1))
        return fail(ErrorCode::Usage, "the strength must be above 0 and at most 1", "",
                    "0.8 is usual; 1 leaves little of the picture.");
    const int made = static_cast<int>(plan.steps * strength);
    if (made < 1)
        return fail(ErrorCode::Usage,
                    "no step is left of " + std::to_string(plan.steps) + " at this strength", "",
                    "Use more steps or a greater strength.");
    if (plan.sampler == Sampler::Pndm && !schedule.config.skipPrkSteps && made < plan.steps)
        return fail(ErrorCode::Usage,
                    "the sampler pndm cannot start in between where skip_prk_steps is false", "",
                    "Use another sampler, or strength 1.");
    plan.firstStep = plan.steps - made;
    return {};
}

int networkEvaluations(const ScheduleConfig& config, Sampler sampler, int steps) {
    if (evaluatesTwice(sampler)) return 2 * steps - 1;
    if (sampler == Sampler::Pndm) return config.skipPrkSteps ? (steps > 1 ? steps + 1 : 1) : steps + 9;
    return steps;
}

Result<SamplingPlan> planSampling(const NoiseSchedule& schedule, Sampler sampler, int steps) {
    const auto& config = schedule.config;
    if (steps < 1 || steps > config.numTrainTimesteps)
        return fail(ErrorCode::Usage, std::to_string(steps) + " steps asked for", "",
                    "Give 1 to " + std::to_string(config.numTrainTimesteps) + " steps.");
    SamplingPlan plan;
    plan.sampler = sampler;
    plan.steps = steps;
    const Family family = familyOf(sampler);
    if (family == Family::Consistency) {
        ATELIER_DO(planConsistency(config, plan));
        return plan;
    }
    const bool signal = family == Family::Signal;
    if (sampler == Sampler::Pndm && !config.skipPrkSteps && steps < 4)
        return fail(ErrorCode::Usage, std::to_string(steps) + " steps asked for", "",
                    "The sampler pndm takes 4 steps or more where skip_prk_steps is false.");
    const auto spacing =
        config.timestepSpacing.value_or(signal ? TimestepSpacing::Leading : TimestepSpacing::Linspace);
    const bool multistep = family == Family::Multistep;
    plan.timesteps =
        spacedTimesteps(config, spacing, steps, multistep ? steps + 1 : steps, family != Family::Sigma);
    if (plan.timesteps.front() > config.numTrainTimesteps - 1)
        return fail(ErrorCode::Model,
                    "steps_offset " + std::to_string(config.stepsOffset) + " leads beyond the last timestep",
                    "scheduler_config.json", "Use fewer steps or another timestep_spacing.");
    if (sampler == Sampler::Pndm) {
        // Its steps divide by √ᾱ.
        if (schedule.alphaBar.at(static_cast<std::size_t>(plan.timesteps.front())) <= 0)
            return fail(
                ErrorCode::Usage,
                "the sampler pndm cannot start where nothing of the picture is left (zero terminal SNR)", "",
                "Use another sampler: ddim, euler or dpmpp_2m.");
        planPndm(config, plan);
    }
    if (family == Family::Sigma) planSigmas(schedule, plan, spacing);
    if (multistep) {
        ATELIER_DO(checkSolver(config, sampler));
        planMultistep(schedule, plan);
    }
    for (auto& sigma : plan.sigmas) sigma = static_cast<float>(sigma);
    for (auto& t : plan.timesteps) t = static_cast<float>(t);
    for (std::size_t i = 0; i + 1 < plan.sigmas.size(); ++i)
        if (!(plan.sigmas[i] > plan.sigmas[i + 1]))
            return fail(ErrorCode::Usage, std::to_string(steps) + " steps asked for", "",
                        "Two of them would be the same for the sampler " + samplerName(sampler) +
                            "; use fewer steps.");
    return plan;
}

}  // namespace atelier
