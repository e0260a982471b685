// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/sample_grid.h"

#include <QAbstractButton>
#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QDrag>
#include <QHeaderView>
#include <QMenu>
#include <QMimeData>
#include <QPainter>
#include <QPainterPath>
#include <QScrollBar>
#include <QStyledItemDelegate>
#include <QUrl>
#include <algorithm>

#include "ui/models/run_words.h"
#include "ui/models/sample_model.h"
#include "ui/models/thumbnails.h"
#include "ui/style/fonts.h"
#include "ui/style/tokens.h"
#include "ui/widgets/controls.h"

namespace atelier {

namespace {

constexpr int kGap = 8, kHeaderHeight = 26, kPromptWidth = 168, kRadius = 6;

class CellDelegate : public QStyledItemDelegate {
  public:
    CellDelegate(const SampleGrid& grid) : QStyledItemDelegate(), grid_(grid) {}
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        const style::Tokens& t = style::tokens();
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setRenderHint(QPainter::SmoothPixmapTransform);
        const int side = std::min(option.rect.width(), option.rect.height()) - kGap;
        const QRectF cell(option.rect.left(), option.rect.top(), side, side);
        QPainterPath shape;
        shape.addRoundedRect(cell, kRadius, kRadius);
        switch (SampleState(index.data(SampleModel::StateRole).toInt())) {
            case SampleState::Ready:
                paintPicture(*painter, cell, shape, index.data(SampleModel::FileRole).toString());
                break;
            case SampleState::Failed:
                painter->fillPath(shape, t.sunken);
                painter->setPen(t.text2);
                painter->setFont(style::font(style::TextSize::Caption));
                painter->drawText(cell.adjusted(6, 4, -6, -4), Qt::AlignCenter | Qt::TextWordWrap,
                                  index.data(SampleModel::NoteRole).toString());
                break;
            case SampleState::Pending:
                painter->setPen(QPen(t.lineStrong, 1, Qt::DashLine));
                painter->drawRoundedRect(cell.adjusted(0.5, 0.5, -0.5, -0.5), kRadius, kRadius);
                painter->setPen(t.text2);
                painter->setFont(style::font(style::TextSize::Caption));
                painter->drawText(cell.adjusted(4, 4, -4, -4), Qt::AlignCenter | Qt::TextWordWrap,
                                  index.data(SampleModel::NoteRole).toString());
                break;
            case SampleState::Absent:
                break;
        }
        if (option.state & QStyle::State_Selected) {
            painter->setBrush(Qt::NoBrush);
            painter->setPen(QPen(t.surface, 1.5));
            painter->drawRoundedRect(cell.adjusted(1, 1, -1, -1), kRadius - 1, kRadius - 1);
            painter->setPen(QPen(t.accent, 2));
            painter->drawRoundedRect(cell.adjusted(-1.5, -1.5, 1.5, 1.5), kRadius + 1, kRadius + 1);
        }
        painter->restore();
    }

  private:
    void paintPicture(QPainter& painter, const QRectF& cell, const QPainterPath& shape,
                      const QString& file) const {
        const qreal dpr = grid_.devicePixelRatioF();
        const QImage image = grid_.thumbnails().get(file, int(cell.width() * dpr));
        if (image.isNull()) {
            painter.fillPath(shape, style::tokens().sunken);
            if (grid_.thumbnails().failed(file)) {
                painter.setPen(style::tokens().text2);
                painter.drawText(cell, Qt::AlignCenter | Qt::TextWordWrap,
                                 SampleGrid::tr("cannot be decoded"));
            }
            return;
        }
        painter.save();
        painter.setClipPath(shape);
        const QSizeF size = QSizeF(image.size()).scaled(cell.size(), Qt::KeepAspectRatioByExpanding);
        painter.drawImage(QRectF(cell.center() - QPointF(size.width() / 2, size.height() / 2), size), image);
        painter.restore();
    }
    const SampleGrid& grid_;
};

// Steps above the columns; the current one in bold.
class StepHeader : public QHeaderView {
  public:
    StepHeader(const SampleGrid& grid) : QHeaderView(Qt::Horizontal), grid_(grid) {}

