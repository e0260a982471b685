// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/studio_walk.h"

#include <QAction>
#include <QApplication>
#include <QDialog>
#include <QDir>
#include <QDragEnterEvent>
#include <QElapsedTimer>
#include <QFile>
#include <QImage>
#include <QItemSelectionModel>
#include <QMimeData>
#include <QTableView>
#include <QUrl>

#include "ui/frame/command_palette.h"
#include "ui/frame/main_window.h"
#include "ui/models/config_document.h"
#include "ui/pages/configure_gallery.h"
#include "ui/pages/configure_page.h"
#include "ui/pages/datasets_grid.h"
#include "ui/pages/datasets_page.h"
#include "ui/pages/models_list.h"
#include "ui/pages/models_page.h"
#include "ui/pages/monitor_cards.h"
#include "ui/pages/monitor_view.h"
#include "ui/pages/runs_page.h"
#include "ui/session/settings.h"

namespace atelier::test {

namespace {
constexpr int kPictures = 12;

void write(const QString& file, const QByteArray& text) {
    QFile out(file);
    if (!out.open(QIODevice::WriteOnly) || out.write(text) != text.size())
        qFatal("no room for the test's files");
}
}  // namespace

StudioWalk::StudioWalk(const QString& language, const QString& engine, double textScale, const QSize& size) {
    makeData();
    StudioOptions options;
    options.settingsFile = dir_.filePath(QStringLiteral("settings.ini"));
    options.projectFolder = dir_.filePath(QStringLiteral("Atelier"));
    options.theme = QStringLiteral("light");
    options.language = language;
    qputenv("ATELIER_QUEUE", QFile::encodeName(dir_.filePath(QStringLiteral("queue"))));
    {
        Settings settings(options.settingsFile);
        settings.setEnginePath(engine);
        settings.setTextScale(textScale);
    }
    studio_ = std::make_unique<Studio>(*qApp, options);
    studio_->window()->resize(size);
    studio_->start();
    studio_->window()->resize(size);
    studio_->window()->activateWindow();
    settle(400);
}

StudioWalk::~StudioWalk() = default;

MainWindow& StudioWalk::window() {
    return *studio_->window();
}

void StudioWalk::settle(int ms) {
    QElapsedTimer clock;
    clock.start();
    while (clock.elapsed() < ms) QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
}

// Pictures with captions of several lengths, one without, one that is broken; a run at work, one that is
// done, one that failed.
void StudioWalk::makeData() {
    pictures_ = dir_.filePath(QStringLiteral("zz pictures"));
    QDir().mkpath(pictures_);
    for (int i = 0; i < kPictures; ++i) {
        const QString name = QStringLiteral("%1/zz%2").arg(pictures_).arg(i, 3, 10, QLatin1Char('0'));
        QImage image(200 + i * 40, 300, QImage::Format_RGB32);
        image.fill(QColor::fromHsv(i * 25, 180, 220));
        image.save(name + QStringLiteral(".png"));
        if (i != 3) write(name + QStringLiteral(".txt"), QByteArray("zzcat, zzdog ").repeated(1 + i * 3));
    }
    write(pictures_ + QStringLiteral("/zzbroken.png"), "no picture");
    runs_ = dir_.filePath(QStringLiteral("Atelier/runs"));
    QDir().mkpath(runs_);
    for (const char* name : {"zzdone", "zzfailed", "zzrunning"}) {
        FakePlan plan;
        plan.name = name;
        plan.steps = 1000;
        plan.sampleEvery = plan.saveEvery = 200;
        plan.resolution = 32;
        plan.prompts = {"zzfox", "zzowl"};
        auto run = std::make_unique<FakeRun>(runs_, plan);
        run->start();
        run->train(400, 5);
        run->sample(400);
        run->checkpoint(400);
        run->train(500, 5);
        if (plan.name == "zzfailed")
            run->put(run::ErrorRaised{"out_of_memory", "zzmemory", "zzwhere", "zzhint"});
        if (plan.name == "zzdone") run->finish(run::FinishReason::Stopped);
        if (plan.name == "zzrunning") run->holdLock();
        fakes_.push_back(std::move(run));
    }
}

QAction* StudioWalk::action(const char* english) {
    const QString text = QCoreApplication::translate("walk", english);
    for (const Page::MenuAction& one : window().currentPage()->pageActions())
        if (one.action->text() == text) return one.action;
    qFatal("no action %s on this page", english);
}

void StudioWalk::closeSheets() {
    for (QDialog* sheet : window().findChildren<QDialog*>()) sheet->reject();
    settle(30);
}

void StudioWalk::visit(const std::function<void(const QString&)>& look) {
    MainWindow& w = window();
    const auto shown = [&](const char* name, int ms = 150) {
        settle(ms);
        look(QString::fromLatin1(name));
    };
    const auto sheet = [&](const char* name, int ms = 250) {
        shown(name, ms);
        closeSheets();
    };
    if (w.firstRunShown()) shown("first run");
    auto* datasets = qobject_cast<DatasetsPage*>(w.showPage(QStringLiteral("datasets")));
    shown("datasets, empty");
    w.openPath(pictures_);
    settle(900);
    datasets->grid()->setCurrentIndex(datasets->grid()->model()->index(1, 0));
    shown("datasets, one picture");
    datasets->grid()->selectAll();
    shown("datasets, all selected");
    action("Edit captions of the selection…")->trigger();
    sheet("edit captions");
    action("New dataset…")->trigger();
    sheet("new dataset");
    action("Build shards")->trigger();
    sheet("build shards", 400);
    datasets->showTab(DatasetsPage::AuditTab);
    shown("audit", 600);
    datasets->showTab(DatasetsPage::ShardsTab);
    shown("shards");
    QMimeData mime;
    mime.setUrls({QUrl::fromLocalFile(pictures_)});
    QDragEnterEvent enter(QPoint(700, 400), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&w, &enter);
    shown("drop", 300);
    QDragLeaveEvent leave;
    QApplication::sendEvent(&w, &leave);

    auto* configure = qobject_cast<ConfigurePage*>(w.showPage(QStringLiteral("configure")));
    for (int i = 0; i < 10; ++i) {
        configure->gallery()->choose(i);
        shown("template");
    }
    for (const int i : {1, 2, 8}) {
        configure->gallery()->choose(i);
        configure->showForm();
        shown("form, basic", 400);
        configure->jump(QStringLiteral("loss.min_snr_gamma"));
        shown("form, advanced", 600);
        configure->jump(QStringLiteral("distributed.dist_url"));
        shown("form, expert", 1000);
        configure->showGallery();
    }

    w.showPage(QStringLiteral("runs"));
    shown("runs", 800);
    auto* runs = qobject_cast<RunsPage*>(w.currentPage());
    for (const auto& fake : fakes_) {
        runs->showMonitor(fake->folder());
        shown(fake->plan().name.c_str(), 700);
        if (fake == fakes_.front()) {
            Q_EMIT runs->monitorView()->cards()->resumeWanted(400);
            sheet("resume");
            Q_EMIT runs->monitorView()->cards()->sampleWanted(400);
            sheet("sample", 500);
            action("Export…")->trigger();
            sheet("export");
        } else if (fake == fakes_.back()) {
            action("Stop without checkpoint…")->trigger();
            sheet("stop");
        }
    }
    runs->showList();

    w.showPage(QStringLiteral("compare"));
    shown("compare, empty");
    for (const auto& fake : fakes_) w.showPage(QStringLiteral("compare"), fake->folder());
    shown("compare", 900);

    auto* models = qobject_cast<ModelsPage*>(w.showPage(QStringLiteral("models")));
    shown("models", 1200);
    models->list()->view()->setCurrentIndex(models->list()->view()->model()->index(0, 0));
    shown("a model", 1500);
    for (const ModelTask task :
         {ModelTask::Convert, ModelTask::Merge, ModelTask::Extract, ModelTask::Resize, ModelTask::Download})
        if (models->openSheet(task)) sheet("work on a model", 400);

    Q_EMIT w.settingsRequested();
    sheet("settings");
    w.showPalette();
    shown("palette");
    for (auto* palette : w.findChildren<CommandPalette*>()) palette->close();
    settle(50);
}

}  // namespace atelier::test
