// SPDX-License-Identifier: GPL-3.0-or-later
// The composition root of the studio: who owns what, which page gets which models.
#include "app/studio/studio.h"

#include <QApplication>
#include <QDesktopServices>
#include <QDir>
#include <QFile>
#include <QFileDialog>
#include <QPixmap>
#include <QPointer>
#include <QSet>
#include <QStorageInfo>
#include <QThread>
#include <QThreadPool>
#include <QTimer>
#include <QUrl>
#include <functional>
#include <optional>

#include "app/studio/configure_part.h"
#include "app/studio/models_part.h"
#include "core/base/strings.h"
#include "core/text/tokenizer.h"
#include "ui/frame/first_run.h"
#include "ui/frame/main_window.h"
#include "ui/frame/settings_sheet.h"
#include "ui/frame/status_bar.h"
#include "ui/models/recognise.h"
#include "ui/models/run_desk.h"
#include "ui/models/run_list_watcher.h"
#include "ui/models/run_words.h"
#include "ui/models/thumbnails.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/configure_page.h"
#include "ui/pages/datasets_page.h"
#include "ui/pages/runs_page.h"
#include "ui/session/engine_locator.h"
#include "ui/session/languages.h"
#include "ui/session/settings.h"
#include "ui/style/fonts.h"
#include "ui/style/theme.h"

namespace atelier {

namespace {
std::optional<bool> darkChoice(ThemeChoice choice) {
    if (choice == ThemeChoice::System) return std::nullopt;
    return choice == ThemeChoice::Dark;
}

// "AMD EPYC 7B13": what /proc says of the processor; empty elsewhere.
QString processorName() {
    QFile file(QStringLiteral("/proc/cpuinfo"));
    if (!file.open(QIODevice::ReadOnly)) return {};
    for (QByteArray line = file.readLine(); !line.isEmpty(); line = file.readLine())
        if (line.startsWith("model name"))
            return QString::fromUtf8(line.mid(line.indexOf(':') + 1)).simplified();
    return {};
}

// Captioned pictures that come with the studio: beside the sources, or installed in share/atelier/demo.
QString demoFolder() {
    const QString program = QCoreApplication::applicationDirPath();
    for (const QString& at : {program + QStringLiteral("/../share/atelier/demo/emoji"),
                              program + QStringLiteral("/../../../resources/demo/emoji"),
                              program + QStringLiteral("/../../resources/demo/emoji")})
        if (QFileInfo::exists(at)) return QDir(at).canonicalPath();
    return {};
}

// Calls `done` once, a turn after `window` was painted for the first time, or after a second where it is not
// (started minimised).
class FirstPaint : public QObject {
  public:
    FirstPaint(QWidget* window, std::function<void()> done) : QObject(window), done_(std::move(done)) {
        window->installEventFilter(this);
        QTimer::singleShot(kLatestMs, this, &FirstPaint::finish);
    }
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (event->type() == QEvent::Paint) {
            watched->removeEventFilter(this);
            QTimer::singleShot(0, this, &FirstPaint::finish);
        }
        return false;
    }

  private:
    static constexpr int kLatestMs = 1000;
    void finish() {
        deleteLater();
        if (done_) std::exchange(done_, nullptr)();
    }
    std::function<void()> done_;
};

Result<QString> usableEngine(const EngineInfo& info) {
    if (info.usable()) return info.path;
    if (info.problem.isEmpty())
        return fail(ErrorCode::Usage, Studio::tr("The engine is still being looked for.").toStdString(), {},
                    Studio::tr("Try again in a moment.").toStdString());
    return fail(ErrorCode::Usage, info.problem.toStdString());
}

// The tiny pipeline that comes with the studio.
QString miniModel() {
    const QString program = QCoreApplication::applicationDirPath();
    for (const QString& at : {program + QStringLiteral("/../share/atelier/models/mini"),
                              program + QStringLiteral("/../../../resources/models/mini")})
        if (QFileInfo::exists(at)) return QDir(at).canonicalPath();
    return {};
}

void openFolder(const QString& path) {
    QDesktopServices::openUrl(QUrl::fromLocalFile(path));
}
}  // namespace

struct Studio::Parts {
    Parts(QApplication& app, const StudioOptions& options)
        : settings(options.settingsFile),
          theme(prepare(app, options),
                darkChoice(options.theme.isEmpty() ? settings.theme() : themeNamed(options.theme))),
          window(settings, [](const QStringList& paths) { return recognise(paths); }) {}

