// SPDX-License-Identifier: GPL-3.0-or-later
// The build sheet: where, how large, what happens to pictures, what is left out; filled in beforehand.
#pragma once

#include "ui/models/dataset_document.h"
#include "ui/widgets/messages.h"

class QComboBox;
class QSpinBox;

namespace atelier {

class BuildSheet : public Sheet {
    Q_OBJECT
  public:
    BuildSheet(QWidget* window, DatasetDocument& document);
    data::BuildOptions options() const;

  private:
    QWidget* buildBody();
    void refresh();
    DatasetDocument& document_;
    SegmentedControl* pictures_;
    QSpinBox *side_, *quality_, *samples_, *smallest_;
    QComboBox *shardSize_, *captions_, *duplicates_;
    QWidget* resizeRow_;
    QLabel *plan_, *space_;
    QPushButton* build_;
};

}  // namespace atelier
