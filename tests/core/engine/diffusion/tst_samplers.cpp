// SPDX-License-Identifier: GPL-3.0-or-later
// Noise schedules and samplers against numbers of diffusers (SD betas, ten steps, an artificial network).
#include <ATen/ATen.h>

#include <QTest>
#include <cmath>

#include "core/config/sections/output.h"
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
    const auto x =
        runSampler(schedule, plan, {.noise_BCHW = at::ones({1, 1, 1, 1})},
                   [](const at::Tensor& input, double t) { return 0.5 * input + 0.1 * std::cos(t / 100); });
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
    void pndmRefusesToStartWithoutSignal() {
        auto config = stableDiffusion();
        config.rescaleBetasZeroSnr = true;
        config.predictionType = PredictionType::VPrediction;
        config.timestepSpacing = TimestepSpacing::Trailing;
        const auto schedule = makeNoiseSchedule(config, at::kCPU).value();
        const auto plan = planSampling(schedule, Sampler::Pndm, 4);
        QVERIFY(!plan);
        QVERIFY(plan.error().what.find("zero terminal SNR") != std::string::npos);
        QVERIFY(planSampling(schedule, Sampler::Euler, 4));
    }
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
        config.sigmaSpacing = SigmaSpacing::Karras;
        near(chain(config, Sampler::Euler), 2.294714, 1e-5);
        config.sigmaSpacing = SigmaSpacing::Timesteps;
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

    // DPM++, UniPC, Heun, LMS and PNDM, as the published chains of diffusers; ε, then v.
    void chainsOfFurtherSamplers() {
        const auto both = [](ScheduleConfig config, Sampler sampler, double epsilon, double v) {
            near(chain(config, sampler), epsilon, 1e-5);
            config.predictionType = PredictionType::VPrediction;
            near(chain(config, sampler), v, 1e-5);
        };
        auto config = stableDiffusion();
        both(config, Sampler::Pndm, 2.021019, 0.4084366);
        both(config, Sampler::Dpmpp2m, 2.856363, 0.43932);
        both(config, Sampler::Dpmpp2mKarras, 2.635179, 0.5138195);
        both(config, Sampler::UniPc, 2.820023, 0.4385749);
        config.finalSigmaIsLowest = true;
        both(config, Sampler::UniPc, 2.867659, 0.4528334);
        config.finalSigmaIsLowest = false;
        config.timestepSpacing = TimestepSpacing::Leading;
        both(config, Sampler::Dpmpp2m, 2.062456, 0.448523);
        both(config, Sampler::Heun, 1.997965, 0.4815998);
        both(config, Sampler::Lms, 2.143713, 0.449116);
    }

    void plansOfFurtherSamplers() {
        auto config = stableDiffusion();
        const auto plan = [&](Sampler sampler, int steps) {
            const auto made = planSampling(makeNoiseSchedule(config, at::kCPU).value(), sampler, steps);
            if (static_cast<int>(made->timesteps.size()) != networkEvaluations(config, sampler, steps))
                qFatal("%zu evaluations planned", made->timesteps.size());
            return made.value();
        };
        using List = std::vector<double>;
        QCOMPARE(plan(Sampler::Pndm, 5).timesteps, (List{801, 601, 601, 401, 201, 1}));
        QCOMPARE(plan(Sampler::Dpmpp2m, 10).timesteps,
                 (List{999, 899, 799, 699, 599, 500, 400, 300, 200, 100}));
        QCOMPARE(plan(Sampler::Dpmpp2mKarras, 10).timesteps,
                 (List{999, 916, 815, 687, 523, 327, 146, 41, 7, 0}));
        QCOMPARE(plan(Sampler::Lcm, 4).timesteps, (List{999, 759, 499, 259}));
        config.timestepSpacing = TimestepSpacing::Leading;
        QCOMPARE(plan(Sampler::Dpmpp2m, 10).timesteps,
                 (List{901, 811, 721, 631, 541, 451, 361, 271, 181, 91}));
        QCOMPARE(plan(Sampler::Heun, 3).timesteps, (List{667, 334, 334, 1, 1}));
        const auto ancestral = plan(Sampler::EulerAncestral, 4);
        QCOMPARE(ancestral.timesteps, (List{751, 501, 251, 1}));
        const List sigmas{4.1166978, 1.6236929, 0.6983986, 0.0413145, 0};
        for (std::size_t i = 0; i < sigmas.size(); ++i) near(ancestral.sigmas[i], sigmas[i]);
        for (std::size_t i = 0; i < samplerNames().size(); ++i) plan(static_cast<Sampler>(i), 1);
        config.skipPrkSteps = false;
        QCOMPARE(plan(Sampler::Pndm, 4).timesteps,
                 (List{751, 626, 626, 501, 501, 376, 376, 251, 251, 126, 126, 1, 1}));
    }

    // A fresh network evaluation and its noise are announced once each, and false ends the chain.
    void everyEvaluationIsAnnounced() {
        const auto schedule = makeNoiseSchedule(stableDiffusion(), at::kCPU).value();
        for (std::size_t s = 0; s < samplerNames().size(); ++s) {
            const auto plan = planSampling(schedule, static_cast<Sampler>(s), 5).value();
            const auto run = [&](int stopAt) {
                int evaluations = 0;
                std::vector<int> announced;
                runSampler(
                    schedule, plan, {.noise_BCHW = at::ones({1, 1, 1, 1})},
                    [&](const at::Tensor& x, double) { return ++evaluations, x * 0.5; },
                    [](int) {
                        return at::ones({1, 1, 1, 1});
                    },
                    [&](int i) { return announced.push_back(i), i != stopAt; });
                return evaluations == static_cast<int>(announced.size()) &&
                               announced.back() == evaluations - 1
                           ? evaluations
                           : -1;
            };
            QCOMPARE(run(-1), static_cast<int>(plan.timesteps.size()));
            QCOMPARE(run(1), 2);
        }
    }

    void samplerOfAModelFolder() {
        const auto named = [](const char* json) {
            const auto sampler = samplerFromConfig(scheduleConfigFromJson(*parseJson(json), "f").value());
            return sampler ? samplerName(*sampler) : "error: " + sampler.error().what;
        };
        QCOMPARE(named(R"({"_class_name": "PNDMScheduler"})"), std::string("pndm"));
        QCOMPARE(named(R"({"_class_name": "EulerAncestralDiscreteScheduler"})"), std::string("euler_a"));
        QCOMPARE(named(R"({"_class_name": "DPMSolverMultistepScheduler", "use_karras_sigmas": true})"),
                 std::string("dpmpp_2m_karras"));
        QCOMPARE(
            named(R"({"_class_name": "DPMSolverMultistepScheduler", "algorithm_type": "sde-dpmsolver++"})"),
            std::string("dpmpp_2m_sde"));
        QVERIFY(named(R"({"_class_name": "DPMSolverMultistepScheduler", "algorithm_type": "dpmsolver"})")
                    .starts_with("error: its algorithm_type"));
        QCOMPARE(named(R"({"_class_name": "DDPMWuerstchenScheduler"})"),
                 std::string("error: its class DDPMWuerstchenScheduler has no sampler here"));
    }

    // Every sampler that a configuration can name exists here, and the other way round.
    void settingsAndEngineKnowTheSameSamplers() {
        QCOMPARE(EnumNames<SamplerName>::kNames.size(), samplerNames().size() + 1);  // and "auto"
        for (const auto& entry : EnumNames<SamplerName>::kNames)
            QVERIFY2(entry.value == SamplerName::Auto || samplerFromName(std::string(entry.name)),
                     std::string(entry.name).c_str());
    }

    // Per item: s = clamp(quantile(|x0|), 1, max), x0 = clamp(x0, ±s)/s.
    void dynamicThresholding() {
        auto config = stableDiffusion();
        config.predictionType = PredictionType::Sample;
        config.thresholding = true;
        config.dynamicThresholdingRatio = 0.5;
        config.sampleMaxValue = 3;
        const auto schedule = makeNoiseSchedule(config, at::kCPU).value();
        const auto plan = planSampling(schedule, Sampler::Dpmpp2m, 1).value();
        const auto x0 = at::tensor({-4.0, 2.0, 1.0, 0.1, 0.2, -0.5, 20.0, -30.0, 1.5}, at::kFloat);
        const auto limited = runSampler(schedule, plan, {.noise_BCHW = at::zeros({3, 1, 1, 3})},
                                        [&](const at::Tensor&, double) {
                                            return x0.view({3, 1, 1, 3});
                                        });
        const auto expected = at::tensor({-1.0, 1.0, 0.5, 0.1, 0.2, -0.5, 1.0, -1.0, 0.5}, at::kFloat);
        QVERIFY(at::allclose(limited.view({9}), expected, 1e-6, 1e-6));
    }

    void impossiblePlans() {
        auto config = stableDiffusion();
        const auto what = [&](Sampler sampler, int steps) {
            const auto plan = planSampling(makeNoiseSchedule(config, at::kCPU).value(), sampler, steps);
            return plan ? std::string() : plan.error().what + " " + plan.error().hint;
        };
        QVERIFY(what(Sampler::Lcm, 51).find("1 to 50") != std::string::npos);
        QVERIFY(what(Sampler::Dpmpp2m, 1000).find("fewer steps") != std::string::npos);
        config.solverOrder = 3;
        QVERIFY(what(Sampler::Dpmpp2mSde, 10).find("solver_order 3") != std::string::npos);
        QVERIFY(what(Sampler::Dpmpp2m, 10).empty());
        QVERIFY(what(Sampler::UniPc, 10).empty());
        config.skipPrkSteps = false;
        QVERIFY(what(Sampler::Pndm, 3).find("4 steps") != std::string::npos);
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
        const auto flow = scheduleConfigFromJson(Json{{"use_flow_sigmas", true}}, "f");
        QVERIFY(!flow);
        QVERIFY(flow.error().message().find("use_flow_sigmas has no sampler here. Set it to false") !=
                std::string::npos);
        QVERIFY(!scheduleConfigFromJson(Json{{"use_karras_sigmas", true}, {"use_beta_sigmas", true}}, "f"));
        const auto exponential = scheduleConfigFromJson(Json{{"use_exponential_sigmas", true}}, "f");
        QCOMPARE(scheduleConfigFromJson(scheduleConfigToJson(*exponential), "f")->sigmaSpacing,
                 SigmaSpacing::Exponential);
        const auto schedule = makeNoiseSchedule(*config, at::kCPU).value();
        QVERIFY(!planSampling(schedule, Sampler::Ddim, 0));
        QVERIFY(!planSampling(schedule, Sampler::Ddim, 1001));
        QVERIFY(!samplerFromName("plms"));
    }
};

QTEST_GUILESS_MAIN(TestSamplers)
#include "tst_samplers.moc"
