// SPDX-License-Identifier: GPL-3.0-or-later
// One background job: what, how far, stop; then what came of it. In the strip of the Models page and in the
// sheets that start jobs.
#pragma once

#include <QPointer>
#include <QWidget>

#include "ui/models/model_desk.h"
#include "ui/widgets/controls.h"

namespace atelier {

class JobRow : public QWidget {
    Q_OBJECT
  public:
    JobRow(ModelDesk& desk, EngineJob* job, const QString& title, QWidget* parent = nullptr);
    EngineJob* job() const { return job_; }

  Q_SIGNALS:
    void openWanted(const QString& path);
    void dismissed();

  private:
    void refresh();
    ModelDesk& desk_;
    QPointer<EngineJob> job_;
    IconLabel* icon_;
    ProgressLine* bar_;
    QLabel* note_;
    QPushButton *stop_, *show_, *look_;
    QToolButton* close_;
};

}  // namespace atelier
