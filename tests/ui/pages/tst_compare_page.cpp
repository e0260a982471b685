// SPDX-License-Identifier: GPL-3.0-or-later
// The Compare page over real folders that a fake engine fills: curves, differences, results, pictures by run
// and step, taking out, trash, and the report. ATELIER_SHOTS=DIR also writes pictures, light and dark.
#include <QAbstractItemModelTester>
#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QMenu>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QToolButton>
#include <QtTest>

#include "tests/support/fake_run.h"
#include "ui/models/run_desk.h"
#include "ui/models/run_list_model.h"
#include "ui/models/thumbnails.h"
#include "ui/pages/compare_page.h"
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

struct Bench {
    QTemporaryDir home;
    Settings settings{home.filePath(QStringLiteral("studio.ini"))};
    EngineLocator engine;
    RunListModel runs;
    Thumbnails thumbnails;
    RunDesk desk{settings, engine};
    ComparePage page{runs, desk, thumbnails};
    std::vector<std::unique_ptr<FakeRun>> made;

    Bench() {
        page.resize(1363, 871);
        page.show();
    }
    QString run(const std::string& name, std::int64_t batch, std::int64_t steps, double level) {
        FakePlan plan;
        plan.name = name;
        plan.steps = 1000;
        plan.sampleEvery = plan.saveEvery = 200;
        plan.batch = batch;
        plan.level = level;
        auto run = std::make_unique<FakeRun>(home.path(), plan);
        run->start();
        for (std::int64_t step = 200; step <= steps; step += 200) {
            run->train(step);
            run->sample(step);
            run->checkpoint(step);
        }
        if (steps == plan.steps) run->finish(run::FinishReason::Completed);
        made.push_back(std::move(run));
        return made.back()->folder();
    }
    QString cell(const QString& name, int column) {
        for (int r = 0; r < page.table().rowCount(); ++r)
            if (page.table().index(r, 0).data().toString() == name)
                return page.table().index(r, column).data().toString();
        return QStringLiteral("no such row");
    }
};

}  // namespace

