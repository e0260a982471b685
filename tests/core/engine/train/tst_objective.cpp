// SPDX-License-Identifier: GPL-3.0-or-later
// Every weighting and comparison of the denoiser's loss by its published formula, at Stable Diffusion's own
// schedule; what settings make of a configuration.
#include <ATen/ATen.h>
#include <ATen/Context.h>

#include <QTest>
#include <cmath>

#include "core/config/load.h"
#include "core/engine/train/device.h"
#include "core/engine/train/objective.h"
#include "core/engine/train/settings.h"

using namespace atelier;
using namespace atelier::train;

namespace {

const std::vector<std::int64_t> kTimesteps{0, 100, 300, 500, 999};
const std::vector<double> kSnr{1175.44, 8.45386, 1.44201, 0.38185, 0.00468191};  // diffusers' compute_snr

NoiseSchedule schedule(PredictionType type, bool zeroTerminal = false) {
    ScheduleConfig config;
    config.betaStart = 0.00085;
    config.betaEnd = 0.012;
    config.betaSchedule = BetaSchedule::ScaledLinear;
    config.predictionType = type;
    config.rescaleBetasZeroSnr = zeroTerminal;
    return *makeNoiseSchedule(config, at::kCPU);
}

void compare(const at::Tensor& actual, const std::vector<double>& expected, double tolerance = 2e-5) {
    QCOMPARE(actual.numel(), static_cast<std::int64_t>(expected.size()));
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const double value = actual[static_cast<std::int64_t>(i)].item<double>();
        QVERIFY2(std::abs(value - expected[i]) <= tolerance * std::max(1e-3, std::abs(expected[i])),
                 qPrintable(QString("%1: %2 instead of %3").arg(i).arg(value).arg(expected[i])));
    }
}

at::Tensor weights(LossWeighting weighting, PredictionType type) {
    Objective objective;
    objective.weighting = weighting;
    return lossWeights(objective, schedule(type), at::tensor(kTimesteps, at::kLong));
}

std::vector<double> ofSnr(double (*formula)(double)) {
    std::vector<double> values;
    for (const double snr : kSnr) values.push_back(formula(snr));
    return values;
}

Result<Settings> settingsOf(const std::string& more) {
    const auto checked = checkTrainConfig(
        "experiment: {name: n, log_dir: /runs, num_examples_to_see: 1000}\n"
        "system: {batch_size: 4, gradient_accumulation: 2, device: cpu}\nmodel: {pretrained: /m}\n"
        "dataset: {params: {path: /d/0.tar}}\n",
        "/c.yaml", more.empty() ? std::vector<std::string>() : std::vector{more});
    return makeSettings(checked.loaded.config, "cpu");
}

}  // namespace

