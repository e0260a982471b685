// SPDX-License-Identifier: GPL-3.0-or-later
// The text of progress lines.
#include <QtTest>

#include "app/engine/progress.h"

using namespace atelier::cli;

class TestProgress : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void lines() {
        const ProgressState state{"write", 206, 412, 96.04, "images", 4, "41 MB"};
        QCOMPARE(QString::fromStdString(formatProgress(state, 200, BarStyle::None)),
                 QString("write     206 of 412  4 s left  96.0 images/s  41 MB"));
        QCOMPARE(QString::fromStdString(formatProgress(state, 200, BarStyle::Ascii)),
                 QString("write     ##########..........  206 of 412  4 s left  96.0 images/s  41 MB"));
        QVERIFY(QString::fromStdString(formatProgress(state, 200))
                    .contains(QStringLiteral("██████████          ")));
    }
    void narrowTerminalsGetLess() {
        const ProgressState state{"write", 206, 412, 96.04, "images", 4, "41 MB"};
        for (int width = 10; width < 90; ++width) {
            QVERIFY(QString::fromStdString(formatProgress(state, width)).size() <= width);
        }
        QVERIFY(formatProgress(state, 25).find("206 of 412") != std::string::npos);
    }
    void unknownTotals() {
        const ProgressState state{"scan", 1204, 0, 3900, "images", -1, ""};
        QCOMPARE(QString::fromStdString(formatProgress(state, 200)),
                 QString("scan      1204 images  3900 images/s"));
    }
    void finished() {
        const ProgressState state{"write", 412, 412, -1, "images", 0, ""};
        QVERIFY(QString::fromStdString(formatProgress(state, 200)).contains(QString(20, QChar(0x2588))));
        QVERIFY(formatProgress(state, 200).find("left") == std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestProgress)
#include "tst_progress.moc"
