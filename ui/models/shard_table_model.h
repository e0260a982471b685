// SPDX-License-Identifier: GPL-3.0-or-later
// Shards of a version as a table: while it is built (from events) or as its manifest says.
#pragma once

#include <QAbstractTableModel>
#include <vector>

#include "core/data/manifest.h"
#include "core/run/event.h"

namespace atelier {

class ShardTableModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { Name, Samples, Size, Hash, ReadBack, ColumnCount };
    enum Role { StateRole = Qt::UserRole };  // int(State)
    enum State { Written, Verified };
    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    void setBuilding(const std::vector<run::Shard>& shards);
    void setManifest(const data::Manifest& manifest);
    void clear();

  private:
    std::vector<run::Shard> shards_;
};

}  // namespace atelier
