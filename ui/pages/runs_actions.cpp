// SPDX-License-Identifier: GPL-3.0-or-later
// What the Runs page does on request: control requests, start, trash, export, save. All of it through
// RunDesk.
#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>

#include "core/run/run_folder.h"
#include "ui/models/run_words.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/export_sheet.h"
#include "ui/pages/monitor_cards.h"
#include "ui/pages/monitor_resume_sheet.h"
#include "ui/pages/monitor_sample_sheet.h"
#include "ui/pages/monitor_view.h"
#include "ui/pages/runs_list.h"
#include "ui/pages/runs_page.h"

namespace atelier {

void RunsPage::buildActions() {
    const QString menu = tr("Run");
    const auto whenShown = [this](auto run) {
        return [this, run] {
            if (monitorShown() && monitor_) run();
        };
    };
    actions_.sample = addPageAction(menu, tr("Sample now"), QKeySequence(Qt::Key_S), QStringLiteral("camera"),
                                    whenShown([this] { ask(run::RequestKind::Sample); }));
    actions_.checkpoint =
        addPageAction(menu, tr("Checkpoint now"), QKeySequence(Qt::Key_K), QStringLiteral("save"),
                      whenShown([this] { ask(run::RequestKind::Checkpoint); }));
    actions_.pause =
        addPageAction(menu, tr("Pause"), QKeySequence(Qt::Key_P), QStringLiteral("pause"), whenShown([this] {
                          ask(monitor_->status() == run::RunStatus::Paused ? run::RequestKind::Resume
                                                                           : run::RequestKind::Pause);
                      }));
    actions_.stop =
        addPageAction(menu, tr("Stop"), QKeySequence(Qt::CTRL | Qt::Key_Period), QStringLiteral("stop"),
                      whenShown([this] { monitor_->controller().stop(true); }));
    actions_.stop->setToolTip(tr("Finish the step, write a checkpoint, end. Nothing is lost."));
    actions_.stopNow = addPageAction(menu, tr("Stop without checkpoint…"), {}, {},
                                     whenShown([this] { stopWithoutCheckpoint(); }));
    actions_.forceStop = addPageAction(menu, tr("Force stop"), {}, {},
                                       whenShown([this] { monitor_->controller().forceStop(); }));
    actions_.forceStop->setToolTip(tr("Offered when the engine has not stopped 30 s after it was asked"));
    actions_.start = addPageAction(menu, tr("Resume"), {}, QStringLiteral("play"),
                                   whenShown([this] { start(monitor_->folder()); }));
    actions_.exportRun = addPageAction(menu, tr("Export…"), QKeySequence(Qt::CTRL | Qt::Key_E),
                                       QStringLiteral("export"), [this] {
                                           if (!chosen().isEmpty()) exportRun(chosen());
                                       });
    addPageAction(menu, tr("New run from this"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_N),
                  QStringLiteral("configure"), [this] {
                      if (!chosen().isEmpty())
                          Q_EMIT pageRequested(QStringLiteral("configure"),
                                               chosen() + QStringLiteral("/config.yaml"));
                  });
    addPageAction(menu, tr("Compare"), QKeySequence(Qt::Key_C), QStringLiteral("compare"), [this] {
        if (monitorShown() && monitor_)
            compare({monitor_->folder()});
        else if (!list_->selected().isEmpty())
            compare(list_->selected());
    });
    const auto ofQueue = [this](auto run) {
        return [this, run] {
            const RunSummary* row = runs_.find(chosen());
            if (row != nullptr && row->queued) run(row->path);
        };
    };
    addPageAction(menu, tr("Earlier in the queue"), QKeySequence(Qt::ALT | Qt::Key_Up),
                  QStringLiteral("chevup"), ofQueue([this](auto& path) { moveInQueueBy(path, -1); }));
    addPageAction(menu, tr("Later in the queue"), QKeySequence(Qt::ALT | Qt::Key_Down),
                  QStringLiteral("chev"), ofQueue([this](auto& path) { moveInQueueBy(path, 1); }));
    addPageAction(menu, tr("Take out of the queue"), QKeySequence(Qt::Key_Delete), QStringLiteral("x"),
                  ofQueue([this](auto& path) { unqueue(path); }));
    addPageAction(menu, tr("Pause or go on with the queue"), {}, QStringLiteral("clock"),
                  [this] { pauseQueue(!watcher_.queue().paused); });
    addPageAction(menu, tr("Open run folder…"), {}, QStringLiteral("folder"), [this] { openFolderDialog(); });
    addPageAction(menu, tr("All runs"), QKeySequence(Qt::Key_Backspace), {},
                  whenShown([this] { showList(); }));
    addPageAction(menu, tr("Look again"), QKeySequence(Qt::Key_F5), QStringLiteral("reset"),
                  [this] { watcher_.rescan(); });
}

void RunsPage::ask(run::RequestKind kind) {
    run::Request request;
    request.kind = kind;
    monitor_->controller().request(request);
    controls_->refresh();
}

void RunsPage::stopWithoutCheckpoint() {
    const auto last = monitor_->state().checkpoints.empty()
                          ? std::int64_t(0)
                          : monitor_->state().checkpoints.back().checkpoint.step;
    const std::int64_t lost = std::max<std::int64_t>(0, monitor_->step() - last);
    auto* sheet = new Sheet(window(), QStringLiteral("stop"),
                            tr("Stop %1 without a checkpoint?").arg(monitor_->name()), {}, 480);
    QLabel* text = makeLabel(tr("The last checkpoint is of step %1. The %2 steps since then are lost.")
                                 .arg(countText(last), countText(lost)));
    text->setWordWrap(true);
    sheet->setBody(text);
    setButtonRole(sheet->setPrimary(tr("Stop without checkpoint"), QStringLiteral("stop")),
                  ButtonRole::Danger);
    connect(sheet, &QDialog::accepted, this, [this] {
        if (monitor_) monitor_->controller().stop(false);
    });
    sheet->setAttribute(Qt::WA_DeleteOnClose);
    sheet->open();
}

// The folders in one word, as the Compare page reads them.
void RunsPage::compare(const QStringList& folders) {
    Q_EMIT pageRequested(QStringLiteral("compare"), folders.join(ComparePage::kSeparator));
}

void RunsPage::start(const QString& folder) {
    const auto begun = desk_.begin(folder);
    if (!begun) {
        report(tl::make_unexpected(begun.error()),
               tr("%1 was not started.").arg(QFileInfo(folder).fileName()));
        return;
    }
    if (begun->queued)
        told(folder);
    else
        showMonitor(folder);
    watcher_.rescan();
}

void RunsPage::told(const QString& folder) {
    Q_EMIT messageRaised({Severity::Info,
                          tr("%1 waits in the queue.").arg(QFileInfo(folder).fileName()),
                          tr("It is started when its device is free, with or without this window."),
                          {{tr("Start now"), [this, folder] { startNow(folder); }}}});
    open(waitingLocation(folder));
}

// Beside what runs. It leaves the queue first, so that it cannot be started twice.
void RunsPage::startNow(const QString& folder) {
    const fs::path path(folder.toStdString());
    desk_.changeQueue([path](run::Queue& queue) { return removeFromQueue(queue, path); },
                      [this, folder](const Status& removed) {
                          const Status status = removed ? desk_.start(folder) : removed;
                          report(status, tr("%1 was not started.").arg(QFileInfo(folder).fileName()));
                          if (status) showMonitor(folder);
                      });
}

void RunsPage::enqueue(const QString& folder) {
    const Status status = desk_.enqueue(folder);
    report(status, tr("%1 was not put into the queue.").arg(QFileInfo(folder).fileName()));
    if (status) told(folder);
}

void RunsPage::unqueue(const QString& folder) {
    const fs::path path(folder.toStdString());
    const QString name = QFileInfo(folder).fileName();
    desk_.changeQueue(
        [path](run::Queue& queue) { return removeFromQueue(queue, path); },
        [this, folder, name](const Status& status) {
            report(status, tr("%1 is not in the queue any more.").arg(name));
            if (status)
                Q_EMIT messageRaised({Severity::Good,
                                      tr("%1 is out of the queue; its folder stays.").arg(name),
                                      {},
                                      {{tr("Put it back"), [this, folder] { enqueue(folder); }}}});
        });
}

void RunsPage::moveInQueue(const QString& folder, int place) {
    const fs::path path(folder.toStdString());
    desk_.changeQueue(
        [path, place](run::Queue& queue) { return run::moveInQueue(queue, path, std::size_t(place)); },
        [this, folder](const Status& status) {
            report(status, tr("%1 was not moved.").arg(QFileInfo(folder).fileName()));
        });
}

void RunsPage::moveInQueueBy(const QString& folder, int step) {
    const RunSummary* run = runs_.find(folder);
    if (run != nullptr && run->queued && run->queued->place - 1 + step >= 0)
        moveInQueue(folder, run->queued->place - 1 + step);
}

void RunsPage::pauseQueue(bool pause) {
    desk_.changeQueue([pause](run::Queue& queue) { return run::pauseQueue(queue, pause); },
                      [this](const Status& status) { report(status, tr("The queue stays as it is.")); });
}

QString RunsPage::chosen() const {
    return monitorShown() && monitor_    ? monitor_->folder()
           : list_->current() != nullptr ? list_->current()->path
                                         : QString();
}

void RunsPage::resumeFrom(qint64 step) {
    if (!monitor_) return;
    auto* sheet = new ResumeSheet(window(), desk_, *monitor_, step);
    connect(sheet, &ResumeSheet::started, this, [this](const QString& folder) {
        if (runs_.find(folder) == nullptr) watcher_.addElsewhere(folder);
        desk_.waits(folder) ? told(folder) : showMonitor(folder);
        watcher_.rescan();
    });
    sheet->open();
}

void RunsPage::sampleFrom(qint64 step) {
    if (!monitor_) return;
    SampleSubject subject;
    subject.title = tr("Sample from step %1").arg(countText(step));
    subject.subtitle = tr("%1, its averaged weights where it keeps them").arg(monitor_->name());
    const QString name = QString::fromStdString(run::stepName(step));
    subject.model = QStringLiteral("%1/checkpoints/%2/pipeline").arg(monitor_->folder(), name);
    subject.place = QStringLiteral("%1/pictures/%2").arg(monitor_->folder(), name);
    subject.step = step;
    subject.note = tr("The run is not disturbed, but shares the machine with them.");
    subject.usual = monitor_->settings().sampling;
    auto* sheet = new SampleSheet(window(), desk_, subject, view_->thumbnails());
    connect(sheet, &SampleSheet::folderWanted, this,
            [this](const QString& path) { desk_.showInFiles(path); });
    sheet->open();
}

void RunsPage::trash(const QStringList& folders) {
    QStringList names;
    for (const QString& folder : folders) {
        const RunSummary* run = runs_.find(folder);
        if (run != nullptr && (run->active() || run->queued)) {
            Q_EMIT messageRaised(
                {Severity::Warning,
                 run->active() ? tr("%1 is at work and stays.").arg(run->name)
                               : tr("%1 waits in the queue and stays.").arg(run->name),
                 run->active() ? tr("Stop it first.") : tr("Take it out of the queue first."),
                 {}});
            return;
        }
        names << QFileInfo(folder).fileName();
    }
    if (names.isEmpty()) return;
    auto* sheet = new Sheet(window(), QStringLiteral("trash"),
                            names.size() == 1 ? tr("Move %1 to the trash?").arg(names[0])
                                              : tr("Move %1 runs to the trash?").arg(names.size()),
                            {}, 480);
    QLabel* text = makeLabel(
        tr("Its checkpoints, samples and curves go along. Until the trash is emptied they can be put back."));
    text->setWordWrap(true);
    sheet->setBody(text);
    setButtonRole(sheet->setPrimary(tr("Move to trash"), QStringLiteral("trash")), ButtonRole::Danger);
    connect(sheet, &QDialog::accepted, this, [this, folders] {
        for (const QString& folder : folders) {
            if (monitor_ && monitor_->folder() == folder) showList();
            desk_.trash(folder, [this, folder](const Status& status) {
                watcher_.removeElsewhere(folder);
                watcher_.rescan();
                if (!status)
                    report(status, tr("%1 is still there.").arg(QFileInfo(folder).fileName()));
                else
                    Q_EMIT messageRaised({Severity::Good,
                                          tr("%1 is in the trash.").arg(QFileInfo(folder).fileName()),
                                          {},
                                          {}});
            });
        }
    });
    sheet->setAttribute(Qt::WA_DeleteOnClose);
    sheet->open();
}

void RunsPage::exportRun(const QString& folder) {
    auto* sheet = new ExportSheet(window(), desk_, folder + QStringLiteral("/config.yaml"),
                                  QFileInfo(folder).fileName());
    sheet->setAttribute(Qt::WA_DeleteOnClose);
    connect(sheet, &ExportSheet::exported, this, [this](const QString& target) {
        Q_EMIT messageRaised({Severity::Good,
                              tr("Exported to %1.").arg(target),
                              tr("README.txt in it names the commands."),
                              {{tr("Open folder"), [this, target] { desk_.showInFiles(target); }}}});
    });
    sheet->open();
}

void RunsPage::runMenu(const QString& path, const QPoint& at) {
    const RunSummary* run = runs_.find(path);
    if (run == nullptr) return;
    QMenu menu(this);
    const bool active = run->active();
    menu.addAction(style::icon(QStringLiteral("runs")), tr("Open monitor"), this,
                   [this, path] { showMonitor(path); });
    menu.addAction(style::icon(QStringLiteral("folder")), tr("Open folder"), this,
                   [this, path] { desk_.showInFiles(path); });
    menu.addSeparator();
    if (active) {
        menu.addAction(style::icon(QStringLiteral("stop")), tr("Stop"), this,
                       [this, path] { desk_.monitor(path)->controller().stop(true); });
    } else if (run->queued) {
        menu.addAction(tr("Make it the next one"), this, [this, path] { moveInQueue(path, 0); });
        menu.addAction(style::icon(QStringLiteral("chevup")), tr("Earlier in the queue"), this,
                       [this, path] { moveInQueueBy(path, -1); });
        menu.addAction(style::icon(QStringLiteral("chev")), tr("Later in the queue"), this,
                       [this, path] { moveInQueueBy(path, 1); });
        if (run->queued->stuck)
            menu.addAction(style::icon(QStringLiteral("reset")), tr("Try again"), this,
                           [this, path] { enqueue(path); });
        menu.addAction(style::icon(QStringLiteral("play")), tr("Start now"), this,
                       [this, path] { startNow(path); });
        menu.addAction(style::icon(QStringLiteral("x")), tr("Take out of the queue"), this,
                       [this, path] { unqueue(path); });
    } else if (run->status != run::RunStatus::Finished && run->unreadable.isEmpty()) {
        menu.addAction(style::icon(QStringLiteral("play")),
                       run->status == run::RunStatus::NotStarted ? tr("Start") : tr("Resume"), this,
                       [this, path] { start(path); });
        menu.addAction(style::icon(QStringLiteral("clock")), tr("Add to queue"), this,
                       [this, path] { enqueue(path); });
    }
    menu.addAction(style::icon(QStringLiteral("configure")), tr("New run from this"), this, [this, path] {
        Q_EMIT pageRequested(QStringLiteral("configure"), path + QStringLiteral("/config.yaml"));
    });
    menu.addAction(style::icon(QStringLiteral("export")), tr("Export…"), this,
                   [this, path] { exportRun(path); });
    menu.addSeparator();
    menu.addAction(style::icon(QStringLiteral("copy")), tr("Copy path"), this,
                   [path] { QApplication::clipboard()->setText(path); });
    menu.addAction(tr("Copy command"), this,
                   [this, path] { QApplication::clipboard()->setText(desk_.startCommand(path)); });
    if (run->elsewhere)
        menu.addAction(tr("Take off this list"), this, [this, path] { watcher_.removeElsewhere(path); });
    menu.addSeparator();
    QStringList chosen = list_->selected();
    if (!chosen.contains(path)) chosen = {path};
    menu.addAction(style::icon(QStringLiteral("compare")),
                   chosen.size() > 1 ? tr("Compare %n run(s)", nullptr, int(chosen.size())) : tr("Compare"),
                   this, [this, chosen] { compare(chosen); });
    menu.addSeparator();
    QAction* remove = menu.addAction(style::icon(QStringLiteral("trash")), tr("Move to trash…"), this,
                                     [this, chosen] { trash(chosen); });
    remove->setEnabled(!active);
    menu.exec(at);
}

void RunsPage::openFolderDialog() {
    const QString folder = QFileDialog::getExistingDirectory(this, tr("Open run folder"));
    if (!folder.isEmpty()) open(folder);
}

void RunsPage::savePlot(const QString& name, const QByteArray& bytes) {
    const QString path = QFileDialog::getSaveFileName(this, tr("Save"), QDir::home().filePath(name));
    if (!path.isEmpty()) report(desk_.saveFile(path, bytes), tr("%1 was not saved.").arg(path));
}

void RunsPage::saveSample(const QString& file) {
    const QString path = QFileDialog::getSaveFileName(this, tr("Save picture"),
                                                      QDir::home().filePath(QFileInfo(file).fileName()));
    if (!path.isEmpty())
        desk_.copyFile(file, path, [this, path](const Status& status) {
            report(status, tr("%1 was not saved.").arg(path));
        });
}

void RunsPage::report(const Status& status, const QString& what) {
    if (!status)
        Q_EMIT messageRaised({Severity::Error, what, QString::fromStdString(status.error().message()), {}});
}

}  // namespace atelier
