// SPDX-License-Identifier: GPL-3.0-or-later
// Following a log from the event loop without holding it up.
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>
#include <fstream>

#include "tests/core/run/sample_events.h"
#include "ui/session/event_watcher.h"

using namespace atelier;
using namespace std::chrono_literals;

class TestEventWatcher : public QObject {
    Q_OBJECT
    QTemporaryDir dir_;
    int count_ = 0;
    QString fresh() { return dir_.filePath(QStringLiteral("%1.jsonl").arg(count_++)); }
    static void put(const QString& path, const std::string& text, std::ios::openmode mode = std::ios::app) {
        std::ofstream(path.toStdString(), std::ios::binary | mode) << text;
    }
    static std::string line(const run::EventBody& body) { return run::eventToLine({1, body}) + "\n"; }

  private Q_SLOTS:
    void arrivesAsItIsWritten() {
        const QString path = fresh();
        EventWatcher watcher(path);
        watcher.setInterval(10ms);
        std::vector<run::Event> seen;
        connect(&watcher, &EventWatcher::eventsArrived, this, [&](const std::vector<run::Event>& events) {
            seen.insert(seen.end(), events.begin(), events.end());
        });
        watcher.start();
        QTRY_VERIFY(watcher.caughtUp());  // an absent file is one without events
        const std::string text = line(run::Phase{"one"});
        put(path, text.substr(0, 20));
        QTest::qWait(50);
        QVERIFY(seen.empty());
        put(path, text.substr(20) + line(run::Phase{"two"}));
        QTRY_COMPARE(seen.size(), std::size_t(2));
        QCOMPARE(std::get<run::Phase>(seen[1].body).name, std::string("two"));
        watcher.stop();
        put(path, text);
        QTest::qWait(50);
        QCOMPARE(seen.size(), std::size_t(2));
        // Nothing is lost or told twice, wherever the worker was when it was stopped.
        for (int i = 0; i < 20; ++i) {
            watcher.start();
            QCoreApplication::processEvents();
            watcher.stop();
            put(path, text);
            QTest::qWait(2);
        }
        watcher.start();
        QTRY_COMPARE(seen.size(), std::size_t(2 + 21));
    }
    void aWatcherMayGoWhileItReads() {
        const QString path = fresh();
        std::string text;
        for (int i = 0; i < 20'000; ++i) text += line(run::Phase{"one"});
        put(path, text);
        for (int i = 0; i < 20; ++i) {
            auto watcher = std::make_unique<EventWatcher>(path);
            // Deleted by what it tells: the rest of the portion is not touched.
            connect(watcher.get(), &EventWatcher::eventsArrived, this, [&] { watcher.reset(); });
            watcher->start();
            if (i % 2 == 0) {
                QTRY_VERIFY(!watcher);
            } else {
                QCoreApplication::processEvents();
                watcher.reset();
            }
        }
        QThreadPool::globalInstance()->waitForDone();
        QCoreApplication::processEvents();
    }
    void replacedLogIsTold() {
        const QString path = fresh();
        put(path, line(run::Phase{"one"}) + line(run::Phase{"two"}));
        EventWatcher watcher(path);
        watcher.setInterval(10ms);
        int events = 0;
        connect(&watcher, &EventWatcher::eventsArrived, this,
                [&](const auto& batch) { events += int(batch.size()); });
        connect(&watcher, &EventWatcher::restarted, this, [&] { events = 0; });
        watcher.start();
        QTRY_COMPARE(events, 2);
        put(path, line(run::Phase{"x"}), std::ios::trunc);
        QTRY_COMPARE(events, 1);
    }
    void problemsComeAndGo() {
        const QString path = fresh();
        QDir().mkdir(path);
        EventWatcher watcher(path);
        watcher.setInterval(10ms);
        QSignalSpy problems(&watcher, &EventWatcher::problemChanged);
        watcher.start();
        QTRY_COMPARE(problems.count(), 1);
        QVERIFY(problems[0][0].toString().contains(path));
        QDir().rmdir(path);
        put(path, line(run::Phase{"one"}));
        QTRY_COMPARE(problems.count(), 2);
        QVERIFY(problems[1][0].toString().isEmpty());
    }
    // A folder that is deleted, or a disk that is pulled out, while somebody looks; and that comes back.
    void aLogThatGoesAwayIsToldAndMayComeBack() {
        const QString path = fresh();
        put(path, line(run::Phase{"one"}) + line(run::Phase{"two"}));
        EventWatcher watcher(path);
        watcher.setInterval(10ms);
        int events = 0, restarts = 0;
        connect(&watcher, &EventWatcher::eventsArrived, this,
                [&](const auto& batch) { events += int(batch.size()); });
        connect(&watcher, &EventWatcher::restarted, this, [&] { ++restarts; });
        QString problem;
        connect(&watcher, &EventWatcher::problemChanged, this, [&](const QString& text) { problem = text; });
        watcher.start();
        QTRY_COMPARE(events, 2);
        QVERIFY(QFile::rename(path, path + QStringLiteral(".away")));
        QTRY_VERIFY2(problem.contains(path), qPrintable(problem));
        QCOMPARE(restarts, 0);
        QVERIFY(QFile::rename(path + QStringLiteral(".away"), path));
        put(path, line(run::Phase{"three"}));
        QTRY_VERIFY2(problem.isEmpty(), qPrintable(problem));
        QTRY_COMPARE(events, 3);
        QCOMPARE(restarts, 0);
    }
    void newerFormatIsAProblem() {
        const QString path = fresh();
        put(path, "{\"v\":7,\"t\":1,\"type\":\"phase\",\"name\":\"x\"}\n");
        EventWatcher watcher(path);
        QSignalSpy problems(&watcher, &EventWatcher::problemChanged);
        watcher.start();
        QTRY_COMPARE(problems.count(), 1);
        QVERIFY(problems[0][0].toString().contains(QStringLiteral("newer Atelier")));
    }
    // A million events while a timer stands for the window: it gets its turns. (How long they are depends on
    // the machine.)
    void aMillionEventsInSlices() {
        const QString path = fresh();
        {
            std::ofstream out(path.toStdString(), std::ios::binary);
            std::string text;
            for (const auto& event : run::testing::wholeRun(1000))
                if (std::holds_alternative<run::Metric>(event.body)) text += run::eventToLine(event) + "\n";
            for (int i = 0; i < 1000; ++i) out << text;
        }
        EventWatcher watcher(path);
        std::size_t seen = 0, now = 0, most = 0;  // events: in all, in this turn, in the fullest turn
        std::vector<qint64> turns;
        QElapsedTimer turn, total;
        connect(&watcher, &EventWatcher::eventsArrived, this, [&](const auto& events) {
            seen += events.size();
            most = std::max(most, now += events.size());
        });
        QTimer frame;
        connect(&frame, &QTimer::timeout, this, [&] {
            const qint64 ns = turn.nsecsElapsed();
            if (now > 0) turns.push_back(ns);  // turns in which the watcher worked
            now = 0;
            turn.restart();
        });
        frame.start(0);
        total.start();
        turn.start();
        watcher.start();
        QTRY_VERIFY_WITH_TIMEOUT(watcher.caughtUp() && seen == 1'000'000, 30000);
        std::sort(turns.begin(), turns.end());
        const double median = double(turns[turns.size() / 2]) / 1e6,
                     p99 = double(turns[turns.size() * 99 / 100]) / 1e6;
        qInfo("%.2f s in all; a turn of the loop: median %.1f ms, 99 %% below %.1f ms",
              double(total.elapsed()) / 1e3, median, p99);
        QVERIFY2(most <= 100'000, qPrintable(QString::number(most)));
        QCOMPARE(watcher.fractionRead(), 1.0);
    }
};

QTEST_GUILESS_MAIN(TestEventWatcher)
#include "tst_event_watcher.moc"
