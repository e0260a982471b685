// SPDX-License-Identifier: GPL-3.0-or-later
// Compare: up to six runs in one plot, the settings they differ in, their pictures of one prompt side by
// side. Opened from the Runs page, by dropping run folders, or by itself.
#pragma once

#include "ui/models/comparison_table.h"
#include "ui/models/run_comparison.h"
#include "ui/pages/page.h"

class QComboBox;
class QMenu;
class QSlider;
class QStackedWidget;
class QTableView;

namespace atelier {

class FlowLayout;
class PlotView;
class RunDesk;
class RunListModel;
class SampleGrid;
class Thumbnails;

class ComparePage : public Page {
    Q_OBJECT
  public:
    // Separates run folders in location() and open().
    static constexpr QChar kSeparator = QChar(0x1F);

    ComparePage(RunListModel& runs, RunDesk& desk, Thumbnails& thumbnails, QWidget* parent = nullptr);

    // Run folders, separated: exactly these are compared. A single one is added to those there are.
    bool open(const QString& path) override;
    QString location() const override;
    void openLocation(const QString& location) override;
    QList<DropTarget> dropTargets(const Dropped& dropped) override;

    RunComparison& comparison() { return comparison_; }
    ComparisonTable& table() { return table_; }
    PlotView* plot() const { return plot_; }
    SampleGrid* grid() const { return grid_; }
    void fillAddMenu(QMenu& menu);
    QByteArray report();

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void fitColumns();
    QWidget* makeEmpty();
    QWidget* makePlotCard();
    QWidget* makeTableCard();
    QWidget* makeSamplesCard();
    void refreshRuns();
    void refresh();
    void chooseCurve(int tab);
    void openSample(int row, int column);
    void saveReport();
    void saveFile(const QString& name, const QByteArray& bytes);

    RunListModel& runs_;
    RunDesk& desk_;
    Thumbnails& thumbnails_;
    RunComparison comparison_;
    ComparisonTable table_;
    QStackedWidget* stack_;
    QWidget* chips_;
    PlotView* plot_;
    SegmentedControl* curveTabs_;
    QTableView* tableView_;
    QLabel* differing_;
    SampleGrid* grid_;
    QComboBox* prompt_;
    QLabel* sampleNote_;
    QAction *addAction_, *reportAction_;
};

}  // namespace atelier
