// SPDX-License-Identifier: GPL-3.0-or-later
// What the selected model is: facts and actions, its tensors, its metadata. Part of ModelsPage.
#pragma once

#include <QWidget>

#include "ui/models/model_list_model.h"
#include "ui/models/model_tables.h"
#include "ui/widgets/controls.h"

class QStackedWidget;
class QTableView;
class QVBoxLayout;

namespace atelier {

enum class ModelAction { Train, Sample, Convert, Merge, Extract, Resize, Verify, Show, CopyPath };

class ModelsInspector : public QWidget {
    Q_OBJECT
  public:
    explicit ModelsInspector(QWidget* parent = nullptr);
    // `facts` with tensors where they are known already.
    void show(const ModelEntry* entry, std::shared_ptr<const ModelFacts> facts);
    void showTab(int tab);  // what it is, tensors, metadata
    const TensorTableModel& tensors() const { return tensors_; }
    QTableView* tensorView() const { return tensorView_; }
    QLineEdit* tensorFilter() const { return find_; }
    // Why an action cannot be done with a model; "" = it can.
    static QString refusal(ModelAction action, const ModelFacts& facts);

  Q_SIGNALS:
    void actionWanted(atelier::ModelAction action);

  private:
    QWidget* makeFactsTab();
    QWidget* makeTensorsTab();
    QWidget* makeMetadataTab();
    void fill(const ModelEntry& entry, const ModelFacts* facts);
    ElidedLabel* name_;
    QLabel *what_, *nothing_, *count_;
    SegmentedControl* tabs_;
    QStackedWidget* stack_;
    QWidget *content_, *rows_;
    std::vector<std::pair<ModelAction, QPushButton*>> buttons_;
    QLineEdit* find_;
    QTableView *tensorView_, *metadataView_;
    TensorTableModel tensors_;
    MetadataModel metadata_;
    WordsFilter filter_{&tensors_};
    std::shared_ptr<const ModelFacts> facts_;
    QString path_, shown_;
};

}  // namespace atelier
