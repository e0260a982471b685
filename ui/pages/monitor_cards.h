// SPDX-License-Identifier: GPL-3.0-or-later
// The cards at the right of the run monitor: memory, where a step goes, checkpoints, events and log. Part of
// MonitorView.
#pragma once

#include <QFrame>
#include <QPointer>
#include <vector>

class QGridLayout;
class QLabel;
class QListView;
class QPushButton;
class QPlainTextEdit;
class QStackedWidget;
class QTimer;
class QVBoxLayout;

namespace atelier {

namespace run {
struct CheckpointRecord;
}
class Pill;
class RunMonitor;
class SegmentedControl;
class StackedBar;

class MonitorCards : public QWidget {
    Q_OBJECT
  public:
    explicit MonitorCards(QWidget* parent = nullptr);
    void setMonitor(RunMonitor* monitor);
    void refresh();
    void showLog();
    int eventTab() const;
    void setEventTab(int tab);

  Q_SIGNALS:
    void openFolderWanted(const QString& path);
    void stepChosen(qint64 step);
    void resumeWanted(qint64 step);
    void sampleWanted(qint64 step);
    void eventTabChanged(int tab);

  private:
    QFrame* makeMemory();
    QFrame* makeTiming();
    QFrame* makeCheckpoints();
    QFrame* makeEvents();
    void refreshMemory();
    void refreshTiming();
    void refreshCheckpoints();
    QWidget* makeCheckpointRow(const run::CheckpointRecord& record);
    void checkpointMenu(qint64 step, const QString& folder, const QPoint& at);
    QPointer<RunMonitor> monitor_;
    QFrame *memory_, *timing_;
    QLabel *memoryTitle_, *memoryPeak_, *timingTotal_, *checkpointNone_;
    StackedBar *memoryBar_, *timingBar_;
    QGridLayout* memoryRows_;
    QLabel* timingLegend_;
    QVBoxLayout* checkpointRows_;
    QPushButton* checkpointAll_;
    bool allCheckpoints_ = false;
    QString checkpointKey_, memoryKey_;
    Pill* warnings_;
    SegmentedControl* eventTabs_;
    QStackedWidget* eventStack_;
    QListView* events_;
    QPlainTextEdit* log_;
    QTimer* logTimer_;
};

}  // namespace atelier
