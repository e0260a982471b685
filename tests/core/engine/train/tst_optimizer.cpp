// SPDX-License-Identifier: GPL-3.0-or-later
// Optimizer, EMA and learning-rate schedules against their formulas in double precision.
#include <ATen/ATen.h>

#include <QTest>
#include <cmath>
#include <limits>

#include "core/engine/train/batch.h"
#include "core/engine/train/lr_schedule.h"
#include "core/engine/train/objective.h"
#include "core/engine/train/optimizer.h"

using namespace atelier;
using namespace atelier::train;

namespace {

at::Tensor leaf(const std::vector<double>& values) {
    return at::tensor(values, at::kFloat).requires_grad_(true);
}
at::Tensor zero() {
    return at::zeros({});
}

// One update by hand: p ← p(1 − lr·wd) − lr·m̂/(√v̂ + ε).
struct Reference {
    std::vector<double> p, m, v;
    int n = 0;
    explicit Reference(std::vector<double> start) : p(std::move(start)), m(p.size()), v(p.size()) {}
    void step(const std::vector<double>& g, double lr, const OptimizerOptions& o) {
        ++n;
        for (std::size_t i = 0; i < p.size(); ++i) {
            m[i] = o.beta1 * m[i] + (1 - o.beta1) * g[i];
            v[i] = o.beta2 * v[i] + (1 - o.beta2) * g[i] * g[i];
            const double mHat = m[i] / (1 - std::pow(o.beta1, n));
            const double vHat = v[i] / (1 - std::pow(o.beta2, n));
            p[i] = p[i] * (1 - lr * o.weightDecay) - lr * mHat / (std::sqrt(vHat) + o.epsilon);
        }
    }
};

void near(double actual, double expected, double tolerance) {
    QVERIFY2(std::abs(actual - expected) <= tolerance * std::max(1.0, std::abs(expected)),
             qPrintable(QString("%1 instead of %2").arg(actual, 0, 'g', 10).arg(expected, 0, 'g', 10)));
}

}  // namespace

