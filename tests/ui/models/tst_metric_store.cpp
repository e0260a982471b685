// SPDX-License-Identifier: GPL-3.0-or-later
// Rows, pyramid, resume and smoothing of the curves' numbers, held against the plain way to compute them.
#include <QtTest>
#include <cmath>
#include <random>

#include "ui/models/metric_store.h"

using namespace atelier;
using Values = std::vector<std::pair<std::string, double>>;

namespace {
MetricStore noisy(std::size_t n) {
    MetricStore store;
    std::mt19937 random(7);
    std::normal_distribution<double> noise(0, 0.05);
    for (std::size_t i = 0; i < n; ++i)
        store.append(std::int64_t(i) + 1, std::int64_t(i + 1) * 64, 1000.0 + double(i) * 0.4,
                     Values{{"loss", 0.3 * std::exp(-double(i) / double(n)) + noise(random)}});
    return store;
}
}  // namespace

class TestMetricStore : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void extentsEqualAPlainLoop() {
        const MetricStore store = noisy(20'011);
        const MetricSeries& loss = store.series(0);
        std::mt19937 random(3);
        for (int k = 0; k < 300; ++k) {
            std::size_t a = random() % loss.size(), b = random() % (loss.size() + 1);
            if (a > b) std::swap(a, b);
            Extent plain;
            for (std::size_t i = a; i < b; ++i) plain.add(loss.value(i));
            const Extent fast = loss.extent(a, b);
            QCOMPARE(fast.count, plain.count);
            QCOMPARE(fast.low, plain.low);
            QCOMPARE(fast.high, plain.high);
            if (plain.valid()) QVERIFY(std::abs(fast.mean() - plain.mean()) < 1e-9);
        }
    }
    void aResumeForgetsWhatItRepeats() {
        MetricStore store;
        for (int step = 1; step <= 740; ++step)
            store.append(step, step * 8, step, Values{{"loss", step}, {"lr", 1}});
        store.append(740, 740 * 8, 741, Values{{"val_loss", 0.5}});
        QCOMPARE(store.append(501, 501 * 8, 900, Values{{"loss", -1}}), std::size_t(240));
        QCOMPARE(store.rows(), std::size_t(501));
        const MetricSeries& loss = store.series(store.find("loss"));
        QCOMPARE(loss.size(), std::size_t(501));
        QCOMPARE(loss.value(500), -1.0F);
        QCOMPARE(loss.value(499), 500.0F);
        QCOMPARE(loss.extent(0, 501).low, -1.0F);
        QCOMPARE(loss.extent(0, 501).high, 500.0F);
        QCOMPARE(store.series(store.find("lr")).size(), std::size_t(500));
        QCOMPARE(store.series(store.find("val_loss")).size(), std::size_t(0));
    }
    void valuesThatComeSeldomKeepTheirRows() {
        MetricStore store;
        for (int step = 1; step <= 1000; ++step) {
            store.append(step, step, step, Values{{"loss", 0.1}});
            if (step % 250 == 0) store.append(step, step, step + 0.5, Values{{"val_loss", step}});
        }
        QCOMPARE(store.rows(), std::size_t(1000));  // one row per step, not per event
        const MetricSeries& validation = store.series(store.find("val_loss"));
        QCOMPARE(validation.size(), std::size_t(4));
        for (std::size_t i = 0; i < 4; ++i)
            QCOMPARE(store.step(validation.row(i)), std::int64_t(250 * (i + 1)));
        QCOMPARE(store.nearest(store.find("val_loss"), 600, PlotAxis::Steps), std::size_t(1));
        QCOMPARE(store.nearest(store.find("val_loss"), 700, PlotAxis::Steps), std::size_t(2));
    }
    void nonFiniteValuesAreGaps() {
        MetricStore store;
        for (int step = 1; step <= 100; ++step)
            store.append(step, step, step, Values{{"loss", step == 50 ? std::nan("") : 1.0}});
        const Extent all = store.series(0).extent(0, 100);
        QCOMPARE(all.count, 99U);
        QCOMPARE(all.mean(), 1.0);
        for (const CurvePoint& p : smoothed(store, 0, 0, 100, PlotAxis::Steps, 0.9, 2000))
            QVERIFY(std::isfinite(p.y));
    }
    void smoothingIsTheNormalisedTwoWayKernel() {
        const MetricStore store = noisy(700);
        const MetricSeries& loss = store.series(0);
        const double w = 0.9;
        const auto line = smoothed(store, 0, 0, loss.size(), PlotAxis::Steps, w, 2000);
        QCOMPARE(line.size(), loss.size());
        for (std::size_t i : {std::size_t(0), std::size_t(1), std::size_t(349), std::size_t(699)}) {
            double sum = 0, weight = 0;
            for (std::size_t j = 0; j < loss.size(); ++j) {
                const double k = std::pow(w, std::abs(double(i) - double(j)));
                sum += k * double(loss.value(j));
                weight += k;
            }
            QVERIFY(std::abs(line[i].y - sum / weight) < 1e-9);
        }
    }
    // A straight line stays one away from its ends: a one-way mean would lag behind it.
    void smoothingDoesNotLag() {
        MetricStore store;
        for (int i = 0; i < 1000; ++i) store.append(i, i, i, Values{{"x", double(i)}});
        const auto line = smoothed(store, 0, 0, 1000, PlotAxis::Steps, 0.9, 2000);
        for (std::size_t i = 200; i < 800; ++i) QVERIFY(std::abs(line[i].y - double(i)) < 1e-3);
    }
    void aStretchLooksLikeTheWhole() {
        const MetricStore store = noisy(200'000);
        const auto whole = smoothed(store, 0, 0, 200'000, PlotAxis::Steps, 0.98, 2000);
        const auto part = smoothed(store, 0, 100'000, 110'000, PlotAxis::Steps, 0.98, 2000);
        QVERIFY(whole.size() <= 2000 && part.size() <= 2000);
        const auto near = std::min_element(whole.begin(), whole.end(), [&](auto& a, auto& b) {
            return std::abs(a.x - part[1000].x) < std::abs(b.x - part[1000].x);
        });
        QVERIFY(std::abs(near->y - part[1000].y) < 2e-3);
    }
};

QTEST_GUILESS_MAIN(TestMetricStore)
#include "tst_metric_store.moc"
