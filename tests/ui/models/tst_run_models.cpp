// SPDX-License-Identifier: GPL-3.0-or-later
// Metric, event, sample and run list models, each watched by QAbstractItemModelTester while it changes.
#include <QAbstractItemModelTester>
#include <QImage>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/files.h"
#include "ui/models/event_model.h"
#include "ui/models/metric_model.h"
#include "ui/models/run_list_model.h"
#include "ui/models/run_words.h"
#include "ui/models/sample_model.h"
#include "ui/models/sample_reader.h"

using namespace atelier;

namespace {

run::Event metric(std::int64_t step, double loss) {
    return {1000.0 + double(step), run::Metric{step, step * 8, {{"loss", loss}, {"lr", 1e-4}}}};
}

RunSummary summary(const QString& name, run::RunStatus status, double time) {
    RunSummary s;
    s.path = QStringLiteral("/runs/") + name;
    s.name = name;
    s.status = status;
    s.started = s.lastTime = time;
    auto settings = std::make_shared<RunSettings>();
    settings->all = {{QStringLiteral("optimizer.params.learning_rate"), QStringLiteral("0.0001")},
                     {QStringLiteral("system.batch_size"), QStringLiteral("64")}};
    settings->method = QStringLiteral("From scratch");
    s.settings = settings;
    return s;
}

}  // namespace

class TestRunModels : public QObject {
    Q_OBJECT
    using Mode = QAbstractItemModelTester::FailureReportingMode;

