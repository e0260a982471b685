// SPDX-License-Identifier: GPL-3.0-or-later
// Encodings, sidecars, tables, and which caption holds.
#include <QTemporaryDir>
#include <QtTest>

#include "core/data/scan.h"
#include "tests/core/data/pictures.h"

using namespace atelier;
using namespace atelier::data;
using test::writeFile;

namespace {
std::string utf16(const QString& text, bool big, bool mark) {
    std::string bytes = mark ? (big ? "\xfe\xff" : "\xff\xfe") : "";
    for (const QChar c : text) {
        const char low = char(c.unicode()), high = char(c.unicode() >> 8);
        bytes += big ? high : low;
        bytes += big ? low : high;
    }
    return bytes;
}
}  // namespace

class TestCaption : public QObject {
    Q_OBJECT
    QTemporaryDir temporary_;
    fs::path folder() const { return temporary_.path().toStdString(); }

  private Q_SLOTS:
    // Values are copied and destroyed by recursion: a file of brackets would exhaust the stack.
    void deepJsonIsRefused() {
        QTemporaryDir folder;
        const fs::path root = folder.path().toStdString();
        const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
        writeFile(root / "a.json", "{\"caption\":\"x\",\"deep\":" + deep + "}");
        const auto caption = readCaptionFile(root / "a.json");
        QVERIFY(!caption && caption.error().what.find("levels are nested") != std::string::npos);
        writeFile(root / "metadata.jsonl", "{\"file_name\":\"a.png\",\"text\":\"[\",\"deep\":" + deep +
                                               "}\n{\"file_name\":\"b.png\",\"text\":\"y\"}\n");
        const auto table = readTable(root / "metadata.jsonl");
        QVERIFY(table.has_value());
        QCOMPARE(table->rows.size(), std::size_t(1));
        QCOMPARE(table->problems.size(), std::size_t(1));
    }
    void encodings_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("encoding");
        const auto bytes = [](const std::string& s) { return QByteArray(s.data(), int(s.size())); };
        const QString fox = QStringLiteral("a fox 🦊 in Münster");
        const QString plain = QStringLiteral("a plain fox");
        QTest::newRow("utf-8") << fox.toUtf8() << fox << int(TextEncoding::Utf8);
        QTest::newRow("bom") << QByteArray("\xef\xbb\xbf") + fox.toUtf8() << fox
                             << int(TextEncoding::Utf8Bom);
        QTest::newRow("utf-16 le") << bytes(utf16(fox, false, true)) << fox << int(TextEncoding::Utf16Le);
        QTest::newRow("utf-16 be") << bytes(utf16(fox, true, true)) << fox << int(TextEncoding::Utf16Be);
        QTest::newRow("utf-16 le, no mark")
            << bytes(utf16(plain, false, false)) << plain << int(TextEncoding::Utf16Le);
        QTest::newRow("utf-16 be, no mark")
            << bytes(utf16(plain, true, false)) << plain << int(TextEncoding::Utf16Be);
        QTest::newRow("latin-1") << QByteArray("M\xfcnster") << QStringLiteral("Münster")
                                 << int(TextEncoding::Latin1);
        QTest::newRow("empty") << QByteArray() << QString() << int(TextEncoding::Utf8);
        QTest::newRow("half a pair") << QByteArray("\xff\xfe\x3e\xd8x\0", 6) << QStringLiteral("\uFFFDx")
                                     << int(TextEncoding::Utf16Le);
    }
    void encodings() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, text);
        QFETCH(int, encoding);
        const auto decoded = decodeText(bytes.toStdString());
        QCOMPARE(QString::fromStdString(decoded.text), text);
        QCOMPARE(int(decoded.encoding), encoding);
    }
    void sidecars() {
        writeFile(folder() / "a.txt", "first line\nsecond line\r\n");
        QCOMPARE(readCaptionFile(folder() / "a.txt")->text, std::string("first line\nsecond line"));
        writeFile(folder() / "a.json", R"({"caption": "by json", "rating": 5})");
        const auto json = readCaptionFile(folder() / "a.json");
        QCOMPARE(json->text, std::string("by json"));
        QCOMPARE(json->columns["rating"].get<int>(), 5);
        writeFile(folder() / "b.json", R"({"rating": 5})");
        QCOMPARE(readCaptionFile(folder() / "b.json").error().code, ErrorCode::Data);
        writeFile(folder() / "c.json", "{");
        QVERIFY(!readCaptionFile(folder() / "c.json"));
    }
    void jsonLines() {
        writeFile(folder() / "metadata.jsonl",
                  "{\"file_name\": \"x/a.jpg\", \"text\": \"A\", \"score\": 0.5}\n\nnot json\n{\"caption\": "
                  "\"no name\"}\n{\"file_name\": \"b.jpg\"}\n");
        const auto table = readTable(folder() / "metadata.jsonl");
        QVERIFY(table.has_value());
        QCOMPARE(table->rows.size(), std::size_t(2));
        QCOMPARE(*table->rows[0].caption, std::string("A"));
        QCOMPARE(table->rows[0].columns["score"].get<double>(), 0.5);
        QVERIFY(!table->rows[1].caption);
        QCOMPARE(table->problems.size(), std::size_t(2));
        QVERIFY2(table->problems[0].starts_with("line 3: "), table->problems[0].c_str());
    }
    void csv() {
        writeFile(folder() / "metadata.csv",
                  "\xef\xbb\xbf"
                  "file_name,caption,tag\r\na.jpg,\"one, "
                  "\"\"two\"\"\nthree\",x\r\nb.jpg,plain,y\r\nbroken,row\r\n");
        const auto table = readTable(folder() / "metadata.csv");
        QVERIFY2(table.has_value(), table ? "" : table.error().what.c_str());
        QCOMPARE(table->rows.size(), std::size_t(2));
        QCOMPARE(*table->rows[0].caption, std::string("one, \"two\"\nthree"));
        QCOMPARE(table->rows[1].columns["tag"].get<std::string>(), std::string("y"));
        QCOMPARE(table->problems.size(), std::size_t(1));
        QVERIFY2(table->problems[0].starts_with("line 5: "), table->problems[0].c_str());
        writeFile(folder() / "s.csv", "file_name;text\na.jpg;with, comma\n");
        QCOMPARE(*readTable(folder() / "s.csv")->rows[0].caption, std::string("with, comma"));
        writeFile(folder() / "n.csv", "name,text\na.jpg,x\n");
        QCOMPARE(readTable(folder() / "n.csv").error().code, ErrorCode::Data);
    }
    void differingCaptions() {
        const fs::path dir = folder() / "differ";
        writeFile(dir / "fox.jpg", "x");
        writeFile(dir / "fox.txt", "from txt\n");
        writeFile(dir / "fox.caption", "from caption");
        writeFile(dir / "same.jpg", "y");
        writeFile(dir / "same.txt", " equal ");
        writeFile(dir / "same.caption", "equal\n");
        writeFile(dir / "metadata.csv", "file_name,text,extra\nfox.jpg,from table,7\n");
        const std::vector<fs::path> sources{dir};
        const auto scan = scanSources(sources).value();
        const auto tables = CaptionTables::read(scan);
        const auto fox = findCaption(scan.images[0], tables);
        QCOMPARE(fox.caption.text, std::string("from txt"));
        QCOMPARE(fox.others.size(), std::size_t(2));
        QCOMPARE(fox.caption.columns["extra"].get<std::string>(), std::string("7"));
        QCOMPARE(findCaption(scan.images[0], tables, CaptionPreference::Caption).caption.text,
                 std::string("from caption"));
        QCOMPARE(findCaption(scan.images[0], tables, CaptionPreference::Table).caption.text,
                 std::string("from table"));
        QVERIFY(findCaption(scan.images[1], tables).others.empty());
    }
};

QTEST_GUILESS_MAIN(TestCaption)
#include "tst_caption.moc"
