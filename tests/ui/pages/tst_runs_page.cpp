// SPDX-License-Identifier: GPL-3.0-or-later
// The Runs page over real folders that a fake engine fills: the list and its states, the monitor's live
// updates, control requests and their answers, reopening, failure, a long log. ATELIER_SHOTS=DIR also writes
// pictures, light and dark.
#include <QApplication>
#include <QComboBox>
#include <QFile>
#include <QHeaderView>
#include <QLabel>
#include <QMimeData>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>
#include <fstream>

#include "tests/ui/pages/runs_bench.h"
#include "ui/models/thumbnails.h"
#include "ui/pages/export_sheet.h"
#include "ui/pages/monitor_cards.h"
#include "ui/pages/monitor_view.h"
#include "ui/pages/runs_list.h"
#include "ui/pages/runs_page.h"
#include "ui/session/engine_locator.h"
#include "ui/session/settings.h"
#include "ui/style/atelier_style.h"
#include "ui/style/tokens.h"
#include "ui/widgets/plot_view.h"
#include "ui/widgets/sample_grid.h"
#include "ui/widgets/sample_viewer.h"

using namespace atelier;
using test::Bench;
using test::FakePlan;
using test::FakeRun;
using test::labelText;

namespace {

double residentMb() {
    QFile file(QStringLiteral("/proc/self/statm"));
    return file.open(QIODevice::ReadOnly) ? file.readAll().split(' ').value(1).toDouble() * 4096 / 1e6 : 0;
}

std::vector<QImage> emoji(std::initializer_list<const char*> names) {
    std::vector<QImage> pictures;
    for (const char* name : names)
        pictures.emplace_back(
            QStringLiteral(ATELIER_SOURCE_DIR "/resources/demo/emoji/%1.png").arg(QLatin1String(name)));
    return pictures;
}

}  // namespace

