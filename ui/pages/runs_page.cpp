// SPDX-License-Identifier: GPL-3.0-or-later
// RunsPage: header, list and monitor, opening and going back. What its menus do is in runs_actions.cpp.
#include "ui/pages/runs_page.h"

#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QStackedWidget>

#include "core/run/run_folder.h"
#include "ui/models/run_words.h"
#include "ui/models/thumbnails.h"
#include "ui/pages/monitor_cards.h"
#include "ui/pages/monitor_view.h"
#include "ui/pages/runs_inspector.h"
#include "ui/pages/runs_list.h"

namespace atelier {

namespace {

constexpr int kCompactWidth = 1200, kViewSettlesMs = 300;
constexpr RunFilterKind kChips[] = {RunFilterKind::All, RunFilterKind::Running, RunFilterKind::Queued,
                                    RunFilterKind::Finished, RunFilterKind::Failed};

// The run folder that a path means: itself, or the folder of one of its files. "" when it is none.
QString runFolderOf(const QString& path) {
    const QFileInfo info(path);
    const QString folder = info.isDir() ? info.absoluteFilePath() : info.absolutePath();
    const run::FolderKind kind = run::kindOfFolder(fs::path(folder.toStdString()));
    return kind == run::FolderKind::Started || kind == run::FolderKind::Exported ? QDir::cleanPath(folder)
                                                                                 : QString();
}

}  // namespace

RunsPage::RunsPage(RunListModel& runs, RunListWatcher& watcher, RunDesk& desk, Thumbnails& thumbnails,
                   QWidget* parent)
    : Page(parent),
      runs_(runs),
      watcher_(watcher),
      desk_(desk),
      stack_(new QStackedWidget),
      list_(new RunsList(runs, thumbnails)),
      inspector_(new RunsInspector(runs, thumbnails)),
      view_(new MonitorView(thumbnails)) {
    stack_->addWidget(list_);
    stack_->addWidget(view_);
    setBody(stack_);
    setInspector(inspector_, 328);
    buildActions();
    buildListHeader();
    buildMonitorHeader();

    connect(list_, &RunsList::opened, this, &RunsPage::showMonitor);
    connect(list_, &RunsList::currentChanged, this, &RunsPage::refreshInspector);
    connect(list_, &RunsList::menuWanted, this, &RunsPage::runMenu);
    connect(list_, &RunsList::newRunWanted, this,
            [this] { Q_EMIT pageRequested(QStringLiteral("configure"), {}); });
    connect(list_, &RunsList::openFolderWanted, this, &RunsPage::openFolderDialog);
    connect(list_, &RunsList::filterCleared, this, [this] {
        find_->clear();
        chips_->setCurrentIndex(0);
        list_->setKind(RunFilterKind::All);
    });
    connect(inspector_, &RunsInspector::openWanted, this, &RunsPage::showMonitor);
    connect(inspector_, &RunsInspector::startWanted, this, [this](const QString& folder) {
        const RunSummary* run = runs_.find(folder);
        run != nullptr && run->queued ? startNow(folder) : start(folder);
    });
    connect(inspector_, &RunsInspector::earlierWanted, this, [this](auto& path) { moveInQueueBy(path, -1); });
    connect(inspector_, &RunsInspector::laterWanted, this, [this](auto& path) { moveInQueueBy(path, 1); });
    connect(inspector_, &RunsInspector::unqueueWanted, this, &RunsPage::unqueue);
    connect(&runs_, &RunListModel::moveInQueueWanted, this, &RunsPage::moveInQueue);
    connect(&watcher_, &RunListWatcher::queueRead, this, &RunsPage::refreshQueue);
    connect(&desk_, &RunDesk::queueChanged, &watcher_, &RunListWatcher::rescan);
    connect(inspector_, &RunsInspector::menuWanted, this, &RunsPage::runMenu);
    connect(view_, &MonitorView::saveRequested, this, &RunsPage::savePlot);
    connect(view_, &MonitorView::saveFileRequested, this, &RunsPage::saveSample);
    connect(view_, &MonitorView::openFolderWanted, this,
            [this](const QString& path) { desk_.showInFiles(path); });
    viewTimer_.setSingleShot(true);
    viewTimer_.setInterval(kViewSettlesMs);
    connect(&viewTimer_, &QTimer::timeout, this, [this] {
        viewTimer_.start();  // rememberView() asks whether there is something to remember
        rememberView();
    });
    connect(view_, &MonitorView::viewChanged, &viewTimer_, qOverload<>(&QTimer::start));
    connect(view_->cards(), &MonitorCards::resumeWanted, this, &RunsPage::resumeFrom);
    connect(view_->cards(), &MonitorCards::sampleWanted, this, &RunsPage::sampleFrom);
    connect(&runs_, &RunListModel::runsChanged, this, &RunsPage::refreshCounts);
    connect(&watcher_, &RunListWatcher::scanned, list_, &RunsList::setScanned);
    connect(&watcher_, &RunListWatcher::scanned, this, &RunsPage::refreshScanBanner);
    if (watcher_.firstScanDone()) {
        list_->setScanned();
        refreshScanBanner();
    }
    refreshCounts();
    showList();
}

RunsPage::~RunsPage() {
    rememberView();
}

void RunsPage::rememberView() {
    if (!viewTimer_.isActive()) return;
    viewTimer_.stop();
    if (view_->monitor() != nullptr) desk_.rememberView(view_->monitor()->folder(), view_->view());
}

void RunsPage::buildListHeader() {
    header()->setTitle(tr("Runs"));
    chips_ = new SegmentedControl(tr("Which runs"));
    for (std::size_t i = 0; i < std::size(kChips); ++i) chips_->addSegment({});
    chips_->setCurrentIndex(0);
    listLead_ = chips_;
    header()->addLeading(chips_);
    find_ = makeSearchField(tr("Find run"));
    find_->setFixedWidth(180);
    find_->setToolTip(tr("Name, method, place or a setting: learning_rate:<1e-4"));
    openFolder_ = makeButton(tr("Open run folder…"), QStringLiteral("folder"));
    QPushButton* fresh = makeButton(tr("New run"), QStringLiteral("plus"), ButtonRole::Primary);
    listTrail_ = new QWidget;
    auto* row = new QHBoxLayout(listTrail_);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    pauseQueue_ = makeButton(tr("Pause queue"), QStringLiteral("pause"));
    pauseQueue_->hide();
    row->addWidget(pauseQueue_);
    row->addWidget(find_);
    row->addWidget(openFolder_);
    row->addWidget(fresh);
    header()->addTrailing(listTrail_);
    connect(chips_, &SegmentedControl::currentChanged, this, [this](int i) { list_->setKind(kChips[i]); });
    connect(find_, &QLineEdit::textChanged, list_, &RunsList::setText);
    connect(pauseQueue_, &QPushButton::clicked, this, [this] { pauseQueue(!watcher_.queue().paused); });
    connect(openFolder_, &QPushButton::clicked, this, &RunsPage::openFolderDialog);
    connect(fresh, &QPushButton::clicked, this,
            [this] { Q_EMIT pageRequested(QStringLiteral("configure"), {}); });
}

void RunsPage::buildMonitorHeader() {
    lead_ = new MonitorLead(runs_);
    controls_ = new MonitorControls(actions_);
    header()->addLeading(lead_);
    header()->addTrailing(controls_);
    connect(lead_, &MonitorLead::backWanted, this, &RunsPage::showList);
    connect(lead_, &MonitorLead::runChosen, this, &RunsPage::showMonitor);
}

void RunsPage::resizeEvent(QResizeEvent* event) {
    Page::resizeEvent(event);
    controls_->setCompact(width() < kCompactWidth);
    fitHeader();
}

// In a narrow window the words of the second-rank buttons stand in their tooltips.
void RunsPage::fitHeader() {
    const bool compact = width() < kCompactWidth, paused = watcher_.queue().paused;
    find_->setFixedWidth(compact ? 110 : 180);
    const auto say = [compact](QPushButton* button, const QString& text) {
        button->setText(compact ? QString() : text);
        button->setAccessibleName(text);
        button->setToolTip(compact ? text : QString());
    };
    say(openFolder_, tr("Open run folder…"));
    say(pauseQueue_, paused ? tr("Go on with queue") : tr("Pause queue"));
}

bool RunsPage::monitorShown() const {
    return stack_->currentWidget() == view_;
}

void RunsPage::showList() {
    stack_->setCurrentWidget(list_);
    header()->setTitle(tr("Runs"));
    listLead_->show();
    listTrail_->show();
    lead_->hide();
    controls_->hide();
    fitInspector();
    if (!bannerShown_.isEmpty()) banners()->remove(QStringLiteral("run"));
    bannerShown_.clear();
    controls_->show(nullptr);
    refreshInspector();
    Q_EMIT locationChanged();
}

void RunsPage::showMonitor(const QString& folder) {
    rememberView();
    RunMonitor* monitor = desk_.monitor(folder);
    if (monitor_ != monitor) {
        if (monitor_) monitor_->disconnect(this);
        monitor_ = monitor;
        connect(monitor, &RunMonitor::changed, this, &RunsPage::refreshBanner);
        connect(monitor, &RunMonitor::problem, this, [this](const QString& text) {
            Q_EMIT messageRaised({Severity::Warning, tr("Samples cannot be shown."), text, {}});
        });
    }
    if (!bannerShown_.isEmpty()) banners()->remove(QStringLiteral("run"));
    bannerShown_.clear();
    view_->setMonitor(monitor, desk_.viewState(folder));
    lead_->show(monitor);
    controls_->show(monitor);
    stack_->setCurrentWidget(view_);
    header()->setTitle({});
    listLead_->hide();
    listTrail_->hide();
    lead_->QWidget::show();
    controls_->QWidget::show();
    fitInspector();
    list_->select(folder);
    refreshBanner();
    Q_EMIT locationChanged();
}

bool RunsPage::open(const QString& path) {
    if (path == QLatin1String("newest")) {
        const RunSummary* newest = nullptr;
        for (const RunSummary* run : runs_.all())
            if (newest == nullptr ||
                std::pair(run->active(), run->started) > std::pair(newest->active(), newest->started))
                newest = run;
        if (newest != nullptr) showMonitor(newest->path);
        return newest != nullptr;
    }
    if (path.startsWith(waitingLocation({}))) {
        wanted_ = path.mid(waitingLocation({}).size());
        showList();
        list_->select(wanted_);
        watcher_.rescan();
        return true;
    }
    const QString folder = runFolderOf(path);
    if (folder.isEmpty()) {
        Q_EMIT messageRaised({Severity::Error,
                              tr("%1 is not a run folder.").arg(path),
                              tr("A run folder has a config.yaml and, once started, an events.jsonl."),
                              {}});
        return false;
    }
    if (runs_.find(folder) == nullptr) watcher_.addElsewhere(folder);
    showMonitor(folder);
    return true;
}

QString RunsPage::location() const {
    return monitorShown() && monitor_ ? monitor_->folder() : QString();
}

void RunsPage::openLocation(const QString& location) {
    if (location.isEmpty())
        showList();
    else
        showMonitor(location);
}

QList<DropTarget> RunsPage::dropTargets(const Dropped& dropped) {
    if (dropped.kind != DroppedKind::Run) return {};
    return {{QStringLiteral("runs"), tr("Open its monitor"),
             tr("Curves, samples and events of this run; nothing is copied."),
             [this](const Dropped& d) { open(d.paths.value(0)); }}};
}

QList<std::pair<QString, QString>> RunsPage::objects() const {
    QList<std::pair<QString, QString>> all;
    for (const RunSummary* run : runs_.all()) all.append({run->name, run->path});
    return all;
}

void RunsPage::refreshCounts() {
    const QString names[] = {tr("All"), tr("Running"), tr("Queued"), tr("Finished"), tr("Failed")};
    for (int i = 0; i < int(std::size(kChips)); ++i)
        chips_->setSegmentText(i, QStringLiteral("%1  %2").arg(names[i]).arg(runs_.count(kChips[i])));
    if (!wanted_.isEmpty() && runs_.find(wanted_) != nullptr) list_->select(std::exchange(wanted_, {}));
    setBadge(runs_.count(RunFilterKind::Running));
    fitInspector();
    refreshInspector();
}

// Beside the list, as soon as there is something to select.
void RunsPage::fitInspector() {
    setInspectorAllowed(!monitorShown() && !runs_.all().empty());
}

void RunsPage::refreshInspector() {
    if (!monitorShown()) inspector_->show(list_->current());
}

// A folder that cannot be read is not one without runs.
void RunsPage::refreshScanBanner() {
    const QString problem = watcher_.problem();
    if (problem == scanProblem_) return;
    scanProblem_ = problem;
    banners()->remove(QStringLiteral("scan"));
    if (!problem.isEmpty())
        banners()->show(
            QStringLiteral("scan"),
            {Severity::Warning,
             tr("The folder of the runs cannot be read."),
             problem + QLatin1Char(' ') + tr("Give this user the right to read it, or open runs one by one."),
             {{tr("Look again"), [this] { watcher_.rescan(); }}}});
}

// A paused queue is no silent one.
void RunsPage::refreshQueue() {
    const run::Queue& queue = watcher_.queue();
    pauseQueue_->setVisible(queue.wantsWork());
    fitHeader();
    pauseQueue_->setIcon(style::icon(queue.paused ? QStringLiteral("play") : QStringLiteral("pause")));
    const QString why = !queue.paused || !queue.wantsWork() ? QString()
                        : queue.pausedWhy.empty()           ? QStringLiteral(" ")
                                                            : QString::fromStdString(queue.pausedWhy);
    if (why == queueWhy_) return;
    queueWhy_ = why;
    banners()->remove(QStringLiteral("queue"));
    if (why.isEmpty()) return;
    const bool byItself = !queue.pausedWhy.empty();
    banners()->show(QStringLiteral("queue"),
                    {byItself ? Severity::Warning : Severity::Info,
                     tr("The queue is paused."),
                     byItself ? why : tr("What runs goes on; nothing else is started."),
                     {{tr("Go on"), [this] { pauseQueue(false); }}}},
                    false);
}

// Failures stay until answered; everything else on the page stays as it was.
void RunsPage::refreshBanner() {
    if (!monitor_ || !monitorShown()) return;
    const RunMonitor::Failure failure = monitor_->failure();
    const QString problem = monitor_->controller().problem();  // a folder that is gone cannot be resumed
    QString text = problem.isEmpty() ? failure.text : tr("The run folder cannot be read.");
    QString detail = problem.isEmpty() ? failure.detail : problem;
    Severity severity = Severity::Error;
    if (text.isEmpty() && monitor_->status() == run::RunStatus::NotHeardFrom) {
        severity = Severity::Warning;
        text = tr("Not heard from since %1.").arg(clockWords(monitor_->state().lastTime));
        detail = tr("Its process may be gone, or it is very busy. What is shown is the last that was heard.");
    }
    const QString key = text + detail;
    if (key == bannerShown_) return;
    banners()->remove(QStringLiteral("run"));
    bannerShown_ = key;
    if (text.isEmpty()) return;
    Message message{severity, text, detail, {}};
    if (!failure.text.isEmpty() && problem.isEmpty()) {
        if (monitor_->status() != run::RunStatus::NotStarted)
            message.actions.push_back({tr("Resume"), [this] {
                                           if (monitor_) start(monitor_->folder());
                                       }});
        monitor_->readLog();
        message.actions.push_back({tr("Show log"), [this] { view_->cards()->showLog(); }});
        message.actions.push_back(
            {tr("Copy report"), [this] {
                 if (!monitor_) return;
                 QApplication::clipboard()->setText(monitor_->report());
                 Q_EMIT messageRaised({Severity::Good, tr("The report is in the clipboard."), {}, {}});
             }});
    }
    banners()->show(QStringLiteral("run"), message, false);
}

}  // namespace atelier
