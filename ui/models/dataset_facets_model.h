// SPDX-License-Identifier: GPL-3.0-or-later
// The left pane of the Datasets page: all images, each source, and what needs a look, with live counts.
#pragma once

#include <QAbstractListModel>
#include <vector>

#include "ui/models/dataset_images_model.h"

namespace atelier {

class DatasetFacetsModel : public QAbstractListModel {
    Q_OBJECT
  public:
    enum Role { CountRole = Qt::UserRole, IconRole, HeadingRole, WarnRole };
    explicit DatasetFacetsModel(DatasetDocument& document, QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    Facet facetAt(int row) const { return rows_[std::size_t(row)].facet; }
    bool isHeading(int row) const { return rows_[std::size_t(row)].heading; }
    int rowOf(const Facet& facet) const;

  private:
    struct Row {
        bool heading = false;
        QString text, icon, tip;
        Facet facet;
        int count = 0;
        bool missing = false;
    };
    void rebuild();
    void recount();
    int companions() const;  // bit 0: some picture has a mask; bit 1: some has a condition picture
    int companionsShown_ = 0;
    DatasetDocument& document_;
    std::vector<Row> rows_;
};

// Share of pictures by shape, for the histogram below the list: ≤ 2:3, 3:4, 1:1, 4:3, 3:2, ≥ 2:1.
std::vector<std::pair<QString, int>> shapeCounts(const DatasetDocument& document);

}  // namespace atelier
