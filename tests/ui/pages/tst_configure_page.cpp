// SPDX-License-Identifier: GPL-3.0-or-later
// The Configure page as people use it: typing in the form and in the YAML, undo, reset, issues, templates.
#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QDir>
#include <QDragEnterEvent>
#include <QFile>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

#include "core/run/run_folder.h"
#include "ui/forms/field_editor.h"
#include "ui/forms/form_row.h"
#include "ui/forms/yaml_editor.h"
#include "ui/models/config_document.h"
#include "ui/models/issue_model.h"
#include "ui/models/template_model.h"
#include "ui/pages/configure_forecast.h"
#include "ui/pages/configure_gallery.h"
#include "ui/pages/configure_issues.h"
#include "ui/pages/configure_page.h"
#include "ui/widgets/messages.h"

using namespace atelier;

namespace {
const QString kText = QStringLiteral(
    "# mine\nexperiment:\n  name: x  # n\n  log_dir: /tmp\n  num_examples_to_see: 64000\nmodel:\n  "
    "pretrained: /m\ndataset:\n  params:\n    path: /d.tar\noptimizer:\n  params:\n    "
    "learning_rate: 0.0001 # rate\nsystem:\n  batch_size: 8\nsampling:\n  prompts: [a]\n");

struct Fixture {
    ConfigDocument document;
    IssueModel issues{document};
    TemplateModel templates{QStringLiteral(ATELIER_SOURCE_DIR "/configs/templates"), {}};
    ConfigurePage page{document, issues, templates, {}};
    Fixture() {
        page.resize(1300, 820);
        page.show();
    }
    void begin(const QString& text = kText) {
        document.begin(text, Origin::File, QStringLiteral("x.yaml"));
        page.showForm();
    }
    QLineEdit* edit(const char* path) {
        page.jump(QString::fromLatin1(path));
        return qobject_cast<QLineEdit*>(page.form()->row(QString::fromLatin1(path))->editor()->field());
    }
};
const QString kRate = QStringLiteral("optimizer.params.learning_rate");
}  // namespace

class TestConfigurePage : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void modelsKeepTheRules();
    void aRunBeginsAnotherOne();
    void formEditsTheText();
    void textEditsTheForm();
    void brokenTextKeepsTheLastGoodState();
    void conceptsAreATable();
    void undoIsShared();
    void resetGoesBackStepByStep();
    void issuesJumpAndCorrect();
    void searchLooksEverywhere();
    void templatesStartWithWhatIsKnown();
    void everyTemplateStartsInFiveActions_data();
    void everyTemplateStartsInFiveActions();
    void theClassFollowsFromTheSubject();
    void galleryIsNeverBlank();
    void startIsRefusedWithErrors();
    void everyFieldHasAName();
    void numbersAsPeopleWriteThem();
    void changesAndResolved();
    void fileRoundTrip();
    void tabWalksThroughTheText();
    void narrowFormHidesNothing();
    void editorsStandBelowEachOther();
    void narrowHeaderKeepsTheName();
    void modelsAndShardsFindTheirField();
    void forecastShowsWhatWasMeasured();
    void forecastAsksAnEngine();
};

