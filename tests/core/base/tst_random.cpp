// SPDX-License-Identifier: GPL-3.0-or-later
// Philox against the known answers of Random123, and the properties that resume relies on.
#include <QtTest>
#include <cmath>
#include <set>
#include <vector>

#include "core/base/random.h"

using namespace atelier;

class TestRandom : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // Known-answer tests "philox4x32 10" of the Random123 distribution.
    void philoxKnownAnswers() {
        using Words = std::array<std::uint32_t, 4>;
        QCOMPARE(philox4x32({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
        QCOMPARE(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
                 (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
        QCOMPARE(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
                 (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
    }

    void normalsDoNotDependOnHowTheyAreCut() {
        const Random random(7, RandomStream::Noise, 42);
        std::vector<float> whole(1001);
        random.normals(whole);
        for (const std::size_t offset : {1u, 2u, 3u, 4u, 5u, 63u, 998u}) {
            std::vector<float> part(std::min<std::size_t>(100, whole.size() - offset));
            random.normals(part, offset);
            for (std::size_t i = 0; i < part.size(); ++i) QCOMPARE(part[i], whole[offset + i]);
        }
    }

    void normalsHaveMeanZeroAndVarianceOne() {
        std::vector<float> values(200000);
        Random(1, RandomStream::Noise, 0).normals(values);
        double sum = 0, squares = 0, fourth = 0;
        for (const float v : values) sum += v, squares += double(v) * v, fourth += std::pow(double(v), 4);
        const double n = double(values.size());
        QVERIFY(std::abs(sum / n) < 0.01);
        QVERIFY(std::abs(squares / n - 1) < 0.01);
        QVERIFY(std::abs(fourth / n - 3) < 0.1);
    }

    void uniformStaysInRange() {
        const Random random(3, RandomStream::Caption, 9);
        double sum = 0;
        for (std::uint64_t i = 0; i < 10000; ++i) {
            const double u = random.uniform(i);
            QVERIFY(u >= 0 && u < 1);
            QVERIFY(random.below(7, i) < 7);
            sum += u;
        }
        QVERIFY(std::abs(sum / 10000 - 0.5) < 0.02);
    }

    void permutationVisitsEachOnce_data() {
        QTest::addColumn<quint64>("size");
        for (const quint64 size : {1, 2, 3, 5, 16, 17, 1000, 65537})
            QTest::newRow(qPrintable(QString::number(size))) << size;
    }
    void permutationVisitsEachOnce() {
        QFETCH(quint64, size);
        const Permutation permutation(size, 11, 2);
        std::set<std::uint64_t> seen;
        for (quint64 i = 0; i < size; ++i) {
            const auto at = permutation(i);
            QVERIFY(at < size);
            seen.insert(at);
        }
        QCOMPARE(quint64(seen.size()), size);
    }

    void permutationsOfEpochsDiffer() {
        const Permutation first(1000, 11, 0), second(1000, 11, 1);
        int same = 0;
        for (std::uint64_t i = 0; i < 1000; ++i) same += first(i) == second(i);
        QVERIFY(same < 20);
    }
};

QTEST_GUILESS_MAIN(TestRandom)
#include "tst_random.moc"
