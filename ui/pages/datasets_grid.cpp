// SPDX-License-Identifier: GPL-3.0-or-later
// Geometry, mouse and keys of the picture grid. A frame touches only what is visible; pictures come from
// Thumbnails.
#include "ui/pages/datasets_grid.h"

#include <QDrag>
#include <QMimeData>
#include <QPainter>
#include <QScrollBar>
#include <QWheelEvent>
#include <limits>

#include "ui/style/tokens.h"

namespace atelier {

ImageGrid::ImageGrid(DatasetImagesModel& model, QWidget* parent) : QListView(parent), model_(model) {
    delegate_ = new ImageCellDelegate(model, this);
    setObjectName(QStringLiteral("imageGrid"));
    setAccessibleName(tr("Pictures"));
    setFrameShape(QFrame::NoFrame);
    setSelectionMode(ExtendedSelection);
    setDragEnabled(true);
    setMouseTracking(true);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
    setContextMenuPolicy(Qt::CustomContextMenu);
    viewport()->setBackgroundRole(QPalette::Window);
    setItemDelegate(delegate_);
    layoutCells();
    setModel(&model);
    // Many thumbnails may become ready within a frame: one repaint for all of them, of their cells only.
    repaint_.setSingleShot(true);
    repaint_.setInterval(16);
    connect(&repaint_, &QTimer::timeout, this, &ImageGrid::repaintReady);
    connect(&model.thumbnails(), &Thumbnails::ready, this, [this](const QString& path) {
        ready_.insert(path);
        if (!repaint_.isActive()) repaint_.start();
    });
    // Always there, so that columns do not move; its handle only while there is more.
    connect(verticalScrollBar(), &QScrollBar::rangeChanged, this,
            [this](int low, int high) { verticalScrollBar()->setEnabled(high > low); });
    connect(verticalScrollBar(), &QScrollBar::valueChanged, this, [this, last = 0](int value) mutable {
        if (std::abs(value - last) > viewport()->height()) model_.thumbnails().dropPending();
        last = value;
    });
}

// Only cells whose picture has come; decoded ones far away cost nothing.
void ImageGrid::repaintReady() {
    const auto [first, last] = rowsIn(viewport()->rect());
    for (int row = first; row <= last; ++row)
        if (ready_.contains(QString::fromStdString(model_.entryAt(row).path)))
            viewport()->update(cellRect(row));
    ready_.clear();
}

// --- Where cells are: arithmetic on uniform cells, so that nothing is laid out one by one
// ------------------------------------

void ImageGrid::layoutCells() {
    const int room = std::max(wanted_, viewport()->width() - 1);
    columns_ = std::max(1, room / wanted_);
    const int picture = wanted_ - kCellGap - 2 * kCellPadding;
    cell_ = QSize(room / columns_, kCellGap + kCellPadding + picture + kCellCaption);
    delegate_->setCell(cell_, picture);
}

QRect ImageGrid::cellRect(int row) const {
    return {QPoint(row % columns_ * cell_.width(), row / columns_ * cell_.height() - verticalOffset()),
            cell_};
}

// First and last row whose grid line crosses `rect`; last < first when there is none.
std::pair<int, int> ImageGrid::rowsIn(const QRect& rect) const {
    const int top = std::max(0, rect.top() + verticalOffset()) / cell_.height();
    const int bottom = (rect.bottom() + verticalOffset()) / cell_.height();
    return {top * columns_, std::min(model_.rowCount(), (bottom + 1) * columns_) - 1};
}

// The row at a place, or the nearest one. -1 without pictures.
int ImageGrid::rowNear(const QPoint& at) const {
    const int column = std::clamp(at.x() / cell_.width(), 0, columns_ - 1);
    const int line = std::max(0, at.y() + verticalOffset()) / cell_.height();
    return std::min(model_.rowCount() - 1, line * columns_ + column);
}

QRect ImageGrid::visualRect(const QModelIndex& index) const {
    return index.isValid() ? cellRect(index.row()) : QRect();
}

QModelIndex ImageGrid::indexAt(const QPoint& at) const {
    const int row = rowNear(at);
    if (row < 0) return {};
    const QRect card = cellRect(row).adjusted(kCellGap / 2, kCellGap / 2, -kCellGap / 2, -kCellGap / 2);
    return card.contains(at) ? model_.index(row) : QModelIndex();
}

int ImageGrid::verticalOffset() const {
    return verticalScrollBar()->value();
}

int ImageGrid::horizontalOffset() const {
    return 0;
}

void ImageGrid::scrollTo(const QModelIndex& index, ScrollHint hint) {
    if (!index.isValid()) return;
    executeDelayedItemsLayout();
    const QRect cell = visualRect(index);
    const int height = viewport()->height();
    int move = 0;
    if (hint == PositionAtTop || (hint == EnsureVisible && cell.top() < 0))
        move = cell.top();
    else if (hint == PositionAtBottom || (hint == EnsureVisible && cell.bottom() >= height))
        move = cell.bottom() + 1 - height;
    else if (hint == PositionAtCenter)
        move = cell.center().y() - height / 2;
    if (move) verticalScrollBar()->setValue(verticalOffset() + move);
}

void ImageGrid::doItemsLayout() {
    layoutCells();
    QAbstractItemView::doItemsLayout();
}

void ImageGrid::updateGeometries() {
    const int lines = (model_.rowCount() + columns_ - 1) / columns_;
    const qint64 content = qint64(lines) * cell_.height(), height = viewport()->height();
    QScrollBar* bar = verticalScrollBar();
    bar->setRange(0, int(std::clamp<qint64>(content - height, 0, std::numeric_limits<int>::max())));
    bar->setPageStep(int(height));
    bar->setSingleStep(40);
    QAbstractItemView::updateGeometries();
}

void ImageGrid::rowsInserted(const QModelIndex& parent, int start, int end) {
    QAbstractItemView::rowsInserted(parent, start, end);
    scheduleDelayedItemsLayout();
}

void ImageGrid::dataChanged(const QModelIndex& from, const QModelIndex& to, const QList<int>&) {
    const auto [first, last] = rowsIn(viewport()->rect());
    const int low = std::max(first, from.row()), high = std::min(last, to.row());
    if (low > high) return;
    const int top = cellRect(low).top();
    viewport()->update(low == high ? cellRect(low)
                                   : QRect(0, top, viewport()->width(), cellRect(high).bottom() - top + 1));
}

QModelIndex ImageGrid::moveCursor(CursorAction action, Qt::KeyboardModifiers) {
    const int count = model_.rowCount();
    if (count == 0) return {};
    const int row = currentIndex().row();
    if (row < 0) return model_.index(0);
    const int page = std::max(1, viewport()->height() / cell_.height());
    // Up and down keep the column; below a short last line its last picture is next.
    const auto lines = [&](int n) {
        const int to = row + n * columns_;
        if (to < 0) return n == -1 ? row : row % columns_;
        if (to < count) return to;
        return (count - 1) / columns_ > row / columns_ ? count - 1 : row;
    };
    switch (action) {
        case MoveLeft:
        case MovePrevious:
            return model_.index(std::max(0, row - 1));
        case MoveRight:
        case MoveNext:
            return model_.index(std::min(count - 1, row + 1));
        case MoveUp:
            return model_.index(lines(-1));
        case MoveDown:
            return model_.index(lines(1));
        case MovePageUp:
            return model_.index(lines(-page));
        case MovePageDown:
            return model_.index(lines(page));
        case MoveHome:
            return model_.index(0);
        case MoveEnd:
            return model_.index(count - 1);
    }
    return {};
}

// A rubber band takes what it covers; Shift with click or arrows takes everything between the two pictures.
void ImageGrid::setSelection(const QRect& rect, QItemSelectionModel::SelectionFlags flags) {
    QItemSelection chosen;
    const int count = model_.rowCount();
    const auto take = [&](int first, int last) {
        if (first <= last) chosen.append(QItemSelectionRange(model_.index(first), model_.index(last)));
    };
    if (count > 0 && state() == DragSelectingState) {
        const QRect band = rect.normalized();
        const int left = std::max(0, (band.left() + kCellGap / 2) / cell_.width());
        const int right = std::min(columns_ - 1, (band.right() - kCellGap / 2) / cell_.width());
        const auto [first, last] = rowsIn(band.adjusted(0, kCellGap / 2, 0, -kCellGap / 2));
        if (left == 0 && right == columns_ - 1)
            take(first, last);
        else
            for (int line = first; line <= last; line += columns_)
                take(line + left, std::min(line + right, count - 1));
    } else if (count > 0) {
        const int one = rowNear(rect.topLeft()), other = rowNear(rect.bottomRight());
        if (rect.size() != QSize(1, 1) || indexAt(rect.topLeft()).isValid())
            take(std::min(one, other), std::max(one, other));
    }
    selectionModel()->select(chosen, flags);
}

QRegion ImageGrid::visualRegionForSelection(const QItemSelection& selection) const {
    const auto [first, last] = rowsIn(viewport()->rect());
    QRegion region;
    for (const QItemSelectionRange& range : selection) {
        const int low = std::max(first, range.top()), high = std::min(last, range.bottom());
        if (low > high) continue;
        const int top = cellRect(low).top();
        region += QRect(0, top, viewport()->width(), cellRect(high).bottom() - top + 1);
    }
    return region;
}

// --- Painting and mouse
// ---------------------------------------------------------------------------------------------------

void ImageGrid::paintEvent(QPaintEvent* event) {
    QPainter p(viewport());
    QStyleOptionViewItem option;
    initViewItemOption(&option);
    const QStyle::State base = option.state & ~(QStyle::State_MouseOver | QStyle::State_HasFocus);
    const int current = hasFocus() ? currentIndex().row() : -1;
    const auto [first, last] = rowsIn(event->rect());
    for (int row = first; row <= last; ++row) {
        option.rect = cellRect(row);
        if (!event->region().intersects(option.rect)) continue;
        const QModelIndex index = model_.index(row);
        option.state = base;
        if (selectionModel()->isSelected(index)) option.state |= QStyle::State_Selected;
        if (row == current) option.state |= QStyle::State_HasFocus;
        if (row == hover_) option.state |= QStyle::State_MouseOver;
        delegate_->paint(&p, option, index);
    }
    if (band_.isNull()) return;
    QColor fill = style::tokens().accent;
    p.setPen(fill);
    fill.setAlphaF(0.12F);
    p.setBrush(fill);
    p.drawRect(band_.translated(0, -verticalOffset()));
}

void ImageGrid::scrollContentsBy(int dx, int dy) {
    if (!band_.isNull())
        viewport()->update();
    else
        viewport()->scroll(dx, dy);
    setHover(viewport()->underMouse() ? indexAt(viewport()->mapFromGlobal(QCursor::pos())).row() : -1);
}

void ImageGrid::setHover(int row) {
    if (row == hover_) return;
    for (const int one : {hover_, row})
        if (one >= 0) viewport()->update(cellRect(one));
    hover_ = row;
}

bool ImageGrid::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::HoverMove || event->type() == QEvent::HoverEnter)
        setHover(indexAt(static_cast<QHoverEvent*>(event)->position().toPoint()).row());
    else if (event->type() == QEvent::HoverLeave || event->type() == QEvent::Leave)
        setHover(-1);
    return QListView::viewportEvent(event);
}

