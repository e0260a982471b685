// SPDX-License-Identifier: GPL-3.0-or-later
// The issues of the configuration being edited, worst first. Shown by the Configure page's issues list.
#pragma once

#include <QAbstractListModel>

#include "core/config/issue.h"

namespace atelier {

class ConfigDocument;

class IssueModel : public QAbstractListModel {
    Q_OBJECT
  public:
    enum Role { SeverityRole = Qt::UserRole, PathRole, LineRole, HintRole, RemedyRole };
    explicit IssueModel(ConfigDocument& document, QObject* parent = nullptr);
    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    const Issue* issue(int row) const;
    // "Set 1.0e-04", "Remove the key": what the remedy button of a row says; "" = none.
    QString remedyText(int row) const;
    // Does it; false when the text cannot take it.
    bool applyRemedy(int row);

  private:
    void refresh();
    ConfigDocument& document_;
    std::vector<Issue> issues_;
};

}  // namespace atelier
