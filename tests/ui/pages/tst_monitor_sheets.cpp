// SPDX-License-Identifier: GPL-3.0-or-later
// What the monitor does with a checkpoint (resume, branch, sample), and how it remembers a view, over real
// folders and a small program that behaves as the engine does on its command line.
#include <QApplication>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/version.h"
#include "core/run/run_folder.h"
#include "tests/support/fake_run.h"
#include "tests/ui/pages/runs_bench.h"
#include "ui/models/thumbnails.h"
#include "ui/pages/monitor_cards.h"
#include "ui/pages/monitor_resume_sheet.h"
#include "ui/pages/monitor_sample_sheet.h"
#include "ui/pages/monitor_view.h"
#include "ui/pages/runs_page.h"
#include "ui/session/engine_locator.h"
#include "ui/session/settings.h"
#include "ui/style/atelier_style.h"
#include "ui/style/tokens.h"
#include "ui/widgets/plot_view.h"
#include "ui/widgets/sample_grid.h"
#include "ui/widgets/sample_viewer.h"

using namespace atelier;
using test::FakePlan;
using test::FakeRun;

namespace {

// The Runs page with an engine that writes down what it is told.
struct Bench : test::Bench {
    Bench() {
        QFile program(home.filePath(QStringLiteral("atelier-engine")));
        if (!program.open(QIODevice::WriteOnly)) return;
        QFile source(QStringLiteral(ATELIER_SOURCE_DIR "/tests/support/fake_engine.sh"));
        if (!source.open(QIODevice::ReadOnly)) return;
        program.write(source.readAll()
                          .replace("VERSION", kVersion)
                          .replace("PICTURE", ATELIER_SOURCE_DIR "/resources/demo/emoji/1f308.png"));
        program.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    }
    void open() {
        test::Bench::open();
        engine->locate(home.filePath(QStringLiteral("atelier-engine")));
        QTRY_VERIFY2(desk->engineReady(), qPrintable(engine->info().problem));
    }
    QStringList words(const QString& folder) const {
        QFile file(folder + QStringLiteral(".words"));
        return file.open(QIODevice::ReadOnly)
                   ? QString::fromUtf8(file.readAll()).split(QLatin1Char('\n'), Qt::SkipEmptyParts)
                   : QStringList();
    }
};

FakePlan smallPlan() {
    FakePlan plan;
    plan.steps = 200;
    plan.batch = 8;
    return plan;
}

// Trained to 120 with checkpoints at 50 and 100, then stopped.
std::unique_ptr<FakeRun> stoppedRun(const QString& logs) {
    auto fake = std::make_unique<FakeRun>(logs, smallPlan());
    fake->start();
    fake->train(50, 1);
    fake->checkpoint(50);
    fake->train(100, 1);
    fake->checkpoint(100);
    fake->train(120, 1);
    fake->finish(run::FinishReason::Stopped);
    return fake;
}

QPushButton* button(const QWidget* root, const QString& text) {
    for (auto* b : root->findChildren<QPushButton*>())
        if (b->text() == text) return b;
    return nullptr;
}

}  // namespace

class TestMonitorSheets : public QObject {
    Q_OBJECT

    static ResumeSheet* resumeSheet(Bench& bench, qint64 step) {
        Q_EMIT bench.page->monitorView()->cards()->resumeWanted(step);
        return bench.page->findChild<ResumeSheet*>();
    }
    static void show(Bench& bench, const FakeRun& fake) {
        bench.page->showMonitor(fake.folder());
        RunMonitor* monitor = bench.page->monitorView()->monitor();
        QTRY_VERIFY(monitor->controller().caughtUp());
        QTRY_VERIFY(!monitor->settings().method.isEmpty());
        QTRY_COMPARE(monitor->newestCheckpoint(), monitor->state().checkpoints.back().checkpoint.step);
    }

