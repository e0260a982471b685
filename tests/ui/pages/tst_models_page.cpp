// SPDX-License-Identifier: GPL-3.0-or-later
// The Models page over the real engine: what is found, what it says of models, tensors, jobs that write them.
#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QProcess>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QtTest>

#include "core/weights/safetensors.h"
#include "ui/models/model_work.h"
#include "ui/models/recognise.h"
#include "ui/models/thumbnails.h"
#include "ui/pages/models_list.h"
#include "ui/pages/models_page.h"
#include "ui/session/engine_locator.h"
#include "ui/session/settings.h"
#include "ui/style/theme.h"

using namespace atelier;

namespace {
const QString kMini = QStringLiteral(ATELIER_SOURCE_DIR "/resources/models/mini");

struct Bench {
    QTemporaryDir home;
    Settings settings{home.filePath(QStringLiteral("studio.ini"))};
    EngineLocator engine;
    Thumbnails thumbnails;
    RunDesk runs{settings, engine};
    ModelDesk desk{settings, engine};
    std::unique_ptr<ModelsPage> page;

    void open() {
        settings.setProjectFolder(home.path());
        desk.setHub(false);
        desk.setBundled(kMini);
        page = std::make_unique<ModelsPage>(desk, runs, thumbnails);
        page->resize(1363, 871);
        page->show();
        engine.locate(QStringLiteral(ATELIER_BIN_DIR "/atelier-engine"));
        desk.rescan();
        QTRY_VERIFY2(desk.engineReady(), qPrintable(engine.info().problem));
    }
    QString at(const char* name) const { return home.filePath(QString::fromLatin1(name)); }
    std::shared_ptr<const ModelFacts> factsOf(const QString& path) {
        page->open(path);
        for (int i = 0; i < 400 && (!page->facts() || page->facts()->tensors.empty()); ++i) QTest::qWait(25);
        return page->facts();
    }
};

TensorToWrite tensor(const std::string& name, const std::vector<std::int64_t>& shape) {
    std::int64_t n = 1;
    for (const auto side : shape) n *= side;
    auto values = std::make_shared<std::vector<float>>(std::size_t(n), 0.5F);
    return {name, TensorType::F32, shape, [values] {
                return TensorBytes{std::as_bytes(std::span(*values)), values};
            }};
}
// A LoRA of two layers in kohya's names.
void writeLora(const QString& path, std::int64_t width = 64, int block = 0) {
    std::vector<TensorToWrite> all;
    for (const char* layer : {"to_q", "to_k"}) {
        const std::string name = "lora_unet_down_blocks_" + std::to_string(block) +
                                 "_attentions_0_transformer_blocks_0_attn1_" + layer;
        all.push_back(tensor(name + ".lora_down.weight", {8, width}));
        all.push_back(tensor(name + ".lora_up.weight", {width, 8}));
        all.push_back(tensor(name + ".alpha", {}));
    }
    QVERIFY(writeSafetensors(path.toStdString(), all, {{"ss_base_model", "sd15"}}));
}
}  // namespace

class TestModelsPage : public QObject {
    Q_OBJECT
    using Mode = QAbstractItemModelTester::FailureReportingMode;
    std::unique_ptr<style::Theme> theme_;

  private Q_SLOTS:
    void initTestCase() { theme_ = std::make_unique<style::Theme>(*qApp, false); }

    void modelsKeepTheRulesOfQt() {
        ModelListModel list;
        TensorTableModel tensors;
        MetadataModel metadata;
        ModelJobs jobs;
        const QAbstractItemModelTester t1(&list, Mode::QtTest), t2(&tensors, Mode::QtTest),
            t3(&metadata, Mode::QtTest), t4(&jobs, Mode::QtTest);
        list.setEntries({{QStringLiteral("/a"), QStringLiteral("a"), ModelSource::Opened, {}, {}},
                         {QStringLiteral("/b"), QStringLiteral("b"), ModelSource::Bundled, {}, {}}});
        auto facts = std::make_shared<ModelFacts>();
        facts->parts.push_back({});
        for (int i = 0; i < 3000; ++i)
            facts->tensors.push_back({{},
                                      QStringLiteral("block.%1.weight").arg(i),
                                      QStringLiteral("F16"),
                                      QStringLiteral("320 × 4")});
        facts->metadata.emplace_back(QStringLiteral("k"), QString(1000, QLatin1Char('x')));
        list.setFacts(QStringLiteral("/b"), std::shared_ptr<const ModelFacts>(facts));
        list.put({QStringLiteral("/c"), QStringLiteral("c"), ModelSource::Opened, {}, {}});
        list.setEntries(
            {{QStringLiteral("/b"), QStringLiteral("b"), ModelSource::Bundled, {}, {QStringLiteral("run")}}});
        QCOMPARE(list.rowCount(), 1);
        QVERIFY(list.at(0).facts);  // what is known stays
        tensors.setFacts(facts);
        metadata.setFacts(facts);
        QCOMPARE(metadata.index(0, 1).data().toString().size(), MetadataModel::kShown + 1);
        QCOMPARE(metadata.asText().size(), 1004);
        WordsFilter filter(&tensors);
        filter.setText(QStringLiteral("block.299 320"));
        QCOMPARE(filter.rowCount(), 11);  // 299 and 2990 … 2999
    }