  protected:
    void paintSection(QPainter* painter, const QRect& rect, int column) const override {
        const style::Tokens& t = style::tokens();
        const bool current = grid_.currentIndex().isValid() && grid_.currentIndex().column() == column;
        painter->fillRect(rect, t.surface);
        painter->setFont(style::font(style::TextSize::Caption, current ? QFont::DemiBold : QFont::Normal));
        painter->setPen(current ? t.text : t.text2);
        painter->drawText(rect.adjusted(0, 0, -kGap, -4), Qt::AlignHCenter | Qt::AlignBottom,
                          model()->headerData(column, orientation()).toString());
    }

  private:
    const SampleGrid& grid_;
};

// Prompt, wrapped, and its seed.
class PromptHeader : public QHeaderView {
  public:
    explicit PromptHeader(const SampleModel& model) : QHeaderView(Qt::Vertical), samples_(model) {}
    QSize sizeHint() const override { return {kPromptWidth, 0}; }

  protected:
    void paintSection(QPainter* painter, const QRect& rect, int row) const override {
        const style::Tokens& t = style::tokens();
        painter->fillRect(rect, t.surface);
        const QRect text = rect.adjusted(0, 2, -12, -kGap - 2);
        const QFont seedFont = style::font(style::TextSize::Caption),
                    font = style::font(style::TextSize::Caption, QFont::Medium);
        const QFontMetrics metrics(font);
        const int seedHeight = QFontMetrics(seedFont).height();
        const QRect room = text.adjusted(0, 0, 0, -seedHeight - 2);
        painter->setFont(font);
        painter->setPen(t.text);
        QString prompt = samples_.prompt(row);
        // As many whole lines as fit; the whole text is in the tooltip.
        while (prompt.size() > 8 && metrics.boundingRect(room, Qt::TextWordWrap, prompt).height() >
                                        std::max(room.height(), metrics.height()))
            prompt = prompt.left(prompt.size() - 6).trimmed() + QChar(0x2026);
        painter->drawText(room, Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, prompt);
        painter->setFont(seedFont);
        painter->setPen(t.text2);
        painter->drawText(text, Qt::AlignLeft | Qt::AlignBottom,
                          SampleGrid::tr("seed %1").arg(samples_.seed(row)));
    }
    bool viewportEvent(QEvent* event) override {
        if (event->type() == QEvent::ToolTip) {
            const int row = logicalIndexAt(static_cast<QHelpEvent*>(event)->pos());
            setToolTip(row >= 0 ? samples_.prompt(row) : QString());
        }
        return QHeaderView::viewportEvent(event);
    }

  private:
    const SampleModel& samples_;
};

}  // namespace

SampleGrid::SampleGrid(SampleModel& model, Thumbnails& thumbnails, QWidget* parent)
    : QTableView(parent), samples_(model), thumbnails_(thumbnails) {
    setAccessibleName(tr("Samples by prompt and step"));
    setFrameShape(QFrame::NoFrame);
    setTabKeyNavigation(false);  // Tab leaves; arrow keys move inside
    setShowGrid(false);
    setSelectionMode(SingleSelection);
    setSelectionBehavior(SelectItems);
    setHorizontalScrollMode(ScrollPerPixel);
    setVerticalScrollMode(ScrollPerPixel);
    setEditTriggers(NoEditTriggers);
    setCornerButtonEnabled(false);
    setHorizontalHeader(new StepHeader(*this));
    setVerticalHeader(new PromptHeader(model));
    auto* delegate = new CellDelegate(*this);
    delegate->setParent(this);
    setItemDelegate(delegate);
    setModel(&model);
    for (QHeaderView* header : {horizontalHeader(), verticalHeader()}) {
        header->setSectionResizeMode(QHeaderView::Fixed);
        header->setMinimumSectionSize(8);
        header->setHighlightSections(false);
        header->setSectionsClickable(false);
        header->setFocusPolicy(Qt::NoFocus);
    }
    // The corner between the headers is a button that Fusion draws raised.
    for (auto* corner : findChildren<QAbstractButton*>(QString(), Qt::FindDirectChildrenOnly))
        corner->installEventFilter(this);
    horizontalHeader()->setFixedHeight(kHeaderHeight);
    horizontalHeader()->setDefaultAlignment(Qt::AlignCenter);
    verticalHeader()->setFixedWidth(kPromptWidth);
    connect(&thumbnails, &Thumbnails::ready, viewport(), qOverload<>(&QWidget::update));
    for (const auto signal : {&QAbstractItemModel::columnsInserted, &QAbstractItemModel::columnsRemoved,
                              &QAbstractItemModel::rowsInserted})
        connect(&model, signal, this, [this] { columnsChanged(); });
    connect(&model, &QAbstractItemModel::modelReset, this, [this] { columnsChanged(); });
    connect(horizontalScrollBar(), &QScrollBar::actionTriggered, this, [this] {
        followNewest_ = horizontalScrollBar()->sliderPosition() >= horizontalScrollBar()->maximum() - cell_;
    });
    layoutCells();
}

