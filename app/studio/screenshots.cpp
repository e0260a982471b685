// SPDX-License-Identifier: GPL-3.0-or-later
// Drives a studio through its pages and grabs the window. Each scene says what to prepare; pages add theirs
// to scenes().
#include "app/studio/screenshots.h"

#include <QApplication>
#include <QDialog>
#include <QDir>
#include <QDragEnterEvent>
#include <QElapsedTimer>
#include <QFile>
#include <QItemSelectionModel>
#include <QMimeData>
#include <QTableView>
#include <QTemporaryDir>
#include <QTextStream>
#include <QUrl>
#include <functional>
#include <vector>

#include "app/studio/studio.h"
#include "ui/frame/main_window.h"
#include "ui/models/config_document.h"
#include "ui/pages/configure_gallery.h"
#include "ui/pages/configure_page.h"
#include "ui/pages/datasets_audit.h"
#include "ui/pages/datasets_grid.h"
#include "ui/pages/datasets_page.h"
#include "ui/pages/models_list.h"
#include "ui/pages/models_page.h"
#include "ui/pages/runs_page.h"

namespace atelier {

namespace {
void settle(int ms) {
    QElapsedTimer clock;
    clock.start();
    while (clock.elapsed() < ms) QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
}

struct Scene {
    QString name;
    bool firstRun = false;
    std::function<void(MainWindow&)> prepare;
};

// `demo`: a folder of captioned pictures.
std::vector<Scene> scenes(const QString& demo, const QSize& size) {
    const auto datasets = [](MainWindow& w) {
        return qobject_cast<DatasetsPage*>(w.showPage(QStringLiteral("datasets")));
    };
    const auto models = [](MainWindow& w) {
        return qobject_cast<ModelsPage*>(w.showPage(QStringLiteral("models")));
    };
    return {
        {QStringLiteral("first-run"), true, {}},
        {QStringLiteral("datasets-empty"), false, [datasets](MainWindow& w) { datasets(w); }},
        {QStringLiteral("datasets"), false,
         [=](MainWindow& w) {
             w.openPath(demo);
             settle(900);
             ImageGrid* grid = datasets(w)->grid();
             for (const int row : {9, 10, 11})
                 grid->selectionModel()->select(grid->model()->index(row, 0), QItemSelectionModel::Select);
             grid->selectionModel()->setCurrentIndex(grid->model()->index(9, 0), QItemSelectionModel::Select);
         }},
        {QStringLiteral("dataset-audit"), false,
         [=](MainWindow& w) {
             datasets(w)->showTab(DatasetsPage::AuditTab);
             settle(1200);
             QTableView* table = datasets(w)->audit()->table();
             table->setCurrentIndex(table->model()->index(1, 0));
             settle(600);
         }},
        {QStringLiteral("dataset-build-sheet"), false,
         [=](MainWindow& w) {
             datasets(w)->showTab(DatasetsPage::ImagesTab);
             datasets(w)->openBuildSheet();
         }},
        {QStringLiteral("datasets-drop"), false,
         [=](MainWindow& w) {
             for (QDialog* sheet : w.findChildren<QDialog*>()) sheet->reject();
             QMimeData mime;
             mime.setUrls({QUrl::fromLocalFile(demo)});
             QDragEnterEvent enter(QPoint(700, 400), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
             QApplication::sendEvent(&w, &enter);
         }},
        {QStringLiteral("dataset-shards"), false,
         [=](MainWindow& w) {
             QDragLeaveEvent leave;
             QApplication::sendEvent(&w, &leave);
             datasets(w)->openBuildSheet();
             for (QDialog* sheet : w.findChildren<QDialog*>()) sheet->accept();
             settle(6000);
         }},
        {QStringLiteral("runs"), false, [](MainWindow& w) { w.showPage(QStringLiteral("runs")); }},
        {QStringLiteral("run-monitor"), false,
         [](MainWindow& w) {
             settle(2500);  // the first look at the log folders
             w.showPage(QStringLiteral("runs"), QStringLiteral("newest"));
             settle(1500);
         }},
        {QStringLiteral("compare"), false,
         [](MainWindow& w) {
             const QString run = w.page(QStringLiteral("runs"))->location();
             w.showPage(QStringLiteral("compare"), run);
             settle(1500);
         }},
        {QStringLiteral("models"), false,
         [=](MainWindow& w) {
             auto* page = models(w);
             settle(1500);
             page->list()->view()->setCurrentIndex(page->list()->view()->model()->index(0, 0));
             settle(800);
         }},
        {QStringLiteral("models-tensors"), false, [=](MainWindow& w) { models(w)->inspector()->showTab(1); }},
        {QStringLiteral("models-convert-sheet"), false,
         [=](MainWindow& w) {
             models(w)->inspector()->showTab(0);
             if (ModelJobSheet* sheet = models(w)->openSheet(ModelTask::Convert)) sheet->begin();
             settle(2500);
         }},
        {QStringLiteral("models-jobs"), false,
         [=](MainWindow& w) {
             for (QDialog* sheet : w.findChildren<QDialog*>()) sheet->reject();
             w.resize(std::min(1100, size.width()), std::min(700, size.height()));
             settle(300);
             models(w)->setInspectorVisible(true);
         }},
        {QStringLiteral("configure-templates"), false,
         [=](MainWindow& w) {
             w.resize(size);
             qobject_cast<ConfigurePage*>(w.showPage(QStringLiteral("configure")))->gallery()->choose(0);
         }},
        {QStringLiteral("configure"), false,
         [=](MainWindow& w) {
             auto* page = qobject_cast<ConfigurePage*>(w.showPage(QStringLiteral("configure")));
             page->gallery()->choose(2);
             page->showForm();
             page->document().setValue(QStringLiteral("optimizer.params.learning_rate"),
                                       yaml::Node::ofFloat(0.002));
             page->document().setValue(QStringLiteral("experiment.name"),
                                       yaml::Node::ofString("emoji-first-try"));
             page->jump(QStringLiteral("optimizer.params.learning_rate"));
         }},
        {QStringLiteral("palette"), false,
         [=](MainWindow& w) {
             datasets(w)->showTab(0);
             w.showPalette();
         }},
    };
}
}  // namespace

int takeScreenshots(QApplication& app, const StudioOptions& base, const QString& folder, const QSize& size) {
    if (!QDir().mkpath(folder)) {
        QTextStream(stderr) << folder << " cannot be made\n";
        return 1;
    }
    for (const QString& theme : {QStringLiteral("light"), QStringLiteral("dark")}) {
        for (const bool first : {true, false}) {
            QTemporaryDir scratch;
            StudioOptions options = base;
            options.theme = theme;
            options.paths.clear();
            options.settingsFile = scratch.filePath(QStringLiteral("settings.ini"));
            qputenv("ATELIER_QUEUE", QFile::encodeName(scratch.filePath(QStringLiteral("queue"))));
            if (options.projectFolder.isEmpty())
                options.projectFolder = scratch.filePath(QStringLiteral("Atelier"));
            Studio studio(app, options);
            MainWindow& window = *studio.window();
            window.resize(size);
            studio.start();
            window.resize(size);
            for (const Scene& scene : scenes(base.paths.value(0), size)) {
                if (scene.firstRun != first) continue;
                if (scene.prepare) scene.prepare(window);
                settle(500);
                const QString file = QStringLiteral("%1/%2-%3.png").arg(folder, scene.name, theme);
                if (!window.grab().save(file)) {
                    QTextStream(stderr) << file << " cannot be written\n";
                    return 1;
                }
            }
        }
    }
    return 0;
}

}  // namespace atelier
