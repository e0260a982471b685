// SPDX-License-Identifier: GPL-3.0-or-later
// Drawing of curves and markers inside QCustomPlot.
#include <algorithm>
#include <cmath>

#include "ui/style/fonts.h"
#include "ui/style/tokens.h"
#include "ui/widgets/plot_parts.h"

namespace atelier {

namespace {
constexpr std::size_t kMeanPoints = 2000;
constexpr double kRawOpacity = 0.38, kMeanSpacing = 0.95;  // pixels between points of the mean

Qt::PenStyle dashOf(std::size_t number) {
    return number < 6 ? Qt::SolidLine : Qt::DashLine;
}
}  // namespace

PlotCurve::PlotCurve(QCPAxis* x, QCPAxis* y, const PlotView& view, std::size_t series)
    : QCPAbstractPlottable(x, y), view_(view), number_(series) {
    setSelectable(QCP::stNone);
}

int PlotCurve::seriesIndex() const {
    if (number_ >= view_.series_.size() || series().store == nullptr) return -1;
    const int index = series().store->find(series().metric);
    return index >= 0 && series().store->series(index).size() > 0 ? index : -1;
}

QColor PlotCurve::colour() const {
    return style::tokens().chart[std::size_t(series().colour) % 6];
}

double PlotCurve::xAt(std::size_t index) const {
    const MetricStore& store = *series().store;
    return store.x(store.series(seriesIndex()).row(index), view_.axis_);
}

std::pair<std::size_t, std::size_t> PlotCurve::between(double from, double to) const {
    const int index = seriesIndex();
    if (index < 0) return {0, 0};
    const MetricStore& store = *series().store;
    const std::size_t a = store.lowerBound(index, from, view_.axis_),
                      b = store.lowerBound(index, to, view_.axis_);
    return {a > 0 ? a - 1 : 0, std::min(b + 1, store.series(index).size())};
}

std::optional<QCPRange> PlotCurve::yRange(double from, double to, bool clip, bool positive) const {
    const auto [a, b] = between(from, to);
    if (a >= b) return {};
    const MetricSeries& values = series().store->series(seriesIndex());
    if (!clip && !positive) {
        const Extent extent = values.extent(a, b);
        if (!extent.valid()) return {};
        return QCPRange(double(extent.low), double(extent.high));
    }
    // Percentiles of an even sample say enough about millions.
    std::vector<float> sample;
    const std::size_t n = std::min<std::size_t>(b - a, 4096);
    sample.reserve(n);
    for (std::size_t k = 0; k < n; ++k) {
        const float v = values.value(a + (b - a) * k / n);
        if (std::isfinite(v) && (!positive || v > 0)) sample.push_back(v);
    }
    if (sample.empty()) return {};
    std::sort(sample.begin(), sample.end());
    const std::size_t cut = clip && !series().points ? sample.size() / 100 : 0;
    QCPRange range;
    range.lower = double(sample[cut]);
    range.upper = double(sample[sample.size() - 1 - cut]);
    if (clip)
        for (const CurvePoint& p : drawn_)
            if (p.x >= from && p.x <= to && (!positive || p.y > 0)) range.expand(p.y);
    return range;
}

std::vector<CurvePoint> PlotCurve::mean(double from, double to) const {
    const auto [a, b] = between(from, to);
    if (a >= b) return {};
    return smoothed(*series().store, seriesIndex(), a, b, view_.axis_, series().points ? 0 : view_.smoothing_,
                    kMeanPoints);
}

std::optional<double> PlotCurve::meanAt(double x) const {
    if (drawn_.empty() || series().points) return {};
    const auto right = std::lower_bound(drawn_.begin(), drawn_.end(), x,
                                        [](const CurvePoint& p, double v) { return p.x < v; });
    if (right == drawn_.begin()) return drawn_.front().y;
    if (right == drawn_.end()) return drawn_.back().y;
    const CurvePoint& left = *(right - 1);
    const double width = right->x - left.x;
    return width > 0 ? left.y + (right->y - left.y) * (x - left.x) / width : right->y;
}

double PlotCurve::selectTest(const QPointF&, bool, QVariant*) const {
    return -1;
}

QCPRange PlotCurve::getKeyRange(bool& found, QCP::SignDomain) const {
    const int index = seriesIndex();
    found = index >= 0;
    if (!found) return {};
    return {xAt(0), xAt(series().store->series(index).size() - 1)};
}

QCPRange PlotCurve::getValueRange(bool& found, QCP::SignDomain domain, const QCPRange& keys) const {
    const auto r = yRange(keys.lower, keys.upper, false, domain == QCP::sdPositive);
    found = r.has_value();
    return r.value_or(QCPRange());
}

void PlotCurve::draw(QCPPainter* painter) {
    const int index = seriesIndex();
    if (index < 0) {
        drawn_.clear();
        made_ = {};
        return;
    }
    const QCPRange keys = mKeyAxis->range();
    const auto [a, b] = between(keys.lower, keys.upper);
    if (series().points || a >= b) {
        drawn_.clear();
        made_ = {};
        if (a < b) drawRings(*painter, a, b);
        return;
    }
    const std::size_t columns = deviceColumns(*painter);
    const Made wanted{series().store, index,      series().store->version(), view_.axis_,
                      keys.lower,     keys.upper, view_.smoothing_,          columns};
    if (made_ != wanted) {
        make(a, b, columns);
        made_ = wanted;
    }
    drawRaw(*painter, a, b);
    drawMean(*painter);
}

std::size_t PlotCurve::deviceColumns(const QCPPainter& painter) const {
    const double dpr = painter.device() != nullptr ? painter.device()->devicePixelRatioF() : 1;
    return std::size_t(std::max(1.0, double(mKeyAxis->axisRect()->width()) * dpr));
}

// The mean, and the extent of every pixel column where there are more values than columns can show one by
// one.
void PlotCurve::make(std::size_t from, std::size_t to, std::size_t columns) {
    const QCPRange keys = mKeyAxis->range();
    drawn_ = mean(keys.lower, keys.upper);
    columns_.clear();
    if (to - from <= columns * 2) return;
    const MetricStore& store = *series().store;
    const MetricSeries& values = store.series(seriesIndex());
    const auto xOf = [&](std::size_t i) { return store.x(values.row(i), view_.axis_); };
    const std::size_t perColumn = (to - from) / columns;
    // A column of many values may end at a block's edge: less than a fiftieth of a pixel away.
    const std::size_t block = perColumn >= 50 * MetricSeries::kBlock ? MetricSeries::kBlock : 1;
    columns_.reserve(columns);
    std::size_t at = from;
    for (std::size_t c = 0; c < columns && at < to; ++c) {
        const double edge = keys.lower + keys.size() * double(c + 1) / double(columns);
        // The rows are close to evenly spaced: search only where this column can end.
        std::size_t low = at, high = to;
        const std::size_t guess = std::min(to, at + 4 * perColumn + 64);
        if (guess < to && xOf(guess) >= edge) high = guess;
        while (low < high) {
            const std::size_t middle = (low + high) / 2;
            if (xOf(middle) < edge)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < to && low / block * block > at) low = low / block * block;
        const Extent extent = values.extent(at, low);
        at = low;
        if (extent.valid()) columns_.push_back({int(c), extent.low, extent.high});
    }
}

// Far outside costs time in the rasteriser and shows nothing.
double PlotCurve::pixelY(double value) const {
    const QCPRange ys = mValueAxis->range();
    const double span = ys.size();
    return mValueAxis->coordToPixel(view_.logY_ ? std::max(value, ys.lower / 10)
                                                : std::clamp(value, ys.lower - span, ys.upper + span));
}

void PlotCurve::drawRaw(QCPPainter& painter, std::size_t from, std::size_t to) {
    const MetricStore& store = *series().store;
    const MetricSeries& values = store.series(seriesIndex());
    QColor c = colour();
    c.setAlphaF(kRawOpacity);
    if (!columns_.empty()) {
        drawDense(painter, c);
        return;
    }
    QPolygonF line;
    line.reserve(qsizetype(to - from));
    painter.setPen(QPen(c, 1));
    const auto flush = [&] {
        if (line.size() > 1) painter.drawPolyline(line);
        line.clear();
    };
    for (std::size_t i = from; i < to; ++i) {
        const float v = values.value(i);
        if (!std::isfinite(v))
            flush();
        else
            line.append({mKeyAxis->coordToPixel(store.x(values.row(i), view_.axis_)), pixelY(double(v))});
    }
    flush();
}

// One stroke per device pixel column from its lowest to its highest value, touching its neighbour's.
void PlotCurve::drawDense(QCPPainter& painter, const QColor& colour) {
    const double dpr = painter.device() != nullptr ? painter.device()->devicePixelRatioF() : 1;
    const double left = double(mKeyAxis->axisRect()->left());
    QVector<QLineF> strokes;
    strokes.reserve(qsizetype(columns_.size()));
    double previousTop = 0, previousBottom = 0;
    bool joined = false;
    for (const Column& column : columns_) {
        double top = pixelY(double(column.high)), bottom = pixelY(double(column.low));
        const double ownTop = top, ownBottom = bottom;
        if (joined && previousTop > bottom) bottom = previousTop;
        if (joined && previousBottom < top) top = previousBottom;
        const double x = left + (double(column.column) + 0.5) / dpr;
        strokes.append(QLineF(x, top, x, std::max(bottom, top + 1 / dpr)));
        previousTop = ownTop;
        previousBottom = ownBottom;
        joined = true;
    }
    QPen pen(colour, 1 / dpr);
    pen.setCapStyle(Qt::FlatCap);
    painter.setAntialiasing(false);
    painter.setPen(pen);
    painter.drawLines(strokes);
}

void PlotCurve::drawMean(QCPPainter& painter) {
    if (drawn_.empty()) return;
    QPolygonF line;
    line.reserve(qsizetype(drawn_.size()));
    // Two thousand points, but never more than the columns can show: a wide pen pays per point.
    for (const CurvePoint& p : drawn_) {
        const QPointF at(
            mKeyAxis->coordToPixel(p.x),
            mValueAxis->coordToPixel(view_.logY_ ? std::max(p.y, mValueAxis->range().lower / 10) : p.y));
        if (!line.isEmpty() && std::abs(line.last().x() - at.x()) < kMeanSpacing && &p != &drawn_.back())
            continue;
        line.append(at);
    }
    // Round joins cost more than all the rest where a point stands at every pixel, and nobody sees them
    // there.
    const bool dense = line.size() > 300;
    QPen pen(colour(), 2, dashOf(number_), Qt::RoundCap, dense ? Qt::BevelJoin : Qt::RoundJoin);
    painter.setAntialiasing(true);
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    painter.drawPolyline(line);
    const std::size_t last = series().store->series(seriesIndex()).size() - 1;
    if (view_.live_ && mKeyAxis->range().contains(xAt(last))) {
        painter.setPen(QPen(style::tokens().surface, 2));
        painter.setBrush(colour());
        painter.drawEllipse(line.last(), 5, 5);
    }
}

void PlotCurve::drawRings(QCPPainter& painter, std::size_t from, std::size_t to) {
    const MetricStore& store = *series().store;
    const MetricSeries& values = store.series(seriesIndex());
    QPolygonF line;
    const std::size_t count = std::min(to - from, kMeanPoints);
    for (std::size_t k = 0; k < count; ++k) {
        const std::size_t i = from + (to - from) * k / count;
        const double v = double(values.value(i));
        if (std::isfinite(v))
            line.append(
                {mKeyAxis->coordToPixel(store.x(values.row(i), view_.axis_)), mValueAxis->coordToPixel(v)});
    }
    painter.setAntialiasing(true);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colour(), 2, dashOf(number_), Qt::RoundCap, Qt::RoundJoin));
    painter.drawPolyline(line);
    if (line.size() > 200) return;
    painter.setBrush(style::tokens().surface);
    for (const QPointF& p : line) painter.drawEllipse(p, 4, 4);
}