class TestRunsPage : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void anEmptyProjectSaysWhatToDo() {
        Bench bench;
        bench.open();
        QTRY_VERIFY(bench.watcher->firstScanDone());
        QTRY_VERIFY2(labelText(bench.page.get()).contains(QStringLiteral("No runs yet")),
                     qPrintable(labelText(bench.page.get())));
    }

    void everyColumnIsSeenAndNoDrawerOpensByItself() {
        Bench bench;
        FakePlan plan;
        plan.steps = 100;
        FakeRun run(bench.logs(), plan);
        run.start();
        run.train(50);
        run.finish(run::FinishReason::Completed);
        bench.open();
        QTRY_COMPARE(bench.runs.count(RunFilterKind::All), 1);
        bench.page->setMinimumSize(100, 100);  // as in the window, which may be narrower than all it holds
        QTreeView* view = bench.page->findChild<RunsList*>()->view();
        for (const int width : {1843, 1203, 1130, 923, 700}) {
            bench.page->resize(width, 700);
            QCoreApplication::processEvents();
            QVERIFY2(view->header()->length() <= view->viewport()->width(),
                     qPrintable(QStringLiteral("%1: %2 of %3")
                                    .arg(width)
                                    .arg(view->header()->length())
                                    .arg(view->viewport()->width())));
        }
        bench.page->resize(923, 700);
        QVERIFY(bench.page->open(run.folder()));
        QVERIFY(!bench.page->inspectorVisible());
        bench.page->openLocation({});
        QVERIFY(!bench.page->inspectorVisible());
    }

    void statesComeFromEventsAndProcesses() {
        Bench bench;
        FakePlan plan;
        plan.steps = 100;
        plan.batch = 8;
        const auto make = [&](const char* name) {
            plan.name = name;
            auto run = std::make_unique<FakeRun>(bench.logs(), plan);
            run->start();
            run->train(50);
            return run;
        };
        auto alive = make("alive");
        alive->holdLock();
        auto done = make("done");
        done->finish(run::FinishReason::Completed);
        auto failed = make("failed");
        failed->put(run::ErrorRaised{"io", "no space left on device", "checkpoints", "free 2 GB"});
        failed->finish(run::FinishReason::Failed);
        auto killed = make("killed");  // its process is gone without a word
        killed->lockAndDie();
        auto suspended = make("suspended");
        suspended->finish(run::FinishReason::Suspended);
        // Nobody knows of its process, and it has been silent for two days: it is not waited for.
        plan.name = "silent";
        FakeRun silent(bench.logs(), plan);
        silent.setTime(silent.time() - 2 * 86'400);
        silent.start();
        silent.train(50);
        bench.open();
        QTRY_COMPARE(bench.runs.count(RunFilterKind::All), 6);
        const auto status = [&](const char* name) {
            return bench.runs.find(bench.logs() + QLatin1Char('/') + QLatin1String(name))->status;
        };
        QCOMPARE(status("alive"), run::RunStatus::Running);
        QCOMPARE(status("done"), run::RunStatus::Finished);
        QCOMPARE(status("failed"), run::RunStatus::Failed);
        QCOMPARE(status("killed"), run::RunStatus::Failed);
        QCOMPARE(status("suspended"), run::RunStatus::Suspended);
        QCOMPARE(status("silent"), run::RunStatus::NotHeardFrom);
        QVERIFY(!bench.runs.find(silent.folder())->active());
        QCOMPARE(bench.page->badge(), 1);
        const RunSummary* run = bench.runs.find(alive->folder());
        QVERIFY2(run->settings->problem.isEmpty(), qPrintable(run->settings->problem));
        QVERIFY(run->settings->method.startsWith(QStringLiteral("From scratch")));
        QVERIFY(run->loss.has_value());
        QVERIFY(run->curve.size() > 2);
        // It ends while the list is on screen.
        alive->finish(run::FinishReason::Stopped);
        alive->dropLock();
        QTRY_COMPARE(status("alive"), run::RunStatus::Stopped);
        QTRY_COMPARE(bench.page->badge(), 0);
    }

    void aLogOfSomethingElseIsUnreadable() {
        Bench bench;
        const QString folder = bench.prepare("garbage");
        QVERIFY(
            writeFileAtomic(fs::path(folder.toStdString()) / "events.jsonl", "not a log\n\x01\x02\n{}\n"));
        bench.open();
        QTRY_VERIFY(bench.runs.find(folder) != nullptr);
        QCOMPARE(stateWords(*bench.runs.find(folder)), QStringLiteral("Unreadable"));
        QCOMPARE(bench.runs.count(RunFilterKind::Failed), 1);
        QVERIFY(bench.page->open(folder));
        QTRY_VERIFY2(labelText(bench.page.get()).contains(QStringLiteral("holds no events")),
                     qPrintable(labelText(bench.page.get())));
        QPushButton* start = nullptr;
        for (auto* button : bench.page->controls()->findChildren<QPushButton*>())
            if (button->text() == QLatin1String("Start") && button->isVisible()) start = button;
        QVERIFY(start == nullptr);
    }

    void theMonitorFollowsARunAndItsRequestsAreAnswered() {
        Bench bench;
        FakePlan plan;
        plan.steps = 2000;
        plan.batch = 8;
        FakeRun fake(bench.logs(), plan);
        fake.holdLock();
        fake.setTime(fake.time() - 300);
        fake.start();
        fake.train(500, 1, 0.3);
        fake.checkpoint(500);
        fake.sample(500, 1);
        bench.open();
        QVERIFY(bench.page->open(fake.folder()));
        MonitorView* view = bench.page->monitorView();
        RunMonitor* monitor = view->monitor();
        QTRY_COMPARE(monitor->metrics().store().rows(), std::size_t(500));
        QTRY_COMPARE(monitor->samples().steps(), 1);
        QTRY_COMPARE(monitor->status(), run::RunStatus::Running);
        QCOMPARE(int(monitor->fraction() * 100), 25);
        // Live: what the engine writes arrives by itself.
        fake.train(600, 1, 0.3);
        QTRY_COMPARE(monitor->metrics().store().rows(), std::size_t(600));
        QTRY_VERIFY(view->plot()->summary().contains(QStringLiteral("at step 600")));

        // S and K ask; the note tells what became of it.
        bench.page->activateWindow();
        view->setFocus();
        for (QAction* action : bench.page->actions())
            if (action->shortcut() == QKeySequence(Qt::Key_K) ||
                action->shortcut() == QKeySequence(Qt::Key_S))
                action->trigger();
        QTRY_VERIFY2(bench.page->controls()->note().contains(QStringLiteral("asked")),
                     qPrintable(bench.page->controls()->note()));
        std::vector<std::string> served;
        QTRY_VERIFY(([&] {
            for (const std::string& name : fake.serve()) served.push_back(name);
            return served.size() == 2;
        }()));
        QTRY_VERIFY2(bench.page->controls()->note().contains(QStringLiteral("done")),
                     qPrintable(bench.page->controls()->note()));
        QTRY_COMPARE(monitor->samples().steps(), 2);
        QCOMPARE(monitor->state().checkpoints.size(), std::size_t(2));

        // The studio dies; another one shows everything again.
        const QString before = view->plot()->summary();
        bench.page.reset();
        bench.desk.reset();
        bench.open();
        QVERIFY(bench.page->open(fake.folder() + QStringLiteral("/events.jsonl")));
        monitor = bench.page->monitorView()->monitor();
        QTRY_COMPARE(monitor->metrics().store().rows(), std::size_t(600));
        QTRY_COMPARE(monitor->samples().steps(), 2);
        QTRY_COMPARE(bench.page->monitorView()->plot()->summary(), before);

        // Stop, from here.
        for (QAction* action : bench.page->actions())
            if (action->shortcut() == QKeySequence(Qt::CTRL | Qt::Key_Period)) {
                QTRY_VERIFY(action->isEnabled());
                action->trigger();
            }
        served.clear();
        QTRY_VERIFY(([&] {
            for (const std::string& name : fake.serve()) served.push_back(name);
            return served == std::vector<std::string>{"stop"};
        }()));
        QTRY_COMPARE(monitor->status(), run::RunStatus::Stopped);
    }

    void samplesOpenLargeAndFollowTheKeys() {
        Bench bench;
        FakePlan plan;
        plan.steps = 2000;
        FakeRun fake(bench.logs(), plan);
        fake.start();
        for (std::int64_t step = 500; step <= 1500; step += 500) {
            fake.train(step);
            fake.sample(step, step == 1000 ? 2 : -1);
        }
        bench.open();
        bench.page->showMonitor(fake.folder());
        MonitorView* view = bench.page->monitorView();
        QTRY_COMPARE(view->monitor()->samples().steps(), 3);
        view->openSample(0, 0);
        auto* viewer = bench.page->findChild<SampleViewer*>();
        QVERIFY(viewer != nullptr);
        QTest::keyClick(viewer, Qt::Key_Right);
        QTest::keyClick(viewer, Qt::Key_Right);
        QTest::keyClick(viewer, Qt::Key_Right);
        QCOMPARE(viewer->column(), 2);
        QTest::keyClick(viewer, Qt::Key_Down);
        QCOMPARE(viewer->row(), 1);
        QTest::keyClick(viewer, Qt::Key_B);
        QCOMPARE(viewer->compare(), SampleViewer::Compare::BeforeAfter);
        QTest::keyClick(viewer, Qt::Key_D);
        QCOMPARE(viewer->compare(), SampleViewer::Compare::Difference);
        QTest::keyClick(viewer, Qt::Key_I);
        QVERIFY(viewer->infoShown());
        QVERIFY(viewer->accessibleDescription().contains(QStringLiteral("octopus")));
        viewer->grab();
        QSignalSpy closed(viewer, &SampleViewer::closed);
        QTest::keyClick(viewer, Qt::Key_Escape);
        QCOMPARE(closed.count(), 1);
        // The column shown large is the one marked beside the plot.
        QCOMPARE(view->samples()->currentStep(), 1500);
    }

    void aFailureNamesCauseAndRemedy() {
        Bench bench;
        FakeRun fake(bench.logs());
        fake.start();
        fake.train(740);
        fake.checkpoint(500);
        fake.put(run::ErrorRaised{"internal", "out of memory: 1.9 GB were missing", "backward pass",
                                  "use batch 2"});
        fake.finish(run::FinishReason::Failed);
        bench.open();
        bench.page->showMonitor(fake.folder());
        QTRY_VERIFY2(bench.page->banners()->has(QStringLiteral("run")),
                     qPrintable(labelText(bench.page.get())));
        const QString words = labelText(bench.page->banners());
        QVERIFY2(words.contains(QStringLiteral("1.9 GB were missing")), qPrintable(words));
        QVERIFY2(words.contains(QStringLiteral("Step 500 is saved")), qPrintable(words));
        const QString report = bench.page->monitorView()->monitor()->report();
        QVERIFY(report.contains(QStringLiteral("0123456789abcdef")) &&
                report.contains(QStringLiteral("use batch 2")));
        bench.page->showList();
        QVERIFY(!bench.page->banners()->has(QStringLiteral("run")));
    }

    void foldersFromElsewhereAndOddPaths() {
        Bench bench;
        QTemporaryDir other;
        FakeRun fake(other.path());
        fake.start();
        bench.open();
        QSignalSpy messages(bench.page.get(), &Page::messageRaised);
        QVERIFY(!bench.page->open(QStringLiteral("/nowhere/at/all")));
        QCOMPARE(messages.count(), 1);
        Dropped dropped;
        dropped.kind = DroppedKind::Run;
        dropped.paths = {fake.folder()};
        const auto targets = bench.page->dropTargets(dropped);
        QCOMPARE(targets.size(), 1);
        targets[0].drop(dropped);
        QCOMPARE(bench.page->location(), fake.folder());
        QTRY_VERIFY(bench.runs.find(fake.folder()) != nullptr);
        QVERIFY(bench.runs.find(fake.folder())->elsewhere);
        bench.page->openLocation({});
        QVERIFY(!bench.page->monitorShown());
    }

    // (d) of the four uses: the sheet hands the run's own configuration to the engine, which writes a folder
    // that runs.
    void exportsThroughTheEngine() {
        Bench bench;
        FakeRun fake(bench.logs());
        fake.start();
        fake.finish(run::FinishReason::Stopped);
        bench.open();
        bench.engine->locate(QStringLiteral(ATELIER_BIN_DIR "/atelier-engine"));
        QTRY_VERIFY2_WITH_TIMEOUT(bench.desk->engineReady(), qPrintable(bench.engine->info().problem),
                                  10'000);
        QVERIFY(!bench.desk->clusters().empty());
        int done = 0;
        QString refused;
        const auto run = [&](const QString& target) {  // a sheet deletes itself when it is done
            auto* sheet =
                new ExportSheet(bench.page.get(), *bench.desk, fake.folder() + QStringLiteral("/config.yaml"),
                                QString::fromStdString(fake.plan().name));
            connect(sheet, &ExportSheet::exported, this, [&] { ++done; });
            connect(sheet, &ExportSheet::refused, this, [&](const QString& why) {
                refused = why;
                ++done;
            });
            sheet->setTarget(target);
            sheet->run();
        };
        const QString target = bench.home.filePath(QStringLiteral("for the cluster"));
        run(target);
        QTRY_VERIFY_WITH_TIMEOUT(done == 1, 20'000);
        QVERIFY2(refused.isEmpty(), qPrintable(refused));
        for (const char* file : {"config.yaml", "job.sbatch", "job.json", "README.txt"})
            QVERIFY2(QFileInfo::exists(target + QLatin1Char('/') + QLatin1String(file)), file);
        // Dropped back on the window it is a run that can be started.
        QVERIFY(bench.page->open(target));
        QTRY_VERIFY(bench.runs.find(target) != nullptr);
        QCOMPARE(bench.runs.find(target)->status, run::RunStatus::NotStarted);
        // The same place again: the engine's own words, in the sheet.
        run(target);
        QTRY_VERIFY_WITH_TIMEOUT(done == 2, 20'000);
        QVERIFY2(refused.startsWith(target), qPrintable(refused));
        // What is relative lands beside the last export, not in the folder that the window was started in.
        run(QStringLiteral("beside"));
        QTRY_VERIFY_WITH_TIMEOUT(done == 3, 20'000);
        QVERIFY(QFileInfo::exists(bench.home.filePath(QStringLiteral("beside/config.yaml"))));
        // Ctrl+E works in the list for the run that is chosen there.
        bench.page->openLocation({});
        bench.page->list()->select(fake.folder());
        for (const Page::MenuAction& entry : bench.page->pageActions())
            if (entry.action->shortcut() == QKeySequence(Qt::CTRL | Qt::Key_E))
                QVERIFY(entry.action->isEnabled() && entry.action->isVisible());
    }

    // A failure may stand above the run when its folder goes: that it is gone counts more.
    void aVanishedFolderIsSaid() {
        Bench bench;
        FakeRun fake(bench.logs());
        fake.start();
        fake.train(20);
        fake.put(run::ErrorRaised{"io", "the disk is full", "checkpoints/step-20", "Make room."});
        fake.finish(run::FinishReason::Failed);
        bench.open();
        bench.page->showMonitor(fake.folder());
        QTRY_VERIFY(labelText(bench.page->banners()).contains(QStringLiteral("the disk is full")));
        QVERIFY(QDir(fake.folder()).removeRecursively());
        QTRY_VERIFY_WITH_TIMEOUT(labelText(bench.page->banners()).contains(QStringLiteral("no longer there")),
                                 10'000);
        QVERIFY(!labelText(bench.page->banners()).contains(QStringLiteral("the disk is full")));
    }

    void oddFoldersAreToldAndHarmNothing() {
        Bench bench;
        FakePlan plan;
        plan.steps = 2000;
        FakeRun fake(bench.logs(), plan);
        fake.holdLock();
        fake.start();
        fake.train(500);
        fake.sample(500);
        fake.put(run::UnknownEvent{"flux", {}});
        fake.put(run::UnknownEvent{"flux", {}});
        // A picture that ends early, one that is gone.
        QFile truncated(fake.folder() + QStringLiteral("/samples/step-00000500/0000.png"));
        QVERIFY(truncated.resize(60));
        QVERIFY(QFile::remove(fake.folder() + QStringLiteral("/samples/step-00000500/0001.png")));
        bench.open();
        bench.page->showMonitor(fake.folder());
        MonitorView* view = bench.page->monitorView();
        RunMonitor* monitor = view->monitor();
        QTRY_COMPARE(monitor->samples().steps(), 1);
        QTRY_VERIFY(bench.thumbnails->failed(truncated.fileName()));
        QVERIFY(monitor->samples().entry(1, 0)->failure.contains(QStringLiteral("0001.png is missing")));
        view->openSample(0, 0);
        view->grab();
        QTest::keyClick(bench.page->findChild<SampleViewer*>(), Qt::Key_Escape);
        QCOMPARE(monitor->events().asText(50).count(QStringLiteral("flux")), 1);
        // The folder is deleted while it is looked at: said, and what was read stays.
        QVERIFY(QDir(fake.folder()).removeRecursively());
        QTRY_VERIFY(bench.page->banners()->has(QStringLiteral("run")));
        QVERIFY2(labelText(bench.page->banners()).contains(QStringLiteral("no longer there")),
                 qPrintable(labelText(bench.page->banners())));
        QCOMPARE(monitor->metrics().store().rows(), std::size_t(50));
        QTRY_COMPARE(bench.runs.count(RunFilterKind::All), 0);
        // Asked for something, it answers instead of breaking.
        monitor->controller().stop(true);
        QTRY_VERIFY2(bench.page->controls()->note().contains(QStringLiteral("not sent")),
                     qPrintable(bench.page->controls()->note()));
        Q_EMIT view->cards()->resumeWanted(500);
        bench.page->showList();
        // A log folder that refuses to be read is not an empty one.
        QVERIFY(QDir(bench.logs()).removeRecursively());
        QVERIFY(QFile::link(bench.logs(), bench.logs()));
        QTRY_VERIFY(bench.page->banners()->has(QStringLiteral("scan")));
        QVERIFY(QFile::remove(bench.logs()));
        QTRY_VERIFY(!bench.page->banners()->has(QStringLiteral("scan")));
    }

    // The keyboard goes into a sheet, stays there, and what its keys mean to the page behind is not done.
    void aSheetTakesTheKeyboard() {
        Bench bench;
        FakeRun fake(bench.logs());
        fake.holdLock();
        fake.start();
        fake.train(100);
        fake.checkpoint(100);
        bench.open();
        bench.page->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(bench.page.get()));
        bench.page->showMonitor(fake.folder());
        MonitorView* view = bench.page->monitorView();
        QTRY_VERIFY(view->monitor()->active() && view->monitor()->controller().caughtUp());
        view->plot()->setFocus();
        int behind = 0;
        QAction key(bench.page.get());
        key.setShortcut(Qt::Key_F9);
        connect(&key, &QAction::triggered, this, [&] { ++behind; });
        bench.page->addAction(&key);
        QTest::keyClick(view->plot(), Qt::Key_F9);
        QCOMPARE(behind, 1);
        Q_EMIT view->cards()->resumeWanted(100);
        auto* sheet = bench.page->findChild<Sheet*>();
        QVERIFY(sheet != nullptr);
        QVERIFY(sheet->isAncestorOf(bench.page->focusWidget()));
        for (int i = 0; i < 12; ++i) {
            QTest::keyClick(bench.page->focusWidget(), Qt::Key_Tab);
            QVERIFY(sheet->isAncestorOf(bench.page->focusWidget()));
        }
        QTest::keyClick(bench.page->focusWidget(), Qt::Key_F9);
        QCOMPARE(behind, 1);
        QTest::keyClick(bench.page->focusWidget(), Qt::Key_Escape);
        QTRY_VERIFY(bench.page->findChild<Sheet*>() == nullptr);
        QCOMPARE(bench.page->focusWidget(), view->plot());
    }

    // A log of many events arrives in slices; no turn of the event loop may last long.
    void aLongLogOpensProgressively() {
        const bool bench1M = qEnvironmentVariableIsSet("ATELIER_BENCH");
        Bench bench;
        FakePlan plan;
        const int n = bench1M ? 1'000'000 : 60'000;
        plan.steps = n;
        FakeRun fake(bench.logs(), plan);
        fake.start();
        {
            std::ofstream out(fake.place().events(), std::ios::app);
            for (int i = 1; i <= n; ++i)
                out << run::eventToLine(
                           {1.7e9 + i * 0.1, run::Metric{i,
                                                         i * 64,
                                                         {{"loss", 0.1 + 0.1 / i + 0.01 * (i % 7)},
                                                          {"lr", 1e-4},
                                                          {"grad_norm", 1.0}}}})
                    << '\n';
        }
        fake.finish(run::FinishReason::Completed);
        bench.open();
        QTest::qWait(100);
        const double before = residentMb();
        bench.page->showMonitor(fake.folder());
        RunMonitor* monitor = bench.page->monitorView()->monitor();
        // What a person would feel: the time between two turns of a timer that always wants to run.
        QElapsedTimer total, turn;
        std::vector<double> turns;
        std::size_t first = 0;
        QTimer pulse;
        connect(&pulse, &QTimer::timeout, this, [&] {
            turns.push_back(double(turn.nsecsElapsed()) / 1e6);
            turn.start();
            if (first == 0) first = monitor->metrics().store().rows();
        });
        total.start();
        turn.start();
        pulse.start(0);
        while (monitor->metrics().store().rows() < std::size_t(n) && total.elapsed() < 100'000)
            QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
        pulse.stop();
        QCOMPARE(monitor->metrics().store().rows(), std::size_t(n));
        QVERIFY(first < std::size_t(n));
        std::sort(turns.begin(), turns.end());
        if (bench1M) {
            qInfo(
                "%d metric events in %.1f s, %zu turns of the event loop: median %.1f ms, 99 %% %.1f ms, "
                "longest %.1f ms; RSS %.0f MB, %.0f before",
                n, double(total.elapsed()) / 1000, turns.size(), turns[turns.size() / 2],
                turns[turns.size() * 99 / 100], turns.back(), residentMb(), before);
            QTest::qWait(500);
            qInfo("redraw %.2f ms, RSS %.0f MB", bench.page->monitorView()->plot()->redrawMs(), residentMb());
        }
        QTRY_COMPARE(monitor->status(), run::RunStatus::Finished);
    }

    void pictures() {
        const QString folder = qEnvironmentVariable("ATELIER_SHOTS");
        if (folder.isEmpty()) return;
        Bench bench;
        const double now = double(QDateTime::currentSecsSinceEpoch());
        FakePlan main;
        main.device = "cuda:0 NVIDIA GeForce RTX 4090";
        FakeRun fake(bench.logs(), main);
        fake.setPictures(emoji({"1f308", "02603", "1f31e"}));
        fake.holdLock();
        fake.setTime(now - 3420 * 0.415);
        fake.start();
        for (std::int64_t step = 0; step <= 3000; step += 500) {
            fake.train(step, 2);
            fake.sample(step, step == 1500 ? 1 : -1);
            if (step > 0) fake.checkpoint(step);
            if (step == 2500) {
                fake.train(2610, 2);
                fake.put(run::Warning{"non_finite_loss", "Loss not finite at step 2 611. Step skipped.",
                                      "Image crab-033 caused it."});
            }
        }
        fake.put(run::Memory{{{"weights", 600'000'000},
                              {"optimizer", 1'200'000'000},
                              {"activations", 6'000'000'000},
                              {"encoders", 1'100'000'000}},
                             9'300'000'000});
        fake.put(run::Device{0.97, 71.0, 8'900'000'000, 24'000'000'000});
        fake.put(run::Timing{0.004, 0.058, 0.324, 0.029});
        fake.train(3420, 2);
        fake.setTime(double(QDateTime::currentSecsSinceEpoch()));
        fake.progress(1080);
        const auto earlier = [&](const char* name, const char* method, std::int64_t to, double level,
                                 run::FinishReason reason, double age,
                                 std::initializer_list<const char*> pictures) {
            FakePlan plan;
            plan.name = name;
            plan.method = method;
            plan.level = level;
            FakeRun run(bench.logs(), plan);
            run.setPictures(emoji(pictures));
            run.setTime(now - age);
            run.start();
            run.train(to, 10);
            if (to >= 500) run.sample(to);
            if (reason == run::FinishReason::Failed)
                run.put(run::ErrorRaised{"internal",
                                         "out of memory: the backward pass needed 1.9 GB more than was free",
                                         "step 740", "use batch 2"});
            run.finish(reason);
        };
        earlier("emoji-lora-r64", "finetune", 740, 0.14, run::FinishReason::Failed, 4 * 3600,
                {"1f31d", "1f308", "02602"});
        earlier("emoji-finetune-512", "finetune", 4400, 0.088, run::FinishReason::Suspended, 9 * 3600,
                {"02603", "1f308", "02602"});
        earlier("emoji-lora-r8", "finetune", 6000, 0.095, run::FinishReason::Completed, 26 * 3600,
                {"1f31e", "1f308", "02602"});
        earlier("birds-scratch", "scratch", 6000, 0.11, run::FinishReason::Completed, 70 * 3600,
                {"02602", "1f308", "02603"});
        FakePlan exported;
        exported.name = "emoji-export";
        {
            FakeRun run(bench.logs(), exported);
            QFile::remove(run.folder() + QStringLiteral("/events.jsonl"));
        }
        for (const bool dark : {false, true}) {
            style::apply(*qApp, dark ? style::kDark : style::kLight);
            const QString suffix = dark ? QStringLiteral("-dark.png") : QStringLiteral("-light.png");
            bench.open();
            QTRY_COMPARE(bench.runs.count(RunFilterKind::All), 6);
            bench.page->list()->select(fake.folder());
            QTest::qWait(600);
            bench.page->grab().save(folder + QStringLiteral("/runs") + suffix);
            bench.page->showMonitor(fake.folder());
            QTRY_COMPARE(bench.page->monitorView()->monitor()->samples().steps(), 7);
            QTest::qWait(900);
            bench.page->monitorView()->samples()->setCurrentIndex(
                bench.page->monitorView()->monitor()->samples().index(1, 6));
            bench.page->grab().save(folder + QStringLiteral("/monitor") + suffix);
            bench.page->resize(947, 650);
            QTest::qWait(300);
            bench.page->grab().save(folder + QStringLiteral("/monitor-small") + suffix);
            bench.page->resize(1363, 871);
            bench.page->monitorView()->openSample(1, 6);
            auto* viewer = bench.page->findChild<SampleViewer*>();
            viewer->setCompare(SampleViewer::Compare::BeforeAfter);
            viewer->setInfo(true);
            QTest::qWait(500);
            bench.page->grab().save(folder + QStringLiteral("/viewer") + suffix);
            QTest::keyClick(viewer, Qt::Key_Escape);
            bench.page->showMonitor(bench.logs() + QStringLiteral("/emoji-lora-r64"));
            QTest::qWait(900);
            bench.page->grab().save(folder + QStringLiteral("/monitor-failed") + suffix);
            bench.page.reset();
            bench.desk.reset();
        }
    }
};

int main(int argc, char** argv) {
    QApplication app(argc, argv);
    style::apply(app, style::kLight);
    TestRunsPage test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_runs_page.moc"