  private Q_SLOTS:
    void metricsGrowResumeAndClear() {
        MetricModel model;
        QAbstractItemModelTester tester(&model, Mode::QtTest);
        QSignalSpy changed(&model, &MetricModel::changed);
        std::vector<run::Event> events;
        for (int i = 1; i <= 740; ++i) events.push_back(metric(i, 1.0 / i));
        model.apply(events);
        QCOMPARE(model.rowCount(), 740);
        QCOMPARE(model.columnCount(), 5);
        QCOMPARE(changed.count(), 1);
        QCOMPARE(model.index(739, MetricModel::Step).data().toLongLong(), 740);
        QVERIFY(qAbs(model.index(9, MetricModel::FirstMetric).data().toDouble() - 0.1) < 1e-6);
        run::RunStarted again;
        again.resumedFrom = "checkpoints/step-00000500";
        again.resumedStep = 500;
        model.apply({{2000, again}, metric(501, 7)});
        QCOMPARE(model.rowCount(), 501);
        QCOMPARE(model.index(500, MetricModel::FirstMetric).data().toDouble(), 7.0);
        model.apply({{2001, run::Progress{.step = 502, .images = 4016, .imagesPerSecond = 154}}});
        QCOMPARE(model.headerData(5, Qt::Horizontal).toString(),
                 QString::fromLatin1(MetricModel::kThroughput));
        QCOMPARE(model.rowCount(), 502);
        model.apply({{2002, run::Phase{"train"}}});
        QCOMPARE(changed.count(), 3);
        model.clear();
        QCOMPARE(model.rowCount(), 0);
    }
    void eventsAreWordsNewestFirst() {
        EventModel model;
        QAbstractItemModelTester tester(&model, Mode::QtTest);
        run::RunStarted start;
        start.device = "cuda:0 NVIDIA GeForce RTX 4090";
        model.apply({{1, start},
                     {2, run::Progress{.step = 2611}},
                     metric(2611, 1),
                     {3, run::Warning{"non_finite_loss", "Loss not finite at step 2 611. Step skipped.",
                                      "Image crab-033 caused it."}},
                     {4, run::Checkpoint{3000, "checkpoints/step-00003000", 248'000'000, 0.4}},
                     {5, run::Sample{3000, "samples/step-00003000", 3, 1}},
                     {6, run::Ack{"a", "checkpoint", run::AckState::Taken, ""}},
                     {7, run::Ack{"a", "checkpoint", run::AckState::Done, ""}}});
        QCOMPARE(model.rowCount(), 5);
        QCOMPARE(model.index(0).data().toString(), QStringLiteral("Checkpoint now: done"));
        QCOMPARE(model.index(1).data().toString(), QStringLiteral("3 samples at step 3\u202F000"));
        QCOMPARE(model.index(2).data().toString(), QStringLiteral("Checkpoint 3\u202F000, 248 MB, 0.4 s"));
        QCOMPARE(model.index(3).data(EventModel::StepRole).toLongLong(), 2611);
        QCOMPARE(model.index(4).data().toString(), QStringLiteral("Started on RTX 4090, GPU 0"));
        QCOMPARE(model.warnings(), 1);
        QVERIFY(model.asText(3).count(QLatin1Char('\n')) == 2);
        std::vector<run::Event> flood;
        for (int i = 0; i < 12'000; ++i) flood.push_back({double(i), run::Warning{"x", "again", ""}});
        model.apply(flood);
        QCOMPARE(model.rowCount(), int(EventModel::kKept));
        QCOMPARE(model.warnings(), 12'001);
        model.clear();
        QCOMPARE(model.rowCount(), 0);
        model.apply({{1, run::Ack{"b", "sample", run::AckState::Refused, "sampling was cancelled"}}});
        QCOMPARE(model.index(0).data().toString(),
                 QStringLiteral("Sample now: refused, sampling was cancelled"));
    }
    void samplesArePromptByStep() {
        SampleModel model;
        QAbstractItemModelTester tester(&model, Mode::QtTest);
        const auto entry = [](const char* prompt, qint64 seed, const char* file) {
            SampleEntry e;
            e.prompt = QString::fromLatin1(prompt);
            e.seed = seed;
            e.file = QString::fromLatin1(file);
            if (e.file.isEmpty()) e.failure = QStringLiteral("hint.png is missing");
            return e;
        };
        model.setPending(0, QStringLiteral("soon"));
        model.setStep(1000, {entry("fox", 7, "b"), entry("hen", 7, "")});
        model.setStep(0, {entry("fox", 7, "a")});
        model.setStep(2000, {entry("fox", 7, "c"), entry("fox", 7, "twin"), entry("cat", 1, "d")});
        model.setPending(3000, QStringLiteral("in 33 s"));
        QCOMPARE(model.rowCount(), 4);
        QCOMPARE(model.columnCount(), 4);
        QCOMPARE(model.step(1), 1000);
        QCOMPARE(model.index(0, 2).data(SampleModel::FileRole).toString(), QStringLiteral("c"));
        QCOMPARE(SampleState(model.index(1, 0).data(SampleModel::StateRole).toInt()), SampleState::Absent);
        QCOMPARE(SampleState(model.index(1, 1).data(SampleModel::StateRole).toInt()), SampleState::Failed);
        QCOMPARE(SampleState(model.index(0, 3).data(SampleModel::StateRole).toInt()), SampleState::Pending);
        QCOMPARE(model.index(3, 3).data(SampleModel::NoteRole).toString(), QStringLiteral("in 33 s"));
        QCOMPARE(model.columnOfStep(1999), 1);
        QCOMPARE(model.columnOfStep(99'999), 2);
        model.forgetAfter(1000);
        QCOMPARE(model.columnCount(), 3);
        model.setPending({});
        QCOMPARE(model.columnCount(), 2);
        model.clear();
        QCOMPARE(model.rowCount(), 0);
    }
    void sampleFoldersAreReadOffTheMainThread() {
        QTemporaryDir folder;
        const QString dir = folder.filePath(QStringLiteral("samples/step-00000100"));
        QVERIFY(QDir().mkpath(dir));
        QImage picture(32, 32, QImage::Format_RGB32);
        picture.fill(Qt::red);
        QVERIFY(picture.save(dir + QStringLiteral("/0000.png")));
        QVERIFY(writeFileAtomic(
            fs::path(dir.toStdString()) / "samples.json",
            R"({"samples":[{"file":"0000.png","prompt":"fox","seed":7,"guidance":7,"sampler":"ddim","steps":30,"width":32,"height":32},
                                   {"file":"../../../etc/passwd","prompt":"hen","seed":7},{"prompt":"cat","error":"out of memory"}]})"));
        SampleModel model;
        SampleReader reader(folder.path(), model);
        QSignalSpy read(&reader, &SampleReader::stepRead), problem(&reader, &SampleReader::problem);
        reader.follow({{1, run::Sample{100, "samples/step-00000100", 3, 1}},
                       {2, run::Sample{200, "samples/step-00000200", 3, 0}}});
        QTRY_COMPARE(read.count(), 1);
        QTRY_COMPARE(problem.count(), 1);
        QVERIFY(problem[0][0].toString().contains(QStringLiteral("step-00000200")));
        QCOMPARE(model.rowCount(), 3);
        QCOMPARE(model.entry(0, 0)->steps, 30);
        QCOMPARE(model.entry(1, 0)->failure, QStringLiteral("passwd is missing"));
        QCOMPARE(model.entry(2, 0)->failure, QStringLiteral("out of memory"));

        reader.follow({});
        QCOMPARE(model.columnCount(), 0);
    }
    // A run that is being mirrored: the event is there before the folder, the list before the picture.
    void samplesThatComeLateAreReadLater() {
        QTemporaryDir folder;
        SampleModel model;
        SampleReader reader(folder.path(), model);
        QSignalSpy read(&reader, &SampleReader::stepRead), problem(&reader, &SampleReader::problem);
        reader.follow({{1, run::Sample{100, "samples/step-00000100", 1, 1}}});
        QTRY_COMPARE(problem.count(), 1);
        const QString dir = folder.filePath(QStringLiteral("samples/step-00000100"));
        QVERIFY(QDir().mkpath(dir));
        QVERIFY(writeFileAtomic(fs::path(dir.toStdString()) / "samples.json",
                                R"({"samples":[{"file":"0000.png","prompt":"fox","seed":7}]})"));
        QTRY_VERIFY(model.entry(0, 0) != nullptr);
        QCOMPARE(model.entry(0, 0)->failure, QStringLiteral("0000.png is missing"));
        QImage picture(8, 8, QImage::Format_RGB32);
        picture.fill(Qt::red);
        QVERIFY(picture.save(dir + QStringLiteral("/0000.png")));
        QTRY_VERIFY(model.entry(0, 0)->failure.isEmpty());
        QCOMPARE(problem.count(), 1);  // said once
    }
    void runsMoveBetweenGroupsAndSelectionsStay() {
        RunListModel model;
        QAbstractItemModelTester tester(&model, Mode::QtTest);
        RunFilterModel filter(&model);
        QAbstractItemModelTester filterTester(&filter, Mode::QtTest);
        using Status = run::RunStatus;
        model.setRuns({summary(QStringLiteral("a"), Status::Running, 3),
                       summary(QStringLiteral("b"), Status::Failed, 2),
                       summary(QStringLiteral("c"), Status::Finished, 1)});
        QCOMPARE(model.rowCount(model.index(RunListModel::Running, 0)), 1);
        QCOMPARE(model.rowCount(model.index(RunListModel::Earlier, 0)), 2);
        const QPersistentModelIndex c = model.indexOf(QStringLiteral("/runs/c"));
        model.setRuns({summary(QStringLiteral("a"), Status::Finished, 9),
                       summary(QStringLiteral("c"), Status::Finished, 10),
                       summary(QStringLiteral("d"), Status::Preparing, 11)});
        QVERIFY(c.isValid());
        QCOMPARE(c.data().toString(), QStringLiteral("c"));
        QCOMPARE(c.row(), 0);
        QCOMPARE(model.count(RunFilterKind::Running), 1);
        QCOMPARE(model.count(RunFilterKind::Finished), 2);
        QCOMPARE(filter.rowCount(), 2);
        filter.setKind(RunFilterKind::Finished);
        QCOMPARE(filter.rowCount(), 1);  // an empty group is not shown
        QCOMPARE(filter.rowCount(filter.index(0, 0)), 2);
        filter.setText(QStringLiteral("learning_rate:<1e-3"));
        QCOMPARE(filter.rowCount(filter.index(0, 0)), 2);
        filter.setText(QStringLiteral("learning_rate:<1e-4"));
        QCOMPARE(filter.rowCount(), 0);
        filter.setText(QStringLiteral("batch_size:64 c"));
        QCOMPARE(filter.rowCount(filter.index(0, 0)), 2);
    }
    // A look at hundreds of runs of which one has moved on is not hundreds of changes.
    void onlyDifferencesAreAnnounced() {
        RunListModel model;
        std::vector<RunSummary> runs;
        for (int i = 0; i < 400; ++i)
            runs.push_back(summary(QStringLiteral("run-%1").arg(i), run::RunStatus::Finished, 1000 - i));
        QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
        model.setRuns(runs);
        QCOMPARE(inserted.count(), 1);
        QSignalSpy data(&model, &QAbstractItemModel::dataChanged),
            changed(&model, &RunListModel::runsChanged);
        model.setRuns(runs);
        QCOMPARE(data.count(), 0);
        QCOMPARE(changed.count(), 0);
        runs[7].step = 99;
        model.setRuns(runs);
        QCOMPARE(data.count(), 1);
        QCOMPARE(data[0][0].toModelIndex().row(), 7);
        QCOMPARE(changed.count(), 1);
        runs.erase(runs.begin() + 3);
        runs.insert(runs.begin() + 5, summary(QStringLiteral("fresh"), run::RunStatus::Finished, 995.5));
        model.setRuns(runs);
        QCOMPARE(inserted.count(), 2);
        QCOMPARE(model.rowCount(model.index(RunListModel::Earlier, 0)), 400);
        QCOMPARE(model.indexOf(QStringLiteral("/runs/fresh")).row(), 4);
    }
    void words() {
        QCOMPARE(leftWords(-1), QStringLiteral("estimating"));
        QCOMPARE(leftWords(33), QStringLiteral("33 s left"));
        QCOMPARE(leftWords(18 * 60), QStringLiteral("18 min left"));
        QCOMPARE(leftWords(3 * 3600 + 5 * 60), QStringLiteral("3 h 05 min left"));
        QCOMPARE(deviceWords(QStringLiteral("cpu")), QStringLiteral("CPU"));
        QCOMPARE(deviceWords(QStringLiteral("cpu (4 threads)")), QStringLiteral("CPU, 4 threads"));
        QCOMPARE(deviceShort(QStringLiteral("cpu (4 threads)")), QStringLiteral("CPU"));
        QCOMPARE(deviceWords(QStringLiteral("cuda:1")), QStringLiteral("GPU 1"));
        QCOMPARE(deviceShort(QStringLiteral("cuda:0 NVIDIA GeForce RTX 4090")), QStringLiteral("RTX 4090"));
        QCOMPARE(countText(1234567), QStringLiteral("1\u202F234\u202F567"));
        QCOMPARE(lossText(0.09181), QStringLiteral("0.0918"));
    }
};

QTEST_GUILESS_MAIN(TestRunModels)
#include "tst_run_models.moc"
