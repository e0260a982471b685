// SPDX-License-Identifier: GPL-3.0-or-later
// Names and kinds of run folders.
#include <QTemporaryDir>
#include <QtTest>

#include "core/run/run_folder.h"

using namespace atelier;
using namespace atelier::run;

class TestRunFolder : public QObject {
    Q_OBJECT
    QTemporaryDir dir_;
    fs::path root() const { return dir_.path().toStdString(); }

  private Q_SLOTS:
    void stepNames() {
        QCOMPARE(stepName(0), std::string("step-00000000"));
        QCOMPARE(stepName(1000), std::string("step-00001000"));
        QCOMPARE(stepName(1'234'567'890), std::string("step-1234567890"));
        for (const std::int64_t step : {0LL, 7LL, 99'999'999LL, 100'000'000LL, 9'000'000'000'000LL})
            QCOMPARE(stepOfName(stepName(step)).value(), step);
        for (const char* name : {"", "step-", "step-1", "step-0000000x", "step-000001000", "step--0000001",
                                 "xstep-00000001", "step-00000001.tmp", "step-99999999999999999999"})
            QVERIFY2(!stepOfName(name), name);
    }
    void kinds() {
        const auto run = root() / "run";
        QCOMPARE(kindOfFolder(run), FolderKind::Absent);
        QVERIFY(createDirectories(run));
        QCOMPARE(kindOfFolder(run), FolderKind::Empty);
        QVERIFY(writeFileAtomic(run / "notes.txt", "x"));
        QCOMPARE(kindOfFolder(run), FolderKind::Foreign);
        QVERIFY(writeFileAtomic(RunFolder{run}.config(), "x"));
        QCOMPARE(kindOfFolder(run), FolderKind::Exported);
        QVERIFY(writeFileAtomic(RunFolder{run}.events(), ""));
        QCOMPARE(kindOfFolder(run), FolderKind::Started);
    }
    void preparedOnce() {
        const RunFolder folder{root() / "emoji"};
        QVERIFY(prepareRun(folder, "experiment: {}\n"));
        QCOMPARE(readFile(folder.config()).value(), std::string("experiment: {}\n"));
        const auto again = prepareRun(folder, "other");
        QVERIFY(!again);
        QCOMPARE(again.error().code, ErrorCode::Usage);
        QVERIFY(again.error().hint.find("emoji-2") != std::string::npos);
        QCOMPARE(readFile(folder.config()).value(), std::string("experiment: {}\n"));
    }
    void freeNames() {
        QVERIFY(createDirectories(root() / "a"));
        QVERIFY(createDirectories(root() / "a-2"));
        QCOMPARE(freeRunName(root(), "a"), std::string("a-3"));
        QCOMPARE(freeRunName(root(), "b"), std::string("b"));
    }
    // Only checkpoints with DONE exist.
    void checkpointsNeedDone() {
        const RunFolder folder{root() / "cp"};
        for (const std::int64_t step : {30, 10, 20}) QVERIFY(createDirectories(folder.checkpointDir(step)));
        QVERIFY(createDirectories(folder.checkpoints() / "step-00000040.tmp"));
        QVERIFY(writeFileAtomic(folder.doneMarker(30), ""));
        QVERIFY(writeFileAtomic(folder.doneMarker(10), ""));
        QCOMPARE(completeCheckpoints(folder), (std::vector<std::int64_t>{10, 30}));
        QVERIFY(completeCheckpoints(RunFolder{root() / "nothing"}).empty());
        QCOMPARE(folder.relative(folder.pipelineDir(30)), std::string("checkpoints/step-00000030/pipeline"));
    }
};

QTEST_GUILESS_MAIN(TestRunFolder)
#include "tst_run_folder.moc"
