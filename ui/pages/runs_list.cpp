// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/runs_list.h"

#include <QHeaderView>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <numeric>

#include "ui/models/thumbnails.h"
#include "ui/pages/runs_delegate.h"
#include "ui/widgets/messages.h"

namespace atelier {

RunsList::RunsList(RunListModel& model, Thumbnails& thumbnails, QWidget* parent)
    : QWidget(parent), model_(model), filter_(&model), view_(new QTreeView), stack_(new QStackedWidget) {
    view_->setModel(&filter_);
    view_->setAccessibleName(tr("Runs"));
    view_->setItemDelegate(new RunsDelegate(thumbnails, view_));
    view_->setFrameShape(QFrame::NoFrame);
    view_->setRootIsDecorated(false);
    view_->setIndentation(0);
    view_->setExpandsOnDoubleClick(false);
    view_->setSelectionMode(QAbstractItemView::ExtendedSelection);
    view_->setAllColumnsShowFocus(true);
    view_->setDragEnabled(true);
    view_->setAcceptDrops(true);
    view_->setDragDropMode(QAbstractItemView::DragDrop);
    view_->setDefaultDropAction(Qt::MoveAction);
    view_->setMouseTracking(true);
    view_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    view_->setContextMenuPolicy(Qt::CustomContextMenu);
    view_->viewport()->installEventFilter(this);
    view_->installEventFilter(this);
    QHeaderView* header = view_->header();
    header->setSectionsMovable(false);
    header->setSectionsClickable(false);
    header->setMinimumSectionSize(60);
    header->setSectionResizeMode(QHeaderView::Fixed);
    view_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);

    none_ = new EmptyState(
        QStringLiteral("runs"), tr("No runs yet"),
        tr("A run is a folder that the engine fills. Start one, or open a run folder from anywhere."));
    connect(none_->addButton(tr("New run"), QStringLiteral("plus"), ButtonRole::Primary),
            &QPushButton::clicked, this, &RunsList::newRunWanted);
    connect(none_->addButton(tr("Open run folder…"), QStringLiteral("folder"), ButtonRole::Normal),
            &QPushButton::clicked, this, &RunsList::openFolderWanted);
    filteredOut_ = new EmptyState(QStringLiteral("search"), tr("No run matches"),
                                  tr("Find by name, method, place, or a setting: learning_rate:<1e-4"));
    connect(filteredOut_->addButton(tr("Clear filter"), {}, ButtonRole::Normal), &QPushButton::clicked, this,
            &RunsList::filterCleared);
    stack_->addWidget(view_);
    stack_->addWidget(none_);
    stack_->addWidget(filteredOut_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(stack_);

    connect(&thumbnails, &Thumbnails::ready, view_->viewport(), qOverload<>(&QWidget::update));
    connect(&model_, &RunListModel::runsChanged, this, &RunsList::refresh);
    // Groups are open when they appear; who closes one finds it closed.
    connect(&filter_, &QAbstractItemModel::rowsInserted, this,
            [this](const QModelIndex& parent, int first, int last) {
                if (!parent.isValid())
                    for (int row = first; row <= last; ++row) view_->expand(filter_.index(row, 0));
            });
    connect(view_->selectionModel(), &QItemSelectionModel::currentChanged, this, &RunsList::currentChanged);
    connect(&model_, &RunListModel::runsChanged, this, &RunsList::currentChanged);
    connect(view_, &QTreeView::activated, this, [this](const QModelIndex& index) {
        if (const RunSummary* run = runAt(index)) Q_EMIT opened(run->path);
    });
    connect(view_, &QWidget::customContextMenuRequested, this, [this](const QPoint& at) {
        const QModelIndex index = view_->indexAt(at);
        const RunSummary* run = index.isValid() ? runAt(index) : current();
        if (run != nullptr) Q_EMIT menuWanted(run->path, view_->viewport()->mapToGlobal(at));
    });
    view_->expandAll();
    refresh();
}

void RunsList::setKind(RunFilterKind kind) {
    filter_.setKind(kind);
    refresh();
}

void RunsList::setText(const QString& text) {
    filter_.setText(text);
    refresh();
}

void RunsList::setScanned() {
    scanned_ = true;
    refresh();
}

void RunsList::refresh() {
    const bool any = model_.count(RunFilterKind::All) > 0;
    QWidget* shown = any && filter_.rowCount() == 0 ? static_cast<QWidget*>(filteredOut_)
                     : !any && scanned_             ? none_
                                                    : static_cast<QWidget*>(view_);
    stack_->setCurrentWidget(shown);
    if (current() == nullptr && filter_.rowCount() > 0) {
        const QModelIndex first = filter_.index(0, 0, filter_.index(0, 0));
        if (first.isValid()) view_->setCurrentIndex(first);
    }
}

const RunSummary* RunsList::current() const {
    return runAt(view_->currentIndex());
}

QStringList RunsList::selected() const {
    QStringList paths;
    for (const QModelIndex& index : view_->selectionModel()->selectedRows())
        if (const RunSummary* run = runAt(index)) paths << run->path;
    return paths;
}

void RunsList::select(const QString& path) {
    const QModelIndex index = filter_.mapFromSource(model_.indexOf(path));
    if (index.isValid()) view_->setCurrentIndex(index);
}

// All columns fit: the name takes what the others leave, and below a certain width the curve goes.
void RunsList::fitColumns() {
    constexpr int kWithCurve = 820, kLeastName = 150;
    const int total = view_->viewport()->width();
    const std::array<int, RunListModel::ColumnCount> widths{
        0, 140, 160, total < kWithCurve ? 0 : 124, 72, std::clamp(total / 5, 150, 260)};
    const int others = std::accumulate(widths.begin(), widths.end(), 0);
    QHeaderView* header = view_->header();
    header->setSectionHidden(RunListModel::Curve, widths[RunListModel::Curve] == 0);
    header->resizeSection(RunListModel::Name, std::max(kLeastName, total - others));
    for (int c = 1; c < RunListModel::ColumnCount; ++c)
        if (widths[std::size_t(c)] > 0) header->resizeSection(c, widths[std::size_t(c)]);
}

bool RunsList::eventFilter(QObject* watched, QEvent* event) {
    if (watched == view_->viewport() && event->type() == QEvent::Resize) fitColumns();
    if (watched == view_->viewport() && event->type() == QEvent::MouseButtonRelease) {
        const auto& mouse = *static_cast<QMouseEvent*>(event);
        const QModelIndex index = view_->indexAt(mouse.pos());
        if (mouse.button() == Qt::LeftButton && index.isValid()) {
            const RunSummary* run = runAt(index);
            if (run == nullptr) {
                const QModelIndex group = index.siblingAtColumn(0);
                view_->setExpanded(group, !view_->isExpanded(group));
            } else if (index.column() == RunListModel::Where &&
                       mouse.pos().x() > view_->viewport()->width() - RunsDelegate::kMoreWidth) {
                Q_EMIT menuWanted(run->path, mouse.globalPosition().toPoint());
            }
        }
    }
    if (watched == view_ && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if ((key == Qt::Key_Return || key == Qt::Key_Enter) && current() != nullptr) {
            Q_EMIT opened(current()->path);
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

}  // namespace atelier
