// SPDX-License-Identifier: GPL-3.0-or-later
// Headless export: a folder with the frozen configuration, a batch script and the exact commands. Opened by
// the monitor, the run list, and wherever a configuration is at hand.
#pragma once

#include "ui/models/run_desk.h"
#include "ui/widgets/messages.h"

class QComboBox;
class QLabel;
class QLineEdit;

namespace atelier {

class ExportSheet : public Sheet {
    Q_OBJECT
  public:
    // `config`: the YAML file; `name`: of the folder that is proposed.
    ExportSheet(QWidget* window, RunDesk& desk, const QString& config, const QString& name);
    void setTarget(const QString& folder);
    void run();

  Q_SIGNALS:
    void exported(const QString& folder);
    void refused(const QString& why);

  private:
    void refresh();
    QString target() const;  // whole, whatever was typed
    RunDesk& desk_;
    QString config_, base_;
    QLineEdit* target_;
    QComboBox* cluster_;
    QLabel* command_;
    QLabel* problem_;
    QPushButton* primary_;
};

}  // namespace atelier
