// SPDX-License-Identifier: GPL-3.0-or-later
// Left pane of the Datasets page: sources, needs a look, shapes.
#pragma once

#include <QListView>
#include <QWidget>

#include "ui/models/dataset_facets_model.h"

namespace atelier {

class DatasetSourcesPane : public QWidget {
    Q_OBJECT
  public:
    explicit DatasetSourcesPane(DatasetDocument& document, QWidget* parent = nullptr);
    void setFacet(const Facet& facet);
    QListView* list() const { return list_; }

  Q_SIGNALS:
    void facetChosen(const atelier::Facet& facet);
    void addRequested();

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void fitList();
    void showMenu(const QPoint& at);
    DatasetDocument& document_;
    DatasetFacetsModel model_;
    QListView* list_;
    QWidget* plus_;
};

}  // namespace atelier