    QApplication& prepare(QApplication& app, const StudioOptions& options) {
        languages.emplace(app,
                          options.language.isEmpty() ? settings.language() : languageNamed(options.language));
        style::setTextScale(settings.textScale());
        return app;
    }
    static ThemeChoice themeNamed(const QString& name) {
        return name == QLatin1String("dark")    ? ThemeChoice::Dark
               : name == QLatin1String("light") ? ThemeChoice::Light
                                                : ThemeChoice::System;
    }

    std::optional<Languages> languages;  // before any text is made
    Settings settings;
    style::Theme theme;
    EngineLocator engine;
    QString project;
    std::unique_ptr<Thumbnails> thumbnails;
    std::unique_ptr<DatasetStore> store;
    std::unique_ptr<DatasetDocument> document;
    std::unique_ptr<DatasetImagesModel> images;
    std::unique_ptr<DatasetBuild> build;
    RunListModel runs;
    RunListWatcher runWatcher{runs};
    RunDesk runDesk{settings, engine};
    QSet<QString> atWork;  // runs, at the last look
    Thumbnails runPictures;
    std::unique_ptr<ConfigurePart> configure;
    std::unique_ptr<ModelsPart> models;
    MainWindow window;  // last: its pages use everything above
    QStringList paths;
    bool started = false;  // what the first paint need not wait for
};

Studio::Studio(QApplication& app, const StudioOptions& options)
    : parts_(std::make_unique<Parts>(app, options)) {
    Parts& p = *parts_;
    if (options.resetWindow) p.settings.forgetLayout();
    p.project = options.projectFolder.isEmpty() ? p.settings.projectFolder()
                                                : QDir(options.projectFolder).absolutePath();
    p.paths = options.paths;
    connect(&p.settings, &Settings::themeChanged, this,
            [&p](ThemeChoice choice) { p.theme.setChoice(darkChoice(choice)); });
    connect(&p.window, &MainWindow::settingsRequested, this, [this, &p] {
        auto* sheet = new SettingsSheet(&p.window, p.settings, p.engine);
        connect(
            sheet, &SettingsSheet::restartWanted, this,
            [this, &p] {
                QApplication::setQuitOnLastWindowClosed(false);
                p.window.close() ? Q_EMIT restartWanted() : QApplication::setQuitOnLastWindowClosed(true);
            },
            Qt::QueuedConnection);
        sheet->show();
    });
    const auto offline = [](bool on) { on ? qputenv("HF_HUB_OFFLINE", "1") : qunsetenv("HF_HUB_OFFLINE"); };
    if (p.settings.offline()) offline(true);
    connect(&p.settings, &Settings::offlineChanged, this, offline);
    const auto remember = [&p](int megabytes) {
        if (p.thumbnails) p.thumbnails->setCacheBytes(qint64(megabytes) << 20);
    };
    connect(&p.settings, &Settings::thumbnailMegabytesChanged, this, remember);
    connect(&p.settings, &Settings::enginePathChanged, &p.engine, &EngineLocator::locate);
    connect(p.window.statusPanel(), &StatusBar::engineClicked, &p.window, &MainWindow::settingsRequested);
    connect(p.window.statusPanel(), &StatusBar::deviceClicked, &p.window,
            [&p] { p.window.showPage(QStringLiteral("runs"), QStringLiteral("newest")); });
    connect(&p.engine, &EngineLocator::changed, this, [&p](const EngineInfo& info) {
        p.window.statusPanel()->setEngine(
            info.usable() ? tr("Engine %1 ready").arg(info.version) : tr("Engine not ready"), info.usable());
        if (info.problem.isEmpty()) return;
        p.window.statusPanel()->setEngineProblem(info.problem);
        p.window.showMessage({Severity::Warning,
                              tr("The engine is not ready."),
                              info.problem,
                              {{tr("Settings"), [&p] { Q_EMIT p.window.settingsRequested(); }}}});
    });
    addPages();
    p.window.finish();
}

Studio::~Studio() = default;

MainWindow* Studio::window() const {
    return &parts_->window;
}
bool Studio::engineReady() const {
    return parts_->engine.info().usable();
}
QString Studio::projectFolder() const {
    return parts_->project;
}

