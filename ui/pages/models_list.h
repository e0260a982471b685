// SPDX-License-Identifier: GPL-3.0-or-later
// The table of known models with its filter and empty states. Part of ModelsPage.
#pragma once

#include <QSortFilterProxyModel>
#include <QTableView>

#include "ui/models/model_list_model.h"

class QStackedWidget;

namespace atelier {

class EmptyState;

// All, full models, LoRAs, the rest.
enum class ModelFilterKind { All, Models, Loras, Other };

class ModelFilter : public QSortFilterProxyModel {
    Q_OBJECT
  public:
    explicit ModelFilter(ModelListModel* source);
    void set(ModelFilterKind kind, const QString& text);
    static bool isOf(ModelFilterKind kind, const ModelEntry& entry);

  protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

  private:
    ModelListModel* models_;
    ModelFilterKind kind_ = ModelFilterKind::All;
    QString text_;
};

class ModelsList : public QWidget {
    Q_OBJECT
  public:
    explicit ModelsList(ModelListModel& models, QWidget* parent = nullptr);
    QTableView* view() const { return view_; }
    void setFilter(ModelFilterKind kind, const QString& text);
    QString current() const;  // path; "" = none
    void select(const QString& path);
    void setScanned();

  Q_SIGNALS:
    void currentChanged();
    void menuWanted(const QString& path, const QPoint& at);
    void openWanted();
    void filterCleared();

  private:
    void refresh();
    ModelListModel& models_;
    ModelFilter filter_;
    QTableView* view_;
    QStackedWidget* stack_;
    EmptyState *none_, *filteredOut_;
    bool scanned_ = false;
};

}  // namespace atelier
