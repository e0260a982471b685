// SPDX-License-Identifier: GPL-3.0-or-later
// The queue on the Runs page, with engines that are processes: places and reasons, moving, pausing, taking
// out, going on without the studio, two studios at once.
#include <QAbstractButton>
#include <QMimeData>

#include "core/run/queue_runner.h"
#include "tests/ui/pages/runs_bench.h"
#include "ui/pages/runs_list.h"

using namespace atelier;
using test::Bench;
using test::labelText;

class TestRunsQueue : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void aBusyDeviceMakesAQueueThatIsSeenAndEdited() {
        Bench bench;
        const QString busy = bench.prepare("busy"), a = bench.prepare("a"), b = bench.prepare("b");
        bench.openWithQueue();
        QVERIFY(!bench.desk->begin(busy)->queued);
        QTRY_VERIFY(bench.runs.find(busy) != nullptr && bench.runs.find(busy)->active() &&
                    bench.runs.find(busy)->step > 0);
        QVERIFY(bench.desk->begin(a)->queued);
        QVERIFY(bench.desk->enqueue(b));
        QVERIFY(!bench.desk->enqueue(b));  // once is enough
        const auto place = [&](const QString& folder) {
            const RunSummary* run = bench.runs.find(folder);
            return run != nullptr && run->queued ? run->queued->place : 0;
        };
        QTRY_VERIFY(place(a) == 1 && place(b) == 2);
        QCOMPARE(bench.runs.rowCount(bench.runs.index(RunListModel::Queued, 0)), 2);
        QVERIFY2(bench.runs.find(a)->queued->reason.startsWith(QStringLiteral("after busy")),
                 qPrintable(bench.runs.find(a)->queued->reason));
        QCOMPARE(bench.runs.find(b)->queued->reason, QStringLiteral("after a"));
        QCOMPARE(stateWords(*bench.runs.find(a)), QStringLiteral("Next"));

        // The inspector's buttons, the keys and a drag move it.
        RunsList* list = bench.page->list();
        list->select(b);
        const auto press = [&](const QString& name) {
            for (auto* button : bench.page->findChildren<QAbstractButton*>())
                if (button->isVisible() && (button->accessibleName() == name || button->text() == name)) {
                    QTest::mouseClick(button, Qt::LeftButton);
                    return true;
                }
            return false;
        };
        QVERIFY(press(QStringLiteral("Earlier in the queue")));
        QTRY_VERIFY(place(b) == 1 && place(a) == 2);
        for (QAction* action : bench.page->actions())
            if (action->shortcut() == QKeySequence(Qt::ALT | Qt::Key_Down)) action->trigger();
        QTRY_VERIFY(place(b) == 2);
        const std::unique_ptr<QMimeData> dragged(bench.runs.mimeData({bench.runs.indexOf(b)}));
        const QModelIndex group = bench.runs.index(RunListModel::Queued, 0);
        QVERIFY(!bench.runs.canDropMimeData(dragged.get(), Qt::MoveAction, 0, 0,
                                            bench.runs.index(RunListModel::Running, 0)));
        QVERIFY(bench.runs.dropMimeData(dragged.get(), Qt::MoveAction, 0, 0, group));
        QTRY_VERIFY(place(b) == 1);

