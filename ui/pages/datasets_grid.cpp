// SPDX-License-Identifier: GPL-3.0-or-later
// Painting and behaviour of the picture grid. A frame paints at most what is visible; pictures come from
// Thumbnails.
#include "ui/pages/datasets_grid.h"

#include <QDrag>
#include <QMimeData>
#include <QPainter>
#include <QScrollBar>
#include <QTimer>
#include <QWheelEvent>

#include "ui/style/fonts.h"
#include "ui/style/icons.h"
#include "ui/style/tokens.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {
constexpr int kGap = 8;       // between cells
constexpr int kPadding = 6;   // around the picture
constexpr int kCaption = 24;  // line below it

void badge(QPainter& p, const QPoint& right, const QString& text) {
    const style::Tokens& t = style::tokens();
    p.setFont(style::font(TextSize::Small, QFont::DemiBold));
    const int width = p.fontMetrics().horizontalAdvance(text) + 14;
    const QRectF box(right.x() - width, right.y(), width, 18);
    p.setPen(Qt::NoPen);
    p.setBrush(t.pictureInk);
    p.drawRoundedRect(box, 9, 9);
    p.setPen(t.pictureText);
    p.drawText(box, Qt::AlignCenter, text);
}
}  // namespace

ImageCellDelegate::ImageCellDelegate(const DatasetImagesModel& model, QObject* parent)
    : QStyledItemDelegate(parent), model_(model) {}

QSize ImageCellDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const {
    return cell_;
}

void ImageCellDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                              const QModelIndex& index) const {
    const style::Tokens& t = style::tokens();
    const DatasetEntry& e = model_.entryAt(index.row());
    const bool selected = option.state & QStyle::State_Selected,
               current = option.state & QStyle::State_HasFocus;
    const qreal dpr = painter->device()->devicePixelRatioF();
    QPainter& p = *painter;
    p.save();
    p.setRenderHint(QPainter::Antialiasing);
    const QRect cell = option.rect.adjusted(kGap / 2, kGap / 2, -kGap / 2, -kGap / 2);
    p.setPen(selected || current ? QPen(t.accent, 2) : QPen(t.line, 1));
    p.setBrush(selected ? t.accentSoft : option.state & QStyle::State_MouseOver ? t.hover : t.surface);
    p.drawRoundedRect(selected || current ? QRectF(cell).adjusted(1, 1, -1, -1)
                                          : QRectF(cell).adjusted(0.5, 0.5, -0.5, -0.5),
                      8, 8);

    const QRect box(cell.x() + kPadding, cell.y() + kPadding, cell.width() - 2 * kPadding,
                    cell.height() - 2 * kPadding - kCaption + kPadding);
    QRect picture = box;
    if (e.edit.excluded) p.setOpacity(0.45);
    const QString path = QString::fromStdString(e.path);
    const QImage image =
        e.probed && !e.readable ? QImage() : model_.thumbnails().get(path, int(picture_ * dpr));
    if (!image.isNull()) {
        const QSize size(qRound(image.width() / dpr), qRound(image.height() / dpr));
        picture = QRect(box.x() + (box.width() - size.width()) / 2,
                        box.y() + (box.height() - size.height()) / 2, size.width(), size.height());
        // A texture brush rounds the corners without a clip path.
        QBrush texture(image);
        QTransform at = QTransform::fromTranslate(picture.x(), picture.y());
        texture.setTransform(at.scale(1 / dpr, 1 / dpr));
        p.setPen(Qt::NoPen);
        p.setBrush(texture);
        p.drawRoundedRect(picture, 4, 4);
    } else {
        const bool broken = (e.probed && !e.readable) || model_.thumbnails().failed(path);
        p.setPen(Qt::NoPen);
        p.setBrush(broken ? t.badSoft : t.sunken);
        p.drawRoundedRect(box, 4, 4);
        if (broken)
            p.drawPixmap(box.center() - QPoint(10, 10),
                         style::iconPixmap(QStringLiteral("error"), 20, Tone::Bad, dpr));
    }

    const QRect line(cell.x() + kPadding + 3, cell.bottom() - kCaption + 1, cell.width() - 2 * kPadding - 6,
                     kCaption - 2);
    p.setFont(style::font(TextSize::Caption));
    if (e.probed && !e.hasCaption()) {
        p.drawPixmap(QPoint(line.x(), line.center().y() - 6),
                     style::iconPixmap(QStringLiteral("warning"), 13, Tone::Warn, dpr));
        p.setPen(t.warn);
        p.drawText(line.adjusted(18, 0, 0, 0), Qt::AlignVCenter,
                   p.fontMetrics().elidedText(tr("No caption"), Qt::ElideRight, line.width() - 18));
    } else {
        p.setPen(t.text);
        // Only what can be seen is measured: captions may be long.
        const QString words = (e.hasCaption() ? e.caption() : e.name()).left(120).simplified();
        p.drawText(line, Qt::AlignVCenter, p.fontMetrics().elidedText(words, Qt::ElideRight, line.width()));
    }
    p.setOpacity(1);
    paintBadges(p, box, e);
    if (selected) {
        const QRectF tick(box.x() - 1, box.y() - 1, 18, 18);
        p.setPen(QPen(t.surface, 1.5));
        p.setBrush(t.accent);
        p.drawEllipse(tick);
        p.drawPixmap(QPoint(box.x() + 2, box.y() + 2),
                     style::iconPixmap(QStringLiteral("check"), 12, Tone::AccentText, dpr));
    }
    p.restore();
}

