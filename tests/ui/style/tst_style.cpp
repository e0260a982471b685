// SPDX-License-Identifier: GPL-3.0-or-later
// The colour table against its contrast floors, the icon set, and the theme's switch.
#include <QApplication>
#include <QDir>
#include <QPainter>
#include <QtTest>

#include "ui/style/atelier_style.h"
#include "ui/style/icons.h"
#include "ui/style/theme.h"
#include "ui/style/tokens.h"
#include "ui/widgets/controls.h"

using namespace atelier;
using style::Tokens;

class TestStyle : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void textReachesItsFloor_data();
    void textReachesItsFloor();
    void seriesAreTellable();
    void paletteTellsItsSet();
    void everyIconIsDrawn();
    void iconsFollowTheTheme();
    void sheetHasNoOpenNames();
    void figuresAreGrouped();
};

void TestStyle::textReachesItsFloor_data() {
    QTest::addColumn<QColor>("ink");
    QTest::addColumn<QColor>("ground");
    QTest::addColumn<double>("floor");
    for (const Tokens* t : {&style::kLight, &style::kDark}) {
        const std::string set = t->dark ? "dark " : "light ";
        const auto row = [&](const char* name, const QColor& ink, const QColor& ground, double floor) {
            QTest::newRow((set + name).c_str()) << ink << ground << floor;
        };
        row("text on surface", t->text, t->surface, 7.0);
        row("text on bg", t->text, t->bg, 7.0);
        row("text on raised", t->text, t->raised, 7.0);
        row("text on sunken", t->text, t->sunken, 7.0);
        row("text on accentSoft", t->text, t->accentSoft, 7.0);
        row("text2 on surface", t->text2, t->surface, 4.5);
        row("text2 on sunken", t->text2, t->sunken, 4.5);
        row("text2 on accentSoft", t->text2, t->accentSoft, 4.5);
        row("text2 on pressed", t->text2, t->pressed, 4.5);
        row("text3 on surface", t->text3, t->surface, 4.5);
        row("text3 on sunken", t->text3, t->sunken, 4.5);
        row("accentText on accent", t->accentText, t->accent, 4.5);
        row("accentText on accentHover", t->accentText, t->accentHover, 4.5);
        row("accentInk on surface", t->accentInk, t->surface, 4.5);
        row("accentInk on accentSoft", t->accentInk, t->accentSoft, 4.5);
        row("accentInk on sunken", t->accentInk, t->sunken, 4.5);
        row("good on surface", t->good, t->surface, 4.5);
        row("good on goodSoft", t->good, t->goodSoft, 4.5);
        row("warn on surface", t->warn, t->surface, 4.5);
        row("warn on warnSoft", t->warn, t->warnSoft, 4.5);
        row("bad on surface", t->bad, t->surface, 4.5);
        row("bad on badSoft", t->bad, t->badSoft, 4.5);
        row("yaml key", t->yamlKey, t->surface, 4.5);
        row("yaml string", t->yamlString, t->surface, 4.5);
        row("yaml number", t->yamlNumber, t->surface, 4.5);
        row("yaml comment", t->yamlComment, t->surface, 4.5);
        row("yaml comment on accentSoft", t->yamlComment, t->accentSoft, 4.5);
        row("outline on surface", t->lineStrong, t->surface, 3.0);
        row("outline on bg", t->lineStrong, t->bg, 3.0);
        row("accent as a mark", t->accent, t->surface, 3.0);
        row("white on its backdrop", t->pictureText, style::rgb(0x1F1E1B), 7.0);
        for (std::size_t i = 0; i < t->chart.size(); ++i)
            row(("series " + std::to_string(i + 1)).c_str(), t->chart[i], t->surface, 3.0);
    }
}

void TestStyle::textReachesItsFloor() {
    QFETCH(QColor, ink);
    QFETCH(QColor, ground);
    QFETCH(double, floor);
    const double ratio = style::contrast(ink, ground);
    QVERIFY2(ratio >= floor, qPrintable(QStringLiteral("%1 < %2").arg(ratio).arg(floor)));
}

void TestStyle::seriesAreTellable() {
    for (const Tokens* t : {&style::kLight, &style::kDark})
        for (std::size_t i = 0; i < t->chart.size(); ++i)
            for (std::size_t j = 0; j < i; ++j) QVERIFY(t->chart[i] != t->chart[j]);
    // Published values of WCAG for two known pairs.
    QCOMPARE(qRound(style::contrast(Qt::black, Qt::white) * 10), 210);
    QCOMPARE(qRound(style::contrast(style::kLight.accent, Qt::white) * 10), 66);
}

void TestStyle::paletteTellsItsSet() {
    QVERIFY(!style::tokens(style::makePalette(style::kLight)).dark);
    QVERIFY(style::tokens(style::makePalette(style::kDark)).dark);
}

void TestStyle::everyIconIsDrawn() {
    const QStringList files =
        QDir(QStringLiteral(ATELIER_SOURCE_DIR "/resources/icons")).entryList({QStringLiteral("*.svg")});
    QVERIFY(files.size() >= 50);
    for (const QString& file : files) {
        const QString name = file.chopped(4);
        QVERIFY2(style::hasIcon(name), qPrintable(name));
        const QImage image = style::iconPixmap(name, 20, style::Tone::Text, 2.0).toImage();
        QCOMPARE(image.width(), 40);
        int inked = 0;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x) inked += qAlpha(image.pixel(x, y)) > 100;
        QVERIFY2(inked > 20, qPrintable(name));
    }
}

void TestStyle::iconsFollowTheTheme() {
    style::Theme theme(*qApp, false);
    QCOMPARE(style::tokens().dark, false);
    const QIcon icon = style::icon(QStringLiteral("menu"));
    const auto ink = [&] {
        const QImage image = icon.pixmap(24, 24).toImage();
        return image.pixelColor(12, 12);
    };
    QVERIFY(ink().lightness() < 100);
    QSignalSpy changed(&theme, &style::Theme::changed);
    theme.setChoice(true);
    QCOMPARE(changed.size(), 1);
    QVERIFY(style::tokens().dark);
    QVERIFY(ink().lightness() > 150);
}

void TestStyle::sheetHasNoOpenNames() {
    QVERIFY(!style::makeSheet(style::kLight).contains(QLatin1Char('@')));
    QVERIFY(style::makeSheet(style::kDark).contains(style::kDark.raised.name()));
}

void TestStyle::figuresAreGrouped() {
    QCOMPARE(figure(7), QStringLiteral("7"));
    QCOMPARE(figure(1234567), QStringLiteral("1\u202F234\u202F567"));
    QCOMPARE(figure(-1000), QStringLiteral("\u22121\u202F000"));
}

QTEST_MAIN(TestStyle)
#include "tst_style.moc"