void TestConfigurePage::modelsKeepTheRules() {
    Fixture f;
    QAbstractItemModelTester issues(&f.issues, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QAbstractItemModelTester templates(&f.templates, QAbstractItemModelTester::FailureReportingMode::QtTest);
    f.begin();
    f.document.setText(QStringLiteral("a: 1\nb: [\n"));
    f.document.setText(kText + QStringLiteral("lossy: 1\n"));
    f.templates.reload();
    QVERIFY(f.templates.rowCount() >= 4);
    QVERIFY(f.issues.rowCount() >= 1);
}

// Its frozen configuration is never what is edited.
void TestConfigurePage::aRunBeginsAnotherOne() {
    Fixture f;
    QTemporaryDir dir;
    const run::RunFolder run{fs::path(dir.path().toStdString()) / "fox"};
    QVERIFY(run::createRunFolder(run));
    QVERIFY(writeFileAtomic(
        run.config(),
        QString(kText).replace(QStringLiteral("name: x"), QStringLiteral("name: fox")).toStdString()));
    QVERIFY(writeFileAtomic(run.events(), "{}\n"));
    QSignalSpy opened(&f.page, &ConfigurePage::fileOpened);
    QVERIFY(f.page.open(QString::fromStdString(run.config().string())));
    QVERIFY(f.document.file().isEmpty() && opened.isEmpty());
    QCOMPARE(f.document.config().experiment.name, std::string("fox-2"));
    f.document.setValue(QStringLiteral("system.batch_size"), yaml::Node::ofInt(4));
    QStringList changes;
    for (const auto& line : f.document.changes())
        if (line.mark != QLatin1String(" ")) changes << line.mark + line.text.trimmed();
    QVERIFY2(changes.contains(QStringLiteral("-batch_size: 8")) &&
                 changes.contains(QStringLiteral("+batch_size: 4")),
             qPrintable(changes.join(QLatin1Char('|'))));
    QVERIFY(f.page.banners()->has(QStringLiteral("run")));
    // One that was exported and not started is a file like any other.
    const run::RunFolder exported{fs::path(dir.path().toStdString()) / "exported"};
    QVERIFY(run::createRunFolder(exported));
    QVERIFY(writeFileAtomic(exported.config(), kText.toStdString()));
    QVERIFY(f.page.open(QString::fromStdString(exported.config().string())));
    QVERIFY(!f.document.file().isEmpty());
    QVERIFY(!f.page.banners()->has(QStringLiteral("run")));
}

void TestConfigurePage::formEditsTheText() {
    Fixture f;
    f.begin();
    QLineEdit* rate = f.edit("optimizer.params.learning_rate");
    QVERIFY(rate);
    rate->selectAll();
    QTest::keyClicks(rate, QStringLiteral("2e-5"));
    QString expected = kText;
    expected.replace(QStringLiteral("0.0001 # rate"), QStringLiteral("2.0e-05 # rate"));
    QCOMPARE(f.document.text(), expected);
    QCOMPARE(f.page.yaml()->toPlainText(), expected);
    QCOMPARE(f.document.origin(kRate).origin, Origin::User);
    QCOMPARE(rate->text(), QStringLiteral("2e-5"));
    // What is no number stays in the field and out of the text.
    QTest::keyClicks(rate, QStringLiteral("x"));
    QCOMPARE(f.document.text(), expected);
}

void TestConfigurePage::textEditsTheForm() {
    Fixture f;
    f.begin();
    QLineEdit* name = f.edit("experiment.name");
    f.page.yaml()->setFocus();
    f.page.yaml()->goToLine(3, 9);
    QTest::keyClicks(f.page.yaml(), QStringLiteral("yz"));
    QCOMPARE(f.document.config().experiment.name, std::string("yzx"));
    QCOMPARE(name->text(), QStringLiteral("yzx"));
    QCOMPARE(f.document.pathAtLine(3), QStringLiteral("experiment.name"));
}

void TestConfigurePage::brokenTextKeepsTheLastGoodState() {
    Fixture f;
    f.begin();
    QLineEdit* name = f.edit("experiment.name");
    f.document.setText(kText + QStringLiteral("broken: [1\n"));
    QVERIFY(!f.document.readable());
    QCOMPARE(f.document.config().experiment.name, std::string("x"));
    QVERIFY(name->isReadOnly());
    QVERIFY(f.issues.issue(0)->line > 0);
    f.document.setText(kText);
    QVERIFY(f.document.readable() && !name->isReadOnly());
}

void TestConfigurePage::conceptsAreATable() {
    QTemporaryDir dir;
    const QString dog = dir.filePath(QStringLiteral("dog")), cat = dir.filePath(QStringLiteral("cat"));
    for (const QString& folder : {dog, cat}) {
        QVERIFY(QDir().mkpath(folder));
        for (const char* name : {"/1.png", "/2.png"}) {
            QFile file(folder + QLatin1String(name));
            QVERIFY(file.open(QIODevice::WriteOnly));
        }
    }
    Fixture f;
    const QString text =
        QString(kText).replace(QStringLiteral("dataset:\n  params:\n    path: /d.tar\n"),
                               QStringLiteral("method:\n  type: dreambooth\n  concepts:\n    "
                                              "# the dog\n    - path: %1  # here\n")
                                   .arg(dog));
    f.begin(text);
    f.page.jump(QStringLiteral("method.concepts"));
    FormRow* row = f.page.form()->row(QStringLiteral("method.concepts"));
    QVERIFY(row && row->isVisible());
    const auto named = [&](const QString& name) -> QWidget* {
        for (QWidget* widget : row->findChildren<QWidget*>())
            if (widget->accessibleName() == name && widget->isVisible()) return widget;
        return nullptr;
    };
    const auto says = [&](const QString& what) {
        const auto labels = row->findChildren<QLabel*>();
        return std::any_of(labels.begin(), labels.end(), [&](const QLabel* label) {
            return label->isVisible() && label->text().startsWith(what);
        });
    };
    QTRY_VERIFY(says(QStringLiteral("2 image")));
    auto* path = qobject_cast<QLineEdit*>(named(QStringLiteral("Pictures 1")));
    QVERIFY(path);
    QCOMPARE(path->text(), dog);

    // A field of an item changes its line only.
    auto* subject = qobject_cast<QLineEdit*>(named(QStringLiteral("Subject 1")));
    QVERIFY(subject);
    QTest::keyClicks(subject, QStringLiteral("sks dog"));
    QString expected = text;
    expected.replace(QStringLiteral("  # here\n"),
                     QStringLiteral("  # here\n      instance_prompt: 'sks dog'\n"));
    QCOMPARE(f.document.text(), expected);

    // A folder dropped below the cards is one more; its order, a copy, and away again.
    QMimeData mime;
    mime.setUrls({QUrl::fromLocalFile(cat)});
    const QPoint below(20, row->editor()->height() - 4);
    QDragEnterEvent enter(below, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(row->editor(), &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent drop(QPointF(below), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(row->editor(), &drop);
    QCOMPARE(f.document.config().method.concepts.size(), std::size_t(2));
    const QString added = QStringLiteral("    - path: %1\n").arg(cat);
    QVERIFY2(f.document.text().contains(added), qPrintable(f.document.text()));
    QTRY_VERIFY(named(QStringLiteral("Move up 2")));
    QTest::mouseClick(named(QStringLiteral("Move up 2")), Qt::LeftButton);
    QVERIFY2(f.document.text().contains(added + QStringLiteral("    # the dog\n    - path: ")),
             qPrintable(f.document.text()));
    QCOMPARE(f.page.yaml()->toPlainText(), f.document.text());
    QTest::mouseClick(named(QStringLiteral("Duplicate 2")), Qt::LeftButton);
    QCOMPARE(f.document.config().method.concepts.size(), std::size_t(3));
    QCOMPARE(f.document.config().method.concepts[2].instancePrompt.value_or(""), std::string("sks dog"));
    QTRY_VERIFY(named(QStringLiteral("Remove 3")));
    QTest::mouseClick(named(QStringLiteral("Remove 3")), Qt::LeftButton);
    QCOMPARE(f.document.config().method.concepts.size(), std::size_t(2));
    for (int step = 0; step < 4; ++step) f.document.undoStack()->undo();
    QCOMPARE(f.document.text(), expected);
    QTRY_VERIFY(!named(QStringLiteral("Pictures 2")));
    // Written by hand, it stands in the table; a path to nothing is said.
    QString byHand = expected;
    f.document.setText(byHand.replace(dog, dog + QStringLiteral("-gone")));
    QTRY_VERIFY(says(QStringLiteral("There is nothing at this path.")));
}

void TestConfigurePage::undoIsShared() {
    Fixture f;
    f.begin();
    QVERIFY(f.document.setValue(kRate, yaml::Node::ofFloat(0.5)));
    f.document.setText(f.document.text() + QStringLiteral("# end\n"));
    QCOMPARE(f.document.undoStack()->count(), 2);
    f.document.undoStack()->undo();
    QVERIFY(!f.page.yaml()->toPlainText().contains(QStringLiteral("# end")));
    f.document.undoStack()->undo();
    QCOMPARE(f.page.yaml()->toPlainText(), kText);
    f.document.undoStack()->redo();
    QCOMPARE(f.document.config().optimizer.params.learningRate, 0.5);
}

void TestConfigurePage::resetGoesBackStepByStep() {
    Fixture f;
    f.begin();
    f.document.setValue(kRate, yaml::Node::ofFloat(0.5));
    QVERIFY(f.document.resetOneStep(kRate));
    QCOMPARE(f.document.text(), kText);
    QCOMPARE(f.document.origin(kRate).origin, Origin::File);
    QVERIFY(f.document.resetOneStep(kRate));
    QCOMPARE(f.document.origin(kRate).origin, Origin::Default);
    QCOMPARE(f.document.config().optimizer.params.learningRate, 1e-4);
}

void TestConfigurePage::issuesJumpAndCorrect() {
    Fixture f;
    f.begin(kText + QStringLiteral("tracking:\n  log_evry: 5\n"));
    QVERIFY(f.document.errorCount() == 1);
    f.page.issuesList()->next();
    QCOMPARE(f.page.yaml()->lineAtCaret(), 19);
    QCOMPARE(f.issues.remedyText(0), QStringLiteral("Correct it"));
    QVERIFY(f.issues.applyRemedy(0));
    QCOMPARE(f.document.errorCount(), 0);
    QCOMPARE(f.document.config().tracking.logEvery, 5);
    f.document.setValue(kRate, yaml::Node::ofFloat(0.5));
    f.page.issuesList()->next();
    QCOMPARE(f.page.form()->current(), kRate);
    QVERIFY(f.page.form()->shownPaths().contains(kRate));
}

void TestConfigurePage::searchLooksEverywhere() {
    Fixture f;
    f.begin();
    FormFilter filter;
    filter.search = QStringLiteral("kl");
    f.page.form()->setFilter(filter);
    QVERIFY(f.page.form()->shownPaths().contains(QStringLiteral("loss.kl_weight")));
    QVERIFY(f.page.form()->shownPaths().size() < 8);
    filter.search.clear();
    filter.changedOnly = true;
    f.document.setValue(QStringLiteral("model.use_ema"), yaml::Node::ofBool(true));
    f.page.form()->setFilter(filter);
    QCOMPARE(f.page.form()->shownPaths(), QStringList{QStringLiteral("model.use_ema")});
}

void TestConfigurePage::templatesStartWithWhatIsKnown() {
    ConfigDocument document;
    IssueModel issues(document);
    TemplateModel templates(QStringLiteral(ATELIER_SOURCE_DIR "/configs/templates"), {});
    ConfigurePage page(document, issues, templates, [](const QString&, const QStringList& required) {
        QList<std::pair<QString, QString>> values;
        for (const QString& path : required) values.append({path, QStringLiteral("/known")});
        return values;
    });
    QVERIFY(page.galleryShown());
    page.gallery()->choose(templates.find(QStringLiteral("tiny")));
    QCOMPARE(document.errorCount(), 0);
    QVERIFY(!document.isModified());
    QSignalSpy started(&page, &ConfigurePage::startRequested);
    page.start();
    QCOMPARE(started.count(), 1);
    // Shards given by the Datasets page go into the template.
    QVERIFY(page.open(QStringLiteral("/d/{0..3}.tar")));
    page.gallery()->choose(templates.find(QStringLiteral("fine-tune")));
    QCOMPARE(document.config().dataset.params.path, std::string("/d/{0..3}.tar"));
}

void TestConfigurePage::everyTemplateStartsInFiveActions_data() {
    QTest::addColumn<QString>("stem");
    QTest::addColumn<QString>("method");
    const TemplateModel templates(QStringLiteral(ATELIER_SOURCE_DIR "/configs/templates"), {});
    for (int row = 0; row < templates.rowCount(); ++row)
        QTest::newRow(qPrintable(templates.at(row).title))
            << QFileInfo(templates.at(row).file).completeBaseName() << templates.at(row).method;
    for (const char* stem :
         {"from-scratch", "fine-tune", "dreambooth", "lora", "textual-inversion", "pivotal-tuning",
          "controlnet", "inpainting", "without-text", "classes", "autoencoder", "autoencoder-vq"})
        QVERIFY2(templates.find(QLatin1String(stem)) >= 0, stem);
}

// With nothing known from earlier runs: a click on the card, what is typed into its fields, a click on Start.
void TestConfigurePage::everyTemplateStartsInFiveActions() {
    QFETCH(QString, stem);
    Fixture f;
    const int row = f.templates.find(stem);
    int actions = 0;
    const auto click = [&](QAbstractButton* button) {
        QVERIFY(button);
        ++actions;
        QTest::mouseClick(button, Qt::LeftButton);
    };
    const auto named = [&](const QString& name) -> QAbstractButton* {
        for (auto* button : f.page.gallery()->findChildren<QAbstractButton*>())
            if (button->text() == name && button->isVisible()) return button;
        return nullptr;
    };
    click(named(f.templates.at(row).title));
    for (const auto* one : f.page.gallery()->findChildren<FormRow*>()) {
        const Issue* issue = f.document.issueAt(one->path());
        if (!issue || issue->code != "missing") continue;
        if (one->path() == QLatin1String("method.class_prompt")) continue;  // follows from the subject
        ++actions;
        const bool subject = one->path() == QLatin1String("method.instance_prompt");
        QTest::keyClicks(one->editor()->field(),
                         subject ? QStringLiteral("a photo of sks dog") : QStringLiteral("/data/x"));
    }
    QSignalSpy started(&f.page, &ConfigurePage::startRequested);
    click(named(QStringLiteral("Start")));
    QStringList issues;
    for (const Issue& issue : f.document.issues())
        issues << QString::fromStdString(issue.path + " " + issue.text);
    QVERIFY2(started.count() == 1, qPrintable(issues.join(QLatin1Char('\n'))));
    QVERIFY2(actions <= 5, qPrintable(QString::number(actions)));
}

void TestConfigurePage::theClassFollowsFromTheSubject() {
    QCOMPARE(classOfSubject(QStringLiteral("a photo of sks dog")), QStringLiteral("a photo of a dog"));
    QCOMPARE(classOfSubject(QStringLiteral("a photo of a sks golden retriever")),
             QStringLiteral("a photo of a golden retriever"));
    QCOMPARE(classOfSubject(QStringLiteral("sks owl")), QStringLiteral("an owl"));
    QCOMPARE(classOfSubject(QStringLiteral("a photo of sks")), QString());
    Fixture f;
    f.page.gallery()->choose(f.templates.find(QStringLiteral("dreambooth")));
    const auto set = [&](const char* path, const char* value) {
        QVERIFY(f.document.setValue(QLatin1String(path), yaml::Node::ofString(value)));
    };
    const auto prompt = [&] { return f.document.written(QStringLiteral("method.class_prompt")); };
    set("method.instance_prompt", "sks dog");
    QTRY_COMPARE(prompt(), QStringLiteral("a dog"));
    set("method.instance_prompt", "sks owl");
    QTRY_COMPARE(prompt(), QStringLiteral("an owl"));
    set("method.class_prompt", "a bird");
    set("method.instance_prompt", "sks cat");
    QTest::qWait(500);
    QCOMPARE(prompt(), QStringLiteral("a bird"));  // their own word stays
}

void TestConfigurePage::galleryIsNeverBlank() {
    Fixture f;
    auto* nothing = f.page.gallery()->findChild<EmptyState*>();
    QVERIFY(nothing && !nothing->isVisible());
    f.page.gallery()->setSearch(QStringLiteral("no such thing"));
    QVERIFY(nothing->isVisible());
    f.page.gallery()->setSearch({});
    QVERIFY(!nothing->isVisible());
    ConfigDocument document;
    TemplateModel none({}, {});
    ConfigureGallery gallery(none, document);
    gallery.show();
    QVERIFY(gallery.findChild<EmptyState*>()->isVisible());
}

void TestConfigurePage::startIsRefusedWithErrors() {
    Fixture f;
    f.begin(QStringLiteral("experiment: {name: x}\n"));
    QSignalSpy started(&f.page, &ConfigurePage::startRequested);
    QSignalSpy said(&f.page, &Page::messageRaised);
    f.page.start();
    QCOMPARE(started.count(), 0);
    QCOMPARE(said.count(), 1);
}

void TestConfigurePage::everyFieldHasAName() {
    Fixture f;
    f.begin();
    for (const QString& path : FormView::paths({}, Importance::Expert)) {
        FormRow* row = f.page.form()->row(path);
        QVERIFY2(row && !row->editor()->field()->accessibleName().isEmpty(), qPrintable(path));
        QVERIFY2(row->editor()->field()->focusPolicy() != Qt::NoFocus, qPrintable(path));
        QCOMPARE(row->editor()->field()->objectName(), path);
    }
    QVERIFY(FormView::count(Importance::Basic) > 10);
    QVERIFY(FormView::count(Importance::Basic) < FormView::count(Importance::Advanced));
}

void TestConfigurePage::numbersAsPeopleWriteThem() {
    double number = 0;
    QVERIFY(parseNumber(QStringLiteral("24 000"), number) && number == 24000);
    QVERIFY(parseNumber(QStringLiteral("1e-4"), number) && number == 1e-4);
    QVERIFY(parseNumber(QStringLiteral(" 0.5 "), number) && number == 0.5);
    QVERIFY(!parseNumber(QStringLiteral("abc"), number));
    QVERIFY(!parseNumber(QStringLiteral("inf"), number));
    const SchemaNode* rate = findSchema("optimizer.params.learning_rate");
    QCOMPARE(numberForField(Json(1e-5), *rate), QStringLiteral("1e-5"));
    QCOMPARE(numberForField(Json(0.002), *rate), QStringLiteral("0.002"));
}

void TestConfigurePage::changesAndResolved() {
    Fixture f;
    f.begin();
    f.document.setValue(kRate, yaml::Node::ofFloat(0.5));
    int plus = 0, minus = 0;
    for (const auto& line : f.document.changes()) {
        plus += line.mark == QLatin1Char('+');
        minus += line.mark == QLatin1Char('-');
    }
    QCOMPARE(plus, 1);
    QCOMPARE(minus, 1);
    QVERIFY(f.document.resolvedYaml().contains(QStringLiteral("beta1: 0.9")));
    QCOMPARE(f.document.forRun(QStringLiteral("y")).resolved["experiment"]["name"].get<std::string>(),
             std::string("y"));
}

void TestConfigurePage::fileRoundTrip() {
    QTemporaryDir folder;
    Fixture f;
    f.begin();
    const QString file = folder.filePath(QStringLiteral("c.yaml"));
    f.document.setValue(kRate, yaml::Node::ofFloat(0.5));
    QVERIFY(f.document.saveFile(file));
    QVERIFY(!f.document.isModified());
    QVERIFY(f.page.open(file));
    QCOMPARE(f.document.config().optimizer.params.learningRate, 0.5);
    QVERIFY(!f.page.open(folder.filePath(QStringLiteral("none.yaml"))));
}

// In a narrow pane every editor and reset button stays inside it, and so do the words of an error.
// Tab must not write into the text of who only passes, and must not keep who typed.
void TestConfigurePage::tabWalksThroughTheText() {
    Fixture f;
    f.begin();
    QVERIFY(QTest::qWaitForWindowExposed(&f.page));
    f.page.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&f.page));
    YamlEditor* yaml = f.page.yaml();
    yaml->setFocus(Qt::TabFocusReason);
    QTest::keyClick(yaml, Qt::Key_Tab);
    QVERIFY(!yaml->hasFocus());
    QCOMPARE(f.document.text(), kText);
    QTest::keyClick(&f.page, Qt::Key_Y, Qt::ControlModifier);
    QVERIFY(yaml->hasFocus());
    yaml->goToLine(1);
    QTest::keyClick(yaml, Qt::Key_Tab);
    QVERIFY(yaml->hasFocus());
    QCOMPARE(f.document.text(), QStringLiteral("  ") + kText);
    QTest::keyClick(yaml, Qt::Key_Escape);
    QTest::keyClick(yaml, Qt::Key_Tab);
    QVERIFY(!yaml->hasFocus());
    yaml->setFocus(Qt::MouseFocusReason);
    QTest::keyClick(yaml, Qt::Key_Backtab);
    QVERIFY(!yaml->hasFocus());
}

void TestConfigurePage::narrowFormHidesNothing() {
    Fixture f;
    f.page.resize(940, 700);
    f.begin(QStringLiteral("experiment: {log_dir: 7}\n"));
    QTRY_VERIFY(!f.page.form()->shownPaths().isEmpty());
    for (const QString& path : f.page.form()->shownPaths()) {
        const FormRow* row = f.page.form()->row(path);
        if (!row->isVisible()) continue;
        const int room = f.page.form()->viewport()->width();
        for (const QWidget* part : row->findChildren<QWidget*>()) {
            if (!part->isVisible()) continue;
            const int right = part->mapTo(f.page.form()->viewport(), QPoint(part->width(), 0)).x();
            QVERIFY2(right <= room,
                     qPrintable(QStringLiteral("%1: %2 ends at %3 of %4")
                                    .arg(path, QString::fromLatin1(part->metaObject()->className()))
                                    .arg(right)
                                    .arg(room)));
        }
    }
}

void TestConfigurePage::editorsStandBelowEachOther() {
    Fixture f;
    f.begin();
    for (const int width : {960, 1203, 1330, 1363, 1400, 1843}) {
        f.page.resize(width, 700);
        QCoreApplication::processEvents();
        QSet<int> starts;
        for (const QString& path : f.page.form()->shownPaths()) {
            const FieldEditor* editor = f.page.form()->row(path)->editor();
            starts.insert(editor->mapTo(f.page.form()->viewport(), QPoint()).x());
        }
        QVERIFY2(starts.size() == 1, qPrintable(QString::number(width)));
    }
}

void TestConfigurePage::narrowHeaderKeepsTheName() {
    Fixture f;
    f.page.resize(923, 643);
    f.document.begin(kText, Origin::Template, QStringLiteral("DreamBooth"));
    f.page.showForm();
    QCoreApplication::processEvents();
    ElidedLabel* name = nullptr;
    for (ElidedLabel* label : f.page.header()->findChildren<ElidedLabel*>())
        if (label->text() == QLatin1String("DreamBooth")) name = label;
    QVERIFY(name);
    QVERIFY2(name->width() >= name->fontMetrics().horizontalAdvance(name->text()),
             qPrintable(QString::number(name->width())));
}

void TestConfigurePage::modelsAndShardsFindTheirField() {
    Fixture f;
    QTemporaryDir folder;
    QFile index(folder.filePath(QStringLiteral("model_index.json")));
    QVERIFY(index.open(QIODevice::WriteOnly));
    index.close();
    QVERIFY(f.page.open(folder.path()));
    QCOMPARE(f.document.written(QStringLiteral("model.pretrained")), folder.path());
    Dropped shards;
    shards.kind = DroppedKind::Shards;
    shards.paths = QStringList{QStringLiteral("/d/000001.tar"), QStringLiteral("/d/000000.tar")};
    const QList<DropTarget> targets = f.page.dropTargets(shards);
    QCOMPARE(targets.size(), 1);
    targets[0].drop(shards);
    QVERIFY2(f.document.text().contains(QStringLiteral("/d/{000000..000001}.tar")),
             qPrintable(f.document.text()));
}

namespace {
const char* const kForecast =
    R"({"device":"cpu","networks":[],"memory":{"program":400000000,"weights":1000000000,"optimizer":2000000000,)"
    R"("activations":5000000000,"latent_cache":100000000,"peak":8400000000,"available":8000000000,"fits":false,)"
    R"("measured":true},"time":{"seconds_per_update":0.5,"updates":1000,"seconds":500},"samples":12,)"
    R"("disk":{"checkpoint":1000000000,"checkpoints_kept":3,"free":9000000000},)"
    R"("fixes":[{"text":"half the batch, accumulated","set":{"system.batch_size":"4","system.gradient_accumulation":"2"}}]})";

QString textOf(const QWidget* widget) {
    QStringList texts;
    for (const QLabel* label : widget->findChildren<QLabel*>())
        if (label->isVisibleTo(widget)) texts << label->text();
    return texts.join(QLatin1Char('\n'));
}

// A program in the engine's place.
QString script(const QTemporaryDir& folder, const QString& body) {
    const QString path = folder.filePath(QStringLiteral("engine"));
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly)) return {};
    file.write(("#!/bin/sh\n" + body).toUtf8());
    file.close();
    file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    return path;
}
}  // namespace