        // Paused: nothing is started although the device is free; said in a banner with its remedy.
        QVERIFY(press(QStringLiteral("Pause queue")));
        QTRY_VERIFY(labelText(bench.page.get()).contains(QStringLiteral("The queue is paused")));
        bench.end(busy);
        QTRY_VERIFY(bench.runs.find(busy)->status == run::RunStatus::Finished);
        QTest::qWait(400);
        QCOMPARE(place(b), 1);
        QVERIFY(press(QStringLiteral("Go on")));
        QTRY_VERIFY_WITH_TIMEOUT(bench.runs.find(b)->active(), 10000);
        QTRY_COMPARE(place(a), 1);
        list->select(a);
        QVERIFY(QTest::qWaitFor([&] { return press(QStringLiteral("Take out of the queue")); }));
        QTRY_COMPARE(place(a), 0);
        bench.end(b);
        QTRY_VERIFY(bench.runs.find(b)->status == run::RunStatus::Finished);
        QVERIFY(!bench.runs.find(a)->active());
    }

    // Two windows on one folder: each sees what the other does, and pressing Start in both starts one engine.
    void twoStudiosOnOneFolder() {
        Bench one, two;
        const QString a = one.prepare("a"), b = one.prepare("b");
        two.settings->setProjectFolder(one.home.path());
        one.openWithQueue();
        two.sharedQueue = one.queue();
        two.openWithQueue();
        QVERIFY(one.desk->start(a));
        QVERIFY(two.desk->start(a));
        const auto active = [](Bench& bench, const QString& run) {
            return bench.runs.find(run) != nullptr && bench.runs.find(run)->active();
        };
        QTRY_VERIFY_WITH_TIMEOUT(active(one, a) && active(two, a), 10000);
        QTest::qWait(500);
        int starts = 0;
        run::EventReader log(run::RunFolder{fs::path(a.toStdString())}.events());
        QVERIFY(log.read(
            [&](run::Event&& event) { starts += std::holds_alternative<run::RunStarted>(event.body); }));
        QCOMPARE(starts, 1);
        // Which of them came too late says nothing wrong of the run: it runs.
        QTRY_COMPARE(one.desk->monitor(a)->status(), run::RunStatus::Running);
        QTRY_COMPARE(two.desk->monitor(a)->status(), run::RunStatus::Running);
        QVERIFY(one.desk->begin(b)->queued);
        QVERIFY(!two.desk->enqueue(b));  // it waits already
        QTRY_VERIFY(two.runs.find(b) != nullptr && two.runs.find(b)->queued);
        // Taken out here while the other one looks, stopped there.
        one.desk->changeQueue(
            [path = fs::path(b.toStdString())](run::Queue& q) { return removeFromQueue(q, path); }, {});
        QTRY_VERIFY(!two.runs.find(b)->queued);
        two.desk->monitor(a)->controller().stop(true);
        QTRY_VERIFY_WITH_TIMEOUT(!active(one, a) && !active(two, a), 10000);
        QCOMPARE(one.runs.find(a)->status, run::RunStatus::Finished);
    }

    // The process that starts them needs no window; a studio that comes back finds the queue as it is.
    void theQueueGoesOnWithoutTheStudio() {
        Bench bench;
        const QString a = bench.prepare("a"), bad = bench.prepare("bad"), c = bench.prepare("c");
        QVERIFY(writeFileAtomic(fs::path(bad.toStdString()) / "behave", "refuse"));
        bench.openWithQueue();
        for (const QString& run : {a, bad, c}) QVERIFY(bench.desk->enqueue(run));
        QTRY_VERIFY_WITH_TIMEOUT(bench.runs.find(a) != nullptr && bench.runs.find(a)->active(), 10000);
        bench.page.reset();
        bench.desk.reset();
        bench.watcher.reset();
        bench.end(a);
        const auto held = [](const QString& run) {
            const auto lock = run::inspectLock(run::RunFolder{fs::path(run.toStdString())});
            return lock && lock->state == run::LockState::Held;
        };
        QTRY_VERIFY(held(c));
        bench.openWithQueue();
        QTRY_VERIFY(bench.runs.find(bad) != nullptr && bench.runs.find(bad)->queued);
        QTRY_COMPARE(stateWords(*bench.runs.find(bad)), QStringLiteral("Could not start"));
        QCOMPARE(bench.runs.find(bad)->queued->reason,
                 QStringLiteral("model.pretrained: there is no such folder"));
        bench.end(c);
        QTRY_VERIFY(!held(c));
    }
};

QTEST_MAIN(TestRunsQueue)
#include "tst_runs_queue.moc"
