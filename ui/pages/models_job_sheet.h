// SPDX-License-Identifier: GPL-3.0-or-later
// Convert, merge a LoRA, extract one, change its rank, download: a form, what it will take, the command, and
// the job that goes on when the sheet is closed. Opened by the Models page.
#pragma once

#include <QPointer>

#include "ui/models/model_desk.h"
#include "ui/models/model_work.h"
#include "ui/widgets/messages.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QSpinBox;
class QVBoxLayout;

namespace atelier {

// Train: a single file becomes the pipeline folder that training takes.
enum class ModelTask { Convert, Train, Merge, Extract, Resize, Download };

class ModelJobSheet : public Sheet {
    Q_OBJECT
  public:
    // `facts`: of the model it is about; null for Download.
    ModelJobSheet(QWidget* window, ModelDesk& desk, ModelTask task, std::shared_ptr<const ModelFacts> facts,
                  const QString& name);

    QComboBox* form() const { return to_; }  // what it becomes
    QComboBox* precision() const { return precision_; }
    QComboBox* other() const { return other_; }  // base model, or the folder that gives the tokenizer
    QSpinBox* rank() const { return rank_; }
    QDoubleSpinBox* energy() const { return energy_; }  // per cent
    QCheckBox* averages() const { return averages_; }   // null where there is no choice
    QLineEdit* variant() const { return variant_; }
    QLineEdit* nameField() const { return name_; }
    QString target() const;
    QStringList arguments() const;
    QString problem() const;  // why it cannot be started; "" = it can
    bool begin();             // what the primary button does

  Q_SIGNALS:
    void started(atelier::EngineJob* job);
    void openWanted(const QString& path);
    void trainWanted(const QString& folder);  // of ModelTask::Train, when the folder is there

  private:
    bool converts() const { return task_ == ModelTask::Convert || task_ == ModelTask::Train; }
    void buildForm(QFormLayout* form);
    void addForms(QFormLayout* form);
    void addOther(QFormLayout* form);
    void addRank(QFormLayout* form);
    void addPlace(QFormLayout* form);
    void addRow(QFormLayout* form, const QString& label, QWidget* field);
    void fillOthers();
    void proposeName();
    void refresh();
    QString suffix() const;
    QString otherPath() const;
    ModelDesk& desk_;
    ModelTask task_;
    std::shared_ptr<const ModelFacts> facts_;
    QString model_;  // its name
    std::vector<ModelConversion> conversions_;
    QComboBox *to_ = nullptr, *precision_ = nullptr, *other_ = nullptr;
    QDoubleSpinBox *weight_ = nullptr, *energy_ = nullptr;
    QCheckBox* averages_ = nullptr;
    QSpinBox* rank_ = nullptr;
    QLineEdit *name_ = nullptr, *folder_ = nullptr, *id_ = nullptr, *variant_ = nullptr;
    QLabel *help_, *size_, *command_, *problem_;
    QWidget* otherRow_ = nullptr;
    QFormLayout* form_ = nullptr;
    QVBoxLayout* jobs_;
    QPushButton* primary_;
    QPointer<EngineJob> job_;
    QString proposed_;
};

}  // namespace atelier