class TestObjective : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void minSnr() {  // Hang et al. 2023
        compare(weights(LossWeighting::MinSnr, PredictionType::Epsilon), {0.00425372, 0.591445, 1, 1, 1});
        compare(weights(LossWeighting::MinSnr, PredictionType::VPrediction),
                {5 / 1176.44, 0.528884, 0.590501, 0.276332, 0.00466010});
        compare(weights(LossWeighting::MinSnr, PredictionType::Sample), {5, 5, 1.44201, 0.38185, 0.00468191});
    }
    void debiased() {  // Yu et al. 2023
        compare(weights(LossWeighting::Debiased, PredictionType::Epsilon),
                ofSnr([](double snr) { return 1 / std::sqrt(std::min(snr, 1000.0)); }));
        compare(weights(LossWeighting::Debiased, PredictionType::VPrediction),
                ofSnr([](double snr) { return 1 / (snr + 1); }));
    }
    void p2() {  // Choi et al. 2022 with k = γ = 1
        for (const auto type : {PredictionType::Epsilon, PredictionType::VPrediction, PredictionType::Sample})
            compare(weights(LossWeighting::P2, type), ofSnr([](double snr) { return 1 / (1 + snr); }));
    }
    void noWeights() { QVERIFY(!weights(LossWeighting::None, PredictionType::Epsilon).defined()); }

    void scheduledHuber() {
        const auto plan = schedule(PredictionType::Epsilon);
        const auto timesteps = at::tensor(kTimesteps, at::kLong);
        const auto prediction = at::full({5, 1, 1, 2}, 0.7), target = at::zeros({5, 1, 1, 2});
        const auto loss = [](double delta) { return 2 * delta * (std::sqrt(0.49 + delta * delta) - delta); };
        Objective objective{.type = LossType::Huber, .huberDelta = 0.1};
        std::vector<double> constant, exponential, snr;
        for (std::size_t i = 0; i < kSnr.size(); ++i) {
            const double sigma = std::sqrt(1 / kSnr[i]);
            constant.push_back(loss(0.1));
            exponential.push_back(loss(std::pow(0.1, static_cast<double>(kTimesteps[i]) / 1000)));
            snr.push_back(loss(0.9 / ((1 + sigma) * (1 + sigma)) + 0.1));
        }
        objective.huberSchedule = HuberSchedule::Constant;
        compare(perSampleLoss(objective, plan, prediction, target, timesteps), constant);
        objective.huberSchedule = HuberSchedule::Exponential;
        compare(perSampleLoss(objective, plan, prediction, target, timesteps), exponential);
        objective.huberSchedule = HuberSchedule::Snr;
        compare(perSampleLoss(objective, plan, prediction, target, timesteps), snr);
    }
    void squaredAndAbsolute() {
        const auto plan = schedule(PredictionType::Epsilon);
        const auto timesteps = at::tensor({3, 4}, at::kLong);
        const auto difference = at::tensor({0.5, -1.5, 2.0, 0.0}, at::kFloat).view({2, 1, 1, 2});
        const auto zeros = at::zeros_like(difference);
        compare(perSampleLoss({}, plan, difference, zeros, timesteps), {1.25, 2});
        compare(perSampleLoss({.type = LossType::L1}, plan, difference, zeros, timesteps), {1, 1});
    }
    void masksWeighElements() {
        const auto plan = schedule(PredictionType::Epsilon);
        const auto timesteps = at::tensor({3}, at::kLong);
        const auto difference = at::tensor({1.0, 2.0, 3.0, 4.0}, at::kFloat).view({1, 1, 2, 2});
        const auto mask = at::tensor({1.0, 0.0, 0.5, 0.0}, at::kFloat).view({1, 1, 2, 2});
        const auto zeros = at::zeros_like(difference);
        compare(perSampleLoss({.unmaskedWeight = 0.2}, plan, difference, zeros, timesteps, mask),
                {(1 + 0.2 * 4 + 0.6 * 9 + 0.2 * 16) / 4});
        compare(perSampleLoss({.normalizeMasks = true}, plan, difference, zeros, timesteps, mask),
                {(1 + 0.5 * 9) / 1.5});
        // Nothing to learn from: no loss, and no division by zero.
        compare(perSampleLoss({.normalizeMasks = true}, plan, difference, zeros, timesteps, 0 * mask), {0});
    }

    void zeroTerminalSnr() {  // Lin et al. 2023; numbers of diffusers' rescale_zero_terminal_snr
        const auto plan = schedule(PredictionType::VPrediction, true);
        const std::vector<double> expected{0.9991499781608582, 0.8867610692977905, 0.5647499561309814,
                                           0.2410186380147934, 0.0};
        for (std::size_t i = 0; i < expected.size(); ++i)
            QVERIFY(std::abs(plan.alphaBar[static_cast<std::size_t>(kTimesteps[i])] - expected[i]) < 1e-6);
        QCOMPARE(plan.alphaBar.back(), 0.0F);
        const auto noise = at::ones({1, 1, 2, 2}), picture = at::full({1, 1, 2, 2}, 7.0);
        const auto last = at::tensor({999}, at::kLong);
        QVERIFY(at::equal(addNoise(plan, picture, noise, last), noise));
        for (const auto weighting : {LossWeighting::MinSnr, LossWeighting::Debiased, LossWeighting::P2}) {
            Objective objective;
            objective.weighting = weighting;
            QVERIFY(lossWeights(objective, plan, last).isfinite().all().item<bool>());
        }
        Objective huber{.type = LossType::Huber, .huberDelta = 0.2};
        QVERIFY(perSampleLoss(huber, plan, picture, noise, last).isfinite().all().item<bool>());
    }

    void warmUpInImages() {
        QCOMPARE(settingsOf("")->learningRate.warmup, std::int64_t{0});
        QCOMPARE(settingsOf("lr_scheduler.params.warmup_images=80")->learningRate.warmup, std::int64_t{10});
        QCOMPARE(settingsOf("lr_scheduler.params.warmup_images=81")->learningRate.warmup, std::int64_t{11});
    }
    void averagesOfBothFormulas() {
        const auto settings = settingsOf(
            "model={use_ema: true, pretrained: /m, ema: {decay: 0.9, warmup: false, "
            "every: 100, start: 5000}}");
        QVERIFY(settings->ema && settings->ema->every == 100 && settings->ema->start == 5000);
        QCOMPARE(settings->ema->at(5000), 0.0);
        QCOMPARE(settings->ema->at(5001), 1.0);
        QCOMPARE(settings->ema->at(5100), 0.9);
        // open-diffusion's numbers.
        const EmaOptions ramp;
        for (const auto& [update, decay] : {std::pair{1, 0.181818},
                                            {2, 0.25},
                                            {10, 0.55},
                                            {100, 0.918182},
                                            {1000, 0.991089},
                                            {1790, 0.995},
                                            {5000, 0.995}})
            QVERIFY(std::abs(ramp.at(update) - decay) < 1e-6);
    }
    void tf32() {
        const auto& context = at::globalContext();
        for (const auto& [word, convolutions, products] :
             {std::tuple{"convolutions", true, false}, {"true", true, true}, {"off", false, false}}) {
            const auto settings = settingsOf(std::string("system.tf32=") + word);
            setTf32(settings->tf32Convolutions, settings->tf32Products);
            QCOMPARE(context.allowTF32CuDNN(), convolutions);
            QCOMPARE(context.allowTF32CuBLAS(), products);
        }
        setTf32(true, false);
    }
};

QTEST_GUILESS_MAIN(TestObjective)
#include "tst_objective.moc"
