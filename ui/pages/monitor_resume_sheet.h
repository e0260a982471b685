// SPDX-License-Identifier: GPL-3.0-or-later
// "Resume from here": goes on with a run at one of its checkpoints, or branches a new run off it, saying
// before what becomes of the later steps. Opened by the monitor.
#pragma once

#include <QPointer>

#include "ui/models/run_desk.h"
#include "ui/widgets/messages.h"

class QLabel;
class QLineEdit;
class QRadioButton;
class QSpinBox;

namespace atelier {

class ResumeSheet : public Sheet {
    Q_OBJECT
  public:
    ResumeSheet(QWidget* window, RunDesk& desk, RunMonitor& monitor, qint64 step);
    void setNewRun(bool on);
    void setName(const QString& name);
    void setUntil(int step);
    bool canContinue() const;
    QString problem() const;
    void run();

  Q_SIGNALS:
    void started(const QString& folder);

  private:
    void refresh();
    QStringList overrides() const;
    RunDesk& desk_;
    QPointer<RunMonitor> monitor_;
    qint64 step_;
    qint64 frozenTotal_ = 0;  // steps that config.yaml plans
    QRadioButton *continue_, *fresh_;
    QLabel *continueText_, *problem_, *untilNote_;
    QLineEdit* name_;
    QSpinBox* until_;
    QPushButton *primary_, *copy_;
    bool atWork_ = false;
};

}  // namespace atelier