    void whatIsDropped() {
        QTemporaryDir home;
        writeLora(home.filePath(QStringLiteral("x.safetensors")));
        QCOMPARE(recognise({home.path()}).kind, DroppedKind::Model);
        QCOMPARE(recognise({home.filePath(QStringLiteral("x.safetensors"))}).kind, DroppedKind::Model);
        QFile(QStringLiteral(ATELIER_SOURCE_DIR "/resources/demo/emoji/1f308.png"))
            .copy(home.filePath(QStringLiteral("a.png")));
        QCOMPARE(recognise({home.path()}).kind, DroppedKind::ImageFolder);
    }

    void bundledModelIsKnownAndConverts() {
        Bench bench;
        bench.open();
        QTRY_COMPARE(bench.desk.models().rowCount(), 1);
        const auto facts = bench.factsOf(kMini);
        QVERIFY(facts);
        QCOMPARE(facts->kind, ModelKind::Pipeline);
        QVERIFY(facts->complete);
        QCOMPARE(facts->precision(), QStringLiteral("fp16"));
        QCOMPARE(facts->tensors.size(), std::size_t(facts->tensorCount));
        QCOMPARE(ModelsInspector::refusal(ModelAction::Train, *facts), QString());
        QVERIFY(!ModelsInspector::refusal(ModelAction::Merge, *facts).isEmpty());
        QVERIFY(!facts->valuesRead);
        bench.page->act(ModelAction::Verify);
        QTRY_VERIFY(bench.page->facts()->valuesRead);
        QVERIFY(bench.page->facts()->notFinite.isEmpty());
        bench.page->inspector()->tensorFilter()->setText(QStringLiteral("unet/conv_in"));
        QCOMPARE(bench.page->inspector()->tensorView()->model()->rowCount(), 2);

        ModelJobSheet* sheet = bench.page->openSheet(ModelTask::Convert);
        QVERIFY(sheet);
        sheet->precision()->setCurrentIndex(sheet->precision()->findData(QStringLiteral("fp32")));
        const QString target = sheet->target();
        QVERIFY(target.endsWith(QStringLiteral("/models/mini.safetensors")));
        QSignalSpy ended(&bench.desk.jobs(), &ModelJobs::ended);
        QVERIFY(sheet->begin());
        QVERIFY(!sheet->begin());  // one at a time
        QSignalSpy progressed(bench.desk.jobs().at(0).work.get(), &EngineJob::progressed);
        QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, 30000);
        const EngineJob* job = bench.desk.jobs().at(0).work.get();
        QCOMPARE(job->state(), EngineJob::State::Done);
        QVERIFY(progressed.count() > 0);
        QCOMPARE(job->total(), 688.0);
        QCOMPARE(job->phase(), QStringLiteral("read again"));
        QVERIFY(resultWords(job->result()).contains(QStringLiteral("maximum difference")));
        QVERIFY(QFileInfo::exists(target));
        QTRY_VERIFY(bench.desk.models().rowOf(QFileInfo(target).canonicalFilePath()) >= 0);
        QVERIFY(!sheet->problem().isEmpty());  // the name is taken now
        sheet->reject();

