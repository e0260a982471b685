// SPDX-License-Identifier: GPL-3.0-or-later
// Mouse, wheel, keys, context menu and export of the plot.
#include <QAction>
#include <QApplication>
#include <QBuffer>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QMenu>
#include <QSvgGenerator>
#include <algorithm>
#include <cmath>

#include "ui/style/icons.h"
#include "ui/style/tokens.h"
#include "ui/widgets/plot_drag.h"
#include "ui/widgets/plot_parts.h"

namespace atelier {

double PlotView::plotX(const QPointF& position) const {
    return plot_->xAxis->pixelToCoord(position.x());
}

bool PlotView::eventFilter(QObject* watched, QEvent* event) {
    if (watched != plot_) return QWidget::eventFilter(watched, event);
    switch (event->type()) {
        case QEvent::Resize:
            overlay_->setGeometry(plot_->rect());
            break;
        case QEvent::MouseButtonPress:
            return mousePress(*static_cast<QMouseEvent*>(event));
        case QEvent::MouseMove:
            return mouseMove(*static_cast<QMouseEvent*>(event));
        case QEvent::MouseButtonRelease:
            return mouseRelease(*static_cast<QMouseEvent*>(event));
        case QEvent::MouseButtonDblClick:
            showAll();
            return true;
        case QEvent::Leave:
            if (!keyboardCursor_) clearCursor();
            break;
        case QEvent::Wheel: {
            const auto& wheel = *static_cast<QWheelEvent*>(event);
            const QPoint angle = wheel.angleDelta();
            if (std::abs(angle.x()) > std::abs(angle.y())) {
                const auto [from, to] = range();
                const double shift = -(to - from) * double(angle.x()) / 1200;
                setRange(from + shift, to + shift);
            } else if (angle.y() != 0) {
                zoom(std::pow(0.8, double(angle.y()) / 120), plotX(wheel.position()));
            }
            return true;
        }
        default:
            break;
    }
    return QWidget::eventFilter(watched, event);
}

bool PlotView::mousePress(const QMouseEvent& event) {
    setFocus(Qt::MouseFocusReason);
    const bool pan =
        event.button() == Qt::MiddleButton ||
        (event.button() == Qt::LeftButton && (event.modifiers() & (Qt::ControlModifier | Qt::AltModifier)));
    if (event.button() != Qt::LeftButton && !pan) return false;
    drag_ = std::make_unique<Drag>();
    drag_->kind = pan                                       ? Drag::Kind::Pan
                  : (event.modifiers() & Qt::ShiftModifier) ? Drag::Kind::ZoomBox
                                                            : Drag::Kind::ZoomX;
    drag_->start = event.pos();
    drag_->range = range();
    if (pan) plot_->setCursor(Qt::ClosedHandCursor);
    return true;
}

bool PlotView::mouseMove(const QMouseEvent& event) {
    const QRect area = plot_->axisRect()->rect();
    if (!drag_) {
        if (area.adjusted(-4, -8, 4, 24).contains(event.pos())) {
            keyboardCursor_ = false;
            moveCursor(plotX(event.position()), false);
        } else if (!keyboardCursor_) {
            clearCursor();
        }
        return true;
    }
    if ((event.pos() - drag_->start).manhattanLength() >= QApplication::startDragDistance())
        drag_->moved = true;
    if (!drag_->moved) return true;
    if (drag_->kind == Drag::Kind::Pan) {
        const double perPixel = (drag_->range.second - drag_->range.first) / std::max(1, area.width());
        const double shift = double(drag_->start.x() - event.pos().x()) * perPixel;
        setRange(drag_->range.first + shift, drag_->range.second + shift);
        return true;
    }
    QRect band = QRect(drag_->start, event.pos()).normalized();
    if (drag_->kind == Drag::Kind::ZoomX) band = QRect(band.left(), area.top(), band.width(), area.height());
    overlay_->setBand(band.intersected(area));
    return true;
}

bool PlotView::mouseRelease(const QMouseEvent& event) {
    if (!drag_) return false;
    const auto drag = std::move(drag_);
    plot_->unsetCursor();
    overlay_->setBand({});
    if (!drag->moved) {
        if (event.button() == Qt::LeftButton && !series_.empty() && series_[0].store != nullptr &&
            series_[0].store->rows() > 0) {
            const int index = series_[0].store->find(series_[0].metric);
            if (index >= 0 && series_[0].store->series(index).size() > 0) {
                const MetricStore& store = *series_[0].store;
                Q_EMIT stepClicked(store.step(
                    store.series(index).row(store.nearest(index, plotX(event.position()), axis_))));
            }
        }
        return true;
    }
    if (drag->kind == Drag::Kind::Pan) return true;
    const double a = plotX(drag->start), b = plotX(event.position());
    if (drag->kind == Drag::Kind::ZoomBox) {
        const double y0 = plot_->yAxis->pixelToCoord(double(drag->start.y())),
                     y1 = plot_->yAxis->pixelToCoord(event.position().y());
        if (std::abs(y0 - y1) > 0) {
            plot_->yAxis->setRange(std::min(y0, y1), std::max(y0, y1));
            zoomedY_ = true;
        }
    }
    setRange(std::min(a, b), std::max(a, b));
    return true;
}

void PlotView::moveCursorBy(int points) {
    for (const PlotCurve* curve : curves_) {
        const int index = curve->seriesIndex();
        if (index < 0) continue;
        const MetricStore& store = *curve->series().store;
        const MetricSeries& values = store.series(index);
        const auto [from, to] = range();
        // One press moves by at least a pixel, else a million points would take a million presses.
        const auto [a, b] = curve->between(from, to);
        const auto stride =
            std::max<std::int64_t>(1, std::int64_t(b - a) / std::max(1, plot_->axisRect()->width()));
        const auto at = cursor_ ? std::int64_t(store.nearest(index, *cursor_, axis_)) + points * stride
                                : std::int64_t(b) - 1;
        const auto next = std::size_t(std::clamp<std::int64_t>(at, 0, std::int64_t(values.size()) - 1));
        keyboardCursor_ = true;
        const double x = store.x(values.row(next), axis_);
        if (x < from || x > to) setRange(x - (to - from) / 2, x + (to - from) / 2);
        moveCursor(x, true);
        return;
    }
}

void PlotView::keyPressEvent(QKeyEvent* event) {
    const auto [from, to] = range();
    const bool shift = (event->modifiers() & Qt::ShiftModifier) != 0;
    const double tenth = (to - from) / 10;
    switch (event->key()) {
        case Qt::Key_Left:
            shift ? setRange(from - tenth, to - tenth) : moveCursorBy(-1);
            return;
        case Qt::Key_Right:
            shift ? setRange(from + tenth, to + tenth) : moveCursorBy(1);
            return;
        case Qt::Key_PageUp:
            moveCursorBy(-50);
            return;
        case Qt::Key_PageDown:
            moveCursorBy(50);
            return;
        case Qt::Key_Home:
            keyboardCursor_ = true;
            moveCursor(from, true);
            return;
        case Qt::Key_End:
            keyboardCursor_ = true;
            moveCursor(to, true);
            return;
        case Qt::Key_Plus:
        case Qt::Key_Equal:
            zoom(0.7);
            return;
        case Qt::Key_Minus:
            zoom(1 / 0.7);
            return;
        case Qt::Key_0:
            showAll();
            return;
        case Qt::Key_L:
            setLogY(!logY_);
            return;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            if (cursor_ && axis_ == PlotAxis::Steps) Q_EMIT stepClicked(qint64(*cursor_));
            return;
        case Qt::Key_Escape:
            if (cursor_) {
                clearCursor();
                return;
            }
            break;
        default:
            break;
    }
    QWidget::keyPressEvent(event);
}

void PlotView::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    overlay_->update();
}

