// SPDX-License-Identifier: GPL-3.0-or-later
// Tick texts, and what floats above the plot: cursor, read-out card, zoom band.
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/style/fonts.h"
#include "ui/style/tokens.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/plot_parts.h"

namespace atelier {

QString plotValueText(double value) {
    if (!std::isfinite(value)) return PlotView::tr("not finite");
    const double size = std::abs(value);
    if (size == 0) return QStringLiteral("0");
    const QLocale locale;
    if (size < 1e-3 || size >= 1e6) {
        QString text = locale.toString(value, 'e', 2);
        return text.replace(QStringLiteral("e-0"), QStringLiteral("e-"))
            .replace(QStringLiteral("e+0"), QStringLiteral("e"));
    }
    return locale.toString(value, 'f', size < 10 ? 4 : size < 1000 ? 2 : 0);
}

QString plotTimeText(double seconds) {
    const auto s = qint64(std::llround(seconds));
    if (s < 120) return PlotView::tr("%1 s").arg(s);
    if (s < 2 * 3600)
        return s % 60 == 0 || s > 600 ? PlotView::tr("%1 min").arg((s + 30) / 60)
                                      : PlotView::tr("%1 min %2 s").arg(s / 60).arg(s % 60);
    if (s < 48 * 3600)
        return s % 3600 < 60
                   ? PlotView::tr("%1 h").arg(s / 3600)
                   : PlotView::tr("%1 h %2 min").arg(s / 3600).arg(s % 3600 / 60, 2, 10, QLatin1Char('0'));
    return s % 86400 < 3600 ? PlotView::tr("%1 d").arg(s / 86400)
                            : PlotView::tr("%1 d %2 h").arg(s / 86400).arg(s % 86400 / 3600);
}

QString plotPositionText(double x, PlotAxis axis) {
    switch (axis) {
        case PlotAxis::Images:
            return PlotView::tr("%1 images").arg(figure(qint64(x)));
        case PlotAxis::Time:
            return plotTimeText(x);
        case PlotAxis::Steps:
            break;
    }
    return PlotView::tr("step %1").arg(figure(qint64(x)));
}

double PositionTicker::getTickStep(const QCPRange& range) {
    if (axis_ != PlotAxis::Time) return std::max(1.0, QCPAxisTicker::getTickStep(range));
    static constexpr std::array<double, 21> kSteps{1,     2,     5,     10,    15,     30,     60,
                                                   120,   300,   600,   900,   1800,   3600,   7200,
                                                   10800, 21600, 43200, 86400, 172800, 432000, 864000};
    for (const double step : kSteps)
        if (range.size() / step <= 7) return step;
    return 864000 * std::ceil(range.size() / (7 * 864000));
}

QString PositionTicker::getTickLabel(double tick, const QLocale&, QChar, int) {
    return axis_ == PlotAxis::Time ? plotTimeText(tick) : figure(qint64(std::llround(tick)));
}

double ValueTicker::getTickStep(const QCPRange& range) {
    step_ = QCPAxisTicker::getTickStep(range);
    return step_;
}

QString ValueTicker::getTickLabel(double tick, const QLocale& locale, QChar, int) {
    if (std::abs(tick) < step_ / 1000) return QStringLiteral("0");
    if (step_ < 1e-4 || std::abs(tick) >= 1e6) {
        QString text = locale.toString(
            tick, 'e',
            std::clamp(int(std::floor(std::log10(std::abs(tick)))) - int(std::floor(std::log10(step_))), 0,
                       3));
        return text.replace(QStringLiteral("e-0"), QStringLiteral("e-"))
            .replace(QStringLiteral("e+0"), QStringLiteral("e"));
    }
    int decimals = 0;  // as many as tell neighbours apart exactly: 0.025 needs three
    for (double scaled = step_; decimals < 6 && std::abs(scaled - std::round(scaled)) > 1e-6 * scaled;
         scaled *= 10)
        ++decimals;
    return locale.toString(tick, 'f', decimals);
}

// Powers of ten, with 2 and 5 between them when few are in sight.
QVector<double> LogTicker::createTickVector(double, const QCPRange& range) {
    QVector<double> ticks;
    if (range.lower <= 0) return ticks;
    const bool fine = range.upper / range.lower < 200;
    for (double decade = std::pow(10, std::floor(std::log10(range.lower))); decade <= range.upper;
         decade *= 10)
        for (const double part : {1.0, 2.0, 5.0})
            if (part == 1 || fine) ticks.append(decade * part);
    return ticks;
}

QString LogTicker::getTickLabel(double tick, const QLocale& locale, QChar, int) {
    if (tick < 1e-3 || tick >= 1e6) {
        QString text = locale.toString(tick, 'e', 0);
        return text.replace(QStringLiteral("e-0"), QStringLiteral("e-"))
            .replace(QStringLiteral("e+0"), QStringLiteral("e"));
    }
    return locale.toString(tick, 'f', tick >= 1 ? 0 : tick >= 0.1 ? 1 : tick >= 0.01 ? 2 : 3);
}

PlotOverlay::PlotOverlay(QWidget* plot, const PlotView& view) : QWidget(plot), view_(view) {
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setFocusPolicy(Qt::NoFocus);
}

void PlotOverlay::setBand(const QRect& band) {
    band_ = band;
    update();
}

std::vector<PlotOverlay::Row> PlotOverlay::rows() const {
    std::vector<Row> rows;
    if (!view_.cursor_) return rows;
    rows.push_back({{}, false, plotPositionText(*view_.cursor_, view_.axis_), {}});
    const bool one = view_.curves_.size() == 1 || view_.series_.size() <= 2;
    for (const PlotCurve* curve : view_.curves_) {
        const int index = curve->seriesIndex();
        if (index < 0) continue;
        const MetricStore& store = *curve->series().store;
        const std::size_t at = store.nearest(index, *view_.cursor_, view_.axis_);
        const auto value = double(store.series(index).value(at));
        const QString& name = curve->series().label;
        if (curve->series().points) {
            // Few values: only when the cursor stands near one.
            const double pixels =
                std::abs(curve->keyAxis()->coordToPixel(store.x(store.series(index).row(at), view_.axis_)) -
                         curve->keyAxis()->coordToPixel(*view_.cursor_));
            if (pixels < 12) rows.push_back({curve->colour(), false, name, plotValueText(value)});
            continue;
        }
        if (const auto mean = curve->meanAt(*view_.cursor_); mean && view_.smoothing_ > 0)
            rows.push_back({curve->colour(), false, one ? PlotView::tr("%1, smoothed").arg(name) : name,
                            plotValueText(*mean)});
        if (one || view_.smoothing_ <= 0)
            rows.push_back({curve->colour(), true, one ? PlotView::tr("%1, this step").arg(name) : name,
                            plotValueText(value)});
    }
    for (const PlotMarker& marker : view_.markers_) {
        const QCPAxis* axis = view_.plot_->xAxis;
        if (!marker.text.isEmpty() && rows.size() < 12 &&
            std::abs(axis->coordToPixel(view_.xOfStep(marker.step)) - axis->coordToPixel(*view_.cursor_)) < 4)
            rows.push_back({{}, false, marker.text, {}});
    }
    return rows;
}

void PlotOverlay::paintEvent(QPaintEvent*) {
    const style::Tokens& t = style::tokens();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (!band_.isEmpty()) {
        QColor fill = t.accent;
        fill.setAlphaF(0.14F);
        painter.setPen(QPen(t.accent, 1));
        painter.setBrush(fill);
        painter.drawRect(QRectF(band_).adjusted(0.5, 0.5, -0.5, -0.5));
    }
    const QRect area = view_.plot_->axisRect()->rect();
    if (view_.hasFocus() && (view_.keyboardCursor_ || !view_.cursor_)) {
        painter.setPen(QPen(t.accent, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 6, 6);
    }
    if (!view_.cursor_ || !band_.isEmpty()) return;
    const double x = view_.plot_->xAxis->coordToPixel(*view_.cursor_);
    if (x < area.left() || x > area.right() + 1) return;
    painter.setPen(QPen(t.text2, 1));
    const double at = std::floor(x) + 0.5;
    painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()));
    for (const PlotCurve* curve : view_.curves_) {
        if (curve->seriesIndex() < 0) continue;
        const auto mean = curve->meanAt(*view_.cursor_);
        if (!mean) continue;
        const double y = view_.plot_->yAxis->coordToPixel(*mean);
        if (y < area.top() || y > area.bottom()) continue;
        painter.setPen(QPen(t.surface, 1.5));
        painter.setBrush(curve->colour());
        painter.drawEllipse(QPointF(x, y), 4, 4);
    }
    paintReadOut(painter, x, area);
}

