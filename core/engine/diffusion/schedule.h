// SPDX-License-Identifier: GPL-3.0-or-later
// The forward process of diffusion: betas → ᾱ, noising, and what the network is asked to predict.
// Used by training (core/engine/train) and by the samplers. Computed in float32, as diffusers does.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"

namespace atelier {

enum class BetaSchedule { Linear, ScaledLinear, SquaredCosCapV2, Sigmoid };
enum class PredictionType { Epsilon, VPrediction, Sample };
enum class TimestepSpacing { Leading, Linspace, Trailing };
// Where a sampler's sigmas come from: the timesteps, or a law of their own.
enum class SigmaSpacing { Timesteps, Karras, Exponential, Beta };

// The keys of a diffusers scheduler_config.json that decide numbers. Keys that the classes default
// differently are optional: absent means "the default of the sampler that reads it" (that is how
// XScheduler.from_config behaves).
struct ScheduleConfig {
    std::string className = "DDIMScheduler";
    int numTrainTimesteps = 1000;
    double betaStart = 0.0001;
    double betaEnd = 0.02;
    BetaSchedule betaSchedule = BetaSchedule::Linear;
    std::vector<double> trainedBetas;  // wins over betaSchedule when not empty
    PredictionType predictionType = PredictionType::Epsilon;
    bool rescaleBetasZeroSnr = false;
    int stepsOffset = 0;
    bool thresholding = false;  // dynamic thresholding of x0, for models that work on pixels
    double dynamicThresholdingRatio = 0.995;
    double sampleMaxValue = 1.0;
    std::optional<TimestepSpacing> timestepSpacing;
    std::optional<bool> clipSample;
    double clipSampleRange = 1.0;
    std::optional<bool> setAlphaToOne;
    SigmaSpacing sigmaSpacing = SigmaSpacing::Timesteps;  // use_karras_sigmas, …
    bool skipPrkSteps = true;  // PNDM: no Runge-Kutta steps at the start (as every published folder)
    bool finalSigmaIsLowest =
        false;                  // final_sigmas_type "sigma_min": end at the lowest training sigma, not at 0
    std::string algorithmType;  // DPM-Solver: "dpmsolver++" (also when empty) or "sde-dpmsolver++"
    std::string solverType;     // DPM-Solver: "heun", else midpoint; UniPC: "bh1", else bh2
    int solverOrder = 2;        // DPM-Solver, UniPC: 1 to 3
    bool lowerOrderFinal = true;
    bool eulerAtFinal = false;
    int originalInferenceSteps = 50;  // LCM: steps of the list that it was distilled on
    double timestepScaling = 10.0;    // LCM: boundary conditions
};

// Absent keys take the defaults above; unknown keys are ignored, a value that names nothing known is an
// error.
Result<ScheduleConfig> scheduleConfigFromJson(const Json& json, const std::string& where);
// Every key that a pipeline folder written for training should carry, with its _class_name.
Json scheduleConfigToJson(const ScheduleConfig& config);

struct NoiseSchedule {
    ScheduleConfig config;
    std::vector<float> alphaBar;      // ᾱ_t, N values
    at::Tensor sqrtAlphaBar;          // √ᾱ_t,     [N] float32
    at::Tensor sqrtOneMinusAlphaBar;  // √(1−ᾱ_t), [N] float32

    int size() const { return config.numTrainTimesteps; }
    // √((1−ᾱ)/ᾱ), N values in double from the float32 ᾱ.
    std::vector<double> sigmas() const;
};

Result<NoiseSchedule> makeNoiseSchedule(const ScheduleConfig& config, const at::Device& device);

// x_t = √ᾱ_t·x0 + √(1−ᾱ_t)·noise.   x0, noise [B,…] float32, timesteps [B] int64 on the same device.
at::Tensor addNoise(const NoiseSchedule& schedule, const at::Tensor& x0, const at::Tensor& noise,
                    const at::Tensor& timesteps_B);

// What the loss compares with: the noise, v = √ᾱ·noise − √(1−ᾱ)·x0 (Salimans & Ho 2022, eq. 12), or x0.
at::Tensor predictionTarget(const NoiseSchedule& schedule, const at::Tensor& x0, const at::Tensor& noise,
                            const at::Tensor& timesteps_B);

const char* predictionTypeName(PredictionType type);

}  // namespace atelier
