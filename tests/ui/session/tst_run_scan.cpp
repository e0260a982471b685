// SPDX-License-Identifier: GPL-3.0-or-later
// Finding runs and looking into them.
#include <QTemporaryDir>
#include <QtTest>
#include <fstream>

#include "tests/core/run/sample_events.h"
#include "ui/session/run_scan.h"

using namespace atelier;
using run::RunStatus;

class TestRunScan : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> dir_;
    fs::path root() const { return dir_->path().toStdString(); }

    static void write(const run::RunFolder& folder, const std::vector<run::Event>& events) {
        fs::create_directories(folder.root);
        std::ofstream out(folder.events(), std::ios::binary);
        for (const auto& event : events) out << run::eventToLine(event) << "\n";
    }
    static QStringList names(const std::vector<FoundRun>& runs) {
        QStringList names;
        for (const auto& run : runs) names << run.name;
        names.sort();
        return names;
    }

  private Q_SLOTS:
    void init() { dir_ = std::make_unique<QTemporaryDir>(); }

    void foundNewestFirst() {
        write({root() / "runs" / "old"}, run::testing::wholeRun(3));
        write({root() / "runs" / "new"}, run::testing::wholeRun(3));
        fs::last_write_time(root() / "runs/old/events.jsonl",
                            fs::file_time_type::clock::now() - std::chrono::hours(1));
        QVERIFY(run::prepareRun({root() / "runs" / "project" / "exported"}, "x: 1\n"));
        QVERIFY(createDirectories(root() / "runs" / "empty"));
        QVERIFY(createDirectories(root() / "runs" / ".hidden"));
        write({root() / "runs" / ".hidden" / "run"}, run::testing::wholeRun(3));
        write({root() / "elsewhere"}, run::testing::wholeRun(3));
        const QString runs = QString::fromStdString((root() / "runs").string());
        const auto found = scanRuns({runs, QString::fromStdString((root() / "elsewhere").string()), runs,
                                     QStringLiteral("/no/such/folder")});
        QCOMPARE(names(found), QStringList({QStringLiteral("elsewhere"), QStringLiteral("exported"),
                                            QStringLiteral("new"), QStringLiteral("old")}));
        QCOMPARE(found.back().name, QStringLiteral("old"));
        for (const auto& run : found)
            QCOMPARE(run.kind, run.name == QStringLiteral("exported") ? run::FolderKind::Exported
                                                                      : run::FolderKind::Started);
    }
    void glanceAtAShortLog() {
        const run::RunFolder folder{root() / "r"};
        write(folder, run::testing::wholeRun(50));
        const auto glance = glanceAt(QString::fromStdString(folder.root.string()), 0);
        QVERIFY(glance.whole && glance.readable);
        QCOMPARE(glance.status, RunStatus::Finished);
        QCOMPARE(glance.state.findSeries("loss")->size(), std::size_t(50));
    }
    // A long log costs no more than its two ends.
    void glanceAtALongLog() {
        const run::RunFolder folder{root() / "r"};
        write(folder, run::testing::wholeRun(20'000));
        QVERIFY(fs::file_size(folder.events()) > 1'000'000);
        const auto glance = glanceAt(QString::fromStdString(folder.root.string()), 0);
        QVERIFY(!glance.whole);
        QCOMPARE(glance.status, RunStatus::Finished);
        QCOMPARE(glance.state.progress.step, 20'000);
        QCOMPARE(glance.state.latest("loss").value(), 1.0 / 20'000);
        QCOMPARE(glance.state.attempts.size(), std::size_t(1));
        QVERIFY(glance.state.events < 10'000);
        QCOMPARE(glance.state.samples.back().sample.step, 20'000);
    }
    // A short run that was finished and then continued for long is running, not finished.
    void earlierEndIsNotTheEnd() {
        const run::RunFolder folder{root() / "r"};
        auto events = run::testing::wholeRun(5);
        auto more = run::testing::wholeRun(20'000, 1'790'001'000);
        for (std::size_t i = 0; i < 2000; ++i)  // so that the second start lies between the two ends
            events.push_back({1'790'000'500, run::Warning{"w", std::string(50, 'x'), ""}});
        more.pop_back();
        events.insert(events.end(), more.begin(), more.end());
        write(folder, events);
        const auto glance = glanceAt(QString::fromStdString(folder.root.string()), events.back().time);
        QVERIFY(!glance.whole);
        QCOMPARE(glance.status, RunStatus::Running);
    }
    void lockTellsTheTruth() {
        const run::RunFolder folder{root() / "r"};
        auto events = run::testing::wholeRun(50);
        events.pop_back();
        write(folder, events);
        const QString path = QString::fromStdString(folder.root.string());
        const double now = events.back().time;
        QCOMPARE(glanceAt(path, now).status, RunStatus::Running);  // a mirror without a lock
        QCOMPARE(glanceAt(path, now + 1000).status, RunStatus::NotHeardFrom);
        {
            const auto lock = run::RunLock::acquire(folder, "test");
            QVERIFY(lock);
            const auto glance = glanceAt(path, now);
            QCOMPARE(glance.status, RunStatus::Running);
            QCOMPARE(glance.lock, run::LockState::Held);
            QCOMPARE(glance.holder->program, std::string("test"));
        }
        QCOMPARE(glanceAt(path, now).status, RunStatus::Failed);  // let go without a last word
    }
    void nothingThere() {
        const auto glance = glanceAt(QStringLiteral("/no/such/run"), 0);
        QCOMPARE(glance.status, RunStatus::NotStarted);
        QVERIFY(glance.readable);
    }
    void unreadable() {
        QVERIFY(createDirectories(root() / "r" / "events.jsonl"));
        QVERIFY(!glanceAt(QString::fromStdString((root() / "r").string()), 0).readable);
    }
    void foldersThatCannotBeReadAreNamed() {
        const QString base = QString::fromStdString(root().string());
        QVERIFY(scanProblem({base, base + QStringLiteral("/none/yet")}).isEmpty());
        QVERIFY(writeFileAtomic(root() / "file", "x"));
        QVERIFY(scanProblem({base + QStringLiteral("/file")}).contains(QStringLiteral("is not a folder")));
        QVERIFY(createDirectories(root()));
        fs::create_symlink("loop", root() / "loop");  // refused to everybody, root too
        const QString problem = scanProblem({base, base + QStringLiteral("/loop")});
        QVERIFY2(problem.contains(QStringLiteral("/loop cannot be read")), qPrintable(problem));
        QVERIFY(scanRuns({base + QStringLiteral("/loop")}).empty());
    }
    void manyRuns() {
        for (int i = 0; i < 300; ++i) write({root() / "runs" / std::to_string(i)}, {{1, run::Phase{"x"}}});
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(scanRuns({QString::fromStdString((root() / "runs").string())}).size(), std::size_t(300));
        qInfo("300 runs found in %lld ms", timer.elapsed());
    }
};

QTEST_GUILESS_MAIN(TestRunScan)
#include "tst_run_scan.moc"
