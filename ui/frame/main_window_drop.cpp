// SPDX-License-Identifier: GPL-3.0-or-later
// MainWindow: what is dragged over it, dropped on it or opened by path goes to the page it belongs to.
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QMimeData>
#include <QSettings>
#include <QStackedWidget>
#include <QVariantAnimation>
#include <QtConcurrentRun>

#include "ui/frame/main_window_slot.h"
#include "ui/frame/rail.h"
#include "ui/frame/status_bar.h"

namespace atelier {

namespace {
QStringList localPaths(const QMimeData& mime, bool* remote) {
    QStringList paths;
    for (const QUrl& url : mime.urls()) {
        if (url.isLocalFile())
            paths << url.toLocalFile();
        else
            *remote = true;
    }
    return paths;
}
}  // namespace

QString MainWindow::pageFor(DroppedKind kind) const {
    switch (kind) {
        case DroppedKind::Config:
            return QStringLiteral("configure");
        case DroppedKind::Run:
            return QStringLiteral("runs");
        case DroppedKind::Model:
            return QStringLiteral("models");
        case DroppedKind::Shards:
            return QStringLiteral("configure");
        case DroppedKind::Nothing:
        case DroppedKind::Unsupported:
            return {};
        default:
            return QStringLiteral("datasets");
    }
}

// The current page has the first word; then the page that the thing belongs to.
QList<DropTarget> MainWindow::targetsFor(const Dropped& dropped) {
    if (dropped.kind == DroppedKind::Nothing || dropped.kind == DroppedKind::Unsupported) return {};
    if (Page* p = currentPage())
        if (auto targets = p->dropTargets(dropped); !targets.isEmpty()) return targets;
    const QString id = pageFor(dropped.kind);
    Page* home = page(id);
    if (!home) return {};
    QList<DropTarget> targets = home->dropTargets(dropped);
    for (DropTarget& target : targets)
        target.drop = [this, id, drop = target.drop](const Dropped& d) {
            showPage(id);
            drop(d);
        };
    if (targets.isEmpty() && (dropped.kind == DroppedKind::Config || dropped.kind == DroppedKind::Run ||
                              dropped.kind == DroppedKind::Dataset)) {
        const bool run = dropped.kind == DroppedKind::Run;
        targets.append({run ? QStringLiteral("runs") : QStringLiteral("file"),
                        run ? tr("Open this run") : tr("Open"), tr("Drop anywhere"),
                        [this, id](const Dropped& d) { showPage(id, d.paths.value(0)); }});
    }
    return targets;
}

QString MainWindow::titleFor(const Dropped& dropped, const QList<DropTarget>& targets) const {
    if (dropped.kind == DroppedKind::Nothing) return tr("Looking at what this is");
    if (dropped.kind == DroppedKind::Unsupported) return tr("Atelier cannot use this");
    if (targets.isEmpty()) return tr("Nothing on this page takes it");
    return targets.front().headline.isEmpty() ? targets.front().title : targets.front().headline;
}

// Known, but nothing that is open takes it.
QString MainWindow::noTargetText(const Dropped& dropped) const {
    return dropped.kind == DroppedKind::Captions ? tr("These are captions without pictures. Open the dataset "
                                                      "with their pictures, then drop them again.")
                                                 : tr("Nothing that is open takes %1.").arg(dropped.summary);
}

void MainWindow::showOverlay() {
    dropped_ = looking_.isFinished() ? looking_.result() : Dropped{};
    targets_ = targetsFor(dropped_);
    if (!overlay_) {
        overlay_ = new DropOverlay(centralWidget());
        overlay_->hide();
    }
    overlay_->setContents(dropped_, targets_, titleFor(dropped_, targets_));
    const QPoint corner = stack_->mapTo(centralWidget(), QPoint(0, 0));
    const int top = currentPage() ? 57 : 0;
    overlay_->setGeometry(QRect(corner + QPoint(0, top), stack_->size() - QSize(0, top)));
    overlay_->show();
    overlay_->raise();
}

void MainWindow::hideOverlay() {
    if (overlay_) overlay_->hide();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (!event->mimeData()->hasUrls()) return;
    bool remote = false;
    const QStringList paths = localPaths(*event->mimeData(), &remote);
    event->setDropAction(Qt::CopyAction);
    event->accept();
    if (paths.isEmpty()) {
        Dropped no{DroppedKind::Unsupported,
                   {},
                   {},
                   tr("It is not on this computer. Save the file first, then drop it here."),
                   0,
                   0};
        looking_.setFuture(QtConcurrent::run([no] { return no; }));
    } else {
        looking_.setFuture(QtConcurrent::run(recognise_, paths));
    }
    showOverlay();
}

void MainWindow::dragMoveEvent(QDragMoveEvent* event) {
    if (overlay_ && overlay_->isVisible())
        overlay_->hover(overlay_->mapFrom(this, event->position().toPoint()));
    event->setDropAction(Qt::CopyAction);
    event->accept();
}

void MainWindow::dragLeaveEvent(QDragLeaveEvent*) {
    hideOverlay();
}

void MainWindow::dropEvent(QDropEvent* event) {
    // The answer is nearly always there; the recogniser bounds its own time.
    looking_.waitForFinished();
    dropped_ = looking_.result();
    targets_ = targetsFor(dropped_);
    int index = targets_.isEmpty() ? -1 : 0;
    if (overlay_ && overlay_->isVisible()) {
        overlay_->setContents(dropped_, targets_, titleFor(dropped_, targets_));
        index = overlay_->hover(overlay_->mapFrom(this, event->position().toPoint()));
    }
    hideOverlay();
    event->setDropAction(Qt::CopyAction);
    event->accept();
    if (index >= 0) {
        targets_[index].drop(dropped_);
    } else if (dropped_.kind == DroppedKind::Unsupported) {
        showMessage({Severity::Warning, tr("Nothing was added."), dropped_.refusal, {}});
    } else {
        showMessage({Severity::Warning, tr("Nothing was added."), noTargetText(dropped_), {}});
    }
    if (index >= 0 && firstRunShown()) showPage(pageFor(dropped_.kind));
}

void MainWindow::openPath(const QString& path) {
    const Dropped dropped = recognise_({QFileInfo(path).absoluteFilePath()});
    if (dropped.kind == DroppedKind::Unsupported || dropped.kind == DroppedKind::Nothing) {
        showMessage({Severity::Warning, tr("%1 was not opened.").arg(path), dropped.refusal, {}});
        return;
    }
    if (dropped.kind == DroppedKind::Images || dropped.kind == DroppedKind::ImageFolder ||
        dropped.kind == DroppedKind::Captions || dropped.kind == DroppedKind::Shards) {
        if (const auto targets = targetsFor(dropped); !targets.isEmpty())
            targets.front().drop(dropped);
        else
            showMessage({Severity::Warning, tr("%1 was not opened.").arg(path), noTargetText(dropped), {}});
        return;
    }
    showPage(pageFor(dropped.kind), dropped.paths.value(0));
}

void MainWindow::resizeEvent(QResizeEvent* event) {
    QMainWindow::resizeEvent(event);
    if (overlay_ && overlay_->isVisible()) showOverlay();
}

}  // namespace atelier
