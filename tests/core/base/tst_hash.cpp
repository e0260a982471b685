// SPDX-License-Identifier: GPL-3.0-or-later
// Hashes against published values, and of files in pieces.
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/hash.h"

using namespace atelier;

class TestHash : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void publishedValues() {
        QCOMPARE(sha256Hex("abc"),
                 std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        QCOMPARE(Xxh128().hexDigest(), std::string("99aa06d3014798d86001c324468d497f"));
        QCOMPARE(hex(xxh3("")), std::string("2d06800538d394c2"));
    }

    // More than one piece, and not a multiple of it.
    void filesAsInMemory() {
        QTemporaryDir dir;
        const fs::path path = fs::path(dir.path().toStdString()) / "large";
        std::string bytes;
        for (int i = 0; i < 400'001; ++i) bytes += char(i * 7 % 251);
        QVERIFY(writeFileAtomic(path, bytes));
        Xxh128 whole;
        whole.update(bytes);
        QCOMPARE(xxh128HexOfFile(path).value(), whole.hexDigest());
        QCOMPARE(sha256HexOfFile(path).value(), sha256Hex(bytes));
        QVERIFY(!sha256HexOfFile(path.parent_path()));
        QVERIFY(!xxh128HexOfFile(path.parent_path() / "absent"));
    }
};

QTEST_GUILESS_MAIN(TestHash)
#include "tst_hash.moc"
