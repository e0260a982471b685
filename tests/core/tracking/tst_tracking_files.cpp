// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes of the files that tracking writes, against golden ones; what the real readers make of them is in
// tests/interop.
#include <QTemporaryDir>
#include <QTest>

#include "core/tracking/sink.h"
#include "core/tracking/tensorboard_file.h"
#include "core/tracking/wire.h"

using namespace atelier;
using namespace atelier::tracking;

namespace {

QByteArray hexOf(const std::string& bytes) {
    return QByteArray::fromStdString(bytes).toHex();
}

}  // namespace

class TestTrackingFiles : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void checksums() {
        QCOMPARE(crc32c("123456789"), 0xe3069283u);
        QCOMPARE(crc32("123456789"), 0xcbf43926u);
        QCOMPARE(crc32(""), 0u);
        // Longer than one step of the table, and not a multiple of it.
        QCOMPARE(crc32c(std::string(32, '\0')), 0x8a9136aau);
        QCOMPARE(crc32("The quick brown fox jumps over the lazy dog"), 0x414fa339u);
    }
    void numbersOnTheWire() {
        QCOMPARE(hexOf(Message().integer(1, 300).integer(2, -1).bytes()),
                 QByteArray("08ac0210ffffffffffffffffff01"));
        QCOMPARE(hexOf(Message().text(16, "ab").bytes()), QByteArray("8201026162"));
        QCOMPARE(hexOf(Message().message(3, Message().integer(1, 150)).bytes()), QByteArray("1a03089601"));
    }
    void tensorBoardRecords() {
        QCOMPARE(
            hexOf(tensorboard::versionRecord(1700000000)),
            QByteArray("1800000000000000a37f4b220900000040fc54d9411a0d627261696e2e4576656e743a32eced8f9d"));
        QCOMPARE(hexOf(tensorboard::scalarsRecord(1700000001, 1, {{"loss", 0.5}})),
                 QByteArray(
                     "1a00000000000000129bd82d0900004040fc54d94110012a0d0a0b0a046c6f7373150000003f97d67404"));
        // A value of zero is written, though proto3 leaves zeros out.
        QVERIFY(hexOf(tensorboard::scalarsRecord(1, 0, {{"a", 0.0}}))
                    .contains("0a0161"
                              "1500000000"));
    }
    void newFilesSortLast() {
        QTemporaryDir dir;
        const fs::path folder = dir.path().toStdString();
        const auto first = tensorboard::newFilePath(folder, 1700000000.9, "host", 12);
        QCOMPARE(first.filename().string(), std::string("events.out.tfevents.1700000000.host.12.0"));
        QVERIFY(writeFileAtomic(first, ""));
        QVERIFY(writeFileAtomic(folder / "events.out.tfevents.1700000500.z.1.0", ""));
        QCOMPARE(tensorboard::newFilePath(folder, 1700000000, "host", 9).filename().string(),
                 std::string("events.out.tfevents.1700000501.host.9.0"));
    }
    void settingsByName() {
        const auto flat = flatSettings({{"a", {{"b", {1, "x"}}, {"c", nullptr}}}, {"d", true}});
        QCOMPARE(dumpJson(flat), std::string(R"({"a.b.0":1,"a.b.1":"x","d":true})"));
    }
    void picturesStayInTheirFolder() {
        QTemporaryDir dir;
        const run::RunFolder folder{dir.path().toStdString()};
        QVERIFY(createDirectories(folder.sampleDir(1)));
        std::string png("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\0\x20", 24);
        QVERIFY(writeFileAtomic(folder.sampleDir(1) / "0000.png", png));
        QVERIFY(writeFileAtomic(folder.root / "secret.png", png));
        QVERIFY(writeFileAtomic(folder.sampleDir(1) / "cut.png", png.substr(0, 20)));
        QVERIFY(
            writeFileAtomic(folder.sampleList(1),
                            R"({"samples":[{"file":"0000.png","prompt":"a fox"},{"file":"../../secret.png"},
                                    {"file":"cut.png"},{"file":"absent.png"},7,{"file":3}]})"));
        const auto pictures = picturesOf(folder, {1, "samples/step-00000001", 6, 0});
        QCOMPARE(pictures.size(), std::size_t{1});
        QCOMPARE(pictures[0].width, 256);
        QCOMPARE(pictures[0].height, 32);
        QCOMPARE(pictures[0].prompt, std::string("a fox"));
        QVERIFY(picturesOf(folder, {2, "samples/step-00000002", 1, 0}).empty());
    }
};

QTEST_GUILESS_MAIN(TestTrackingFiles)
#include "tst_tracking_files.moc"
