// SPDX-License-Identifier: GPL-3.0-or-later
// The body of the run monitor: figures and bar, plot, samples, cards. Shows one RunMonitor and follows it;
// what it remembers (zoom, smoothing, axis) belongs to the viewer, never to the run.
#pragma once

#include <QPointer>
#include <QTimer>
#include <QWidget>

#include "ui/models/run_monitor.h"
#include "ui/models/run_view_state.h"

class QHBoxLayout;
class QLabel;
class QMenu;
class QSlider;

namespace atelier {

class FigureLabel;
class MonitorCards;
class PlotLegend;
class PlotView;
struct PlotSeries;
class ProgressLine;
class SampleGrid;
class SegmentedControl;
class Thumbnails;

class MonitorView : public QWidget {
    Q_OBJECT
  public:
    explicit MonitorView(Thumbnails& thumbnails, QWidget* parent = nullptr);
    // `view`: how this run was looked at last.
    void setMonitor(RunMonitor* monitor, const RunViewState& view = {});
    // How it is looked at now.
    RunViewState view() const;
    RunMonitor* monitor() const { return monitor_; }
    PlotView* plot() const { return plot_; }
    SampleGrid* samples() const { return grid_; }
    MonitorCards* cards() const { return cards_; }
    Thumbnails& thumbnails() const { return thumbnails_; }
    void openSample(int row, int column);

  Q_SIGNALS:
    void saveRequested(const QString& suggestedName, const QByteArray& bytes);
    void saveFileRequested(const QString& file);
    void openFolderWanted(const QString& path);
    void viewChanged();  // something of view() did, by a person

  protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

  private:
    struct Figure {
        FigureLabel* value;
        QLabel* note;
    };
    Figure addFigure(QHBoxLayout* row, const QString& name);
    QWidget* makeFigures();
    QWidget* makePlotCard();
    QWidget* makeSamplesCard();
    void refresh();
    void refreshFigures();
    void refreshPlot();
    void refreshSamples();
    void chooseCurve(int tab);
    std::vector<PlotSeries> lossSeries();
    void fillCurvesMenu(QMenu& menu);
    void fillSmoothingMenu(QMenu& menu);
    void applyView(const RunViewState& view);
    void applyWantedSample();
    void noteView();
    void showStep(qint64 step);
    Thumbnails& thumbnails_;
    QPointer<RunMonitor> monitor_;
    Figure progress_{}, left_{}, speed_{}, loss_{}, memory_{};
    ProgressLine* bar_;
    SegmentedControl *curveTabs_, *axisTabs_, *sampleTabs_;
    PlotLegend* legend_;
    QSlider* smooth_;
    QLabel* smoothLabel_;
    PlotView* plot_;
    QLabel* sampleNote_;
    QLabel* sampleEmpty_;
    SampleGrid* grid_ = nullptr;
    QWidget* gridHost_;
    MonitorCards* cards_;
    QTimer cardsLater_;
    QWidget* side_;
    std::size_t markerKey_ = 0;
    int metricCount_ = 0;                                 // names in the store when the series were chosen
    QStringList hidden_, added_;                          // curves of the loss tab switched off, and on
    std::optional<std::pair<int, qint64>> wantedSample_;  // to be chosen when it has been read
    bool applying_ = false;
};

}  // namespace atelier
