// SPDX-License-Identifier: GPL-3.0-or-later
// What PlotView is made of: a curve and a marker layer inside QCustomPlot, tick texts, and the overlay with
// cursor and read-out. Private to ui/widgets.
#pragma once

#include <qcustomplot.h>

#include <QWidget>

#include "ui/widgets/plot_view.h"

namespace atelier {

QString plotValueText(double value);
// "1 h 20 min", "45 s".
QString plotTimeText(double seconds);
// Text of a position on the axis: "step 1 000", "64 000 images", "2 h 05 min".
QString plotPositionText(double x, PlotAxis axis);

// One metric: thin raw line from the pyramid (a vertical stroke per pixel column where values are dense),
// bold mean.
class PlotCurve : public QCPAbstractPlottable {
  public:
    PlotCurve(QCPAxis* x, QCPAxis* y, const PlotView& view, std::size_t series);
    int seriesIndex() const;  // in the store; -1 while the metric is not there
    const PlotSeries& series() const { return view_.series_[number_]; }
    QColor colour() const;
    // Values [from, to) between two positions, with one neighbour at either side.
    std::pair<std::size_t, std::size_t> between(double from, double to) const;
    // Range of y to show: everything, or without the outermost percent of the raw values. Nothing when empty.
    std::optional<QCPRange> yRange(double from, double to, bool clip, bool positive) const;
    std::vector<CurvePoint> mean(double from, double to) const;
    void forget() { made_ = {}; }
    // Interpolated from the mean that was drawn last.
    std::optional<double> meanAt(double x) const;

    double selectTest(const QPointF& pos, bool onlySelectable, QVariant* details = nullptr) const override;
    QCPRange getKeyRange(bool& found, QCP::SignDomain domain = QCP::sdBoth) const override;
    QCPRange getValueRange(bool& found, QCP::SignDomain domain, const QCPRange& keys) const override;

  protected:
    void draw(QCPPainter* painter) override;
    void drawLegendIcon(QCPPainter* painter, const QRectF& rect) const override;

  private:
    // One device pixel column of dense values.
    struct Column {
        int column = 0;
        float low = 0, high = 0;
    };
    // What drawn_ and columns_ were made from: the same again needs no look at the values.
    struct Made {
        const MetricStore* store = nullptr;
        int series = -1;
        std::uint64_t version = 0;
        PlotAxis axis = PlotAxis::Steps;
        double lower = 0, upper = 0, smoothing = -1;
        std::size_t columns = 0;
        bool operator==(const Made&) const = default;
    };
    double xAt(std::size_t index) const;
    std::size_t deviceColumns(const QCPPainter& painter) const;
    void make(std::size_t from, std::size_t to, std::size_t columns);
    void drawRaw(QCPPainter& painter, std::size_t from, std::size_t to);
    void drawDense(QCPPainter& painter, const QColor& colour);
    double pixelY(double value) const;
    void drawMean(QCPPainter& painter);
    void drawRings(QCPPainter& painter, std::size_t from, std::size_t to);
    const PlotView& view_;
    std::size_t number_;
    std::vector<CurvePoint> drawn_;
    std::vector<Column> columns_;  // empty while every value can be drawn
    Made made_;
};

class PlotMarkers : public QCPLayerable {
  public:
    PlotMarkers(QCustomPlot* plot, const PlotView& view);

  protected:
    void applyDefaultAntialiasingHint(QCPPainter* painter) const override;
    void draw(QCPPainter* painter) override;

  private:
    const PlotView& view_;
};

class PositionTicker : public QCPAxisTicker {
  public:
    explicit PositionTicker(PlotAxis axis) : axis_(axis) { setTickCount(6); }

  protected:
    double getTickStep(const QCPRange& range) override;
    int getSubTickCount(double) override { return 0; }
    QString getTickLabel(double tick, const QLocale& locale, QChar format, int precision) override;

  private:
    PlotAxis axis_;
};

class ValueTicker : public QCPAxisTicker {
  public:
    ValueTicker() { setTickCount(5); }

  protected:
    double getTickStep(const QCPRange& range) override;
    int getSubTickCount(double) override { return 0; }
    QString getTickLabel(double tick, const QLocale& locale, QChar format, int precision) override;

  private:
    double step_ = 1;
};

class LogTicker : public QCPAxisTickerLog {
  protected:
    QVector<double> createTickVector(double step, const QCPRange& range) override;
    int getSubTickCount(double) override { return 0; }
    QString getTickLabel(double tick, const QLocale& locale, QChar format, int precision) override;
};

// Above the plot, not in it: moving the cursor repaints this alone.
class PlotOverlay : public QWidget {
  public:
    PlotOverlay(QWidget* plot, const PlotView& view);
    void setBand(const QRect& band);

    struct Row {
        QColor swatch;  // invalid: a heading or a note
        bool thin = false;
        QString label, value;
    };
    std::vector<Row> rows() const;

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    void paintReadOut(QPainter& painter, double pixel, const QRect& area);
    const PlotView& view_;
    QRect band_;
};

}  // namespace atelier