void PlotOverlay::paintReadOut(QPainter& painter, double pixel, const QRect& area) {
    const style::Tokens& t = style::tokens();
    const std::vector<Row> lines = rows();
    const QFont body = style::font(style::TextSize::Caption),
                head = style::font(style::TextSize::Caption, QFont::DemiBold);
    const QFontMetrics metrics(body);
    const int rowHeight = metrics.height() + 4;
    int labelWidth = 0, valueWidth = 0;
    for (const Row& row : lines) {
        labelWidth = std::max(labelWidth,
                              QFontMetrics(row.swatch.isValid() ? body : head).horizontalAdvance(row.label) +
                                  (row.swatch.isValid() ? 20 : 0));
        valueWidth = std::max(valueWidth, metrics.horizontalAdvance(row.value));
    }
    const int width = std::min(area.width(), labelWidth + (valueWidth > 0 ? valueWidth + 24 : 0) + 24);
    const int height = rowHeight * int(lines.size()) + 14;
    QRect card(int(pixel) + 12, area.top() + 14, width, height);
    if (card.right() > area.right()) card.moveRight(int(pixel) - 12);
    if (card.left() < area.left()) card.moveLeft(area.left());
    painter.setPen(QPen(t.line, 1));
    painter.setBrush(t.raised);
    painter.drawRoundedRect(QRectF(card).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8);
    int y = card.top() + 7;
    for (std::size_t i = 0; i < lines.size(); ++i, y += rowHeight) {
        const Row& row = lines[i];
        const QRect line(card.left() + 12, y, width - 24, rowHeight);
        if (row.swatch.isValid()) {
            QColor swatch = row.swatch;
            const int thick = row.thin ? 2 : 4;
            if (row.thin) swatch.setAlphaF(0.6F);
            painter.setPen(Qt::NoPen);
            painter.setBrush(swatch);
            painter.drawRoundedRect(QRectF(line.left(), line.center().y() + 1 - thick / 2.0, 14, thick),
                                    thick / 2.0, thick / 2.0);
        }
        painter.setFont(i == 0 ? head : body);
        painter.setPen(row.swatch.isValid() || i == 0 ? t.text : t.text2);
        painter.drawText(line.adjusted(row.swatch.isValid() ? 20 : 0, 0, 0, 0),
                         Qt::AlignLeft | Qt::AlignVCenter, row.label);
        painter.setPen(t.text);
        painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter, row.value);
    }
}

}  // namespace atelier