void TestConfigurePage::forecastShowsWhatWasMeasured() {
    Fixture f;
    f.begin();
    QVERIFY(textOf(f.page.forecast()).contains(QStringLiteral("not measured yet")));
    f.page.forecast()->show(forecastFromJson(*parseJson(kForecast, "forecast")));
    const QString shown = textOf(f.page.forecast());
    for (const char* part : {"8.5 GB of 8.0 GB", "weights 1.0 GB", "cached latents 100", "3.0 GB",
                             "3 checkpoint", "does not fit", "half the batch"})
        QVERIFY2(shown.contains(QLatin1String(part)), qPrintable(shown));
    // The fix is one undo step, and the figures are no longer of these settings.
    for (QPushButton* button : f.page.forecast()->findChildren<QPushButton*>())
        if (button->text() == QLatin1String("Set")) QTest::mouseClick(button, Qt::LeftButton);
    QCOMPARE(f.document.config().system.batchSize, 4);
    QCOMPARE(f.document.config().system.gradientAccumulation, 2);
    QVERIFY(textOf(f.page.forecast()).contains(QStringLiteral("before your last changes")));
    f.document.undoStack()->undo();
    QCOMPARE(f.document.text(), kText);
    QVERIFY(textOf(f.page.forecast()).contains(QStringLiteral("measured on")));
    // Another file: nothing is known of it.
    f.begin(kText + QStringLiteral("# other\n"));
    QVERIFY(textOf(f.page.forecast()).contains(QStringLiteral("not measured yet")));
}