void ImageGrid::mousePressEvent(QMouseEvent* event) {
    pressed_ = event->position().toPoint() + QPoint(0, verticalOffset());
    QListView::mousePressEvent(event);
}

void ImageGrid::mouseMoveEvent(QMouseEvent* event) {
    QAbstractItemView::mouseMoveEvent(event);
    if (state() != DragSelectingState) return;
    band_ = QRect(pressed_, event->position().toPoint() + QPoint(0, verticalOffset())).normalized();
    viewport()->update();
}

void ImageGrid::mouseReleaseEvent(QMouseEvent* event) {
    QAbstractItemView::mouseReleaseEvent(event);
    if (band_.isNull()) return;
    band_ = {};
    viewport()->update();
}

void ImageGrid::setCellWidth(int width) {
    width = std::clamp(width, kSmallestCell, kLargestCell);
    if (width == wanted_) return;
    wanted_ = width;
    model_.thumbnails().dropPending();
    relayoutKeepingPlace();
    Q_EMIT cellWidthChanged(width);
}

// The picture at the upper left stays there when cells or the window change their size.
void ImageGrid::relayoutKeepingPlace() {
    const int top = columns_ * (verticalOffset() / std::max(1, cell_.height()));
    layoutCells();
    updateGeometries();
    verticalScrollBar()->setValue(top / columns_ * cell_.height());
    viewport()->update();
}

