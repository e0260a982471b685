// SPDX-License-Identifier: GPL-3.0-or-later
// The Datasets page as a person uses it: drop a folder, filter, caption, exclude, undo, build with the real
// engine, find the version again. Also how fluent 100 000 pictures are.
#include <QComboBox>
#include <QDragEnterEvent>
#include <QImage>
#include <QMimeData>
#include <QPushButton>
#include <QScrollBar>
#include <QTableView>
#include <QTemporaryDir>
#include <QToolButton>
#include <QtTest>

#include "app/studio/studio.h"
#include "core/data/manifest.h"
#include "ui/frame/main_window.h"
#include "ui/pages/configure_gallery.h"
#include "ui/pages/configure_page.h"
#include "ui/pages/datasets_audit.h"
#include "ui/pages/datasets_captions_sheet.h"
#include "ui/pages/datasets_grid.h"
#include "ui/pages/datasets_inspector.h"
#include "ui/pages/datasets_page.h"
#include "ui/pages/datasets_shards.h"
#include "ui/session/settings.h"

using namespace atelier;

class TestDatasetsPage : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void init();
    void cleanup() { studio_.reset(); }
    void dropMakesADatasetAndShowsIt();
    void captionsAreSavedWhileTyping();
    void excludeByKeyAndUndo();
    void filterAndSearch();
    void bulkCaptions_data();
    void bulkCaptions();
    void buildsVerifiesAndOffersTraining();
    void auditAddsUpAndMendsWhatItShows();
    void aFolderOfMasksIsPairedByName();
    void firstRunLeavesWhenSomethingComes();
    void whoHasTheKeyboardIsSeen();
    void gridWalksAndSelects();
    void hundredThousandScrollFluently();

  private:
    void dropFolder();
    void drop(const QString& path);
    DatasetsPage* page() {
        return qobject_cast<DatasetsPage*>(studio_->window()->page(QStringLiteral("datasets")));
    }
    std::unique_ptr<QTemporaryDir> dir_;
    std::unique_ptr<Studio> studio_;
    QString pictures_;
};

void TestDatasetsPage::init() {
    dir_ = std::make_unique<QTemporaryDir>();
    pictures_ = dir_->filePath(QStringLiteral("small animals"));
    QVERIFY(QDir().mkpath(pictures_));
    const QStringList names{QStringLiteral("ant"), QStringLiteral("bee"), QStringLiteral("cat"),
                            QStringLiteral("dog"), QStringLiteral("elk"), QStringLiteral("fox")};
    for (qsizetype i = 0; i < names.size(); ++i) {
        QImage image(260 + int(i) * 20, 300, QImage::Format_RGB32);
        image.fill(QColor::fromHsv(int(i) * 50, 180, 220));
        QVERIFY(image.save(pictures_ + QLatin1Char('/') + names[i] + QStringLiteral(".png")));
        if (i == 5) continue;  // the fox has none
        QFile caption(pictures_ + QLatin1Char('/') + names[i] + QStringLiteral(".txt"));
        QVERIFY(caption.open(QIODevice::WriteOnly));
        caption.write("a small " + names[i].toUtf8() + ", flat colours");
    }
    StudioOptions options;
    options.settingsFile = dir_->filePath(QStringLiteral("settings.ini"));
    options.projectFolder = dir_->filePath(QStringLiteral("Atelier"));
    options.theme = QStringLiteral("light");
    Settings(options.settingsFile).setEnginePath(QStringLiteral(ATELIER_BIN_DIR "/atelier-engine"));
    studio_ = std::make_unique<Studio>(*qApp, options);
    studio_->window()->resize(1440, 900);
    studio_->start();
    studio_->window()->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(studio_->window()));
}

