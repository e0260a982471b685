// SPDX-License-Identifier: GPL-3.0-or-later
// Suggestions, sizes, UTF-8 and JSON numbers.
#include <QtTest>
#include <limits>

#include "core/base/csv.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/base/version.h"

using namespace atelier;

class TestStrings : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void nearest() {
        const std::vector<std::string> names{"learning_rate", "warmup_length", "weight_decay"};
        QCOMPARE(nearestName("learning_rte", names), std::string("learning_rate"));
        QCOMPARE(nearestName("Learning_Rate", names), std::string("learning_rate"));
        QCOMPARE(nearestName("zzz", names), std::string());
    }
    void csvRoundTrip() {
        const std::vector<std::string> plain{"a.png", "", "12"}, nasty{"a, b", "say \"hi\"", "two\nlines"};
        QCOMPARE(csvLine(plain), std::string("a.png,,12\n"));
        QCOMPARE(csvLine(nasty), std::string("\"a, b\",\"say \"\"hi\"\"\",\"two\nlines\"\n"));
        QVERIFY(parseCsv(csvLine(plain) + csvLine(nasty)) == (std::vector{plain, nasty}));
    }
    void bytes_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("ok");
        QTest::addColumn<quint64>("value");
        QTest::newRow("plain") << "200000" << true << quint64(200000);
        QTest::newRow("MB") << "256MB" << true << quint64(256000000);
        QTest::newRow("MiB") << "1.5 MiB" << true << quint64(1572864);
        QTest::newRow("k") << "3k" << true << quint64(3000);
        QTest::newRow("negative") << "-1" << false << quint64(0);
        QTest::newRow("garbage") << "lots" << false << quint64(0);
        QTest::newRow("unit") << "5 parsec" << false << quint64(0);
    }
    void bytes() {
        QFETCH(QString, text);
        QFETCH(bool, ok);
        QFETCH(quint64, value);
        std::uint64_t parsed = 0;
        QCOMPARE(parseBytes(text.toStdString(), parsed), ok);
        if (ok) QCOMPARE(quint64(parsed), value);
    }
    void human() {
        QCOMPARE(humanBytes(999), std::string("999 B"));
        QCOMPARE(humanBytes(171'000'000), std::string("171 MB"));
        QCOMPARE(humanBytes(8'900'000'000), std::string("8.9 GB"));
        QCOMPARE(humanDuration(42), std::string("42 s"));
        QCOMPARE(humanDuration(18 * 60), std::string("18 min"));
        QCOMPARE(humanDuration(3 * 3600 + 5 * 60), std::string("3 h 05 min"));
    }
    void utf8() {
        QVERIFY(isValidUtf8("häuser 🦊"));
        QCOMPARE(validUtf8Prefix("ab\xff"), std::size_t(2));
        QVERIFY(!isValidUtf8("\xc0\xaf"));         // overlong
        QVERIFY(!isValidUtf8("\xed\xa0\x80"));     // surrogate
        QVERIFY(!isValidUtf8("abc\xf0\x9f\xa6"));  // cut short
    }
    void jsonNumbers() {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        QCOMPARE(dumpJson(Json{{"loss", jsonNumber(nan)}}), std::string(R"({"loss":"nan"})"));
        QVERIFY(std::isnan(numberFromJson(jsonNumber(nan), 0)));
        QVERIFY(!parseJson("{\"a\":", "x.json"));
        // What is said of a broken text is short and can be shown.
        const auto bytes = parseJson("\"" + std::string(100000, 'x') + "\xff\"", "x.json");
        QVERIFY(!bytes && bytes.error().what.size() < 600 && isValidUtf8(bytes.error().what));
    }
    // NIST's example for "abc".
    void sha256() {
        QCOMPARE(sha256Hex("abc"),
                 std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    }
    void versionIsTheBuildSystems() {
        const auto text = readFile(fs::path(ATELIER_SOURCE_DIR) / "CMakeLists.txt");
        QVERIFY(text);
        QVERIFY(text->find("VERSION " + std::string(kVersion) + " ") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestStrings)
#include "tst_strings.moc"
