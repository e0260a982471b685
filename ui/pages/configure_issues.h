// SPDX-License-Identifier: GPL-3.0-or-later
// The issues of the form, the YAML and `check` in one list: counts, rows, remedy buttons. Part of the
// Configure page.
#pragma once

#include <QListView>
#include <QWidget>

namespace atelier {

class IssueModel;
class Pill;

class ConfigureIssues : public QWidget {
    Q_OBJECT
  public:
    explicit ConfigureIssues(IssueModel& model, QWidget* parent = nullptr);
    void next();  // F8: jumps to the next issue
    QListView* list() const { return list_; }

  Q_SIGNALS:
    void jumpRequested(const QString& path, int line);

  private:
    void refresh();
    void jump(const QModelIndex& index);
    IssueModel& model_;
    QListView* list_;
    QWidget* head_;
    Pill* errors_;
    Pill* warnings_;
    Pill* good_;
};

}  // namespace atelier
