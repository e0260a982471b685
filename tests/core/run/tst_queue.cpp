// SPDX-License-Identifier: GPL-3.0-or-later
// The queue of runs: its file and edits, and the runner with engines that are real processes: order, devices,
// failures, the runner's death, several programs that edit at once.
#include <signal.h>

#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>
#include <thread>

#include "core/base/files.h"
#include "core/run/event_log.h"
#include "core/run/queue_runner.h"

using namespace atelier;
using namespace atelier::run;

class TestQueue : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> dir_;

    fs::path root() const { return dir_->path().toStdString(); }
    fs::path queue() const { return root() / "queue"; }
    static fs::path engine() { return qEnvironmentVariable("ATELIER_FAKE_ENGINE").toStdString(); }

    fs::path makeRun(const std::string& name, const std::string& behave = {},
                     const std::string& device = "cpu") {
        const RunFolder folder{root() / "runs" / name};
        const bool made =
            createRunFolder(folder) &&
            writeFileAtomic(folder.config(), "model: {pretrained: /m}\nsystem: {device: " + device +
                                                 "}\ndataset: {params: {path: /d.tar}}\n");
        if (!made || (!behave.empty() && !writeFileAtomic(folder.root / "behave", behave))) qFatal("no run");
        return folder.root;
    }
    static QueueEntry entry(const fs::path& folder, QueueDevice device = QueueDevice::Cpu) {
        QueueEntry e;
        e.folder = folder;
        e.device = device;
        e.added = unixNow();
        return e;
    }
    void add(const fs::path& folder, QueueDevice device = QueueDevice::Cpu) {
        const Status status =
            changeQueue(queue(), [&](Queue& q) { return addToQueue(q, entry(folder, device)); });
        QVERIFY2(status.has_value(), status ? "" : status.error().message().c_str());
    }
    std::vector<std::string> waiting() const {
        std::vector<std::string> names;
        if (const auto q = readQueue(queue()))
            for (const auto& e : q->entries) names.push_back(e.folder.filename().string());
        return names;
    }
    static bool working(const fs::path& folder) {
        const auto lock = inspectLock(RunFolder{folder});
        return lock && lock->state == LockState::Held;
    }
    static void end(const fs::path& folder) { QVERIFY(writeFileAtomic(folder / "end", "")); }
    using Names = std::vector<std::string>;

  private Q_SLOTS:
    void init() {
        dir_ = std::make_unique<QTemporaryDir>();
        qputenv("ATELIER_QUEUE", QByteArray::fromStdString(queue().string()));
    }
    void cleanup() {
        std::error_code error;
        for (const auto& run : fs::directory_iterator(root() / "runs", error))
            (void)writeFileAtomic(run.path() / "end", "");
        for (const auto& run : fs::directory_iterator(root() / "runs", error))
            QTRY_VERIFY(!working(run.path()));
        dir_.reset();
    }

    void anAbsentQueueIsEmptyAndOneOfSomethingElseIsNotTouched() {
        QVERIFY(readQueue(queue())->entries.empty());
        QVERIFY(createDirectories(queue()));
        QVERIFY(writeFileAtomic(queue() / "queue.json", "[1, 2"));
        QCOMPARE(int(readQueue(queue()).error().code), int(ErrorCode::Data));
        QVERIFY(!changeQueue(queue(), [](Queue& q) { return pauseQueue(q, true); }));
        QCOMPARE(*readFile(queue() / "queue.json"), std::string("[1, 2"));
    }

    void editsAreKept() {
        const fs::path a = makeRun("a"), b = makeRun("b"), c = makeRun("c");
        QueueEntry first = entry(a, QueueDevice::Gpu);
        first.overrides = {"system.batch_size=2"};
        QVERIFY(changeQueue(queue(), [&](Queue& q) { return addToQueue(q, first); }));
        add(b);
        add(c);
        QVERIFY(!changeQueue(queue(), [&](Queue& q) { return addToQueue(q, entry(b)); }));
        QVERIFY(!changeQueue(queue(), [&](Queue& q) { return addToQueue(q, entry(root())); }));
        QVERIFY(changeQueue(queue(), [&](Queue& q) { return moveInQueue(q, c, 0); }));
        QCOMPARE(waiting(), (Names{"c", "a", "b"}));
        QVERIFY(changeQueue(queue(), [&](Queue& q) { return moveInQueue(q, c, 99); }));
        QVERIFY(changeQueue(queue(), [&](Queue& q) { return removeFromQueue(q, b); }));
        QCOMPARE(waiting(), (Names{"a", "c"}));
        QVERIFY(!changeQueue(queue(), [&](Queue& q) { return removeFromQueue(q, b); }));
        QVERIFY(changeQueue(queue(), [&](Queue& q) { return pauseQueue(q, true, "why"); }));
        const Queue kept = *readQueue(queue());
        QVERIFY(kept.paused);
        QCOMPARE(kept.pausedWhy, std::string("why"));
        QVERIFY(kept.entries[0] == first);
    }

    void programsThatEditAtOnceLoseNothing() {
        for (int i = 0; i < 40; ++i) makeRun("run-" + std::to_string(i));
        std::vector<std::thread> programs;
        for (int part = 0; part < 4; ++part)
            programs.emplace_back([&, part] {
                for (int i = part; i < 40; i += 4)
                    (void)changeQueue(queue(), [&](Queue& q) {
                        return addToQueue(q, entry(root() / "runs" / ("run-" + std::to_string(i))));
                    });
            });
        for (auto& program : programs) program.join();
        QCOMPARE(waiting().size(), std::size_t(40));
    }

    void oneAfterAnotherPerDevice() {
        const fs::path a = makeRun("a"), b = makeRun("b"), g = makeRun("g", {}, "cuda");
        QCOMPARE(int(queueDeviceOfRun(g)), int(QueueDevice::Gpu));
        QCOMPARE(int(queueDeviceOfRun(a)), int(QueueDevice::Cpu));
        add(a);
        add(b);
        add(g, QueueDevice::Gpu);
        auto runner = QueueRunner::open(queue(), engine());
        QVERIFY(runner.has_value());
        QVERIFY(QueueRunner::atWork(queue()));
        QVERIFY(!QueueRunner::open(queue(), engine()));  // one per queue
        QVERIFY(*runner->turn());
        QTRY_VERIFY(*runner->turn() && working(a) && working(g) && waiting() == Names{"b"});
        for (int i = 0; i < 5; ++i) QVERIFY(*runner->turn());
        QVERIFY(!working(b));  // the processor is taken
        QVERIFY(!deviceFree({}, QueueDevice::Cpu, runsAtWork()));
        end(a);
        QTRY_VERIFY((void(*runner->turn()), working(b)));
        QTRY_VERIFY(!*runner->turn());  // nothing waits: the runner may go
        QVERIFY(working(b) && working(g));
        QVERIFY(fs::exists(b / "logs/engine.log"));
    }

    void aRunStartedElsewhereIsWaitedFor() {
        const fs::path elsewhere = makeRun("elsewhere"), a = makeRun("a");
        QProcess shell;
        shell.start(QString::fromStdString(engine().string()),
                    {QStringLiteral("train"), QString::fromStdString(elsewhere.string())});
        QTRY_VERIFY(working(elsewhere));
        QCOMPARE(runsAtWork().size(), std::size_t(1));
        add(a);
        auto runner = QueueRunner::open(queue(), engine());
        for (int i = 0; i < 5; ++i) QVERIFY(*runner->turn());
        QVERIFY(!working(a));
        end(elsewhere);
        QVERIFY(shell.waitForFinished());
        QTRY_VERIFY((void(*runner->turn()), working(a)));
    }

    void aRunThatCannotStartSaysWhyAndTheNextOneStarts() {
        const fs::path bad = makeRun("bad", "refuse"), good = makeRun("good");
        add(bad);
        add(good);
        auto runner = QueueRunner::open(queue(), engine());
        QTRY_VERIFY((void(*runner->turn()), working(good)));
        QTRY_VERIFY(!*runner->turn());
        const Queue left = *readQueue(queue());
        QCOMPARE(left.entries.size(), std::size_t(1));
        QCOMPARE(left.entries[0].problem, std::string("model.pretrained: there is no such folder"));
        QVERIFY(!left.paused);
        // Put in again it begins anew, at the end.
        QVERIFY(fs::remove(bad / "behave"));
        add(bad);
        QVERIFY(readQueue(queue())->entries[0].problem.empty());
        end(good);
        QTRY_VERIFY((void(*runner->turn()), working(bad)));
    }

    void failuresInARowPauseTheQueue() {
        add(makeRun("a", "fail"));
        add(makeRun("b", "refuse"));
        add(makeRun("c"));
        auto runner = QueueRunner::open(queue(), engine());
        QTRY_VERIFY(!*runner->turn());
        const Queue left = *readQueue(queue());
        QVERIFY(left.paused);
        QVERIFY2(left.pausedWhy.find("2 runs in a row") == 0, left.pausedWhy.c_str());
        QCOMPARE(waiting(), (Names{"b", "c"}));  // a has failed in its folder, b says why it did not start
        QVERIFY(changeQueue(queue(), [](Queue& q) { return pauseQueue(q, false); }));
        QTRY_VERIFY((void(*runner->turn()), working(root() / "runs/c")));
    }

    void aKilledRunnerIsFollowedByAnother() {
        const fs::path a = makeRun("a"), b = makeRun("b");
        add(a);
        add(b);
        QProcess first;
        first.start(QString::fromStdString(engine().string()),
                    {QStringLiteral("queue"), QStringLiteral("run")});
        QTRY_VERIFY(working(a));
        first.kill();
        QVERIFY(first.waitForFinished());
        QVERIFY(!QueueRunner::atWork(queue()));
        QVERIFY(working(a));  // the run does not notice
        QVERIFY(QueueRunner::startProcess(queue(), engine()));
        QTRY_VERIFY(QueueRunner::atWork(queue()) && waiting() == Names{"b"});
        end(a);
        QTRY_VERIFY(working(b));
        QTRY_VERIFY(!QueueRunner::atWork(queue()));  // nothing waits: it went
    }

    void whatWasBegunByADeadRunnerIsNotStartedTwice() {
        const fs::path a = makeRun("a");
        QVERIFY(writeFileAtomic(a / "end", ""));
        add(a);
        // As if the runner had been killed between marking the run and seeing it begin; the run was short.
        QVERIFY(changeQueue(queue(), [&](Queue& q) {
            q.entries[0].launched = unixNow();
            return Status{};
        }));
        QCOMPARE(QProcess::execute(QString::fromStdString(engine().string()),
                                   {QStringLiteral("train"), QString::fromStdString(a.string())}),
                 0);
        auto runner = QueueRunner::open(queue(), engine());
        QVERIFY(!*runner->turn());
        QVERIFY(waiting().empty());
    }

    void aPausedQueueStartsNothing() {
        const fs::path a = makeRun("a");
        add(a);
        QVERIFY(changeQueue(queue(), [](Queue& q) { return pauseQueue(q, true); }));
        auto runner = QueueRunner::open(queue(), engine());
        QVERIFY(!*runner->turn());
        QVERIFY(!working(a));
    }

    void lastWordsAreThoseOfThisLaunch() {
        QVERIFY(!lastWords("$ engine train x\nall is well\n"));
        QVERIFY(!lastWords("$ one\nerror: old\n$ two\n"));
        QCOMPARE(*lastWords("$ one\nerror: old\n$ two\nhello\nerror: new. do this\n"),
                 std::string("new. do this"));
        QCOMPARE(*lastWords("error: first line"), std::string("first line"));
    }

    void theVerbEditsTheSameQueue() {
        const fs::path a = makeRun("a"), b = makeRun("b");
        const auto verb = [](const QStringList& words) {
            QProcess process;
            process.start(QStringLiteral(ATELIER_BIN_DIR "/atelier-engine"),
                          QStringList{QStringLiteral("queue")} + words);
            process.waitForFinished();
            return std::pair(process.exitCode(), process.readAllStandardOutput());
        };
        const QString as = QString::fromStdString(a.string()), bs = QString::fromStdString(b.string());
        for (const QString& run : {as, bs})
            QCOMPARE(verb({QStringLiteral("add"), run, QStringLiteral("--wait-only")}).first, 0);
        QCOMPARE(verb({QStringLiteral("add"), as, QStringLiteral("--wait-only")}).first, 2);
        QCOMPARE(verb({QStringLiteral("move"), bs, QStringLiteral("1")}).first, 0);
        QCOMPARE(waiting(), (Names{"b", "a"}));
        QCOMPARE(verb({QStringLiteral("pause")}).first, 0);
        QVERIFY(verb({QStringLiteral("list")}).second.startsWith("paused"));
        QVERIFY(verb({QStringLiteral("list"), QStringLiteral("--json")}).second.contains("\"paused\":true"));
        QCOMPARE(verb({QStringLiteral("remove"), bs}).first, 0);
        QCOMPARE(waiting(), (Names{"a"}));
    }
};

QTEST_GUILESS_MAIN(TestQueue)
#include "tst_queue.moc"
