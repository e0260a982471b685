// SPDX-License-Identifier: GPL-3.0-or-later
// Colour jitter against torchvision's numbers; where smart crops look.
#include <QtTest>

#include "core/data/color_jitter.h"
#include "core/data/saliency.h"
#include "tests/core/data/pictures.h"

using namespace atelier;
using namespace atelier::data;

namespace {

using Bytes = std::vector<std::uint8_t>;
const Bytes kColors{200, 40,  10,  13, 250, 99, 77,  77,  77, 0,  0,  255,
                    255, 255, 255, 0,  0,   0,  180, 180, 20, 90, 12, 160};

// Grey with fine noise in a square at (left, top).
Image withObject(int width, int height, int left, int top, int side) {
    Image image = Image::allocate(width, height);
    std::fill_n(image.rgb.get(), image.byteSize(), std::uint8_t{120});
    const Random random(1, RandomStream::Sample, 0);
    for (int y = top; y < top + side; ++y)
        for (int x = 3 * left; x < 3 * (left + side); ++x)
            image.row(y)[x] =
                static_cast<std::uint8_t>(random.below(256, static_cast<std::uint64_t>(y * 3 * width + x)));
    return image;
}

}  // namespace

class TestAugment : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // torchvision.transforms.functional.adjust_… of version 0.26.
    void jitterIsTorchvisions_data() {
        QTest::addColumn<QList<double>>("change");
        QTest::addColumn<QList<int>>("expected");
        QTest::newRow("brightness") << QList<double>{1.3, 1, 1, 0}
                                    << QList<int>{255, 52,  13,  16, 255, 128, 100, 100, 100, 0,   0,  255,
                                                  255, 255, 255, 0,  0,   0,   233, 233, 26,  116, 15, 208};
        QTest::newRow("contrast") << QList<double>{1, 0.6, 1, 0}
                                  << QList<int>{160, 64,  46,  48, 190, 100, 87,  87,  87, 40, 40, 193,
                                                193, 193, 193, 40, 40,  40,  148, 148, 52, 94, 48, 136};
        QTest::newRow("saturation") << QList<double>{1, 1, 1.4, 0}
                                    << QList<int>{246, 22,  0,   0, 255, 74, 77,  77,  77, 0,   0, 255,
                                                  255, 255, 255, 0, 0,   0,  187, 187, 0,  105, 0, 203};
        QTest::newRow("hue") << QList<double>{1, 1, 1, 0.2}
                             << QList<int>{132, 200, 10,  13, 117, 250, 77, 77,  77, 255, 0,  204,
                                           255, 255, 255, 0,  0,   0,   20, 180, 52, 160, 12, 52};
        QTest::newRow("hue back") << QList<double>{1, 1, 1, -0.35}
                                  << QList<int>{21,  10,  200, 250, 75, 13, 77,  77, 77,  25, 255, 0,
                                                255, 255, 255, 0,   0,  0,  164, 20, 180, 12, 160, 75};
    }
    void jitterIsTorchvisions() {
        QFETCH(QList<double>, change);
        QFETCH(QList<int>, expected);
        Bytes rgb = kColors;
        changeColors(rgb, {change[0], change[1], change[2], change[3]});
        for (std::size_t i = 0; i < rgb.size(); ++i)
            QVERIFY2(std::abs(rgb[i] - expected[static_cast<qsizetype>(i)]) <= 1,
                     qPrintable(QString("%1: %2 instead of %3")
                                    .arg(i)
                                    .arg(rgb[i])
                                    .arg(expected[static_cast<qsizetype>(i)])));
    }
    void jitterStaysInItsRange() {
        const ColorJitter jitter{0.2, 0.3, 1, 0.1};
        double most = 0, sum = 0;
        for (std::uint64_t n = 0; n < 1000; ++n) {
            const auto drawn = drawColors(jitter, Random(3, RandomStream::Color, n));
            QVERIFY(std::abs(drawn.brightness - 1) <= 0.2 && std::abs(drawn.contrast - 1) <= 0.3 &&
                    drawn.saturation >= 0 && drawn.saturation <= 2 && std::abs(drawn.hue) <= 0.1);
            most = std::max(most, std::abs(drawn.hue));
            sum += drawn.brightness;
        }
        QVERIFY(most > 0.09 && std::abs(sum / 1000 - 1) < 0.01);
        Bytes rgb = kColors;
        jitterColors(rgb, {}, Random(3, RandomStream::Color, 1));
        QCOMPARE(rgb, kColors);
    }

    void smartCropFindsTheObject() {
        const Size scaled{128, 64}, target{64, 64};
        QVERIFY(salientPlace(withObject(256, 128, 8, 40, 40), scaled, target).first <= 8);
        QVERIFY(salientPlace(withObject(256, 128, 200, 40, 40), scaled, target).first >= 50);
        const auto upright = salientPlace(withObject(128, 256, 40, 200, 40), {64, 128}, target);
        QVERIFY(upright.first == 0 && upright.second >= 50);
    }
    void smartCropOfNothingIsTheCentre() {
        QCOMPARE(salientPlace(withObject(256, 128, 0, 0, 0), {128, 64}, {64, 64}), std::pair(32, 0));
        QCOMPARE(salientPlace(withObject(1, 1, 0, 0, 0), {64, 64}, {64, 64}), std::pair(0, 0));
        const auto strip = salientPlace(withObject(500, 1, 0, 0, 0), {32'000, 64}, {64, 64});
        QVERIFY(strip.first >= 0 && strip.first <= 32'000 - 64 && strip.second == 0);
    }
};

QTEST_GUILESS_MAIN(TestAugment)
#include "tst_augment.moc"