void TestDatasetsPage::drop(const QString& path) {
    MainWindow& window = *studio_->window();
    QMimeData mime;
    mime.setUrls({QUrl::fromLocalFile(path)});
    QDragEnterEvent enter(QPoint(700, 400), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&window, &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent drop(QPointF(700, 400), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&window, &drop);
}

void TestDatasetsPage::dropFolder() {
    drop(pictures_);
    QTRY_COMPARE_WITH_TIMEOUT(page()->grid()->model()->rowCount(), 6, 10000);
    const auto* model = qobject_cast<DatasetImagesModel*>(page()->grid()->model());
    QTRY_VERIFY_WITH_TIMEOUT(!model->document().loading(), 10000);
}

void TestDatasetsPage::dropMakesADatasetAndShowsIt() {
    dropFolder();
    QVERIFY(QFileInfo::exists(dir_->filePath(QStringLiteral("Atelier/datasets/small-animals/dataset.yaml"))));
    const QAbstractItemModel* model = page()->grid()->model();
    QCOMPARE(model->index(0, 0).data(DatasetImagesModel::CaptionRole).toString(),
             QStringLiteral("a small ant, flat colours"));
    // Thumbnails come from another thread and the grid asks for them by painting.
    auto* images = qobject_cast<DatasetImagesModel*>(page()->grid()->model());
    page()->grid()->viewport()->grab();
    QTRY_VERIFY_WITH_TIMEOUT(images->thumbnails().pending() == 0, 10000);
    const QImage shot = page()->grid()->viewport()->grab().toImage();
    const QRect cell = page()->grid()->visualRect(model->index(0, 0));
    const QColor middle = shot.pixelColor(cell.center() - QPoint(0, 10));
    QVERIFY2(middle.hsvSaturation() > 120, qPrintable(middle.name()));
}

void TestDatasetsPage::captionsAreSavedWhileTyping() {
    dropFolder();
    ImageGrid* grid = page()->grid();
    grid->setCurrentIndex(grid->model()->index(5, 0));
    QTRY_COMPARE(page()->inspector()->entry(), 5);
    QPlainTextEdit* caption = page()->inspector()->captionEdit();
    QTest::keyClicks(caption, QStringLiteral("a quick fox"));
    QTRY_COMPARE_WITH_TIMEOUT(grid->model()->index(5, 0).data(DatasetImagesModel::CaptionRole).toString(),
                              QStringLiteral("a quick fox"), 3000);
    const QString journal = dir_->filePath(QStringLiteral("Atelier/datasets/small-animals/edits.jsonl"));
    QTRY_VERIFY_WITH_TIMEOUT(QFileInfo(journal).size() > 0, 3000);
    QVERIFY(!QFileInfo::exists(pictures_ + QStringLiteral("/fox.txt")));
    page()->undoStack()->undo();
    QCOMPARE(caption->toPlainText(), QString());
    // Moving on saves at once, without waiting.
    QTest::keyClicks(caption, QStringLiteral("fox again"));
    QTest::keyClick(caption, Qt::Key_Up, Qt::ControlModifier);
    grid->setCurrentIndex(grid->model()->index(0, 0));
    QTRY_COMPARE(grid->model()->index(5, 0).data(DatasetImagesModel::CaptionRole).toString(),
                 QStringLiteral("fox again"));
}

void TestDatasetsPage::excludeByKeyAndUndo() {
    dropFolder();
    ImageGrid* grid = page()->grid();
    const auto* images = qobject_cast<DatasetImagesModel*>(grid->model());
    studio_->window()->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(studio_->window()));
    grid->setFocus();
    QTRY_VERIFY(grid->hasFocus());
    grid->selectAll();
    QTest::keyClick(grid, Qt::Key_Delete);
    QCOMPARE(images->document().count(Look::Excluded), 6);
    QCOMPARE(page()->undoStack()->count(), 1);
    page()->undoStack()->undo();
    QCOMPARE(images->document().count(Look::Excluded), 0);
}

void TestDatasetsPage::filterAndSearch() {
    dropFolder();
    QLineEdit* filter = nullptr;
    for (QLineEdit* field : page()->findChildren<QLineEdit*>())
        if (field->accessibleName() == QStringLiteral("Filter")) filter = field;
    QVERIFY(filter);
    QTest::keyClicks(filter, QStringLiteral("missing:caption"));
    QTRY_COMPARE(page()->grid()->model()->rowCount(), 1);
    filter->setText(QStringLiteral("no such animal"));
    QTRY_COMPARE(page()->grid()->model()->rowCount(), 0);
    filter->clear();
    QTRY_COMPARE(page()->grid()->model()->rowCount(), 6);
}

