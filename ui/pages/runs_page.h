// SPDX-License-Identifier: GPL-3.0-or-later
// Runs: the list, and the monitor of one of them. Built by app/studio; opens run folders from drops, the
// command line, the status bar and Configure's Start.
#pragma once

#include <QTimer>

#include "ui/models/run_desk.h"
#include "ui/models/run_list_watcher.h"
#include "ui/pages/monitor_header.h"
#include "ui/pages/page.h"

class QStackedWidget;

namespace atelier {

class MonitorView;
class RunsInspector;
class RunsList;
class SegmentedControl;
class Thumbnails;

class RunsPage : public Page {
    Q_OBJECT
  public:
    RunsPage(RunListModel& runs, RunListWatcher& watcher, RunDesk& desk, Thumbnails& thumbnails,
             QWidget* parent = nullptr);
    ~RunsPage() override;

    // A run folder, a file in it (events.jsonl, config.yaml), "newest", or a folder that waits:
    // "queue:FOLDER" shows the list with it selected.
    bool open(const QString& path) override;
    QString location() const override;
    void openLocation(const QString& location) override;
    QList<DropTarget> dropTargets(const Dropped& dropped) override;
    QList<std::pair<QString, QString>> objects() const override;

    RunsList* list() const { return list_; }
    MonitorView* monitorView() const { return view_; }
    MonitorControls* controls() const { return controls_; }
    static QString waitingLocation(const QString& folder) { return QStringLiteral("queue:") + folder; }
    bool monitorShown() const;
    void showMonitor(const QString& folder);
    void showList();

  protected:
    void resizeEvent(QResizeEvent* event) override;

  private:
    void buildListHeader();
    void buildMonitorHeader();
    void buildActions();
    void refreshCounts();
    void refreshInspector();
    void fitInspector();
    void refreshBanner();
    void refreshScanBanner();
    void rememberView();
    void ask(run::RequestKind kind);
    void stopWithoutCheckpoint();
    void start(const QString& folder);
    void startNow(const QString& folder);
    void enqueue(const QString& folder);
    void unqueue(const QString& folder);
    void moveInQueue(const QString& folder, int place);  // 0 = first
    void moveInQueueBy(const QString& folder, int step);
    void pauseQueue(bool pause);
    void refreshQueue();
    void fitHeader();
    void told(const QString& folder);  // that it waits
    QString chosen() const;            // the run that is shown or selected; "" = none
    void resumeFrom(qint64 step);
    void sampleFrom(qint64 step);
    void trash(const QStringList& folders);
    void compare(const QStringList& folders);
    void exportRun(const QString& folder);
    void runMenu(const QString& path, const QPoint& at);
    void openFolderDialog();
    void savePlot(const QString& name, const QByteArray& bytes);
    void saveSample(const QString& file);
    void report(const Status& status, const QString& what);

    RunListModel& runs_;
    RunListWatcher& watcher_;
    RunDesk& desk_;
    QStackedWidget* stack_;
    RunsList* list_;
    RunsInspector* inspector_;
    MonitorView* view_;
    QWidget *listLead_, *listTrail_;
    SegmentedControl* chips_;
    QLineEdit* find_;
    QPushButton *pauseQueue_, *openFolder_;
    MonitorActions actions_{};
    MonitorLead* lead_;
    MonitorControls* controls_;
    QPointer<RunMonitor> monitor_;
    QString bannerShown_, scanProblem_, queueWhy_, wanted_;
    QTimer viewTimer_;  // a person who drags a slider is written down once
};

}  // namespace atelier