  private Q_SLOTS:
    void theNewestCheckpointContinuesTheRun() {
        Bench bench;
        const auto fake = stoppedRun(bench.logs());
        bench.open();
        show(bench, *fake);
        ResumeSheet* sheet = resumeSheet(bench, 100);
        QVERIFY(sheet != nullptr && sheet->canContinue());
        QVERIFY(!sheet->grab().isNull());
        QString text;
        for (const QLabel* label : sheet->findChildren<QLabel*>()) text += label->text();
        QVERIFY2(text.contains(QStringLiteral("Steps 101 to 120")), qPrintable(text));
        sheet->setUntil(300);
        sheet->run();
        QTRY_COMPARE(bench.words(fake->folder()),
                     (QStringList{fake->folder(), QStringLiteral("experiment.num_examples_to_see=2400")}));
        // The page follows the new start: what came after the checkpoint is forgotten.
        QTRY_COMPARE(bench.page->monitorView()->monitor()->metrics().store().rows(), std::size_t(100));
        QCOMPARE(bench.page->location(), fake->folder());
    }

    void anOlderCheckpointBeginsANewRun() {
        Bench bench;
        const auto fake = stoppedRun(bench.logs());
        bench.open();
        show(bench, *fake);
        ResumeSheet* sheet = resumeSheet(bench, 50);
        QVERIFY(sheet != nullptr && !sheet->canContinue());
        sheet->setName(QString());
        QVERIFY(!sheet->problem().isEmpty());
        sheet->setName(QStringLiteral("../x"));
        QVERIFY(!sheet->problem().isEmpty());
        sheet->setName(QStringLiteral("second try"));
        QVERIFY(sheet->problem().isEmpty());
        sheet->run();
        const QString branch = bench.logs() + QStringLiteral("/second try");
        QTRY_COMPARE(bench.words(branch), QStringList{branch});
        QTRY_COMPARE(bench.page->location(), branch);
        QTRY_COMPARE(bench.page->monitorView()->monitor()->metrics().store().rows(), std::size_t(50));
        const run::RunFolder place{fs::path(branch.toStdString())};
        QCOMPARE(run::completeCheckpoints(place), std::vector<std::int64_t>{50});
        QVERIFY(readFile(place.config())->find("second try") != std::string::npos);
        // The run it came from is as it was.
        QCOMPARE(run::completeCheckpoints(fake->place()), (std::vector<std::int64_t>{50, 100}));
        QVERIFY(bench.words(fake->folder()).isEmpty());
        QCOMPARE(bench.desk->freeName(fake->folder()), QStringLiteral("emoji-scratch-128-2"));
    }

    void besideARunAtWorkOnlyANewOne() {
        Bench bench;
        FakeRun fake(bench.logs(), smallPlan());
        fake.holdLock();
        fake.start();
        fake.train(50, 1);
        fake.checkpoint(50);
        bench.open();
        show(bench, fake);
        QTRY_VERIFY(bench.page->monitorView()->monitor()->active());
        ResumeSheet* sheet = resumeSheet(bench, 50);
        QVERIFY(!sheet->canContinue());
        // A name that is taken: said by the one who looked, with a free one.
        sheet->setName(QStringLiteral("emoji-scratch-128"));
        sheet->run();
        QTRY_VERIFY2(sheet->problem().contains(QStringLiteral("emoji-scratch-128-2")),
                     qPrintable(sheet->problem()));
        sheet->reject();
    }

