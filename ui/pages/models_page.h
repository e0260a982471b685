// SPDX-License-Identifier: GPL-3.0-or-later
// Models: drop a file, see what it is, convert, merge, try, train on it. Built by app/studio when first
// shown.
#pragma once

#include <QHash>

#include "ui/models/model_desk.h"
#include "ui/models/run_desk.h"
#include "ui/pages/models_inspector.h"
#include "ui/pages/models_job_sheet.h"
#include "ui/pages/page.h"

class QVBoxLayout;

namespace atelier {

class ModelsList;
class Thumbnails;

class ModelsPage : public Page {
    Q_OBJECT
  public:
    ModelsPage(ModelDesk& desk, RunDesk& runs, Thumbnails& thumbnails, QWidget* parent = nullptr);

    bool open(const QString& path) override;  // a file or folder of weights
    QString location() const override;
    void openLocation(const QString& location) override { open(location); }
    QList<DropTarget> dropTargets(const Dropped& dropped) override;
    QList<std::pair<QString, QString>> objects() const override;

    ModelsList* list() const { return list_; }
    ModelsInspector* inspector() const { return inspector_; }
    std::shared_ptr<const ModelFacts> facts() const;  // of the selected one; null: not known yet
    ModelJobSheet* openSheet(ModelTask task);
    void act(ModelAction action);

  private:
    void buildHeader();
    void buildActions();
    void refresh();
    void look(const QString& path, bool values);
    void refreshCounts();
    void refreshJobs();
    void jobEnded(EngineJob* job);
    void trySample();
    void menu(const QString& path, const QPoint& at);
    void openDialog(bool folder);
    ModelDesk& desk_;
    RunDesk& runs_;
    Thumbnails& thumbnails_;
    ModelsList* list_;
    ModelsInspector* inspector_;
    SegmentedControl* chips_;
    QLineEdit* find_;
    QWidget* strip_;
    QVBoxLayout* jobs_;
    QHash<QString, std::shared_ptr<const ModelFacts>> whole_;  // with tensors, of the last one looked at
    QString asked_;
};

}  // namespace atelier