class TestComparePage : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void threeRunsSideBySide() {
        Bench bench;
        QAbstractItemModelTester rules(&bench.page.table(),
                                       QAbstractItemModelTester::FailureReportingMode::QtTest);
        const QStringList folders{bench.run("one", 64, 1000, 0.09), bench.run("two", 128, 600, 0.08),
                                  bench.run("three", 64, 800, 0.1)};
        bench.page.open(folders.join(ComparePage::kSeparator));
        RunComparison& comparison = bench.page.comparison();
        QCOMPARE(comparison.folders(), folders);
        QCOMPARE(bench.page.location(), folders.join(ComparePage::kSeparator));
        // Only what differs, under the run's own column.
        QTRY_COMPARE(bench.cell(QStringLiteral("system.batch_size"), 2), QStringLiteral("128"));
        QCOMPARE(bench.cell(QStringLiteral("system.batch_size"), 1), QStringLiteral("64"));
        QCOMPARE(bench.cell(QStringLiteral("dataset.params.resolution"), 1), QStringLiteral("no such row"));
        QCOMPARE(bench.cell(QStringLiteral("experiment.name"), 1), QStringLiteral("no such row"));
        bench.page.table().setAll(true);
        QCOMPARE(bench.cell(QStringLiteral("dataset.params.resolution"), 3), QStringLiteral("128"));
        bench.page.table().setAll(false);
        // Results and curves.
        QTRY_COMPARE(bench.cell(QStringLiteral("step"), 2), QStringLiteral("600"));
        QCOMPARE(bench.cell(QStringLiteral("state"), 1), QStringLiteral("Finished"));
        QCOMPARE(bench.page.plot()->series().size(), std::size_t(3));
        QCOMPARE(bench.page.plot()->series()[1].label, QStringLiteral("two"));
        // Pictures of one prompt: a row a run in their order, a column a step that any of them has.
        SampleModel& samples = comparison.samples();
        QTRY_COMPARE(samples.steps(), 5);
        QCOMPARE(samples.prompts(), 3);
        QCOMPARE(samples.prompt(1), QStringLiteral("two"));
        QVERIFY(samples.entry(0, 4) != nullptr && samples.entry(1, 4) == nullptr);
        QVERIFY(samples.entry(1, 2)->file.startsWith(folders[1]));
        QCOMPARE(comparison.prompts().size(), 3);
        comparison.setPrompt(comparison.prompts()[2]);
        QCOMPARE(comparison.prompt(), QStringLiteral("penguin in the snow"));
        QVERIFY(samples.entry(0, 0)->file.endsWith(QStringLiteral("0002.png")));
        // Taken out by its cross; the others keep their colours.
        const int colour = comparison.runs()[2].colour;
        for (QToolButton* cross : bench.page.findChildren<QToolButton*>())
            if (cross->toolTip().contains(QStringLiteral("two"))) {
                QTest::mouseClick(cross, Qt::LeftButton);
                break;
            }
        QTRY_COMPARE(comparison.runs().size(), std::size_t(2));
        QCOMPARE(comparison.runs()[1].colour, colour);
        QCOMPARE(samples.prompts(), 2);
        QCOMPARE(bench.page.plot()->series().size(), std::size_t(2));
        QCOMPARE(bench.cell(QStringLiteral("system.batch_size"), 1), QStringLiteral("no such row"));
    }

    void whatRunsOnArrives() {
        Bench bench;
        const QString folder = bench.run("going", 64, 200, 0.1);
        bench.page.open(folder);
        QTRY_COMPARE(bench.page.comparison().samples().steps(), 1);
        bench.made[0]->train(400);
        bench.made[0]->sample(400);
        QTRY_COMPARE(bench.page.comparison().samples().steps(), 2);
        QTRY_COMPARE(bench.cell(QStringLiteral("step"), 1), QStringLiteral("400"));
    }

    // The monitor keeps four runs open at most; those compared stay, and go when they are released.
    void comparedRunsStayOpen() {
        Bench bench;
        QStringList folders;
        for (int i = 0; i < 7; ++i) folders << bench.run("run" + std::to_string(i), 64, 200, 0.1);
        for (const QString& folder : folders) bench.page.comparison().add(folder);
        QCOMPARE(bench.page.comparison().runs().size(), std::size_t(RunComparison::kMost));
        for (const QString& folder : folders) bench.desk.monitor(folder);
        for (const auto& run : bench.page.comparison().runs()) QVERIFY(run.monitor);
        // Moved to the trash: it leaves the comparison.
        bench.desk.forget(folders[1]);
        QCOMPARE(bench.page.comparison().runs().size(), std::size_t(5));
        QVERIFY(!bench.page.comparison().contains(folders[1]));
        QCOMPARE(bench.page.plot()->series().size(), std::size_t(5));
        QPointer<RunMonitor> first = bench.page.comparison().runs()[0].monitor;
        bench.page.comparison().setFolders({});
        for (const QString& folder : folders.mid(1)) bench.desk.monitor(folder);
        QVERIFY(!first);
    }

    void runsOfOneNameAreToldApart() {
        Bench bench;
        const QString one = bench.run("same", 64, 200, 0.1);
        QVERIFY(QDir(bench.home.path()).mkdir(QStringLiteral("other")));
        FakePlan plan;
        plan.name = "same";
        FakeRun other(bench.home.filePath(QStringLiteral("other")), plan);
        other.start();
        bench.page.comparison().add(one);
        bench.page.comparison().add(other.folder());
        QCOMPARE(bench.page.comparison().runs()[1].name, QStringLiteral("other/same"));
        QVERIFY(bench.page.comparison().runs()[0].name != bench.page.comparison().runs()[1].name);
    }

    void viewerPutsRunsBesideEachOther() {
        Bench bench;
        bench.page.open(QStringList{bench.run("one", 64, 400, 0.09), bench.run("two", 128, 200, 0.08)}.join(
            ComparePage::kSeparator));
        QTRY_COMPARE(bench.page.comparison().samples().steps(), 2);
        Q_EMIT bench.page.grid()->opened(1, 0);
        auto* viewer = bench.page.window()->findChild<SampleViewer*>();
        QVERIFY(viewer);
        QTest::keyClick(viewer, Qt::Key_B);
        QCOMPARE(viewer->compare(), SampleViewer::Compare::BeforeAfter);
        viewer->grab();
        QTest::keyClick(viewer, Qt::Key_D);
        viewer->grab();
        QTest::keyClick(viewer, Qt::Key_Up);
        QCOMPARE(viewer->row(), 0);
        QTest::keyClick(viewer, Qt::Key_Right);  // the other run has no picture of this step
        viewer->grab();
        QTest::keyClick(viewer, Qt::Key_Escape);
    }

    void reportNeedsNothingElse() {
        Bench bench;
        bench.page.open(
            QStringList{bench.run("one", 64, 400, 0.09), bench.run("<b>two", 128, 200, 0.08)}.join(
                ComparePage::kSeparator));
        QTRY_COMPARE(bench.page.comparison().samples().steps(), 2);
        QTRY_COMPARE(bench.cell(QStringLiteral("system.batch_size"), 2), QStringLiteral("128"));
        const QString html = QString::fromUtf8(bench.page.report());
        QCOMPARE(html.count(QStringLiteral("data:image/png;base64,")), 3);
        QVERIFY(html.contains(QStringLiteral("<svg")) && html.contains(QStringLiteral("system.batch_size")));
        QVERIFY(html.contains(QStringLiteral("&lt;b&gt;two")) && !html.contains(QStringLiteral("<b>two")));
        QVERIFY(!html.contains(QStringLiteral("<script")) && !html.contains(QStringLiteral("src=\"http")));
        const QString markdown = bench.page.table().markdown();
        QVERIFY2(markdown.contains(QStringLiteral("| system.batch_size | 64 | 128 |")), qPrintable(markdown));
        if (const QString shots = qEnvironmentVariable("ATELIER_SHOTS"); !shots.isEmpty()) {
            QFile file(shots + QStringLiteral("/comparison.html"));
            if (file.open(QIODevice::WriteOnly)) file.write(html.toUtf8());
        }
    }

    void pictures() {
        const QString shots = qEnvironmentVariable("ATELIER_SHOTS");
        if (shots.isEmpty()) return;
        Bench bench;
        bench.page.grab().save(shots + QStringLiteral("/compare-empty.png"));
        bench.page.open(QStringList{bench.run("emoji-scratch-64", 64, 1000, 0.09),
                                    bench.run("emoji-scratch-128", 128, 600, 0.08),
                                    bench.run("emoji-scratch-ema", 64, 800, 0.1)}
                            .join(ComparePage::kSeparator));
        QTRY_COMPARE(bench.page.comparison().samples().steps(), 5);
        QTest::qWait(800);
        bench.page.grab().save(shots + QStringLiteral("/compare.png"));
    }
};

int main(int argc, char** argv) {
    QApplication app(argc, argv);
    style::apply(app, style::kLight);
    TestComparePage test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_compare_page.moc"