void Studio::addPages() {
    Parts& p = *parts_;
    p.window.addPage({QStringLiteral("datasets"), tr("Datasets"), QStringLiteral("datasets"),
                      [this] { return makeDatasetsPage(); }});
    p.window.addPage(
        {QStringLiteral("configure"), tr("Configure"), QStringLiteral("configure"), [&p]() -> Page* {
             p.configure =
                 std::make_unique<ConfigurePart>(p.settings, p.runDesk, p.runWatcher, p.window, p.project);
             return p.configure->makePage();
         }});
    p.window.addPage({QStringLiteral("runs"), tr("Runs"), QStringLiteral("runs"),
                      [&p] { return new RunsPage(p.runs, p.runWatcher, p.runDesk, p.runPictures); }});
    p.window.addPage({QStringLiteral("compare"), tr("Compare"), QStringLiteral("compare"),
                      [&p] { return new ComparePage(p.runs, p.runDesk, p.runPictures); }});
    p.window.addPage({QStringLiteral("models"), tr("Models"), QStringLiteral("models"), [&p] {
                          p.models =
                              std::make_unique<ModelsPart>(p.settings, p.engine, p.runs, p.runDesk,
                                                           p.runPictures, p.window, p.project, miniModel());
                          return p.models->makePage();
                      }});
    const fs::path queue = run::queueFolder();
    p.runWatcher.setQueue(queue);
    p.runDesk.setQueue(queue);
    connect(&p.runWatcher, &RunListWatcher::queueRead, this,
            [&p](bool runner) { p.runDesk.keepQueueGoing(p.runWatcher.queue(), runner); });
    connect(&p.runDesk, &RunDesk::queueChanged, &p.runWatcher, &RunListWatcher::rescan);
    connect(&p.runs, &RunListModel::runsChanged, this, &Studio::tellFailures);
    p.runWatcher.setFolders({p.project + QStringLiteral("/runs")});
    for (const QString& run : p.settings.recent(RecentKind::Run)) p.runWatcher.addElsewhere(run);
    connect(&p.runWatcher, &RunListWatcher::elsewhereAdded, this,
            [&p](const QString& run) { p.settings.addRecent(RecentKind::Run, run); });
    connect(&p.runWatcher, &RunListWatcher::elsewhereRemoved, this,
            [&p](const QString& run) { p.settings.removeRecent(RecentKind::Run, run); });
    connect(&p.runs, &RunListModel::runsChanged, this, &Studio::showNewestRun);
    // Where there are runs one of them will be opened: the page is made while nobody waits for it.
    connect(
        &p.runWatcher, &RunListWatcher::scanned, this,
        [&p] {
            if (!p.runs.all().empty()) p.window.page(QStringLiteral("runs"))->ensurePolished();
        },
        Qt::SingleShotConnection);
}

// Where training happens: the device that the engine names in the events of the newest run at work, else of
// the newest run of this computer; before the first run, its processor.
void Studio::showDevice(const RunSummary* atWork) {
    Parts& p = *parts_;
    const RunSummary* run = atWork;
    if (run == nullptr)
        for (const RunSummary* other : p.runs.all())
            if (other->here && !other->device.isEmpty() &&
                (run == nullptr || other->lastTime > run->lastTime))
                run = other;
    if (run == nullptr || run->device.isEmpty()) {
        p.window.statusPanel()->setDevice(tr("CPU"), tr("%n core(s)", nullptr, QThread::idealThreadCount()));
        return;
    }
    QString memory;
    const auto bytes = [](std::uint64_t n) { return QString::fromStdString(humanBytes(n)); };
    if (atWork != nullptr && run->memory > 0)
        memory = run->memoryTotal > 0 ? tr("%1 of %2").arg(bytes(run->memory), bytes(run->memoryTotal))
                                      : bytes(run->memory);
    p.window.statusPanel()->setDevice(run->here ? run->device : tr("%1: %2").arg(run->where, run->device),
                                      memory);
}

// The newest run at work stands in the status bar, and its number at the rail icon.
void Studio::showNewestRun() {
    Parts& p = *parts_;
    const RunSummary* newest = nullptr;
    for (const RunSummary* run : p.runs.all())
        if (run->active() && (newest == nullptr || run->started > newest->started)) newest = run;
    showDevice(newest);
    if (newest == nullptr) {
        p.window.statusPanel()->setRun({}, 0, {});
        return;
    }
    p.window.page(QStringLiteral("runs"));  // made now, for the badge
    p.window.statusPanel()->setRun(
        newest->name, newest->fraction(),
        tr("%1 %  ·  %2").arg(int(newest->fraction() * 100)).arg(leftWords(newest->etaSeconds)));
}