    void checkpointsThatAreGoneAreNotOffered() {
        Bench bench;
        const auto fake = stoppedRun(bench.logs());
        bench.open();
        show(bench, *fake);
        MonitorCards* cards = bench.page->monitorView()->cards();
        const auto rows = [&] {
            int n = 0;
            for (const auto* b : cards->findChildren<QToolButton*>())
                n += b->accessibleName().startsWith(QStringLiteral("Sample from the checkpoint"));
            return n;
        };
        QTRY_COMPARE(rows(), 2);
        QVERIFY(QDir(fake->folder() + QStringLiteral("/checkpoints/step-00000050")).removeRecursively());
        QTRY_COMPARE_WITH_TIMEOUT(rows(), 1, 10'000);
    }

    void picturesOnRequest() {
        Bench bench;
        const auto fake = stoppedRun(bench.logs());
        bench.open();
        show(bench, *fake);
        Q_EMIT bench.page->monitorView()->cards()->sampleWanted(100);
        auto* sheet = bench.page->findChild<SampleSheet*>();
        QVERIFY(sheet != nullptr);
        // Filled in from the run's own settings.
        QCOMPARE(sheet->order().prompt, QStringLiteral("fox, flat emoji style"));
        QVERIFY(sheet->order().model.endsWith(QStringLiteral("/checkpoints/step-00000100/pipeline")));
        QSignalSpy ended(sheet, &SampleSheet::jobEnded);

        sheet->setPrompt(QStringLiteral("-- a fox, it's \"red\""));
        sheet->setCount(3);
        QPushButton* make = button(sheet, QStringLiteral("Make pictures"));
        QVERIFY(make->isEnabled());
        make->click();
        QVERIFY(sheet->running() && !make->isEnabled());
        QTRY_COMPARE(ended.count(), 1);
        // The quotes break the little program's JSON, which the sheet must survive; in its words.
        QVERIFY2(!sheet->problem().isEmpty(), "unreadable list");

        sheet->setPrompt(QStringLiteral("-- a fox"));
        make->click();
        QTRY_COMPARE(ended.count(), 2);
        QVERIFY2(sheet->problem().isEmpty(), qPrintable(sheet->problem()));
        QCOMPARE(sheet->pictures().prompts(), 3);
        QVERIFY(sheet->pictures().entry(0, 0)->file.contains(QStringLiteral("/pictures/step-00000100/")));
        sheet->setPrompt(QStringLiteral("an owl"));
        sheet->setCount(1);
        make->click();
        QTRY_COMPARE(ended.count(), 3);
        QCOMPARE(sheet->pictures().prompts(), 4);  // what was made before stays beside it, newest first
        QCOMPARE(sheet->pictures().prompt(0), QStringLiteral("an owl"));
        sheet->openLarge(0);
        QVERIFY(bench.page->findChild<SampleViewer*>() != nullptr);
        QTest::keyClick(bench.page->findChild<SampleViewer*>(), Qt::Key_Escape);

        sheet->setPrompt(QStringLiteral("broken"));
        make->click();
        QTRY_COMPARE(ended.count(), 4);
        for (const char* part :
             {"the file ends early", "unet/weights.safetensors", "Use an older checkpoint."})
            QVERIFY2(sheet->problem().contains(QLatin1String(part)), qPrintable(sheet->problem()));
        QCOMPARE(sheet->pictures().prompts(), 4);
    }

    void cancelledPicturesLeaveNothing() {
        Bench bench;
        const auto fake = stoppedRun(bench.logs());
        bench.open();
        show(bench, *fake);
        Q_EMIT bench.page->monitorView()->cards()->sampleWanted(50);
        auto* sheet = bench.page->findChild<SampleSheet*>();
        QSignalSpy ended(sheet, &SampleSheet::jobEnded);
        sheet->setPrompt(QStringLiteral("slow"));
        sheet->run();
        const QString place = fake->folder() + QStringLiteral("/pictures/step-00000050/0001");
        QTRY_VERIFY(QFileInfo::exists(place));
        QElapsedTimer clock;
        clock.start();
        sheet->cancel();
        QTRY_COMPARE(ended.count(), 1);
        QVERIFY(clock.elapsed() < 5000);
        QVERIFY(sheet->problem().isEmpty());
        QVERIFY(!QFileInfo::exists(place));
        // A sheet that is closed takes its program along.
        sheet->run();
        QTRY_VERIFY(QFileInfo::exists(place));
        clock.restart();
        delete sheet;
        QVERIFY(clock.elapsed() < 3000);
    }

    void aViewIsKeptPerRunAndOverARestart() {
        Bench bench;
        FakePlan plan = smallPlan();
        FakeRun first(bench.logs(), plan);
        plan.name = "other";
        FakeRun second(bench.logs(), plan);
        for (FakeRun* fake : {&first, &second}) {
            fake->start();
            for (std::int64_t step = 50; step <= 150; step += 50) {
                fake->train(step, 1);
                fake->sample(step);
                fake->put(run::Metric{step, step * 8, {{"kl", 0.5}, {"val_loss", 0.2}}});
            }
            fake->checkpoint(150);
            fake->finish(run::FinishReason::Stopped);
        }
        bench.open();
        show(bench, first);
        MonitorView* view = bench.page->monitorView();
        QTRY_COMPARE(view->monitor()->samples().steps(), 3);
        view->plot()->setLogY(true);
        view->plot()->setRange(20, 90);
        view->samples()->setCurrentIndex(view->monitor()->samples().index(1, 1));
        view->cards()->setEventTab(1);
        const RunViewState wanted = view->view();
        QCOMPARE(wanted.sample, std::make_optional(std::make_pair(1, qint64(100))));
        // Another run has a view of its own …
        show(bench, second);
        QVERIFY(!view->plot()->logY() && !view->plot()->isZoomed());
        QCOMPARE(view->cards()->eventTab(), 0);
        // … and coming back shows the first as it was left.
        show(bench, first);
        QTRY_COMPARE(view->view(), wanted);
        // So does another start of the studio, also while the log is still being read.
        bench.close();
        bench.open();
        show(bench, first);
        view = bench.page->monitorView();
        QTRY_COMPARE(view->samples()->currentStep(), 100);
        QCOMPARE(view->view(), wanted);
        QCOMPARE(view->plot()->range(), std::make_pair(20.0, 90.0));
    }

    void viewsAreBoundedAndOddOnesHarmless() {
        Bench bench;
        bench.open();
        for (int i = 0; i < 320; ++i)
            bench.desk->rememberView(QStringLiteral("/runs/%1").arg(i), RunViewState{.tab = i % 4});
        QVERIFY(bench.settings->layoutNames(QStringLiteral("run-views")).size() <= 300);
        QCOMPARE(bench.desk->viewState(QStringLiteral("/runs/319")).tab, 3);
        for (const char* odd :
             {"", "{", "[]", "{\"tab\":99,\"axis\":-3,\"range\":[5,1],\"sample\":[\"x\"]}"}) {
            const RunViewState state = RunViewState::fromBytes(odd);
            QVERIFY(state.tab >= 0 && state.tab <= 3 && state.axis >= 0 && !state.range && !state.sample);
        }
    }

    void pictures() {
        const QString folder = qEnvironmentVariable("ATELIER_SHOTS");
        if (folder.isEmpty()) return;
        for (const bool dark : {false, true}) {
            style::apply(*qApp, dark ? style::kDark : style::kLight);
            const QString suffix = dark ? QStringLiteral("-dark.png") : QStringLiteral("-light.png");
            Bench bench;
            const auto fake = stoppedRun(bench.logs());
            bench.open();
            show(bench, *fake);
            ResumeSheet* resume = resumeSheet(bench, 100);
            QTest::qWait(300);
            bench.page->grab().save(folder + QStringLiteral("/resume") + suffix);
            resume->setName(QString());
            QTest::qWait(50);
            bench.page->grab().save(folder + QStringLiteral("/resume-problem") + suffix);
            resume->reject();
            bench.page->resize(947, 590);
            Q_EMIT bench.page->monitorView()->cards()->sampleWanted(100);
            auto* sheet = bench.page->findChild<SampleSheet*>();
            QSignalSpy ended(sheet, &SampleSheet::jobEnded);
            sheet->setCount(3);
            sheet->run();
            QTRY_COMPARE(ended.count(), 1);
            QTest::qWait(600);
            bench.page->grab().save(folder + QStringLiteral("/sample-small") + suffix);
            bench.page->resize(1363, 871);
            sheet->setPrompt(QStringLiteral("broken"));
            sheet->run();
            QTRY_COMPARE(ended.count(), 2);
            QTest::qWait(300);
            bench.page->grab().save(folder + QStringLiteral("/sample") + suffix);
        }
    }
};

int main(int argc, char** argv) {
    QApplication app(argc, argv);
    style::apply(app, style::kLight);
    TestMonitorSheets test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_monitor_sheets.moc"
