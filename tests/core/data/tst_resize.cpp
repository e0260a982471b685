// SPDX-License-Identifier: GPL-3.0-or-later
// Target sizes and area averaging.
#include <QtTest>

#include "core/data/resize.h"
#include "tests/core/data/pictures.h"

using namespace atelier::data;

class TestResize : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void sizes_data() {
        QTest::addColumn<int>("mode");
        QTest::addColumn<bool>("enlarge");
        QTest::addColumn<QSize>("from");
        QTest::addColumn<QSize>("to");
        const int shorter = int(ResizeMode::ShortSide), longer = int(ResizeMode::LongSide),
                  square = int(ResizeMode::Square);
        QTest::newRow("short") << shorter << false << QSize(2048, 1536) << QSize(683, 512);
        QTest::newRow("short upright") << shorter << false << QSize(1536, 2048) << QSize(512, 683);
        QTest::newRow("small stays") << shorter << false << QSize(600, 300) << QSize(600, 300);
        QTest::newRow("small enlarged") << shorter << true << QSize(600, 300) << QSize(1024, 512);
        QTest::newRow("long") << longer << false << QSize(2048, 1536) << QSize(512, 384);
        QTest::newRow("square") << square << false << QSize(2048, 1536) << QSize(512, 512);
        QTest::newRow("square of small") << square << false << QSize(600, 300) << QSize(300, 300);
        QTest::newRow("a line") << longer << false << QSize(5000, 1) << QSize(512, 1);
        QTest::newRow("exact") << shorter << false << QSize(512, 900) << QSize(512, 900);
    }
    void sizes() {
        QFETCH(int, mode);
        QFETCH(bool, enlarge);
        QFETCH(QSize, from);
        QFETCH(QSize, to);
        const ResizeSpec spec{512, ResizeMode(mode), enlarge};
        const Size size = resizedSize({from.width(), from.height()}, spec);
        QCOMPARE(QSize(size.width, size.height), to);
        if (from.width() * from.height() > 4'000'000) return;
        const Image image = resizeImage(test::picture(from.width(), from.height()), spec);
        QCOMPARE(QSize(image.width, image.height), to);
    }
    void averagesAreas() {
        Image image = Image::allocate(4, 2);
        for (int i = 0; i < 24; ++i) image.rgb[std::size_t(i)] = std::uint8_t(i * 10);
        const Image half = scaleImage(image, {2, 1});
        for (int c = 0; c < 3; ++c) {
            const int expected =
                (image.row(0)[c] + image.row(0)[3 + c] + image.row(1)[c] + image.row(1)[3 + c] + 2) / 4;
            QVERIFY(std::abs(int(half.row(0)[c]) - expected) <= 1);
        }
    }
    void cutsTheCentre() {
        const Image image = test::picture(30, 10);
        const Image cut = resizeImage(test::picture(30, 10), {.side = 10, .mode = ResizeMode::Square});
        QCOMPARE(cut.width, 10);
        QVERIFY(std::memcmp(cut.row(3), image.row(3) + 3 * 10, 30) == 0);
    }
};

QTEST_GUILESS_MAIN(TestResize)
#include "tst_resize.moc"
