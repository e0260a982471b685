// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/sample_viewer.h"

#include <QAccessible>
#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>

#include "ui/models/run_words.h"
#include "ui/models/sample_model.h"
#include "ui/models/thumbnails.h"
#include "ui/style/fonts.h"
#include "ui/style/tokens.h"
#include "ui/widgets/controls.h"

namespace atelier {

namespace {
constexpr int kTop = 64, kBottom = 44, kMargin = 32;
constexpr int kGain = 4;  // a difference of 64 levels is white

QImage differenceOf(const QImage& a, const QImage& b) {
    const QImage x = a.convertToFormat(QImage::Format_RGB32);
    const QImage y = b.scaled(a.size(), Qt::IgnoreAspectRatio, Qt::SmoothTransformation)
                         .convertToFormat(QImage::Format_RGB32);
    QImage out(x.size(), QImage::Format_RGB32);
    for (int row = 0; row < x.height(); ++row) {
        const auto* p = reinterpret_cast<const QRgb*>(x.constScanLine(row));
        const auto* q = reinterpret_cast<const QRgb*>(y.constScanLine(row));
        auto* o = reinterpret_cast<QRgb*>(out.scanLine(row));
        for (int i = 0; i < x.width(); ++i) {
            const auto d = [](int u, int v) { return std::min(255, std::abs(u - v) * kGain); };
            o[i] =
                qRgb(d(qRed(p[i]), qRed(q[i])), d(qGreen(p[i]), qGreen(q[i])), d(qBlue(p[i]), qBlue(q[i])));
        }
    }
    return out;
}

// Small pictures (32 … 128 px) are looked at pixel by pixel.
Qt::TransformationMode scaling(const QImage& image, double shown) {
    return image.width() * 3 < shown ? Qt::FastTransformation : Qt::SmoothTransformation;
}
}  // namespace

SampleViewer::SampleViewer(QWidget* window, const SampleModel& model, Thumbnails& thumbnails)
    : QWidget(window), model_(model), thumbnails_(thumbnails), window_(window), bar_(new QWidget(this)) {
    setAccessibleName(tr("Sample, large view"));
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    auto* layout = new QHBoxLayout(bar_);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    const auto add = [&](const QString& icon, const QString& name, auto run, bool checkable) {
        QToolButton* button = makeIconButton(icon, name);
        button->setCheckable(checkable);
        button->setFocusPolicy(Qt::NoFocus);
        connect(button, &QToolButton::clicked, this, run);
        layout->addWidget(button);
        return button;
    };
    modes_[0] = add(
        QStringLiteral("compare"), tr("Before and after (B)"),
        [this] { setCompare(compare_ == Compare::BeforeAfter ? Compare::None : Compare::BeforeAfter); },
        true);
    modes_[1] = add(
        QStringLiteral("layers"), tr("Difference (D)"),
        [this] { setCompare(compare_ == Compare::Difference ? Compare::None : Compare::Difference); }, true);
    modes_[2] = add(
        QStringLiteral("info"), tr("How it was made (I)"), [this] { setInfo(!info_); }, true);
    add(
        QStringLiteral("copy"), tr("Copy picture (C)"), [this] { copy(); }, false);
    add(
        QStringLiteral("x"), tr("Close (Esc)"), [this] { close(); }, false);
    window_->installEventFilter(this);
    connect(&thumbnails, &Thumbnails::ready, this, [this] { update(); });
    connect(&model, &QAbstractItemModel::columnsInserted, this,
            [this](const QModelIndex&, int first, int last) {
                if (first <= column_) column_ += last - first + 1;  // the picture shown stays
            });
    connect(&model, &QAbstractItemModel::columnsRemoved, this, [this] {
        if (model_.steps() == 0)
            close();
        else
            column_ = std::min(column_, model_.steps() - 1);
        update();
    });
    connect(&model, &QAbstractItemModel::modelReset, this, &SampleViewer::close);
    connect(&model, &QObject::destroyed, this, &SampleViewer::close);
}

void SampleViewer::open(int row, int column) {
    row_ = std::clamp(row, 0, std::max(0, model_.prompts() - 1));
    column_ = std::clamp(column, 0, std::max(0, model_.steps() - 1));
    setGeometry(window_->rect());
    raise();
    show();
    setFocus(Qt::PopupFocusReason);
    announce();
}

void SampleViewer::close() {
    if (isHidden()) return;
    hide();
    Q_EMIT closed();
    deleteLater();
}

void SampleViewer::setCompare(Compare compare) {
    compare_ = compare;
    modes_[0]->setChecked(compare == Compare::BeforeAfter);
    modes_[1]->setChecked(compare == Compare::Difference);
    update();
}

void SampleViewer::setInfo(bool shown) {
    info_ = shown;
    modes_[2]->setChecked(shown);
    update();
}

void SampleViewer::go(int rows, int columns) {
    row_ = std::clamp(row_ + rows, 0, std::max(0, model_.prompts() - 1));
    column_ = std::clamp(column_ + columns, 0, std::max(0, model_.steps() - 1));
    if (columns != 0) Q_EMIT stepChanged(model_.step(column_));
    announce();
    update();
}

void SampleViewer::announce() {
    setAccessibleDescription(model_.index(row_, column_).data(Qt::AccessibleTextRole).toString());
    QAccessibleEvent event(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&event);
}

QRect SampleViewer::stage() const {
    return rect().adjusted(kMargin, kTop, -kMargin - (info_ ? 300 : 0), -kBottom);
}
int SampleViewer::side() const {
    return int(std::min(stage().width(), stage().height()) * devicePixelRatioF());
}

QImage SampleViewer::image(Cell cell) const {
    const SampleEntry* e = model_.entry(cell.row, cell.column);
    return e != nullptr && !e->file.isEmpty() ? thumbnails_.get(e->file, std::max(64, side())) : QImage();
}

// Before = the first picture of this prompt; the difference is to the one a step earlier.
SampleViewer::Cell SampleViewer::other() const {
    const auto there = [this](Cell cell) {
        const SampleEntry* e = model_.entry(cell.row, cell.column);
        return e != nullptr && !e->file.isEmpty();
    };
    if (rows_) {
        for (int r = 0; r < model_.prompts(); ++r)
            if (r != row_ && there({r, column_})) return {r, column_};
        return {row_, column_};
    }
    if (compare_ == Compare::Difference) return {row_, std::max(0, column_ - 1)};
    for (int c = 0; c < column_; ++c)
        if (there({row_, c})) return {row_, c};
    return {row_, column_};
}

QString SampleViewer::nameOf(Cell cell) const {
    return rows_ ? model_.prompt(cell.row) : tr("step %1").arg(countText(model_.step(cell.column)));
}

void SampleViewer::compareRows() {
    rows_ = true;
    update();
}

QRectF SampleViewer::pictureRect() const {
    const QImage current = image({row_, column_});
    const QSizeF size = QSizeF(current.isNull() ? QSize(1, 1) : current.size())
                            .scaled(QSizeF(stage().size()), Qt::KeepAspectRatio);
    return {QRectF(stage()).center() - QPointF(size.width() / 2, size.height() / 2), size};
}

void SampleViewer::paintEvent(QPaintEvent*) {
    const style::Tokens& t = style::tokens();
    QPainter painter(this);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    painter.fillRect(rect(), t.bg);
    painter.setPen(t.text);
    painter.setFont(style::font(style::TextSize::Title, QFont::DemiBold));
    const QRect title(kMargin, 12, width() - 2 * kMargin - bar_->width() - 16, 26);
    painter.drawText(title, Qt::AlignVCenter | Qt::AlignLeft,
                     painter.fontMetrics().elidedText(model_.prompts() > 0 ? model_.prompt(row_) : QString(),
                                                      Qt::ElideRight, title.width()));
    painter.setFont(style::font(style::TextSize::Caption));
    painter.setPen(t.text2);
    QString place =
        tr("step %1 · %2 of %3").arg(countText(model_.step(column_))).arg(column_ + 1).arg(model_.steps());
    const Cell here{row_, column_}, other = this->other();
    if (compare_ == Compare::BeforeAfter)
        place += tr(" · left: %1, right: %2").arg(nameOf(other), nameOf(here));
    if (compare_ == Compare::Difference)
        place += tr(" · difference to %1, × %2").arg(nameOf(other)).arg(kGain);
    painter.drawText(QRect(kMargin, 38, title.width(), 18), Qt::AlignVCenter | Qt::AlignLeft, place);
    painter.drawText(
        QRect(kMargin, height() - 34, width() - 2 * kMargin, 20), Qt::AlignCenter,
        rows_
            ? tr("← → step   ↑ ↓ run   B two runs   D difference   I info   C copy   Esc close")
            : tr("← → step   ↑ ↓ prompt   B before and after   D difference   I info   C copy   Esc close"));

    const QRectF target = pictureRect();
    const QImage current = image(here);
    const auto draw = [&](const QImage& picture, const QRectF& clip) {
        painter.save();
        QPainterPath shape;
        shape.addRoundedRect(target, 8, 8);
        painter.setClipPath(shape);
        painter.setClipRect(clip, Qt::IntersectClip);
        painter.setRenderHint(
            QPainter::SmoothPixmapTransform,
            scaling(picture, target.width() * devicePixelRatioF()) == Qt::SmoothTransformation);
        painter.drawImage(target, picture);
        painter.restore();
    };
    if (current.isNull()) {
        const SampleEntry* e = model_.entry(row_, column_);
        QPainterPath shape;
        shape.addRoundedRect(target, 8, 8);
        painter.fillPath(shape, t.sunken);
        painter.setPen(t.text2);
        painter.drawText(target, Qt::AlignCenter | Qt::TextWordWrap,
                         e == nullptr                  ? tr("not made at this step")
                         : e->file.isEmpty()           ? e->failure
                         : thumbnails_.failed(e->file) ? tr("This picture cannot be decoded: %1").arg(e->file)
                                                       : QString());
    } else if (compare_ == Compare::Difference && other != here) {
        const QImage before = image(other);
        const QString key = QStringLiteral("%1/%2/%3/%4/%5")
                                .arg(row_)
                                .arg(column_)
                                .arg(other.row)
                                .arg(other.column)
                                .arg(current.width());
        if (!before.isNull() && differenceKey_ != key) {
            difference_ = differenceOf(current, before);
            differenceKey_ = key;
        }
        draw(before.isNull() ? current : difference_, target);
    } else if (compare_ == Compare::BeforeAfter && other != here) {
        const QImage before = image(other);
        const double x = target.left() + split_ * target.width();
        draw(current, target);
        if (!before.isNull()) draw(before, QRectF(target.topLeft(), QPointF(x, target.bottom())));
        painter.setPen(QPen(t.pictureText, 2));
        painter.drawLine(QPointF(x, target.top()), QPointF(x, target.bottom()));
        painter.setBrush(t.pictureInk);
        painter.drawEllipse(QPointF(x, target.center().y()), 14, 14);
        painter.drawPolyline(QPolygonF({{x - 4, target.center().y() - 4},
                                        {x - 8, target.center().y()},
                                        {x - 4, target.center().y() + 4}}));
        painter.drawPolyline(QPolygonF({{x + 4, target.center().y() - 4},
                                        {x + 8, target.center().y()},
                                        {x + 4, target.center().y() + 4}}));
    } else {
        draw(current, target);
    }
    if (info_) paintInfo(painter);
}

void SampleViewer::paintInfo(QPainter& painter) {
    const style::Tokens& t = style::tokens();
    const QRect card(width() - kMargin - 280, kTop, 280, height() - kTop - kBottom);
    painter.setPen(QPen(t.line, 1));
    painter.setBrush(t.surface);
    painter.drawRoundedRect(QRectF(card).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8);
    painter.setPen(t.text);
    painter.setFont(style::font(style::TextSize::Body));
    painter.drawText(card.adjusted(16, 16, -16, -16), Qt::AlignLeft | Qt::AlignTop | Qt::TextWrapAnywhere,
                     model_.index(row_, column_).data(SampleModel::InfoRole).toString());
}

void SampleViewer::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
        case Qt::Key_Left:
            go(0, -1);
            return;
        case Qt::Key_Right:
            go(0, 1);
            return;
        case Qt::Key_Up:
            go(-1, 0);
            return;
        case Qt::Key_Down:
            go(1, 0);
            return;
        case Qt::Key_Home:
            go(0, -model_.steps());
            return;
        case Qt::Key_End:
            go(0, model_.steps());
            return;
        case Qt::Key_B:
            setCompare(compare_ == Compare::BeforeAfter ? Compare::None : Compare::BeforeAfter);
            return;
        case Qt::Key_D:
            setCompare(compare_ == Compare::Difference ? Compare::None : Compare::Difference);
            return;
        case Qt::Key_I:
            setInfo(!info_);
            return;
        case Qt::Key_C:
            copy();
            return;
        case Qt::Key_Escape:
        case Qt::Key_Space:
        case Qt::Key_Return:
            close();
            return;
        default:
            QWidget::keyPressEvent(event);
    }
}

