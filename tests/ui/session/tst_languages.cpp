// SPDX-License-Identifier: GPL-3.0-or-later
// Languages: English counts, German has every text with its plurals and numbers, one text has one
// translation wherever it stands, and leaving a language leaves nothing of it.
#include <QLocale>
#include <QtTest>

#include "ui/session/languages.h"

using namespace atelier;

namespace {
QString said(const char* text, int n = -1, const char* comment = nullptr, const char* context = "x") {
    return QCoreApplication::translate(context, text, comment, n);
}
}  // namespace

class TestLanguages : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void englishCounts() {
        const Languages languages(*qApp, Language::English);
        QCOMPARE(languages.shown(), Language::English);
        QCOMPARE(said("%n image(s)", 1), QStringLiteral("1 image"));
        QCOMPARE(said("%n image(s)", 0), QStringLiteral("0 images"));
        QCOMPARE(said("no count"), QStringLiteral("no count"));
    }
    void germanCountsAndWritesNumbers() {
        const Languages languages(*qApp, Language::German);
        QCOMPARE(said("%n image(s)", 1), QStringLiteral("1 Bild"));
        QCOMPARE(said("%n image(s)", 7), QStringLiteral("7 Bilder"));
        QCOMPARE(said("Learning rate", -1, nullptr, "atelier::Anything"), QStringLiteral("Lernrate"));
        QCOMPARE(translated("Learning rate"), QStringLiteral("Lernrate"));
        QVERIFY(translated({}).isEmpty());
        QVERIFY2(said("Samples") != said("Samples", -1, "of a shard"), "two meanings, two words");
        QCOMPARE(QLocale().toString(1.5), QStringLiteral("1,5"));
        QCOMPARE(said("not a text of ours, %n image(s)", 2), QStringLiteral("not a text of ours, 2 images"));
    }
    void theSystemDecides() {
        const Languages languages(*qApp, Language::System);
        QCOMPARE(languages.shown(), Language::English);  // tests run in the C locale
        QCOMPARE(said("Learning rate"), QStringLiteral("Learning rate"));
    }
    void namesGoBothWays() {
        for (const Language one : {Language::System, Language::English, Language::German, Language::Pseudo})
            QCOMPARE(languageNamed(languageCode(one)), one);
        QCOMPARE(languageNamed(QStringLiteral("fr")), Language::System);
    }
    void pseudoIsLongerAndMarked() {
        const Languages languages(*qApp, Language::Pseudo);
        const QString text = said("%n image(s) in %1", 3);
        QVERIFY(text.startsWith(PseudoTexts::kOpen) && text.endsWith(PseudoTexts::kClose));
        QVERIFY(text.contains(QStringLiteral("3 images in %1")));
        QCOMPARE(said("Ctrl+K"), QStringLiteral("Ctrl+K"));
    }
    void nothingStays() {
        { const Languages languages(*qApp, Language::German); }
        QCOMPARE(said("Learning rate"), QStringLiteral("Learning rate"));
        QCOMPARE(QLocale().language(), QLocale::system().language());
    }
};

QTEST_GUILESS_MAIN(TestLanguages)
#include "tst_languages.moc"
