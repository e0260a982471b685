// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/objective.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "core/base/random.h"
#include "core/engine/train/batch.h"

namespace atelier::train {
namespace {

constexpr double kLargestSnr = 1000;  // of the debiased weights
constexpr int kPyramidLevels = 10;

// One sample's pyramid: noise + Σ discount^i · (noise of 1/r^i the size, enlarged), r from [2, 4) per level
// until a side is 1; then scaled to unit deviation.
at::Tensor pyramid(const at::Tensor& noise_LHW, double discount, const Random& random) {
    const auto channels = noise_LHW.size(0), height = noise_LHW.size(1), width = noise_LHW.size(2);
    auto sum = noise_LHW.clone();
    std::uint64_t drawn = 2 * kPyramidLevels;  // the first words are for the ratios
    for (int i = 0; i < kPyramidLevels; ++i) {
        const double shrink = std::pow(2 + 2 * random.uniform(static_cast<std::uint64_t>(i)), i);
        const auto h = std::max<std::int64_t>(1, static_cast<std::int64_t>(height / shrink)),
                   w = std::max<std::int64_t>(1, static_cast<std::int64_t>(width / shrink));
        auto level = at::empty({1, channels, h, w}, at::kFloat);
        random.normals({level.mutable_data_ptr<float>(), static_cast<std::size_t>(level.numel())}, drawn);
        drawn += static_cast<std::uint64_t>(level.numel());
        sum.add_(at::upsample_bilinear2d(level, {height, width}, false)[0], std::pow(discount, i));
        if (h == 1 || w == 1) break;
    }
    return sum / sum.std();
}

at::Tensor snrOf(const NoiseSchedule& schedule, const at::Tensor& timesteps_B) {
    const auto signal = schedule.sqrtAlphaBar.index_select(0, timesteps_B).square();
    const auto noise = schedule.sqrtOneMinusAlphaBar.index_select(0, timesteps_B).square();
    return signal / noise;
}

// δ per sample [B].
at::Tensor huberDelta(const Objective& objective, const NoiseSchedule& schedule,
                      const at::Tensor& timesteps_B) {
    const double delta = objective.huberDelta;
    switch (objective.huberSchedule) {
        case HuberSchedule::Constant:
            break;
        case HuberSchedule::Exponential:
            return at::exp(timesteps_B.to(at::kFloat) * (std::log(delta) / schedule.size()));
        case HuberSchedule::Snr: {
            const auto sigma = snrOf(schedule, timesteps_B).rsqrt();
            return (1 - delta) / (1 + sigma).square() + delta;
        }
    }
    return at::full({timesteps_B.size(0)}, delta, timesteps_B.options().dtype(at::kFloat));
}

}  // namespace

at::Tensor drawTimesteps(const Objective& objective, std::uint64_t seed,
                         const std::vector<std::uint64_t>& numbers, int scheduleSize, at::Device device) {
    const std::int64_t last =
        std::min<std::int64_t>(objective.timestepMax.value_or(scheduleSize - 1), scheduleSize - 1);
    const std::int64_t first = std::clamp<std::int64_t>(objective.timestepMin, 0, last);
    const auto count = static_cast<std::uint64_t>(last - first + 1);
    auto timesteps = at::empty({static_cast<std::int64_t>(numbers.size())}, at::kLong);
    auto* data = timesteps.mutable_data_ptr<std::int64_t>();
    for (std::size_t b = 0; b < numbers.size(); ++b) {
        const Random random(seed, RandomStream::Timestep, numbers[b]);
        std::uint64_t place = 0;
        if (objective.timesteps == TimestepSampling::Uniform) {
            place = random.below(count, 0);
        } else {
            float normal = 0;
            random.normals({&normal, 1});
            const double x = objective.timestepMean + objective.timestepDeviation * normal;
            place = std::min(static_cast<std::uint64_t>(static_cast<double>(count) / (1 + std::exp(-x))),
                             count - 1);
        }
        data[b] = first + static_cast<std::int64_t>(place);
    }
    return timesteps.to(device);
}

DrawnNoise drawNoise(const Objective& objective, std::uint64_t seed,
                     const std::vector<std::uint64_t>& numbers, at::IntArrayRef shape, at::Device device) {
    auto noise = normalsFor(seed, RandomStream::Noise, numbers, shape, at::kCPU);
    if (objective.pyramidNoise > 0)
        for (std::size_t b = 0; b < numbers.size(); ++b) {
            auto row = noise[static_cast<std::int64_t>(b)];
            row.copy_(
                pyramid(row, objective.pyramidNoise, Random(seed, RandomStream::PyramidNoise, numbers[b])));
        }
    if (objective.noiseOffset > 0)
        noise.add_(normalsFor(seed, RandomStream::NoiseOffset, numbers, {shape.front(), 1, 1}, at::kCPU),
                   objective.noiseOffset);
    noise = noise.to(device);
    if (objective.inputPerturbation <= 0) return {noise, noise};
    return {noise, noise + objective.inputPerturbation *
                               normalsFor(seed, RandomStream::InputPerturbation, numbers, shape, device)};
}

at::Tensor lossWeights(const Objective& objective, const NoiseSchedule& schedule,
                       const at::Tensor& timesteps_B) {
    if (objective.weighting == LossWeighting::None) return {};
    const auto snr = snrOf(schedule, timesteps_B);
    const auto prediction = schedule.config.predictionType;
    if (objective.weighting == LossWeighting::P2) return 1 / (1 + snr);
    if (objective.weighting == LossWeighting::Debiased) {
        const auto root = snr.clamp_max(kLargestSnr).sqrt();
        return prediction == PredictionType::VPrediction ? 1 / (1 + snr)
               : prediction == PredictionType::Epsilon   ? 1 / root
                                                         : root;
    }
    const auto capped = snr.clamp_max(objective.minSnrGamma);
    return prediction == PredictionType::VPrediction ? capped / (snr + 1)
           : prediction == PredictionType::Epsilon   ? capped / snr
                                                     : capped;
}

at::Tensor perSampleLoss(const Objective& objective, const NoiseSchedule& schedule,
                         const at::Tensor& prediction, const at::Tensor& target,
                         const at::Tensor& timesteps_B, const at::Tensor& masks_B1HW) {
    const auto difference = (prediction - target).flatten(1);
    at::Tensor elements;
    switch (objective.type) {
        case LossType::Mse:
            elements = difference.square();
            break;
        case LossType::L1:
            elements = difference.abs();
            break;
        case LossType::Huber: {
            const auto delta = huberDelta(objective, schedule, timesteps_B).unsqueeze(1);
            elements = 2 * delta * ((difference.square() + delta.square()).sqrt() - delta);
            break;
        }
    }
    at::Tensor loss;
    if (masks_B1HW.defined()) {
        const double rest = objective.unmaskedWeight;
        const auto mask = (rest + (1 - rest) * masks_B1HW).expand_as(prediction).flatten(1);
        loss = (elements * mask).mean(1);
        if (objective.normalizeMasks) loss = loss / mask.mean(1).clamp_min(1e-6);
    } else {
        loss = elements.mean(1);
    }
    const auto weights = lossWeights(objective, schedule, timesteps_B);
    return weights.defined() ? loss * weights : loss;
}

}  // namespace atelier::train