void ImageCellDelegate::paintBadges(QPainter& p, const QRect& picture, const DatasetEntry& e) const {
    QPoint corner = picture.topRight() + QPoint(-1, 2);
    const int limit = model_.document().tokenLimit();
    if (e.edit.excluded) {
        badge(p, corner, tr("excluded"));
        corner += QPoint(0, 21);
    }
    if (e.duplicateOf >= 0) {
        badge(p, corner, tr("same"));
        corner += QPoint(0, 21);
    }
    if (e.tokens > limit) badge(p, corner, tr("%1 tok").arg(e.tokens));
}

ImageGrid::ImageGrid(DatasetImagesModel& model, QWidget* parent) : QListView(parent), model_(model) {
    delegate_ = new ImageCellDelegate(model, this);
    setObjectName(QStringLiteral("imageGrid"));
    setAccessibleName(tr("Pictures"));
    setFrameShape(QFrame::NoFrame);
    setViewMode(IconMode);
    setMovement(Static);
    setResizeMode(Adjust);
    setUniformItemSizes(true);
    setSelectionMode(ExtendedSelection);
    setSelectionRectVisible(true);
    setDragEnabled(true);
    setMouseTracking(true);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
    setContextMenuPolicy(Qt::CustomContextMenu);
    verticalScrollBar()->setSingleStep(40);
    viewport()->setBackgroundRole(QPalette::Window);
    setItemDelegate(delegate_);
    layoutCells();
    setModel(&model);
    // Many thumbnails may become ready within a frame: one repaint for all of them.
    auto* repaint = new QTimer(this);
    repaint->setSingleShot(true);
    repaint->setInterval(16);
    connect(repaint, &QTimer::timeout, this, [this] { viewport()->update(); });
    connect(&model.thumbnails(), &Thumbnails::ready, repaint, [repaint] {
        if (!repaint->isActive()) repaint->start();
    });
    connect(verticalScrollBar(), &QScrollBar::valueChanged, this, [this, last = 0](int value) mutable {
        if (std::abs(value - last) > viewport()->height()) model_.thumbnails().dropPending();
        last = value;
    });
}

void ImageGrid::layoutCells() {
    const int room = std::max(wanted_, viewport()->width() - 1);
    const int columns = std::max(1, room / wanted_);
    const int width = room / columns;
    const int picture = wanted_ - kGap - 2 * kPadding;
    const QSize cell(width, kGap + kPadding + picture + kCaption);
    delegate_->setCell(cell, picture);
    if (gridSize() != cell) setGridSize(cell);
}

void ImageGrid::setCellWidth(int width) {
    width = std::clamp(width, kSmallestCell, kLargestCell);
    if (width == wanted_) return;
    wanted_ = width;
    model_.thumbnails().dropPending();
    layoutCells();
    Q_EMIT cellWidthChanged(width);
}

std::vector<int> ImageGrid::selectedEntries() const {
    std::vector<int> entries;
    for (const QModelIndex& index : selectionModel()->selectedIndexes())
        entries.push_back(model_.entryIndexAt(index.row()));
    std::sort(entries.begin(), entries.end());
    return entries;
}

void ImageGrid::resizeEvent(QResizeEvent* event) {
    layoutCells();
    QListView::resizeEvent(event);
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
                                int((wanted_ - kGap - 2 * kPadding) * devicePixelRatioF()));
    if (!image.isNull())
        drag->setPixmap(QPixmap::fromImage(image.scaledToWidth(64, Qt::SmoothTransformation)));
    drag->exec(Qt::CopyAction);
}

}  // namespace atelier
