// SPDX-License-Identifier: GPL-3.0-or-later
// The Models page with its desk, and how its jobs reach the rest of the window. Owned by Studio, made when
// the page is first shown.
#pragma once

#include <QObject>

#include "ui/models/model_desk.h"

namespace atelier {

class EngineLocator;
class MainWindow;
class Page;
class RunDesk;
class RunListModel;
class Settings;
class Thumbnails;

class ModelsPart : public QObject {
    Q_OBJECT
  public:
    ModelsPart(Settings& settings, EngineLocator& engine, RunListModel& runs, RunDesk& runDesk,
               Thumbnails& thumbnails, MainWindow& window, const QString& project, const QString& bundled);
    Page* makePage();

  private:
    void takeRuns();
    void showJobs();
    bool mayClose();
    RunListModel& runs_;
    RunDesk& runDesk_;
    Thumbnails& thumbnails_;
    MainWindow& window_;
    ModelDesk desk_;
    bool leave_ = false;  // asked and answered
};

}  // namespace atelier