int ImageGrid::selectedCount() const {
    int count = 0;
    for (const QItemSelectionRange& range : selectionModel()->selection()) count += range.height();
    return count;
}

std::vector<int> ImageGrid::selectedEntries() const {
    std::vector<int> entries;
    for (const QItemSelectionRange& range : selectionModel()->selection())
        for (int row = range.top(); row <= range.bottom(); ++row) entries.push_back(model_.entryIndexAt(row));
    if (!std::is_sorted(entries.begin(), entries.end())) std::sort(entries.begin(), entries.end());
    return entries;
}

void ImageGrid::resizeEvent(QResizeEvent* event) {
    const int columns = columns_;
    layoutCells();
    QAbstractItemView::resizeEvent(event);
    if (columns != columns_) viewport()->update();
}

void ImageGrid::wheelEvent(QWheelEvent* event) {
    if (event->modifiers() & Qt::ControlModifier) {
        setCellWidth(wanted_ + (event->angleDelta().y() > 0 ? 12 : -12));
        event->accept();
        return;
    }
    QListView::wheelEvent(event);
}

void ImageGrid::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        Q_EMIT editRequested();
    else if (event->key() == Qt::Key_Space)
        Q_EMIT largeViewRequested();
    else
        QListView::keyPressEvent(event);
}

void ImageGrid::selectionChanged(const QItemSelection& selected, const QItemSelection& deselected) {
    QListView::selectionChanged(selected, deselected);
    Q_EMIT selectionMoved();
}

void ImageGrid::currentChanged(const QModelIndex& current, const QModelIndex& previous) {
    QListView::currentChanged(current, previous);
    Q_EMIT selectionMoved();
}

// The picture under the pointer goes along, not a heap of cells.
void ImageGrid::startDrag(Qt::DropActions) {
    const QModelIndexList indexes = selectionModel()->selectedIndexes();
    if (indexes.isEmpty()) return;
    auto* drag = new QDrag(this);
    drag->setMimeData(model_.mimeData(indexes));
    const QImage image =
        model_.thumbnails().get(indexes.front().data(DatasetImagesModel::PathRole).toString(),
                                int((wanted_ - kCellGap - 2 * kCellPadding) * devicePixelRatioF()));
    if (!image.isNull())
        drag->setPixmap(QPixmap::fromImage(image.scaledToWidth(64, Qt::SmoothTransformation)));
    drag->exec(Qt::CopyAction);
}

}  // namespace atelier
