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
    bool thresholding = false;
    std::optional<TimestepSpacing> timestepSpacing;
    std::optional<bool> clipSample;
    double clipSampleRange = 1.0;
    std::optional<bool> setAlphaToOne;
    bool useKarrasSigmas = false;
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