void TestDatasetsPage::bulkCaptions_data() {
    QTest::addColumn<int>("operation");
    QTest::addColumn<QString>("first");
    QTest::addColumn<QString>("second");
    QTest::addColumn<bool>("expression");
    QTest::addColumn<QString>("expected");
    QTest::newRow("before") << int(CaptionsSheet::Prefix) << "sks "
                            << "" << false << "sks a fox, snow";
    QTest::newRow("behind") << int(CaptionsSheet::Suffix) << ", film"
                            << "" << false << "a fox, snow, film";
    QTest::newRow("replace") << int(CaptionsSheet::Replace) << "fox"
                             << "wolf" << false << "a wolf, snow";
    QTest::newRow("expression") << int(CaptionsSheet::Replace) << "^a (\\w+)"
                                << "the \\1" << true << "the fox, snow";
    QTest::newRow("broken expression changes nothing") << int(CaptionsSheet::Replace) << "("
                                                       << "x" << true << "a fox, snow";
    QTest::newRow("file name only where none is") << int(CaptionsSheet::FileName) << ""
                                                  << "" << false << "a fox, snow";
}

void TestDatasetsPage::bulkCaptions() {
    QFETCH(int, operation);
    QFETCH(QString, first);
    QFETCH(QString, second);
    QFETCH(bool, expression);
    DatasetEntry e;
    e.path = "/x/red_fox-01.png";
    e.found = "a fox, snow";
    QTEST(CaptionsSheet::changed(CaptionsSheet::Operation(operation), e, first, second, expression),
          "expected");
    e.found.clear();
    QCOMPARE(CaptionsSheet::changed(CaptionsSheet::FileName, e, {}, {}, false), QStringLiteral("red fox 01"));
}

void TestDatasetsPage::buildsVerifiesAndOffersTraining() {
    QVERIFY2(QFileInfo::exists(QStringLiteral(ATELIER_BIN_DIR "/atelier-engine")),
             "atelier-engine is not built");
    dropFolder();
    QSignalSpy train(page(), &DatasetsPage::trainRequested);
    auto* images = qobject_cast<DatasetImagesModel*>(page()->grid()->model());
    images->document().setExcluded({0}, true);
    // The engine is looked for after the first paint.
    QTRY_VERIFY_WITH_TIMEOUT(studio_->engineReady(), 15000);
    page()->openBuildSheet();
    auto* sheet = studio_->window()->findChild<QDialog*>();
    QVERIFY(sheet);
    sheet->accept();
    const QString target = dir_->filePath(QStringLiteral("Atelier/datasets/small-animals/v1"));
    QTRY_VERIFY_WITH_TIMEOUT(QFileInfo::exists(target + QStringLiteral("/manifest.json")), 30000);
    const auto manifest = data::readManifest(fs::path(target.toStdString()));
    QVERIFY(manifest.has_value());
    QCOMPARE(manifest->content.samples, std::uint64_t(5));
    QPushButton* button = nullptr;
    for (QPushButton* b : page()->findChildren<QPushButton*>())
        if (b->text() == QStringLiteral("Train on this version")) button = b;
    QVERIFY(button);
    QTRY_VERIFY_WITH_TIMEOUT(button->isVisible(), 10000);
    // What matters of a version is seen in a narrow window, too.
    auto* shards = page()->findChild<DatasetShardsTab*>();
    studio_->window()->resize(1000, 700);
    QTableView* table = shards->findChild<QTableView*>();
    QTRY_VERIFY(table->isColumnHidden(ShardTableModel::Hash));
    QTRY_VERIFY(table->columnViewportPosition(ShardTableModel::ReadBack) + 140 <= table->viewport()->width());
    button->click();
    QCOMPARE(train.size(), 1);
    QCOMPARE(train[0][0].toString(), target + QStringLiteral("/000000.tar"));
}

