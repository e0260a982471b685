// SPDX-License-Identifier: GPL-3.0-or-later
// Axes, options, ranges and texts of the plot; input is in plot_input.cpp, drawing in plot_curve.cpp.
#include "ui/widgets/plot_view.h"

#include <QAccessible>
#include <QElapsedTimer>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "ui/style/fonts.h"
#include "ui/style/tokens.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/plot_drag.h"
#include "ui/widgets/plot_parts.h"

namespace atelier {

PlotView::PlotView(QWidget* parent) : QWidget(parent), plot_(new QCustomPlot(this)) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(plot_);
    plot_->setInteractions(QCP::Interactions());
    plot_->setNoAntialiasingOnDrag(false);
    plot_->setPlottingHint(QCP::phFastPolylines, false);
    plot_->setFocusPolicy(Qt::NoFocus);
    plot_->setContextMenuPolicy(Qt::NoContextMenu);
    plot_->setMouseTracking(true);
    plot_->installEventFilter(this);
    plot_->axisRect()->setMinimumMargins({48, 8, 22, 26});
    plot_->setMinimumHeight(120);
    overlay_ = new PlotOverlay(plot_, *this);
    markerLayer_ = new PlotMarkers(plot_, *this);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Curves"));
    restyle();
    setAxis(PlotAxis::Steps);
}

PlotView::~PlotView() = default;

void PlotView::restyle() {
    const style::Tokens& t = style::tokens();
    plot_->setBackground(QBrush(t.surface));
    const QFont font = style::font(style::TextSize::Caption);
    for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) {
        axis->setTickLabelFont(font);
        axis->setTickLabelColor(t.text2);
        axis->setTickPen(Qt::NoPen);
        axis->setSubTickPen(Qt::NoPen);
        axis->setTickLabelPadding(8);
    }
    plot_->xAxis->setBasePen(QPen(t.lineStrong, 1));
    plot_->yAxis->setBasePen(Qt::NoPen);
    plot_->xAxis->grid()->setVisible(false);
    plot_->yAxis->grid()->setPen(QPen(t.grid, 1));
    plot_->yAxis->grid()->setZeroLinePen(QPen(t.grid, 1));
    plot_->yAxis->grid()->setAntialiased(false);
    replot();
}

void PlotView::setSeries(std::vector<PlotSeries> series) {
    if (series.size() > kMaxSeries) series.resize(kMaxSeries);
    series_ = std::move(series);
    while (curves_.size() > series_.size()) {
        plot_->removePlottable(curves_.back());
        curves_.pop_back();
    }
    while (curves_.size() < series_.size())
        curves_.push_back(new PlotCurve(plot_->xAxis, plot_->yAxis, *this, curves_.size()));
    zoomedY_ = false;
    clearCursor();
    refresh();
}

void PlotView::setMarkers(std::vector<PlotMarker> markers) {
    std::stable_sort(markers.begin(), markers.end(),
                     [](const PlotMarker& a, const PlotMarker& b) { return a.step < b.step; });
    markers_ = std::move(markers);
    replot();
}

void PlotView::setPlanned(std::int64_t steps, std::int64_t images) {
    if (plannedSteps_ == steps && plannedImages_ == images) return;
    plannedSteps_ = steps;
    plannedImages_ = images;
    refresh();
}

void PlotView::setLive(bool live) {
    if (live_ == live) return;
    live_ = live;
    refresh();
}

void PlotView::setPinnedStep(std::optional<std::int64_t> step) {
    if (pinned_ == step) return;
    pinned_ = step;
    replot();
}

void PlotView::setAxis(PlotAxis axis) {
    axis_ = axis;
    plot_->xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new PositionTicker(axis)));
    zoomed_ = zoomedY_ = false;
    clearCursor();
    refresh();
    Q_EMIT optionsChanged();
}

void PlotView::setSmoothing(double smoothing) {
    smoothing_ = std::clamp(smoothing, 0.0, 0.999);
    refresh();
    Q_EMIT optionsChanged();
}

void PlotView::setLogY(bool on) {
    logY_ = on;
    plot_->yAxis->setScaleType(on ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    zoomedY_ = false;
    refresh();
    Q_EMIT optionsChanged();
}

void PlotView::setClipOutliers(bool on) {
    clip_ = on;
    zoomedY_ = false;
    refresh();
    Q_EMIT optionsChanged();
}

void PlotView::refresh() {
    plot_->yAxis->setTicker(logY_ ? QSharedPointer<QCPAxisTicker>(new LogTicker)
                                  : QSharedPointer<QCPAxisTicker>(new ValueTicker));
    fit();
    replot();
    if (QAccessible::isActive()) setAccessibleDescription(summary());
}

void PlotView::replot() {
    plot_->replot(QCustomPlot::rpQueuedReplot);
    overlay_->update();
}

double PlotView::redrawMs(bool afresh) {
    if (afresh)
        for (PlotCurve* curve : curves_) curve->forget();
    QElapsedTimer timer;
    timer.start();
    plot_->replot(QCustomPlot::rpImmediateRefresh);
    return double(timer.nsecsElapsed()) / 1e6;
}

double PlotView::dataEnd() const {
    double end = 0;
    for (const PlotSeries& s : series_)
        if (s.store != nullptr && s.store->rows() > 0)
            end = std::max(end, s.store->x(s.store->rows() - 1, axis_));
    return end;
}

// Of the nearest row at or before it: markers and pins are known by step.
double PlotView::xOfStep(std::int64_t step) const {
    if (axis_ == PlotAxis::Steps || series_.empty() || series_[0].store == nullptr ||
        series_[0].store->rows() == 0)
        return double(step);
    const MetricStore& store = *series_[0].store;
    std::size_t low = 0, high = store.rows();
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (store.step(middle) < step)
            low = middle + 1;
        else
            high = middle;
    }
    return store.x(std::min(low, store.rows() - 1), axis_);
}