void SampleViewer::copy() const {
    if (compare_ == Compare::Difference && !difference_.isNull()) {
        QApplication::clipboard()->setImage(difference_);
    } else if (const SampleEntry* e = model_.entry(row_, column_)) {
        QApplication::clipboard()->setImage(QImage(e->file));
    }
}

void SampleViewer::mousePressEvent(QMouseEvent* event) {
    if (compare_ == Compare::BeforeAfter && pictureRect().contains(event->position()))
        mouseMoveEvent(event);
    else if (!pictureRect().contains(event->position()))
        close();
}

void SampleViewer::mouseMoveEvent(QMouseEvent* event) {
    if (compare_ != Compare::BeforeAfter || !(event->buttons() & Qt::LeftButton)) return;
    const QRectF target = pictureRect();
    split_ = std::clamp((event->position().x() - target.left()) / target.width(), 0.0, 1.0);
    update();
}

void SampleViewer::wheelEvent(QWheelEvent* event) {
    if (event->angleDelta().y() != 0) go(0, event->angleDelta().y() > 0 ? -1 : 1);
    event->accept();
}

bool SampleViewer::eventFilter(QObject* watched, QEvent* event) {
    if (watched == window_ && event->type() == QEvent::Resize) setGeometry(window_->rect());
    return QWidget::eventFilter(watched, event);
}

void SampleViewer::resizeEvent(QResizeEvent*) {
    const QSize size = bar_->sizeHint();
    bar_->setGeometry(width() - kMargin - size.width(), 16, size.width(), size.height());
}

}  // namespace atelier