void PlotView::focusOutEvent(QFocusEvent* event) {
    QWidget::focusOutEvent(event);
    if (keyboardCursor_) clearCursor();
    overlay_->update();
}

void PlotView::contextMenuEvent(QContextMenuEvent* event) {
    QMenu menu(this);
    fillMenu(menu);
    menu.exec(event->globalPos());
}

void PlotView::fillMenu(QMenu& menu) {
    menu.addAction(style::icon(QStringLiteral("copy")), tr("Copy picture"), this,
                   [this] { QApplication::clipboard()->setPixmap(picture()); });
    menu.addAction(tr("Copy values as text"), this, [this] {
        QApplication::clipboard()->setText(readOut().isEmpty() ? summary()
                                                               : readOut().join(QLatin1Char('\n')));
    });
    menu.addSeparator();
    menu.addAction(tr("Save PNG…"), this, [this] {
        QByteArray bytes;
        QBuffer buffer(&bytes);
        buffer.open(QIODevice::WriteOnly);
        picture().save(&buffer, "PNG");
        Q_EMIT saveRequested(QStringLiteral("png"), bytes);
    });
    menu.addAction(tr("Save SVG…"), this, [this] { Q_EMIT saveRequested(QStringLiteral("svg"), svg()); });
    menu.addAction(tr("Save CSV…"), this, [this] { Q_EMIT saveRequested(QStringLiteral("csv"), csv()); });
    menu.addSeparator();
    const auto toggle = [&](const QString& text, bool on, auto run) {
        QAction* action = menu.addAction(text);
        action->setCheckable(true);
        action->setChecked(on);
        connect(action, &QAction::toggled, this, run);
    };
    toggle(tr("Logarithmic axis"), logY_, [this](bool on) { setLogY(on); });
    toggle(tr("Clip outliers"), clip_, [this](bool on) { setClipOutliers(on); });
    QAction* all = menu.addAction(tr("Show everything"), this, &PlotView::showAll);
    all->setEnabled(zoomed_ || zoomedY_);
}

QPixmap PlotView::picture() const {
    return plot_->toPixmap(plot_->width(), plot_->height(), std::max(2.0, devicePixelRatioF()));
}

QByteArray PlotView::svg() const {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(plot_->size());
    generator.setViewBox(plot_->rect());
    generator.setTitle(accessibleName().toHtmlEscaped());  // it writes them as they are
    generator.setDescription(summary().toHtmlEscaped());
    QCPPainter painter;
    painter.begin(&generator);
    painter.fillRect(plot_->rect(), style::tokens().surface);
    plot_->toPainter(&painter, plot_->width(), plot_->height());
    painter.end();
    return bytes;
}

QByteArray PlotView::csv() const {
    QByteArray text;
    for (std::size_t i = 0; i < series_.size(); ++i) {
        const PlotSeries& s = series_[i];
        const int index = s.store != nullptr ? s.store->find(s.metric) : -1;
        if (index < 0) continue;
        const auto [a, b] = curves_[i]->between(range().first, range().second);
        const MetricSeries& values = s.store->series(index);
        if (text.isEmpty()) text += "metric,step,images,unix_time,value\n";
        const QByteArray name = QByteArray::fromStdString(s.metric);
        for (std::size_t k = a; k < b; ++k) {
            const std::size_t row = values.row(k);
            text += name + ',' + QByteArray::number(qint64(s.store->step(row))) + ',' +
                    QByteArray::number(qint64(s.store->images(row))) + ',' +
                    QByteArray::number(s.store->time(row), 'f', 3) + ',' +
                    QByteArray::number(double(values.value(k)), 'g', 9) + '\n';
        }
    }
    return text;
}

}  // namespace atelier
