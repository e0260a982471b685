// SPDX-License-Identifier: GPL-3.0-or-later
// The curve plot: raw values thin, their two-way mean bold, markers, cursor with read-out, zoom, export.
// Draws straight from MetricStore, so a million points cost no copy. Used by the run monitor.
#pragma once

#include <QWidget>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ui/models/metric_store.h"

class QCustomPlot;
class QMenu;
class QRubberBand;

namespace atelier {

struct PlotSeries {
    const MetricStore* store = nullptr;  // outlives the plot, or setSeries() is called again
    std::string metric;                  // "loss"; may appear in the store later
    QString label;                       // "loss", translated
    int colour = 0;                      // chart colour 0 … 5; a run keeps its colour on every page
    bool points = false;                 // few values (validation): line with ring markers, never smoothed
};

enum class PlotMarkerKind { Checkpoint, Sample, Resume, Skipped };

struct PlotMarker {
    PlotMarkerKind kind = PlotMarkerKind::Checkpoint;
    std::int64_t step = 0;
    QString text;  // for the read-out: "Checkpoint, 248 MB"
};

class PlotCurve;
class PlotMarkers;
class PlotOverlay;

class PlotView : public QWidget {
    Q_OBJECT
  public:
    static constexpr int kMaxSeries = 8;

    explicit PlotView(QWidget* parent = nullptr);
    ~PlotView() override;

    void setSeries(std::vector<PlotSeries> series);  // the first kMaxSeries are drawn
    const std::vector<PlotSeries>& series() const { return series_; }
    void setMarkers(std::vector<PlotMarker> markers);
    // Total steps and images that are planned: "everything" reaches that far while a run goes on. 0: unknown.
    void setPlanned(std::int64_t steps, std::int64_t images);
    // A run that goes on gets a dot at its newest value.
    void setLive(bool live);
    // Step that is marked on the axis (the sample column shown beside the plot).
    void setPinnedStep(std::optional<std::int64_t> step);

    PlotAxis axis() const { return axis_; }
    void setAxis(PlotAxis axis);
    double smoothing() const { return smoothing_; }
    void setSmoothing(double smoothing);
    bool logY() const { return logY_; }
    void setLogY(bool on);
    bool clipOutliers() const { return clip_; }
    void setClipOutliers(bool on);

    // New values are in the stores. Cheap; at most four times a second is enough for a person.
    void refresh();
    void showAll();
    void zoom(double factor, std::optional<double> centre = {});  // < 1: closer
    bool isZoomed() const { return zoomed_; }
    std::pair<double, double> range() const;
    void setRange(double from, double to);
    // A zoom that is remembered: taken as it is, as the values may still be on their way.
    void restoreRange(double from, double to);

    // "loss 0.0918 at step 3 420, falling; lowest 0.0885 at 3 310": what a screen reader says of the picture.
    QString summary() const;
    // What the cursor stands on, one line per row; empty without a cursor.
    QStringList readOut() const;
    QPixmap picture() const;
    QByteArray svg() const;
    // The visible stretch, one line per value: metric, step, images, unix_time, value.
    QByteArray csv() const;
    // What the context menu offers, for a button of the page as well.
    void fillMenu(QMenu& menu);
    // Redraws now and returns the time it took, in milliseconds (bench). `afresh`: as after new values,
    // nothing that was derived from them is reused.
    double redrawMs(bool afresh = true);

  Q_SIGNALS:
    void stepHovered(qint64 step);
    void stepClicked(qint64 step);
    void optionsChanged();  // zoom, log axis, clip: what a page remembers
    // "Save …" of the context menu: the page asks for a name and writes the file.
    void saveRequested(const QString& suffix, const QByteArray& bytes);

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void changeEvent(QEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

  private:
    friend class PlotCurve;
    friend class PlotMarkers;
    friend class PlotOverlay;
    struct Drag;
    void restyle();
    void fit();  // ranges of both axes, as the zoom and the options say
    double dataEnd() const;
    double xOfStep(std::int64_t step) const;
    double plotX(const QPointF& position) const;
    void moveCursor(double x, bool announce);
    void clearCursor();
    void moveCursorBy(int points);
    void replot();
    bool mousePress(const class QMouseEvent& event);
    bool mouseMove(const QMouseEvent& event);
    bool mouseRelease(const QMouseEvent& event);

    QCustomPlot* plot_;
    PlotOverlay* overlay_;
    PlotMarkers* markerLayer_;
    std::vector<PlotCurve*> curves_;
    std::vector<PlotSeries> series_;
    std::vector<PlotMarker> markers_;
    std::unique_ptr<Drag> drag_;
    PlotAxis axis_ = PlotAxis::Steps;
    double smoothing_ = 0.9;
    std::int64_t plannedSteps_ = 0, plannedImages_ = 0;
    std::optional<std::int64_t> pinned_;
    std::optional<double> cursor_;  // on the x axis, snapped to a value
    bool keyboardCursor_ = false;
    bool logY_ = false, clip_ = true, live_ = false, zoomed_ = false, zoomedY_ = false;
};

}  // namespace atelier
