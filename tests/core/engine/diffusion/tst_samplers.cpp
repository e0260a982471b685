// SPDX-License-Identifier: GPL-3.0-or-later
// Noise schedules and samplers against numbers of diffusers (SD betas, ten steps, an artificial network).
#include <ATen/ATen.h>

#include <QTest>
#include <cmath>

#include "core/engine/diffusion/samplers.h"

using namespace atelier;

namespace {

ScheduleConfig stableDiffusion() {
    ScheduleConfig config;
    config.betaStart = 0.00085;
    config.betaEnd = 0.012;
    config.betaSchedule = BetaSchedule::ScaledLinear;
    config.clipSample = false;
    config.setAlphaToOne = false;
    config.stepsOffset = 1;
    return config;
}

// The network of the golden chains: 0.5·input + 0.1·cos(t/100), on a single number.
double chain(const ScheduleConfig& config, Sampler sampler) {
    const auto schedule = makeNoiseSchedule(config, at::kCPU).value();
    const auto plan = planSampling(schedule, sampler, 10).value();
    const auto x = runSampler(schedule, plan, at::ones({1, 1, 1, 1}), [](const at::Tensor& input, double t) {
        return 0.5 * input + 0.1 * std::cos(t / 100);
    });
    return x.item<double>();
}

void near(double actual, double expected, double relative = 2e-6) {
    const double difference = std::abs(actual - expected);
    QVERIFY2(difference <= relative * std::abs(expected),
             qPrintable(QString("%1 instead of %2").arg(actual, 0, 'g', 10).arg(expected, 0, 'g', 10)));
}

}  // namespace

class TestSamplers : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void alphaBarOfEverySchedule() {
        const auto sd = makeNoiseSchedule(stableDiffusion(), at::kCPU).value();
        near(sd.alphaBar[0], 0.999149978);
        near(sd.alphaBar[1], 0.998296022);
        near(sd.alphaBar[100], 0.894223154);
        near(sd.alphaBar[500], 0.276332498);
        near(sd.alphaBar[999], 0.00466009602);
        near(sd.sigmas()[500], 1.61827958);
        ScheduleConfig config;
        near(makeNoiseSchedule(config, at::kCPU)->alphaBar[500], 0.0777966604);
        config.betaSchedule = BetaSchedule::SquaredCosCapV2;
        near(makeNoiseSchedule(config, at::kCPU)->alphaBar[500], 0.492285043);
        config.betaSchedule = BetaSchedule::Sigmoid;
        near(makeNoiseSchedule(config, at::kCPU)->alphaBar[500], 0.298887581);
        auto zeroSnr = stableDiffusion();
        zeroSnr.rescaleBetasZeroSnr = true;
        const auto rescaled = makeNoiseSchedule(zeroSnr, at::kCPU).value();
        near(rescaled.alphaBar[1], 0.998233497);
        near(rescaled.alphaBar[500], 0.241018593);
        QCOMPARE(rescaled.alphaBar[999], 0.0F);
    }

    void chainsEqualDiffusers() {
        auto config = stableDiffusion();
        near(chain(config, Sampler::Ddim), 2.307742);
        config.timestepSpacing = TimestepSpacing::Leading;
        near(chain(config, Sampler::Euler), 2.271942);
        config.useKarrasSigmas = true;
        near(chain(config, Sampler::Euler), 2.294714, 1e-5);
        config.useKarrasSigmas = false;
        config.timestepSpacing = TimestepSpacing::Trailing;
        near(chain(config, Sampler::Euler), 3.210758);
        config.timestepSpacing.reset();  // Euler's own default is linspace
        near(chain(config, Sampler::Euler), 3.263148);
        config.predictionType = PredictionType::VPrediction;
        near(chain(config, Sampler::Ddim), 0.4123339);
        near(chain(config, Sampler::Euler), 0.3857767);
        config.timestepSpacing = TimestepSpacing::Leading;
        near(chain(config, Sampler::Euler), 0.4030311);
        config.timestepSpacing = TimestepSpacing::Trailing;
        near(chain(config, Sampler::Euler), 0.3873509);
    }

    void timestepsOfEachSpacing() {
        auto config = stableDiffusion();
        const auto schedule = makeNoiseSchedule(config, at::kCPU).value();
        QCOMPARE(planSampling(schedule, Sampler::Ddim, 4)->timesteps,
                 (std::vector<double>{751, 501, 251, 1}));
        config.timestepSpacing = TimestepSpacing::Linspace;
        QCOMPARE(planSampling(makeNoiseSchedule(config, at::kCPU).value(), Sampler::Ddim, 4)->timesteps,
                 (std::vector<double>{999, 666, 333, 0}));
        config.timestepSpacing = TimestepSpacing::Trailing;
        QCOMPARE(planSampling(makeNoiseSchedule(config, at::kCPU).value(), Sampler::Ddim, 4)->timesteps,
                 (std::vector<double>{999, 749, 499, 249}));
    }

    // √ᾱ·v-target and noise must lead back to x0: x0 = √ᾱ·x_t − √(1−ᾱ)·v.
    void velocityTargetLeadsBack() {
        auto config = stableDiffusion();
        config.predictionType = PredictionType::VPrediction;
        const auto schedule = makeNoiseSchedule(config, at::kCPU).value();
        const auto x0 = at::linspace(-2, 2, 24).view({3, 2, 2, 2});
        const auto noise = at::linspace(1, -1, 24).view({3, 2, 2, 2});
        const auto t = at::tensor({0L, 500L, 999L});
        const auto xt = addNoise(schedule, x0, noise, t);
        const auto v = predictionTarget(schedule, x0, noise, t);
        for (int i = 0; i < 3; ++i) {
            const auto a = schedule.sqrtAlphaBar[t[i].item<long>()];
            const auto b = schedule.sqrtOneMinusAlphaBar[t[i].item<long>()];
            QVERIFY(at::allclose(a * xt[i] - b * v[i], x0[i], 1e-5, 1e-5));
        }
    }

    void configKeysAndTheirErrors() {
        const auto json =
            parseJson(R"({"_class_name":"PNDMScheduler","beta_schedule":"scaled_linear","beta_start":0.00085,
            "beta_end":0.012,"steps_offset":1,"set_alpha_to_one":false,"skip_prk_steps":true,"clip_sample":false})");
        const auto config = scheduleConfigFromJson(json.value(), "f");
        QVERIFY(config);
        QCOMPARE(config->stepsOffset, 1);
        QVERIFY(!config->timestepSpacing);
        QVERIFY(config->clipSample == false);
        const auto again = scheduleConfigFromJson(scheduleConfigToJson(*config), "f");
        QVERIFY(again);
        QCOMPARE(makeNoiseSchedule(*again, at::kCPU)->alphaBar,
                 makeNoiseSchedule(*config, at::kCPU)->alphaBar);
        const auto wrong = scheduleConfigFromJson(Json{{"beta_schedule", "cosine"}}, "f");
        QVERIFY(!wrong);
        QVERIFY(wrong.error().what.find("squaredcos_cap_v2") != std::string::npos);
        QVERIFY(!scheduleConfigFromJson(Json{{"beta_start", "x"}}, "f"));
        const auto schedule = makeNoiseSchedule(*config, at::kCPU).value();
        QVERIFY(!planSampling(schedule, Sampler::Ddim, 0));
        QVERIFY(!planSampling(schedule, Sampler::Ddim, 1001));
        QVERIFY(!samplerFromName("plms"));
    }
};

QTEST_GUILESS_MAIN(TestSamplers)
#include "tst_samplers.moc"