class TestOptimizer : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void adamWFollowsItsFormula() {
        const OptimizerOptions options{.beta2 = 0.98, .weightDecay = 0.05};
        const auto p = leaf({0.5, -1.0, 2.0});
        Optimizer optimizer({{"m.p", p}}, at::kFloat, options, std::nullopt);
        Reference reference({0.5, -1.0, 2.0});
        for (int n = 0; n < 25; ++n) {
            const double s = std::sin(n * 0.7);
            (p * at::tensor({s, 0.3, -2 * s}, at::kFloat)).sum().backward();
            optimizer.gatherGradients();
            optimizer.clip(std::nullopt);
            optimizer.step(0.01, zero());
            reference.step({s, 0.3, -2 * s}, 0.01, options);
        }
        for (int i = 0; i < 3; ++i) near(p[i].item<double>(), reference.p[static_cast<std::size_t>(i)], 2e-6);
    }

    // Two half batches give the update of the whole batch; the norm is that of the sum, clipped once.
    void accumulationAndClipping() {
        const auto p = leaf({1, 1});
        Optimizer optimizer({{"m.p", p}}, at::kFloat, {}, std::nullopt);
        (p * at::tensor({3.0F, 0.0F})).sum().backward();
        optimizer.gatherGradients();
        (p * at::tensor({0.0F, 4.0F})).sum().backward();
        optimizer.gatherGradients();
        near(optimizer.clip(1.0).item<double>(), 5.0, 1e-6);
        near(p.grad()[0].item<double>(), 3.0 / (5 + 1e-6), 1e-6);
        near(p.grad()[1].item<double>(), 4.0 / (5 + 1e-6), 1e-6);
        near(optimizer.clip(100.0).item<double>(), 1.0, 1e-5);  // below the limit nothing is scaled
        near(p.grad()[0].item<double>(), 0.6, 1e-5);
    }

    void nonFiniteGradientsChangeNothing() {
        const auto p = leaf({1, 2});
        Optimizer optimizer({{"m.p", p}}, at::kFloat, {}, std::nullopt);
        const auto update = [&](float g) {
            (p * g).sum().backward();
            optimizer.gatherGradients();
            const auto norm = optimizer.clip(1.0);
            optimizer.step(0.1, norm.isfinite().logical_not().to(at::kFloat));
        };
        update(1);
        const auto before = optimizer.state();
        std::vector<at::Tensor> kept;
        for (const auto& entry : before) kept.push_back(entry.second.clone());
        update(std::numeric_limits<float>::quiet_NaN());
        const auto after = optimizer.state();
        for (std::size_t i = 0; i < kept.size(); ++i)
            if (after[i].first != "updates")
                QVERIFY2(at::equal(after[i].second, kept[i]), after[i].first.c_str());
    }

    // shadow ← shadow − (1 − d)(shadow − p), d = min(decay, (1 + k)/(10 + k)).
    void emaFollowsItsFormula() {
        const auto p = leaf({1});
        Optimizer optimizer({{"m.p", p}}, at::kFloat, {}, EmaOptions{0.995, true});
        double shadow = 1;
        for (int k = 1; k <= 30; ++k) {
            (p * 1).sum().backward();
            optimizer.gatherGradients();
            optimizer.step(0.05, zero());
            shadow -= (1 - std::min(0.995, (1.0 + k) / (10.0 + k))) * (shadow - p.item<double>());
        }
        near(optimizer.averages()[0].second.item<double>(), shadow, 1e-5);
        const double trained = p.item<double>();
        optimizer.useAverages();
        near(p.item<double>(), shadow, 1e-5);
        optimizer.useTrained();
        QCOMPARE(p.item<double>(), trained);
        near(EmaOptions({0.9999, false}).at(1), 0.9999, 1e-12);
    }

    // Stable Cascade's: every k-th update shadow ← β·shadow + (1 − β)·p, with β = 0 until the averages begin.
    void emaOfStableCascadeFollowsItsFormula() {
        const auto p = leaf({1});
        Optimizer optimizer({{"m.p", p}}, at::kFloat, {}, EmaOptions{0.9, false, 3, 10});
        double shadow = 1;
        for (int k = 1; k <= 30; ++k) {
            (p * 1).sum().backward();
            optimizer.gatherGradients();
            optimizer.step(0.05, zero());
            const double beta = k > 10 ? 0.9 : 0;
            if (k <= 10 || k % 3 == 0) shadow = beta * shadow + (1 - beta) * p.item<double>();
            near(optimizer.averages()[0].second.item<double>(), shadow, 1e-5);
        }
    }

    // bfloat16 weights follow float32 masters: steps too small for bfloat16 add up.
    void mastersKeepSmallSteps() {
        const auto p = leaf({1});
        Optimizer optimizer({{"m.p", p}}, at::kBFloat16, {.weightDecay = 0}, std::nullopt);
        QCOMPARE(p.scalar_type(), at::kBFloat16);
        for (int i = 0; i < 100; ++i) {
            (p * 1).sum().backward();
            optimizer.gatherGradients();
            optimizer.clip(std::nullopt);
            optimizer.step(1e-4, zero());
        }
        near(optimizer.masters()[0].second.item<double>(), 1 - 100e-4, 1e-5);
        near(p.item<double>(), 0.99, 4e-3);
        QVERIFY(p.item<double>() < 1);
    }

    // Saved and loaded half way = never interrupted, bit for bit.
    void stateContinuesExactly_data() {
        QTest::addColumn<int>("type");
        QTest::newRow("float32") << static_cast<int>(at::kFloat);
        QTest::newRow("bfloat16") << static_cast<int>(at::kBFloat16);
    }
    void stateContinuesExactly() {
        QFETCH(int, type);
        const auto compute = static_cast<at::ScalarType>(type);
        const auto run = [&](Optimizer& optimizer, const at::Tensor& p, int from, int to) {
            for (int n = from; n < to; ++n) {
                (p.to(at::kFloat) * at::linspace(-1, n, 5)).square().sum().backward();
                optimizer.gatherGradients();
                optimizer.clip(1.0);
                optimizer.step(0.01, zero());
            }
        };
        const std::vector<double> start{0.1, 0.2, 0.3, 0.4, 0.5};
        const auto whole = leaf(start);
        Optimizer uninterrupted({{"m.p", whole}}, compute, {}, EmaOptions{});
        run(uninterrupted, whole, 0, 12);

        const auto first = leaf(start);
        Optimizer before({{"m.p", first}}, compute, {}, EmaOptions{});
        run(before, first, 0, 7);
        NamedTensors saved;
        for (const auto& [name, tensor] : before.state()) saved.emplace_back(name, tensor.clone());
        const auto second = leaf({9, 9, 9, 9, 9});
        Optimizer after({{"m.p", second}}, compute, {}, EmaOptions{});
        QVERIFY(after.load(saved, "test"));
        run(after, second, 7, 12);
        const auto expected = uninterrupted.state();
        const auto actual = after.state();
        for (std::size_t i = 0; i < expected.size(); ++i)
            QVERIFY2(at::equal(actual[i].second, expected[i].second), actual[i].first.c_str());
        QVERIFY(at::equal(second, whole));

        saved.pop_back();
        const auto third = leaf(start);
        Optimizer incomplete({{"m.p", third}}, compute, {}, EmaOptions{});
        QVERIFY(!incomplete.load(saved, "test"));
    }

    void learningRateSchedules() {
        LrSchedule schedule{LrShape::Constant, 1e-4, 4, 100};
        near(schedule.at(0), 0.25e-4, 1e-12);
        near(schedule.at(3), 1e-4, 1e-12);
        near(schedule.at(99), 1e-4, 1e-12);
        schedule.shape = LrShape::Cosine;
        near(schedule.at(4) / 1e-4, 1, 1e-12);
        near(schedule.at(52) / 1e-4, 0.5, 1e-9);
        near(schedule.at(100) / 1e-4, 0, 1e-9);
        near(schedule.at(1000) / 1e-4, 0, 1e-9);  // beyond the end it stays
        schedule.floor = 0.1;
        near(schedule.at(52) / 1e-4, 0.55, 1e-9);
        near(schedule.at(1000) / 1e-4, 0.1, 1e-9);
        // transformers' inverse square root and hard restarts after a warm-up.
        LrSchedule falling{.shape = LrShape::InverseSqrt, .base = 1, .warmup = 10, .total = 50};
        near(falling.at(10), 1, 1e-12);
        near(falling.at(40), 0.5, 1e-12);
        falling.warmup = 0;
        near(falling.at(30'000), 0.5, 1e-12);
        const LrSchedule again{
            .shape = LrShape::CosineRestarts, .base = 1, .warmup = 10, .total = 50, .cycles = 2};
        for (const auto& [update, rate] : {std::pair{10, 1.0},
                                           {20, 0.5},
                                           {29, 0.5 * (1 + std::cos(M_PI * 0.95))},
                                           {30, 1.0},
                                           {40, 0.5},
                                           {50, 0.0}})
            near(again.at(update), rate, 1e-12);
        const LrSchedule rise{.shape = LrShape::OneCycle, .base = 1, .warmup = 10, .total = 50};
        near(rise.at(0), 0.04, 1e-9);
        near(rise.at(10), 1, 1e-9);
        near(rise.at(1000), 4e-6, 1e-9);
    }

    void weightsOfOnePartLearnAtTheirOwnRate() {
        const auto a = leaf({1.0}), b = leaf({1.0});
        Optimizer optimizer({{"unet.a", a}, {"text_encoder.b", b}}, at::kFloat,
                            {.kind = OptimizerKind::Sgd, .weightDecay = 0}, std::nullopt);
        optimizer.scaleLearningRate("text_encoder.", 0.5);
        (a + b).sum().backward();
        optimizer.gatherGradients();
        optimizer.clip(std::nullopt);
        optimizer.step(0.1, zero());
        near(a.item<double>(), 0.9, 1e-6);
        near(b.item<double>(), 0.95, 1e-6);
    }

    // Whatever the rule, an update that is not finite changes nothing, and its state comes back as it was.
    void rulesSkipAndResume() {
        for (const auto kind : {OptimizerKind::AdamW, OptimizerKind::Lion, OptimizerKind::Sgd,
                                OptimizerKind::Adafactor, OptimizerKind::AdamW8bit, OptimizerKind::Prodigy}) {
            const OptimizerOptions options{.kind = kind, .momentum = 0.9};
            const auto make = [] { return at::linspace(-1, 1, 4200).view({70, 60}).requires_grad_(true); };
            const auto update = [](const at::Tensor& p, Optimizer& optimizer, double factor, bool broken) {
                (p * p * factor).sum().backward();
                optimizer.gatherGradients();
                optimizer.clip(std::nullopt);
                optimizer.step(0.01, broken ? at::ones({}) : at::zeros({}));
            };
            const auto p = make(), q = make();
            Optimizer first({{"m.p", p}}, at::kFloat, options, std::nullopt);
            update(p, first, 1.0, false);
            const auto before = p.detach().clone();
            update(p, first, std::numeric_limits<double>::quiet_NaN(), true);
            QVERIFY(at::equal(p, before));
            update(p, first, 0.5, false);
            QVERIFY(!at::equal(p, before));
            NamedTensors saved;
            for (const auto& [name, tensor] : first.state()) saved.emplace_back(name, tensor.clone());
            Optimizer second({{"m.p", q}}, at::kFloat, options, std::nullopt);
            QVERIFY(second.load(saved, "test").has_value());
            update(p, first, 0.7, false);
            update(q, second, 0.7, false);
            QVERIFY(at::equal(p, q));
        }
    }

    // Words of one's own are not to outweigh the model's.
    void rowsKeepTheirLength() {
        const auto a = at::ones({2, 3}).requires_grad_(true), b = leaf({1.0});
        Optimizer optimizer({{"tokens.a", a}, {"unet.b", b}}, at::kFloat, {}, std::nullopt);
        optimizer.keepRowLength("tokens.", 0.5);
        (a * at::arange(6).view({2, 3})).sum().add(b.sum()).backward();
        optimizer.gatherGradients();
        optimizer.clip(std::nullopt);
        optimizer.step(0.1, zero());
        for (int row = 0; row < 2; ++row) near(a[row].norm().item<double>(), 0.5, 1e-6);
        near(b.item<double>(), 0.9 - 0.1 * 0.01, 1e-6);
        QVERIFY(a[0][0].item<double>() > a[0][2].item<double>());
    }

    // A state of another rule is refused, not taken for what it is not.
    void anotherOptimizersStateIsRefused() {
        const auto p = at::zeros({80, 80}).requires_grad_(true), q = at::zeros({80, 80}).requires_grad_(true);
        Optimizer small({{"m.p", p}}, at::kFloat, {.kind = OptimizerKind::AdamW8bit}, std::nullopt);
        Optimizer plain({{"m.p", q}}, at::kFloat, {}, std::nullopt);
        const auto loaded = plain.load(small.state(), "test");
        QVERIFY(!loaded && loaded.error().what.find("exp_avg") != std::string::npos);
    }

    void noiseTricks() {
        const std::vector<std::uint64_t> numbers{3, 4, 5};
        Objective objective;
        const auto plain = drawNoise(objective, 7, numbers, {4, 16, 16}, at::kCPU);
        QVERIFY(plain.noise_BLHW.is_same(plain.input_BLHW));
        objective.noiseOffset = 0.5;
        const auto offset =
            drawNoise(objective, 7, numbers, {4, 16, 16}, at::kCPU).noise_BLHW - plain.noise_BLHW;
        QVERIFY(offset.flatten(2).std(2).max().item<double>() < 1e-6);  // one value per sample and channel
        QVERIFY(offset.select(2, 0).select(2, 0).std().item<double>() > 0.1);
        objective.noiseOffset = 0;
        objective.pyramidNoise = 0.8;
        const auto pyramid = drawNoise(objective, 7, numbers, {4, 16, 16}, at::kCPU).noise_BLHW;
        for (int b = 0; b < 3; ++b) near(pyramid[b].std().item<double>(), 1, 1e-5);
        const auto coarse = at::avg_pool2d(pyramid, {8, 8}).std().item<double>();
        QVERIFY(coarse > 2 * at::avg_pool2d(plain.noise_BLHW, {8, 8}).std().item<double>());
        QVERIFY(at::equal(drawNoise(objective, 7, {4}, {4, 16, 16}, at::kCPU).noise_BLHW[0], pyramid[1]));
        objective.pyramidNoise = 0;
        objective.inputPerturbation = 0.1;
        const auto perturbed = drawNoise(objective, 7, numbers, {4, 16, 16}, at::kCPU);
        QVERIFY(at::equal(perturbed.noise_BLHW, plain.noise_BLHW));
        near((perturbed.input_BLHW - perturbed.noise_BLHW).std().item<double>(), 0.1, 0.01);
    }

    void timestepRangesAndDistributions() {
        std::vector<std::uint64_t> numbers(4000);
        for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
        Objective objective{.timestepMin = 100, .timestepMax = 299};
        const auto range = drawTimesteps(objective, 1, numbers, 1000, at::kCPU);
        QCOMPARE(range.min().item<long>(), 100L);
        QCOMPARE(range.max().item<long>(), 299L);
        objective = {
            .timesteps = TimestepSampling::LogitNormal, .timestepMean = -1, .timestepDeviation = 0.5};
        const auto drawn = drawTimesteps(objective, 1, numbers, 1000, at::kCPU).to(at::kDouble) / 1000;
        const auto logit = (drawn + 0.0005).logit();
        near(logit.mean().item<double>(), -1, 0.03);
        near(logit.std().item<double>(), 0.5, 0.03);
    }

    // A sample's noise does not depend on the batch it is drawn in, nor on the number of threads.
    void noiseBelongsToItsSample() {
        const auto together = normalsFor(7, RandomStream::Noise, {3, 4, 5}, {4, 2, 3}, at::kCPU);
        const auto alone = normalsFor(7, RandomStream::Noise, {4}, {4, 2, 3}, at::kCPU);
        QVERIFY(at::equal(together[1], alone[0]));
        QVERIFY(!at::equal(together[0], together[1]));
        const auto t = drawTimesteps({}, 7, {3, 4, 5, 6, 7, 8, 9, 10}, 1000, at::kCPU);
        QVERIFY(at::equal(drawTimesteps({}, 7, {8}, 1000, at::kCPU)[0], t[5]));
        QVERIFY(t.min().item<long>() >= 0 && t.max().item<long>() < 1000);
    }
};

QTEST_GUILESS_MAIN(TestOptimizer)
#include "tst_optimizer.moc"