// A run that fails while another page is looked at, or one of the queue at night, does not go unseen.
void Studio::tellFailures() {
    Parts& p = *parts_;
    QSet<QString> atWork;
    for (const RunSummary* run : p.runs.all()) {
        if (run->active()) atWork.insert(run->path);
        if (run->status != run::RunStatus::Failed || !p.atWork.contains(run->path)) continue;
        const Page* shown = p.window.currentPage();
        if (p.window.currentPageId() == QLatin1String("runs") && shown->location() == run->path) continue;
        p.window.showMessage(
            {Severity::Error,
             tr("%1 failed.").arg(run->name),
             run->errorText,
             {{tr("Show it"), [&p, path = run->path] { p.window.showPage(QStringLiteral("runs"), path); }}}});
    }
    p.atWork = atWork;
}

// Token counts of captions come from the tokenizer of the model used last, else of the bundled one. Loaded in
// the background: a full vocabulary takes a while.
void Studio::loadTokenizer() {
    Parts& p = *parts_;
    QStringList folders{p.settings.lastBaseModel() + QStringLiteral("/tokenizer")};
    const QString program = QCoreApplication::applicationDirPath();
    folders << program + QStringLiteral("/../share/atelier/models/mini/tokenizer")
            << program + QStringLiteral("/../../../resources/models/mini/tokenizer");
    QThreadPool::globalInstance()->start([document = QPointer<DatasetDocument>(p.document.get()), folders] {
        for (const QString& folder : folders) {
            if (!QFileInfo(folder).isDir()) continue;
            const auto loaded = atelier::loadTokenizer(fs::path(folder.toStdString()));
            if (!loaded) continue;
            const auto tokenizer = *loaded;
            QMetaObject::invokeMethod(
                qApp,
                [document, tokenizer] {
                    const auto count = [tokenizer](const QString& caption) {
                        return int(tokenizer->encode(caption.toStdString()).size());
                    };
                    if (document)
                        document->setTokenizer(count, tokenizer->maxLength() - tokenizer->specialTokens());
                },
                Qt::QueuedConnection);
            return;
        }
    });
}

Page* Studio::makeDatasetsPage() {
    Parts& p = *parts_;
    p.thumbnails = std::make_unique<Thumbnails>(nullptr, qint64(p.settings.thumbnailMegabytes()) << 20);
    p.store = std::make_unique<DatasetStore>(p.project + QStringLiteral("/datasets"),
                                             p.settings.recent(RecentKind::Dataset));
    p.document = std::make_unique<DatasetDocument>();
    p.images = std::make_unique<DatasetImagesModel>(*p.document, *p.thumbnails);
    p.build = std::make_unique<DatasetBuild>(
        [](const QString& folder, const LaunchCommand& command) {
            return std::make_unique<LocalRunChannel>(folder, command);
        },
        [&p] { return usableEngine(p.engine.info()); });
    if (p.started) loadTokenizer();
    auto* page = new DatasetsPage(*p.store, *p.document, *p.images, *p.build);
    connect(page, &DatasetsPage::openFolderRequested, this, openFolder);
    connect(page, &DatasetsPage::saveFileRequested, this,
            [&p](const QString& name, const QByteArray& content) {
                const QString path =
                    QFileDialog::getSaveFileName(&p.window, tr("Save"), QDir::home().filePath(name));
                if (path.isEmpty()) return;
                if (const Status saved = p.runDesk.saveFile(path, content); !saved)
                    p.window.showMessage({Severity::Error,
                                          tr("%1 was not saved.").arg(path),
                                          QString::fromStdString(saved.error().message()),
                                          {}});
            });
    connect(page, &DatasetsPage::trainRequested, this, [&p](const QString& pattern) {
        p.settings.setLastDataset(pattern);
        p.window.showPage(QStringLiteral("configure"), pattern);
    });
    connect(p.document.get(), &DatasetDocument::opened, this, [&p] {
        p.settings.addRecent(RecentKind::Dataset, QString::fromStdString(p.document->folder().string()));
    });
    return page;
}

