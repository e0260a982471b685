// SPDX-License-Identifier: GPL-3.0-or-later
// Cells of the shard table.
#include "ui/models/shard_table_model.h"

#include <QLocale>

#include "core/base/strings.h"

namespace atelier {

int ShardTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(shards_.size());
}
int ShardTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant ShardTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const run::Shard& s = shards_[std::size_t(index.row())];
    if (role == StateRole) return int(s.verified ? Verified : Written);
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter |
                   (index.column() == Samples || index.column() == Size ? Qt::AlignRight : Qt::AlignLeft));
    if (role == Qt::ToolTipRole && index.column() == Hash) return QString::fromStdString(s.sha256);
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
        case Name:
            return QString::fromStdString(s.name);
        case Samples:
            return QLocale().toString(qulonglong(s.samples));
        case Size:
            return QString::fromStdString(humanBytes(s.bytes));
        case Hash:
            return s.sha256.empty()
                       ? QStringLiteral("–")
                       : QString::fromStdString(s.sha256.substr(0, 4) + " " + s.sha256.substr(4, 4) + "…");
        case ReadBack:
            if (s.verified) return tr("%1 of %1 equal").arg(QLocale().toString(qulonglong(s.samples)));
            return tr("waits to be read back");
        default:
            return {};
    }
}

QVariant ShardTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter |
                   (section == Samples || section == Size ? Qt::AlignRight : Qt::AlignLeft));
    if (role != Qt::DisplayRole) return {};
    switch (section) {
        case Name:
            return tr("Shard");
        case Samples:
            return tr("Samples", "of a shard");
        case Size:
            return tr("Size");
        case Hash:
            return tr("SHA-256");
        case ReadBack:
            return tr("Read back");
        default:
            return {};
    }
}

void ShardTableModel::setBuilding(const std::vector<run::Shard>& shards) {
    // Rows only grow and change while a build goes on; anything else is another build.
    if (shards.size() < shards_.size()) clear();
    const int old = rowCount(), fresh = int(shards.size());
    for (int i = 0; i < old; ++i) {
        run::Shard& mine = shards_[std::size_t(i)];
        const run::Shard& now = shards[std::size_t(i)];
        if (mine.bytes == now.bytes && mine.samples == now.samples && mine.verified == now.verified &&
            mine.sha256 == now.sha256 && mine.name == now.name)
            continue;
        mine = now;
        Q_EMIT dataChanged(index(i, 0), index(i, ColumnCount - 1));
    }
    if (fresh > old) {
        beginInsertRows({}, old, fresh - 1);
        shards_.insert(shards_.end(), shards.begin() + old, shards.end());
        endInsertRows();
    }
}

void ShardTableModel::setManifest(const data::Manifest& manifest) {
    beginResetModel();
    shards_.clear();
    for (const data::ShardInfo& s : manifest.content.shards)
        shards_.push_back({s.name, s.samples, s.bytes, s.sha256, true});
    endResetModel();
}

void ShardTableModel::clear() {
    beginResetModel();
    shards_.clear();
    endResetModel();
}

}  // namespace atelier