// Pixels that differ so much that an eye sees it.
static int marked(const QImage& before, const QImage& after) {
    int count = 0;
    for (int y = 0; y < before.height(); ++y)
        for (int x = 0; x < before.width(); ++x) {
            const QColor a = before.pixelColor(x, y), b = after.pixelColor(x, y);
            count += std::abs(a.red() - b.red()) + std::abs(a.green() - b.green()) +
                         std::abs(a.blue() - b.blue()) >
                     90;
        }
    return count;
}

// Every control of every page looks different while it has the keyboard.
void TestDatasetsPage::whoHasTheKeyboardIsSeen() {
    dropFolder();
    MainWindow& window = *studio_->window();
    QStringList unseen;
    int looked = 0;
    const auto look = [&](const QString& where) {
        window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        window.setAttribute(Qt::WA_KeyboardFocusChange);
        const auto all = window.currentPage()->findChildren<QWidget*>();
        for (const QPointer<QWidget>& one : QList<QPointer<QWidget>>(all.begin(), all.end())) {
            if (!one) continue;
            const bool takesTab = (one->focusPolicy() & Qt::TabFocus) && one->focusProxy() == nullptr;
            const auto* view = qobject_cast<QAbstractItemView*>(one.data());
            if (view != nullptr && (view->model() == nullptr || view->model()->rowCount() == 0))
                continue;  // nothing to stand on
            if (!takesTab || !one->isVisible() || !one->isEnabled() || one->visibleRegion().isEmpty())
                continue;
            const QRect around =
                QRect(one->mapTo(&window, QPoint()), one->size()).adjusted(-4, -4, 4, 4) & window.rect();
            window.setFocus(Qt::OtherFocusReason);
            const QImage without = window.grab(around).toImage();
            one->setFocus(Qt::TabFocusReason);
            if (marked(without, window.grab(around).toImage()) < 24)
                unseen << QStringLiteral("%1: %2 %3")
                              .arg(where, QString::fromLatin1(one->metaObject()->className()),
                                   one->accessibleName());
            ++looked;
        }
    };
    look(QStringLiteral("datasets"));
    for (const char* id : {"configure", "runs", "models"}) {
        window.showPage(QString::fromLatin1(id));
        look(QString::fromLatin1(id));
    }
    auto* configure = qobject_cast<ConfigurePage*>(window.showPage(QStringLiteral("configure")));
    configure->gallery()->choose(0);
    look(QStringLiteral("template"));
    configure->showForm();
    look(QStringLiteral("form"));
    QVERIFY2(looked > 45, qPrintable(QString::number(looked)));
    QVERIFY2(unseen.isEmpty(), qPrintable(unseen.join(QLatin1Char('\n'))));
}

void TestDatasetsPage::auditAddsUpAndMendsWhatItShows() {
    dropFolder();
    DatasetDocument& document = qobject_cast<DatasetImagesModel*>(page()->grid()->model())->document();
    document.setExcluded({2}, true);
    data::BuildOptions rules = document.dataset().options;
    rules.plan.captions = data::CaptionRule::Required;
    QVERIFY(document.setBuildOptions(rules));
    studio_->window()->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(studio_->window()));
    QTest::keyClick(studio_->window(), Qt::Key_A, Qt::ControlModifier | Qt::ShiftModifier);
    DatasetAuditTab* tab = page()->audit();
    QTRY_VERIFY(tab->isVisible());
    QTRY_VERIFY(tab->audit().ready());
    const auto sum = [&](const QString& text) {
        for (const QLabel* label : tab->findChildren<QLabel*>())
            if (label->isVisible() && label->text() == text) return true;
        return false;
    };
    QTRY_VERIFY(sum(QStringLiteral("4 trained + 2 left out = 6 found")));
    const auto press = [&](const QString& name) {
        for (auto* button : tab->findChildren<QAbstractButton*>())
            if (button->isVisible() && button->text().startsWith(name)) {
                QTest::mouseClick(button, Qt::LeftButton);
                return true;
            }
        return false;
    };
    QVERIFY(press(QStringLiteral("Dropped")));
    QTRY_COMPARE(tab->audit().rowCount(), 2);
    // The fox has no caption: the rule is named, and one press changes it.
    tab->table()->setCurrentIndex(tab->audit().index(1, 0));
    QTRY_VERIFY(sum(QStringLiteral("Decided by the build option Pictures: only with a caption.")));
    QVERIFY(QTest::qWaitFor([&] { return press(QStringLiteral("Keep pictures without caption")); }));
    QTRY_VERIFY(sum(QStringLiteral("5 trained + 1 left out = 6 found")));
    tab->table()->setCurrentIndex(tab->audit().index(0, 0));
    QVERIFY(QTest::qWaitFor([&] { return press(QStringLiteral("Include it")); }));
    QTRY_VERIFY(sum(QStringLiteral("6 trained + 0 left out = 6 found")));
    QCOMPARE(tab->audit().csv().count('\n'), 7);
    // From a row to its picture.
    QVERIFY(press(QStringLiteral("All")));
    QTRY_COMPARE(tab->audit().rowCount(), 6);
    tab->table()->setCurrentIndex(tab->audit().index(5, 0));
    QVERIFY(QTest::qWaitFor([&] { return press(QStringLiteral("Show in images")); }));
    QTRY_COMPARE(page()->inspector()->entry(), 5);
}