void PlotView::fit() {
    if (!zoomed_) {
        double end = dataEnd();
        if (live_ && axis_ == PlotAxis::Steps) end = std::max(end, double(plannedSteps_));
        if (live_ && axis_ == PlotAxis::Images) end = std::max(end, double(plannedImages_));
        plot_->xAxis->setRange(0, end > 0 ? end : 1);
    }
    if (zoomedY_) return;
    std::optional<QCPRange> seen;
    for (const PlotCurve* curve : curves_) {
        const auto r = curve->yRange(plot_->xAxis->range().lower, plot_->xAxis->range().upper, clip_, logY_);
        if (r && seen)
            seen->expand(*r);
        else if (r)
            seen = r;
    }
    const QCPRange all = seen.value_or(logY_ ? QCPRange(0.1, 1) : QCPRange(0, 1));
    if (logY_) {
        plot_->yAxis->setRange(all.lower / 1.1, std::max(all.upper * 1.1, all.lower * 1.3));
        return;
    }
    double span = all.upper - all.lower;
    if (span <= std::abs(all.upper) * 1e-9) span = std::max(std::abs(all.upper) * 0.2, 1e-12);
    // Never below zero for what is never negative: the eye takes the lower edge for zero.
    const double lower = all.lower - span * 0.08;
    plot_->yAxis->setRange(all.lower >= 0 ? std::max(0.0, lower) : lower, all.upper + span * 0.08);
}

void PlotView::showAll() {
    zoomed_ = zoomedY_ = false;
    refresh();
    Q_EMIT optionsChanged();
}

std::pair<double, double> PlotView::range() const {
    return {plot_->xAxis->range().lower, plot_->xAxis->range().upper};
}

void PlotView::setRange(double from, double to) {
    if (!(to > from)) return;
    const double end = std::max({dataEnd(), 1.0, axis_ == PlotAxis::Steps ? double(plannedSteps_) : 0.0});
    const double width = std::clamp(to - from, axis_ == PlotAxis::Time ? 0.5 : 4.0, end * 1.02);
    from = std::clamp(from, -0.01 * end, std::max(-0.01 * end, 1.01 * end - width));
    zoomed_ = width < end;
    plot_->xAxis->setRange(from, from + width);
    refresh();
    Q_EMIT optionsChanged();
}

void PlotView::restoreRange(double from, double to) {
    if (!(to > from)) return;
    zoomed_ = true;
    plot_->xAxis->setRange(from, to);
    refresh();
}

void PlotView::zoom(double factor, std::optional<double> centre) {
    const auto [from, to] = range();
    const double c = centre ? *centre : cursor_ ? *cursor_ : (from + to) / 2;
    setRange(c - (c - from) * factor, c + (to - c) * factor);
}

void PlotView::moveCursor(double x, bool announce) {
    const PlotCurve* guide = nullptr;
    for (const PlotCurve* curve : curves_)
        if (curve->seriesIndex() >= 0) {
            guide = curve;
            break;
        }
    if (guide == nullptr) return;
    const MetricStore& store = *guide->series().store;
    const std::size_t row =
        store.series(guide->seriesIndex()).row(store.nearest(guide->seriesIndex(), x, axis_));
    cursor_ = store.x(row, axis_);
    overlay_->update();
    Q_EMIT stepHovered(store.step(row));
    if (announce && QAccessible::isActive()) {
        setAccessibleDescription(readOut().join(QStringLiteral(", ")));
        QAccessibleEvent event(this, QAccessible::DescriptionChanged);
        QAccessible::updateAccessibility(&event);
    }
}

void PlotView::clearCursor() {
    cursor_.reset();
    keyboardCursor_ = false;
    overlay_->update();
}

QStringList PlotView::readOut() const {
    QStringList lines;
    for (const PlotOverlay::Row& row : overlay_->rows())
        lines << (row.value.isEmpty() ? row.label : row.label + QLatin1Char(' ') + row.value);
    return lines;
}

QString PlotView::summary() const {
    QStringList parts;
    for (const PlotSeries& s : series_) {
        const int index = s.store != nullptr ? s.store->find(s.metric) : -1;
        if (index < 0 || s.store->series(index).size() == 0) {
            parts << tr("%1: no values yet").arg(s.label);
            continue;
        }
        const MetricSeries& values = s.store->series(index);
        const auto mean = smoothed(*s.store, index, 0, values.size(), PlotAxis::Steps,
                                   s.points ? 0 : std::max(smoothing_, 0.9), 256);
        if (mean.empty()) {
            parts << tr("%1: not finite").arg(s.label);
            continue;
        }
        const CurvePoint& last = mean.back();
        const CurvePoint& before = mean[mean.size() - 1 - mean.size() / 10];
        const auto lowest =
            std::min_element(mean.begin(), mean.end(), [](auto& a, auto& b) { return a.y < b.y; });
        const double change = last.y - before.y, scale = std::abs(before.y) * 0.005;
        const QString trend = change < -scale ? tr("falling") : change > scale ? tr("rising") : tr("level");
        parts << tr("%1 %2 at step %3, %4; lowest %5 at %6")
                     .arg(s.label, plotValueText(last.y),
                          figure(qint64(s.store->step(values.row(values.size() - 1)))), trend,
                          plotValueText(lowest->y), figure(qint64(lowest->x)));
    }
    return parts.join(QStringLiteral(". "));
}

void PlotView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) restyle();
    QWidget::changeEvent(event);
}

}  // namespace atelier
