// SPDX-License-Identifier: GPL-3.0-or-later
// Buckets: their sizes, which picture goes where, and the order of samples: none lost, none twice.
#include <QtTest>

#include <map>
#include <set>

#include "core/data/buckets.h"

using namespace atelier;
using namespace atelier::data;

namespace {

// 17, 9 and 3 samples in a mixed order.
Buckets threeBuckets(std::uint64_t seed, std::uint64_t batch) {
    std::vector<std::size_t> of;
    std::size_t left[] = {17, 9, 3};
    for (std::size_t i = 0; of.size() < 29; ++i)
        if (left[i % 3] > 0) {
            of.push_back(i % 3);
            --left[i % 3];
        }
    return Buckets({{8, 16}, {12, 12}, {16, 8}}, of, {.batch = batch, .seed = seed});
}

}  // namespace

class TestBuckets : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void sizes() {
        const std::vector<Size> expected{{384, 640}, {448, 576}, {512, 512}, {576, 448}, {640, 384}};
        QCOMPARE(bucketSizes({.resolution = 512, .step = 64, .maxRatio = 2}), expected);
        QCOMPARE(bucketSizes({.resolution = 512, .step = 64, .maxRatio = 1}),
                 (std::vector<Size>{{512, 512}}));
        QVERIFY(bucketSizes({.resolution = 32, .step = 64}).empty());
        const auto many = bucketSizes({.resolution = 1024, .step = 64, .maxRatio = 4});
        std::set<std::pair<int, int>> all;
        for (const auto size : many) {
            QVERIFY(size.width % 64 == 0 && size.height % 64 == 0 && size.width * size.height <= 1024 * 1024);
            QVERIFY(all.emplace(size.width, size.height).second);
            for (const auto other : many)  // none inside another
                QVERIFY(other == size || other.width < size.width || other.height < size.height);
        }
        for (const auto& [w, h] : all) QVERIFY2(all.contains({h, w}), "lying and standing alike");
    }

    void nearestAndCover() {
        const auto sizes = bucketSizes({.resolution = 512, .step = 64, .maxRatio = 2});
        const auto nearest = [&](int w, int h) { return sizes[nearestBucket(sizes, {w, h})]; };
        QCOMPARE(nearest(100, 100), (Size{512, 512}));
        QCOMPARE(nearest(3000, 2000), (Size{640, 384}));
        QCOMPARE(nearest(2000, 3000), (Size{384, 640}));
        QCOMPARE(nearest(1280, 1000), (Size{576, 448}));
        QCOMPARE(nearest(4000, 10), (Size{640, 384}));
        QCOMPARE(coverSize({300, 200}, {640, 384}), (Size{640, 427}));
        QCOMPARE(coverSize({200, 300}, {640, 384}), (Size{640, 960}));
        QCOMPARE(coverSize({4000, 10}, {640, 384}), (Size{153'600, 384}));
    }

    void everySampleOncePerPass() {
        constexpr std::uint64_t kBatch = 4, kNumbers = 29 * 4;  // four epochs, which fill their batches
        const Buckets buckets = threeBuckets(5, kBatch);
        QCOMPARE(buckets.rows().size(), std::size_t(3));
        QCOMPARE(buckets.rows()[0].samples.size(), std::size_t(17));
        std::vector<int> seen(29);
        std::map<std::pair<int, int>, int> batches;
        for (std::uint64_t n = 0; n < kNumbers; ++n) {
            const auto sample = buckets.at(n);
            ++seen[sample];
            const auto size = buckets.sizeOf(sample);
            QVERIFY2(size == buckets.sizeOf(buckets.at(n / kBatch * kBatch)), "one size in a batch");
            if (n % kBatch == 0) ++batches[{size.width, size.height}];
            // Among the samples of one size nobody is ever two visits ahead.
            for (const auto& row : buckets.rows()) {
                int fewest = 1 << 30, most = 0;
                for (const auto s : row.samples) {
                    fewest = std::min(fewest, seen[s]);
                    most = std::max(most, seen[s]);
                }
                QVERIFY(most - fewest <= 1);
            }
        }
        for (const int count : seen) QCOMPARE(count, 4);
        QCOMPARE(batches.size(), std::size_t(3));
    }

    void pureFunctionOfSeedAndNumber() {
        const Buckets a = threeBuckets(5, 4), b = threeBuckets(5, 4), other = threeBuckets(6, 4);
        std::vector<std::uint64_t> forward, reverse, different;
        for (std::uint64_t n = 0; n < 400; ++n) {
            forward.push_back(a.at(n));
            different.push_back(other.at(n));
        }
        for (std::uint64_t n = 400; n-- > 0;) reverse.push_back(b.at(n));
        std::reverse(reverse.begin(), reverse.end());
        QCOMPARE(forward, reverse);
        QVERIFY(forward != different);
        // Sizes come mixed, not one after the other.
        int changes = 0;
        for (std::uint64_t n = 4; n < 400; n += 4)
            changes += !(a.sizeOf(forward[n]) == a.sizeOf(forward[n - 4]));
        QVERIFY(changes > 30);
    }

    void standInsHaveTheSameSize() {
        const Buckets buckets = threeBuckets(5, 4);
        for (std::uint64_t n = 0; n < 100; ++n)
            for (unsigned attempt = 1; attempt < 4; ++attempt)
                QCOMPARE(buckets.sizeOf(buckets.at(n, attempt)), buckets.sizeOf(buckets.at(n)));
    }

    // Fewer samples than a batch: they come again within it, as often as all others over time.
    void tinyBuckets() {
        const Buckets buckets({{8, 8}, {16, 4}}, {0, 0, 0, 0, 0, 1}, {.batch = 4, .seed = 1});
        std::vector<int> seen(6);
        for (std::uint64_t n = 0; n < 6 * 8; ++n) ++seen[buckets.at(n)];
        for (const int count : seen) QCOMPARE(count, 8);
    }
};

QTEST_GUILESS_MAIN(TestBuckets)
#include "tst_buckets.moc"