void TestDatasetsPage::aFolderOfMasksIsPairedByName() {
    dropFolder();
    const auto& document = qobject_cast<DatasetImagesModel*>(page()->grid()->model())->document();
    const QString masks = dir_->filePath(QStringLiteral("masks of animals"));
    QVERIFY(QDir().mkpath(masks));
    for (const char* name : {"/cat.png", "/dog.png"}) {
        QImage image(100, 100, QImage::Format_RGB32);
        image.fill(Qt::black);
        QVERIFY(image.save(masks + QLatin1String(name)));
    }
    drop(masks);  // by its name: masks, not more pictures
    QTRY_COMPARE(document.count(Look::NoMask), 4);
    QCOMPARE(int(document.entries().size()), 6);
    page()->grid()->selectionModel()->setCurrentIndex(page()->grid()->model()->index(2, 0),
                                                      QItemSelectionModel::ClearAndSelect);
    QToolButton* remove = nullptr;
    for (QToolButton* button : page()->inspector()->findChildren<QToolButton*>())
        if (button->accessibleName() == QStringLiteral("Remove: Mask")) remove = button;
    QVERIFY(remove);
    QTRY_VERIFY(remove->isVisible());
    QTest::mouseClick(remove, Qt::LeftButton);
    QCOMPARE(document.count(Look::NoMask), 5);
    page()->undoStack()->undo();
    page()->undoStack()->undo();
    QCOMPARE(document.count(Look::NoMask), 6);
}

void TestDatasetsPage::firstRunLeavesWhenSomethingComes() {
    QVERIFY(studio_->window()->firstRunShown());
    studio_->window()->openPath(pictures_);
    QVERIFY(!studio_->window()->firstRunShown());
    QCOMPARE(studio_->window()->currentPageId(), QStringLiteral("datasets"));
}

