// SPDX-License-Identifier: GPL-3.0-or-later
// The monitor's part of the page header: run switcher, state, and the controls, each of which asks the engine
// and shows what became of it ("asked 14:36:02", then "done, 0.4 s"). Part of RunsPage.
#pragma once

#include <QPointer>
#include <QWidget>

#include "core/run/control.h"
#include "ui/models/run_monitor.h"

class QAction;
class QLabel;
class QPushButton;
class QToolButton;

namespace atelier {

class ElidedLabel;
class Pill;
class RunListModel;

// Left side.
class MonitorLead : public QWidget {
    Q_OBJECT
  public:
    explicit MonitorLead(const RunListModel& runs, QWidget* parent = nullptr);
    void show(RunMonitor* monitor);
    void refresh();

  Q_SIGNALS:
    void backWanted();
    void runChosen(const QString& path);

  private:
    void fillSwitcher();
    const RunListModel& runs_;
    QPointer<RunMonitor> monitor_;
    QPushButton* switcher_;
    Pill* state_;
    ElidedLabel* subtitle_;
};

struct MonitorActions {
    QAction *sample, *checkpoint, *pause, *stop, *stopNow, *forceStop, *start, *exportRun;
};

// Right side.
class MonitorControls : public QWidget {
    Q_OBJECT
  public:
    explicit MonitorControls(const MonitorActions& actions, QWidget* parent = nullptr);
    void show(RunMonitor* monitor);
    // Which actions make sense now, and the note beside them.
    void refresh();
    QString note() const;
    // Icons alone, for a narrow window.
    void setCompact(bool compact);

  private:
    QString noteText() const;
    MonitorActions actions_;
    QPointer<RunMonitor> monitor_;
    QLabel* note_;
    QWidget *wide_, *narrow_;
    bool compact_ = false;
    QPushButton* stopButton_;
    QToolButton* stopMenu_;
};

// "Checkpoint now: asked 14:36:02", "Checkpoint now: done, 0.4 s".
QString requestNote(const RequestTrack& track);

}  // namespace atelier
