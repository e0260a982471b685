// SPDX-License-Identifier: GPL-3.0-or-later
// Many captions at once, with before and after of the first twenty: add before or behind, replace, from the
// file name. One step of undo.
#pragma once

#include "ui/models/dataset_document.h"
#include "ui/widgets/messages.h"

class QCheckBox;
class QPlainTextEdit;

namespace atelier {

class CaptionsSheet : public Sheet {
    Q_OBJECT
  public:
    CaptionsSheet(QWidget* window, DatasetDocument& document, std::vector<int> entries);
    enum Operation { Prefix, Suffix, Replace, FileName };
    // The caption that the chosen operation makes of one; unchanged text means no change.
    static QString changed(Operation operation, const DatasetEntry& entry, const QString& first,
                           const QString& second, bool expression);

  private:
    void refresh();
    std::vector<std::pair<int, QString>> changes() const;
    DatasetDocument& document_;
    std::vector<int> entries_;
    SegmentedControl* operation_;
    QLineEdit *first_, *second_;
    QLabel *firstLabel_, *secondLabel_;
    QCheckBox* expression_;
    QPlainTextEdit* preview_;
    QPushButton* apply_ = nullptr;
};

}  // namespace atelier