// Cells are placed by arithmetic: keys, Shift, rubber band and hits must agree with it.
void TestDatasetsPage::gridWalksAndSelects() {
    DatasetDocument document;
    Thumbnails thumbnails;
    DatasetImagesModel images(document, thumbnails);
    std::vector<DatasetEntry> entries(23);
    for (std::size_t i = 0; i < entries.size(); ++i)
        entries[i].path = "/nowhere/" + std::to_string(i) + ".jpg";
    document.setEntries(std::move(entries));
    ImageGrid grid(images);
    grid.resize(5 * ImageGrid::kSmallestCell + 30, 300);
    grid.show();
    QVERIFY(QTest::qWaitForWindowExposed(&grid));
    const auto rect = [&](int row) { return grid.visualRect(images.index(row)); };
    const auto selected = [&] { return grid.selectedEntries(); };
    QCOMPARE(rect(5).topLeft(), QPoint(0, rect(0).height()));  // five in a line
    QCOMPARE(grid.indexAt(rect(3).center()).row(), 3);
    QVERIFY(!grid.indexAt(rect(3).topLeft() + QPoint(1, 1)).isValid());  // the gap belongs to nobody
    QTest::mouseClick(grid.viewport(), Qt::LeftButton, {}, rect(1).center());
    QCOMPARE(selected(), std::vector<int>({1}));
    QTest::keyClick(&grid, Qt::Key_Down);
    QCOMPARE(grid.currentIndex().row(), 6);
    QTest::keyClick(&grid, Qt::Key_Right, Qt::ShiftModifier);
    QTest::keyClick(&grid, Qt::Key_Down, Qt::ShiftModifier);
    QCOMPARE(selected(), std::vector<int>({6, 7, 8, 9, 10, 11, 12}));  // everything between
    QTest::keyClick(&grid, Qt::Key_End);
    QCOMPARE(grid.currentIndex().row(), 22);
    QVERIFY(grid.viewport()->rect().contains(rect(22)));
    grid.setCurrentIndex(images.index(19));
    QTest::keyClick(&grid, Qt::Key_Down);
    QCOMPARE(grid.currentIndex().row(), 22);  // the last line is short
    QTest::keyClick(&grid, Qt::Key_Home);
    QCOMPARE(grid.currentIndex().row(), 0);
    // A rubber band from the gap before the second column to the third, two lines.
    const QPoint from(rect(1).left() + 1, rect(1).top() + 1);
    QTest::mousePress(grid.viewport(), Qt::LeftButton, {}, from);
    QTest::mouseMove(grid.viewport(), rect(1).center());
    QTest::mouseMove(grid.viewport(), rect(7).center());
    QTest::mouseRelease(grid.viewport(), Qt::LeftButton, {}, rect(7).center());
    QCOMPARE(selected(), std::vector<int>({1, 2, 6, 7}));
    QTest::keyClick(&grid, Qt::Key_A, Qt::ControlModifier);
    QCOMPARE(grid.selectedCount(), 23);
    QTest::mouseClick(grid.viewport(), Qt::LeftButton, {}, from);
    QCOMPARE(grid.selectedCount(), 0);
    // Wider cells: the picture at the upper left stays.
    grid.verticalScrollBar()->setValue(rect(5).top());
    grid.setCellWidth(200);
    QCOMPARE(rect(4).top(), 0);
}

// Bounds are generous for slow machines; the printed figures are what counts.
void TestDatasetsPage::hundredThousandScrollFluently() {
    MainWindow& window = *studio_->window();
    window.showPage(QStringLiteral("datasets"));
    DatasetDocument document;
    Thumbnails thumbnails;
    DatasetImagesModel images(document, thumbnails);
    std::vector<DatasetEntry> entries(100000);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        entries[i].path = "/nowhere/" + std::to_string(i) + ".jpg";
        entries[i].probed = true;
        entries[i].width = entries[i].height = 512;
        entries[i].found = "picture number " + std::to_string(i);
    }
    ImageGrid grid(images);
    grid.resize(820, 800);
    grid.show();
    QElapsedTimer clock;
    clock.start();
    document.setEntries(std::move(entries));
    grid.viewport()->grab();
    const double usable = double(clock.nsecsElapsed()) / 1e6;
    std::vector<double> frames;
    for (int jump = 0; jump < 100; ++jump) {
        clock.restart();
        grid.scrollTo(images.index(jump * 997 % 100000));
        grid.viewport()->grab();
        frames.push_back(double(clock.nsecsElapsed()) / 1e6);
    }
    std::sort(frames.begin(), frames.end());
    qInfo("100 000 pictures: usable after %.1f ms, frame median %.1f ms, slowest %.1f ms", usable, frames[50],
          frames.back());
    QVERIFY2(usable < 2000, qPrintable(QString::number(usable)));
    QVERIFY2(frames[50] < 60, qPrintable(QString::number(frames[50])));
}

QTEST_MAIN(TestDatasetsPage)
#include "tst_datasets_page.moc"