void Studio::start() {
    Parts& p = *parts_;
    const bool empty = QDir(p.project + QStringLiteral("/datasets")).isEmpty() &&
                       QDir(p.project + QStringLiteral("/runs")).isEmpty() &&
                       p.settings.recent(RecentKind::Dataset).isEmpty() &&
                       p.settings.recent(RecentKind::Run).isEmpty();
    if (empty && p.paths.isEmpty())
        showFirstRun();
    else
        p.window.showPage(p.window.rememberedPage());
    showDevice(nullptr);
    p.window.statusPanel()->setEngine(tr("Looking for the engine"), true);
    p.theme.applySheet();
    p.window.show();
    new FirstPaint(&p.window, [this] {
        Q_EMIT painted();
        startTheRest();
    });
}

void Studio::startTheRest() {
    Parts& p = *parts_;
    p.started = true;
    p.theme.followDesktop();
    p.engine.locate(p.settings.enginePath());
    p.runWatcher.start();
    if (p.document) loadTokenizer();
    for (const QString& path : p.paths) p.window.openPath(path);
    if (p.paths.isEmpty() && !p.window.firstRunShown()) openLast();
}

void Studio::openPaths(const QStringList& paths) {
    Parts& p = *parts_;
    for (const QString& path : paths) p.window.openPath(path);
    p.window.setWindowState(p.window.windowState() & ~Qt::WindowMinimized);
    p.window.raise();
    p.window.activateWindow();
}

// The page that was shown last gets its last object.
void Studio::openLast() {
    Parts& p = *parts_;
    const QStringList datasets = p.settings.recent(RecentKind::Dataset);
    if (p.window.currentPageId() == QLatin1String("datasets")) {
        if (!datasets.isEmpty() && QFileInfo::exists(datasets.front()))
            p.window.showPage(QStringLiteral("datasets"), datasets.front());
        else if (p.store && p.store->rowCount() > 0)
            p.window.showPage(QStringLiteral("datasets"), p.store->pathAt(0));
    }
}

void Studio::showFirstRun() {
    Parts& p = *parts_;
    const QString demo = demoFolder();
    QList<QPixmap> pictures;
    QString demoText;
    if (!demo.isEmpty()) {
        const QStringList names = QDir(demo).entryList({QStringLiteral("*.png")}, QDir::Files, QDir::Name);
        for (const qsizetype i : {names.size() / 5, names.size() / 2, names.size() * 4 / 5})
            pictures << QPixmap(demo + QLatin1Char('/') + names.value(i));
        demoText = tr(
            "%n captioned emoji picture(s): look at them, build shards, train a tiny model on this computer.",
            nullptr, int(names.size()));
    }
    auto* page = new FirstRunPage(pictures, demoText);
    QList<ComputerFact> facts;
    const QString processor = processorName();
    facts.append({true, processor.isEmpty()
                            ? tr("%n processor core(s)", nullptr, QThread::idealThreadCount())
                            : tr("%1, %n core(s)", nullptr, QThread::idealThreadCount()).arg(processor)});
    const QStorageInfo disk(QFileInfo::exists(p.project) ? p.project : QDir::homePath());
    facts.append({disk.bytesAvailable() > qint64(5e9),
                  tr("%1 free in %2")
                      .arg(QString::fromStdString(
                               humanBytes(std::uint64_t(std::max<qint64>(0, disk.bytesAvailable())))),
                           QString(p.project).replace(QDir::homePath(), QStringLiteral("~")))});
    page->setFacts(facts);
    connect(page, &FirstRunPage::chooseFolderRequested, this, [&p] {
        const QString path = QFileDialog::getExistingDirectory(&p.window, tr("Choose a folder of images"));
        if (!path.isEmpty()) p.window.openPath(path);
    });
    connect(page, &FirstRunPage::demoRequested, this, [&p, demo] { p.window.openPath(demo); });
    connect(page, &FirstRunPage::templateRequested, this,
            [&p] { p.window.showPage(QStringLiteral("configure")); });
    connect(page, &FirstRunPage::openRunRequested, this, [&p] {
        const QString path = QFileDialog::getExistingDirectory(&p.window, tr("Open a run folder"));
        if (!path.isEmpty()) p.window.openPath(path);
    });
    p.window.setFirstRun(page);
}

}  // namespace atelier