void TestConfigurePage::forecastAsksAnEngine() {
    Fixture f;
    QSignalSpy asked(&f.page, &ConfigurePage::measureRequested);
    f.begin(QStringLiteral("experiment:\n  name: ???\n"));
    f.page.measure();
    QCOMPARE(asked.count(), 0);  // what is missing is said instead
    f.begin();
    f.page.measure();
    QCOMPARE(asked.count(), 1);
    QTemporaryDir folder;
    const auto run = [&](const QString& body) {
        auto* job = new ForecastJob(script(folder, body), "a: 1\n");
        f.page.forecast()->follow(job);
        QSignalSpy finished(job, &ForecastJob::finished);
        return finished.wait(5000);
    };
    QVERIFY(run(
        QStringLiteral("test \"$1 $3 $4\" = 'check --forecast --json' && grep -q 'a: 1' \"$2\" || exit 9\n"
                       "echo '%1'\n")
            .arg(QLatin1String(kForecast))));
    QVERIFY2(textOf(f.page.forecast()).contains(QStringLiteral("weights 1.0 GB")),
             qPrintable(textOf(f.page.forecast())));
    // The engine's own words when it refuses; then it can be tried again.
    QVERIFY(
        run(QStringLiteral("echo '{\"error\":{\"code\":\"model\",\"what\":\"no such model\",\"where\":\"/m\","
                           "\"hint\":\"Look.\"}}' >&2; exit 2\n")));
    QVERIFY2(textOf(f.page.forecast()).contains(QStringLiteral("/m: no such model")),
             qPrintable(textOf(f.page.forecast())));
    QVERIFY(!textOf(f.page.forecast()).contains(QStringLiteral("weights 1.0 GB")));
    // Cancel ends it, and nothing is said about it.
    auto* job = new ForecastJob(script(folder, QStringLiteral("exec sleep 60\n")), "a: 1\n");
    f.page.forecast()->follow(job);
    QVERIFY(f.page.forecast()->measuring());
    QSignalSpy finished(job, &ForecastJob::finished);
    QTest::qWait(50);
    for (QPushButton* button : f.page.forecast()->findChildren<QPushButton*>())
        if (button->text() == QLatin1String("Cancel")) QTest::mouseClick(button, Qt::LeftButton);
    QVERIFY(finished.count() > 0 || finished.wait(5000));
    QVERIFY(!f.page.forecast()->measuring());
    QVERIFY(!textOf(f.page.forecast()).contains(QStringLiteral("cancelled")));
}

QTEST_MAIN(TestConfigurePage)
#include "tst_configure_page.moc"