void PlotCurve::drawLegendIcon(QCPPainter* painter, const QRectF& rect) const {
    painter->setPen(QPen(colour(), 2));
    painter->drawLine(QLineF(rect.left(), rect.center().y(), rect.right(), rect.center().y()));
}

PlotMarkers::PlotMarkers(QCustomPlot* plot, const PlotView& view)
    : QCPLayerable(plot, QStringLiteral("grid")), view_(view) {}

void PlotMarkers::applyDefaultAntialiasingHint(QCPPainter* painter) const {
    painter->setAntialiasing(true);
}

void PlotMarkers::draw(QCPPainter* painter) {
    const style::Tokens& t = style::tokens();
    const QRect area = mParentPlot->axisRect()->rect();
    const QCPAxis* axis = mParentPlot->xAxis;
    painter->setFont(style::font(style::TextSize::Caption));
    double labelEnd = area.left();
    for (std::size_t i = 0; i < view_.markers_.size();) {
        const PlotMarker& marker = view_.markers_[i];
        const double x = axis->coordToPixel(view_.xOfStep(marker.step));
        const bool tall = marker.kind == PlotMarkerKind::Resume || marker.kind == PlotMarkerKind::Skipped;
        std::size_t same = 1;  // neighbours of the same kind within a few pixels are one
        while (tall && i + same < view_.markers_.size() && view_.markers_[i + same].kind == marker.kind &&
               axis->coordToPixel(view_.xOfStep(view_.markers_[i + same].step)) - x < 24)
            ++same;
        i += same;
        if (x < area.left() || x > area.right()) continue;
        if (tall) {
            painter->setAntialiasing(false);
            painter->setPen(
                QPen(t.text3, 1, marker.kind == PlotMarkerKind::Skipped ? Qt::DotLine : Qt::DashLine));
            painter->drawLine(QLineF(x, area.top(), x, area.bottom()));
            const QString text = marker.kind == PlotMarkerKind::Skipped
                                     ? (same == 1 ? PlotView::tr("1 step skipped")
                                                  : PlotView::tr("%1 steps skipped").arg(same))
                                     : PlotView::tr("resumed");
            const int width = painter->fontMetrics().horizontalAdvance(text);
            if (x + 5 > labelEnd && x + 5 + width < area.right()) {
                painter->setPen(t.text2);
                painter->drawText(QPointF(x + 5, area.top() + painter->fontMetrics().ascent()), text);
                labelEnd = x + 5 + width + 8;
            }
            continue;
        }
        // On the axis: a filled notch for a checkpoint, a ring for samples.
        painter->setAntialiasing(true);
        painter->setPen(QPen(t.text3, 1));
        painter->setBrush(marker.kind == PlotMarkerKind::Checkpoint ? QBrush(t.text3) : QBrush(t.surface));
        const double y = area.bottom() + 0.5;
        if (marker.kind == PlotMarkerKind::Checkpoint)
            painter->drawPolygon(QPolygonF({{x - 3, y - 5}, {x + 3, y - 5}, {x, y - 1}}));
        else
            painter->drawEllipse(QPointF(x, y - 9), 2, 2);
    }
    if (view_.pinned_) {
        const double x = axis->coordToPixel(view_.xOfStep(*view_.pinned_));
        if (x >= area.left() && x <= area.right()) {
            painter->setAntialiasing(true);
            painter->setPen(Qt::NoPen);
            painter->setBrush(t.accent);
            const double y = area.bottom() + 1;
            painter->drawPolygon(QPolygonF({{x, y}, {x + 5, y + 6}, {x - 5, y + 6}}));
        }
    }
}

}  // namespace atelier
