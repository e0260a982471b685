// SPDX-License-Identifier: GPL-3.0-or-later
// The table of runs, grouped and filtered, with its empty states. Part of RunsPage.
#pragma once

#include <QTreeView>

#include "ui/models/run_list_model.h"

class QStackedWidget;

namespace atelier {

class EmptyState;
class Thumbnails;

class RunsList : public QWidget {
    Q_OBJECT
  public:
    RunsList(RunListModel& model, Thumbnails& thumbnails, QWidget* parent = nullptr);
    QTreeView* view() const { return view_; }
    void setKind(RunFilterKind kind);
    void setText(const QString& text);
    const RunSummary* current() const;  // nullptr: none
    QStringList selected() const;       // folders
    void select(const QString& path);
    // Between "looking" and "none": the first scan is through.
    void setScanned();

  Q_SIGNALS:
    void currentChanged();
    void opened(const QString& path);                        // double click, Enter
    void menuWanted(const QString& path, const QPoint& at);  // global position
    void newRunWanted();
    void openFolderWanted();
    void filterCleared();

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void refresh();
    void fitColumns();
    RunListModel& model_;
    RunFilterModel filter_;
    QTreeView* view_;
    QStackedWidget* stack_;
    EmptyState* none_;
    EmptyState* filteredOut_;
    bool scanned_ = false;
};

}  // namespace atelier