        const auto made = bench.factsOf(target);
        QVERIFY(made);
        QCOMPARE(made->kind, ModelKind::Checkpoint);
        QCOMPARE(made->precision(), QStringLiteral("fp32"));
        QVERIFY(made->readers.size() >= 3);
        QVERIFY(ModelsInspector::refusal(ModelAction::Sample, *made)
                    .contains(QStringLiteral("convert it first")));
        QVERIFY(!made->hasAverages());
        ModelJobSheet* back = bench.page->openSheet(ModelTask::Convert);
        QCOMPARE(back->other()->currentData().toString(),
                 QFileInfo(kMini).canonicalFilePath());  // gives the tokenizer
        QVERIFY(back->arguments().contains(QStringLiteral("--like")));
        back->form()->setCurrentIndex(1);
        QVERIFY(!back->arguments().contains(QStringLiteral("--like")));
        QVERIFY(back->averages() == nullptr);
        back->reject();
        QTRY_VERIFY(bench.page->window()->findChildren<ModelJobSheet*>().isEmpty());
        // Training on the file makes the folder that it takes, and goes on there.
        QSignalSpy wanted(bench.page.get(), &Page::pageRequested);
        bench.page->act(ModelAction::Train);
        auto* train = bench.page->window()->findChild<ModelJobSheet*>();
        QVERIFY(train && train->begin());
        QTRY_COMPARE_WITH_TIMEOUT(wanted.count(), 1, 30000);
        QCOMPARE(wanted.at(0).at(0).toString(), QStringLiteral("configure"));
        const QString folder = wanted.at(0).at(1).toString();
        QVERIFY(QFileInfo::exists(folder + QStringLiteral("/unet/config.json")));
        QVERIFY(QFileInfo::exists(folder + QStringLiteral("/tokenizer/merges.txt")));
    }

    // The command that each choice becomes.
    void choicesBecomeOptions() {
        ModelFacts file;
        file.path = QStringLiteral("/m.ckpt");
        file.kind = ModelKind::Checkpoint;
        file.parts.push_back({{}, {}, {}, QStringLiteral("single-file checkpoint: UNet, averaged UNet")});
        QVERIFY(file.hasAverages());
        const auto forms = conversionsOf(file);
        QCOMPARE(forms.at(0).id, QStringLiteral("diffusers"));
        QCOMPARE(forms.at(1).id, QStringLiteral("single-file"));
        ConversionChoices choices{QStringLiteral("fp16"), QStringLiteral("/base"), QStringLiteral("ema"),
                                  true};
        QCOMPARE(convertArguments(file, forms.at(0), QStringLiteral("/o"), choices).join(QLatin1Char(' ')),
                 QStringLiteral("convert /m.ckpt /o --to diffusers --like /base --ema --dtype fp16"));
        QCOMPARE(convertArguments(file, forms.at(1), QStringLiteral("/o"), choices).join(QLatin1Char(' ')),
                 QStringLiteral("convert /m.ckpt /o --to single-file --ema --dtype fp16"));
        ModelFacts folder;
        folder.path = QStringLiteral("/m");
        folder.kind = ModelKind::Pipeline;
        for (const ModelConversion& form : conversionsOf(folder))
            QCOMPARE(convertArguments(folder, form, QStringLiteral("/o"), choices).join(QLatin1Char(' ')),
                     QStringLiteral("convert /m /o --to %1 --variant ema --dtype fp16").arg(form.id));
        QCOMPARE(extractArguments(QStringLiteral("/b"), QStringLiteral("/t"), 8, 0.95, QStringLiteral("peft"),
                                  QStringLiteral("/o"), {})
                     .join(QLatin1Char(' ')),
                 QStringLiteral("lora extract /b /t /o --rank 8 --energy 0.95 --to peft"));
        QCOMPARE(resizeArguments(QStringLiteral("/l"), 2, 1, QStringLiteral("/o"), {}).join(QLatin1Char(' ')),
                 QStringLiteral("lora resize /l /o --rank 2"));
    }

    void aLoraIsExtractedFromTwoModels() {
        Bench bench;
        bench.open();
        QVERIFY(bench.factsOf(kMini));
        writeLora(bench.at("style.safetensors"), 96, 1);  // a layer of the tiny model
        const QString tuned = bench.at("tuned");
        QProcess merge;
        merge.start(QStringLiteral(ATELIER_BIN_DIR "/atelier-engine"),
                    {QStringLiteral("lora"), QStringLiteral("merge"), kMini, tuned, QStringLiteral("--lora"),
                     bench.at("style.safetensors"), QStringLiteral("--dtype"), QStringLiteral("fp32")});
        QVERIFY(merge.waitForFinished(30000));
        QCOMPARE(merge.exitCode(), 0);
        QVERIFY(bench.factsOf(tuned));
        ModelJobSheet* sheet = bench.page->openSheet(ModelTask::Extract);
        QCOMPARE(sheet->other()->currentData().toString(), QFileInfo(kMini).canonicalFilePath());
        QCOMPARE(sheet->energy()->value(), 100.0);
        sheet->rank()->setValue(8);
        QVERIFY(sheet->target().endsWith(QStringLiteral("/tuned-r8.safetensors")));
        QSignalSpy ended(&bench.desk.jobs(), &ModelJobs::ended);
        QVERIFY2(sheet->begin(), qPrintable(sheet->problem()));
        QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, 60000);
        QCOMPARE(bench.desk.jobs().at(0).work->state(), EngineJob::State::Done);
        const auto made = bench.factsOf(sheet->target());
        QVERIFY(made);
        QCOMPARE(made->kind, ModelKind::Lora);
    }

    void lorasAreConvertedAndResizedAndRefusedInTheEnginesWords() {
        Bench bench;
        bench.open();
        writeLora(bench.at("style.safetensors"));
        const auto facts = bench.factsOf(bench.at("style.safetensors"));
        QVERIFY(facts);
        QCOMPARE(facts->kind, ModelKind::Lora);
        QCOMPARE(facts->metadata.size(), std::size_t(1));
        QSignalSpy ended(&bench.desk.jobs(), &ModelJobs::ended);
        ModelJobSheet* resize = bench.page->openSheet(ModelTask::Resize);
        resize->rank()->setValue(2);
        QVERIFY(resize->target().endsWith(QStringLiteral("style-r2.safetensors")));
        QVERIFY(resize->begin());
        QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, 20000);
        QCOMPARE(bench.desk.jobs().at(0).work->state(), EngineJob::State::Done);
        resize->reject();
        bench.page->open(bench.at("style.safetensors"));
        SampleOrder order;
        order.model = kMini;
        order.lora = facts->path;
        order.loraWeight = 0.5;
        QVERIFY(sampleCommand(QStringLiteral("/e"), order, bench.at("p"))
                    .arguments.contains(facts->path + QStringLiteral(":0.5")));
        QCOMPARE(ModelsInspector::refusal(ModelAction::Sample, *facts), QString());
        // The tiny model has other layers than this LoRA names.
        QTRY_VERIFY(bench.desk.models().find(QFileInfo(kMini).canonicalFilePath())->facts);
        ModelJobSheet* merge = bench.page->openSheet(ModelTask::Merge);
        QVERIFY(merge->begin());
        QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 2, 20000);
        const EngineJob* job = bench.desk.jobs().at(0).work.get();
        QCOMPARE(job->state(), EngineJob::State::Failed);
        QVERIFY(!QFileInfo::exists(merge->target()));
        QVERIFY(!job->error().what.empty());
        merge->reject();
        bench.desk.jobs().dismiss(bench.desk.jobs().at(0).work.get());
        QCOMPARE(bench.desk.jobs().rowCount(), 1);
    }

    void cancelledLeavesNothing() {
        Bench bench;
        bench.open();
        std::vector<TensorToWrite> big;
        for (int i = 0; i < 48; ++i) big.push_back(tensor("t" + std::to_string(i), {1 << 20}));
        QVERIFY(writeSafetensors(bench.at("big.safetensors").toStdString(), big, {}));
        QSignalSpy ended(&bench.desk.jobs(), &ModelJobs::ended);
        EngineJob* job = bench.desk.start(
            QStringLiteral("big"),
            {QStringLiteral("convert"), bench.at("big.safetensors"), bench.at("out/o.safetensors"),
             QStringLiteral("--to"), QStringLiteral("safetensors"), QStringLiteral("--dtype"),
             QStringLiteral("fp16")},
            bench.at("out/o.safetensors"));
        const auto begun = [&] {
            return !QDir(bench.at("out")).isEmpty(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
        };
        for (int i = 0; i < 10000 && !begun(); ++i) QTest::qWait(1);
        job->cancel();
        QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, 10000);
        QCOMPARE(job->state(), EngineJob::State::Cancelled);
        QVERIFY(QDir(bench.at("out")).isEmpty(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot));
    }

    void brokenFilesAreSaidInTheEnginesWords() {
        Bench bench;
        bench.open();
        QFile file(bench.at("broken.safetensors"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("not a model at all");
        file.close();
        bench.page->open(bench.at("broken.safetensors"));
        const QString path = QFileInfo(bench.at("broken.safetensors")).canonicalFilePath();
        QTRY_VERIFY(!bench.desk.models().find(path)->problem.isEmpty());
        QVERIFY(bench.desk.models().find(path)->problem.contains(QStringLiteral("broken.safetensors")));
        QVERIFY(!bench.page->openSheet(ModelTask::Convert));
    }

    void everyControlHasAName() {
        Bench bench;
        bench.open();
        QVERIFY(bench.factsOf(kMini));
        bench.page->openSheet(ModelTask::Download);
        for (const QWidget* w : bench.page->window()->findChildren<QWidget*>())
            if (w->focusPolicy() & Qt::TabFocus && w->isVisible() &&
                qobject_cast<const QAbstractButton*>(w) &&
                !qobject_cast<const QAbstractButton*>(w)->text().size())
                QVERIFY2(!w->accessibleName().isEmpty() ||
                             qstrcmp(w->metaObject()->className(), "QTableCornerButton") == 0,
                         w->metaObject()->className());
    }
};

QTEST_MAIN(TestModelsPage)
#include "tst_models_page.moc"