void SampleGrid::setMode(Mode mode) {
    mode_ = mode;
    columnsChanged();
}

void SampleGrid::columnsChanged() {
    const int steps = samples_.steps(), columns = samples_.columnCount();
    for (int c = 0; c < columns; ++c) {
        const bool shown = mode_ == Mode::ByStep || (mode_ == Mode::Latest && c == steps - 1) ||
                           (mode_ == Mode::BeforeAfter && (c == 0 || c == steps - 1));
        setColumnHidden(c, !shown);
    }
    layoutCells();
    if (followNewest_)
        QMetaObject::invokeMethod(
            this, [this] { horizontalScrollBar()->setValue(horizontalScrollBar()->maximum()); },
            Qt::QueuedConnection);
}

void SampleGrid::layoutCells() {
    const int room = viewport()->height(), rows = std::max(1, samples_.prompts());
    // The rows share the height while that gives a useful size.
    int smallest = style::scaled(mode_ == Mode::ByStep ? 72 : 120);
    for (int c = 0; c < std::min(2, horizontalHeader()->count()); ++c)  // the first and any other step
        smallest =
            std::max(smallest, titleWidth(*horizontalHeader(), horizontalHeader()->count() - 1 - c) - kGap);
    const int largest = std::max(smallest, mode_ == Mode::ByStep ? 128 : 256);
    const int cell = std::clamp((room - 2) / rows - kGap, smallest, largest);
    if (cell != cell_ || horizontalHeader()->defaultSectionSize() != cell + kGap) {
        cell_ = cell;
        horizontalHeader()->setDefaultSectionSize(cell + kGap);
        verticalHeader()->setDefaultSectionSize(cell + kGap);
        horizontalScrollBar()->setSingleStep(cell / 2);
        verticalScrollBar()->setSingleStep(cell / 2);
    }
}

void SampleGrid::showStep(qint64 step) {
    const int column = samples_.columnOfStep(step);
    if (column < 0 || samples_.prompts() == 0) return;
    quiet_ = true;
    const QModelIndex at = samples_.index(std::max(0, currentIndex().row()), column);
    setCurrentIndex(at);
    scrollTo(at);
    followNewest_ = column == samples_.steps() - 1;
    quiet_ = false;
}

qint64 SampleGrid::currentStep() const {
    return currentIndex().isValid() ? samples_.step(currentIndex().column()) : -1;
}

void SampleGrid::resizeEvent(QResizeEvent* event) {
    QTableView::resizeEvent(event);
    layoutCells();
    if (followNewest_) horizontalScrollBar()->setValue(horizontalScrollBar()->maximum());
}

void SampleGrid::currentChanged(const QModelIndex& current, const QModelIndex& previous) {
    QTableView::currentChanged(current, previous);
    horizontalHeader()->viewport()->update();
    if (current.isValid() && !quiet_) Q_EMIT stepChosen(samples_.step(current.column()));
}

void SampleGrid::keyPressEvent(QKeyEvent* event) {
    const bool open =
        event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter || event->key() == Qt::Key_Space;
    if (open && samples_.entry(currentIndex().row(), currentIndex().column()) != nullptr) {
        Q_EMIT opened(currentIndex().row(), currentIndex().column());
        return;
    }
    if (event->key() == Qt::Key_C && currentIndex().isValid() && event->modifiers() == Qt::NoModifier) {
        if (const SampleEntry* e = samples_.entry(currentIndex().row(), currentIndex().column()))
            QApplication::clipboard()->setImage(QImage(e->file));
        return;
    }
    QTableView::keyPressEvent(event);
}

void SampleGrid::mousePressEvent(QMouseEvent* event) {
    QTableView::mousePressEvent(event);
    pressed_.reset();
    if (event->button() == Qt::LeftButton && indexAt(event->pos()).isValid()) pressed_ = event->pos();
}

// Pulling a picture out drops its file on a file manager or a mail.
void SampleGrid::mouseMoveEvent(QMouseEvent* event) {
    if (!pressed_ || (event->pos() - *pressed_).manhattanLength() < QApplication::startDragDistance()) return;
    const QModelIndex index = indexAt(*pressed_);
    pressed_.reset();
    const SampleEntry* e = samples_.entry(index.row(), index.column());
    if (e == nullptr || e->file.isEmpty()) return;
    auto* drag = new QDrag(this);
    auto* mime = new QMimeData;
    mime->setUrls({QUrl::fromLocalFile(e->file)});
    drag->setMimeData(mime);
    const QImage image = thumbnails_.get(e->file, int(cell_ * devicePixelRatioF()));
    if (!image.isNull())
        drag->setPixmap(QPixmap::fromImage(image.scaledToWidth(cell_, Qt::SmoothTransformation)));
    drag->exec(Qt::CopyAction);
}

void SampleGrid::mouseReleaseEvent(QMouseEvent* event) {
    QTableView::mouseReleaseEvent(event);
    if (!pressed_ || event->button() != Qt::LeftButton) return;
    const QModelIndex index = indexAt(event->pos());
    pressed_.reset();
    if (samples_.entry(index.row(), index.column()) != nullptr) Q_EMIT opened(index.row(), index.column());
}

void SampleGrid::contextMenuEvent(QContextMenuEvent* event) {
    const QModelIndex index = event->reason() == QContextMenuEvent::Keyboard
                                  ? currentIndex()
                                  : indexAt(viewport()->mapFromGlobal(event->globalPos()));
    if (samples_.entry(index.row(), index.column()) == nullptr) return;
    QMenu menu(this);
    fillMenu(menu, index);
    menu.exec(event->globalPos());
}

void SampleGrid::fillMenu(QMenu& menu, const QModelIndex& index) {
    const SampleEntry e = *samples_.entry(index.row(), index.column());
    const int row = index.row(), column = index.column();
    menu.addAction(style::icon(QStringLiteral("eye")), tr("Large view"), this,
                   [this, row, column] { Q_EMIT opened(row, column); });
    if (!e.file.isEmpty()) {
        menu.addAction(style::icon(QStringLiteral("copy")), tr("Copy picture"), this,
                       [e] { QApplication::clipboard()->setImage(QImage(e.file)); });
        menu.addAction(style::icon(QStringLiteral("save")), tr("Save picture…"), this,
                       [this, e] { Q_EMIT saveRequested(e.file); });
    }
    menu.addSeparator();
    menu.addAction(tr("Copy prompt and seed"), this, [e] {
        QApplication::clipboard()->setText(QStringLiteral("%1\nseed %2").arg(e.prompt).arg(e.seed));
    });
    if (!e.file.isEmpty())
        menu.addAction(tr("Copy path"), this, [e] { QApplication::clipboard()->setText(e.file); });
}

bool SampleGrid::eventFilter(QObject* watched, QEvent* event) {
    auto* corner = qobject_cast<QAbstractButton*>(watched);
    if (corner == nullptr || event->type() != QEvent::Paint) return QTableView::eventFilter(watched, event);
    QPainter(corner).fillRect(corner->rect(), style::tokens().surface);
    return true;
}

void SampleGrid::changeEvent(QEvent* event) {
    QTableView::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) viewport()->update();
}

}  // namespace atelier
