// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/model_tables.h"

namespace atelier {

void TensorTableModel::setFacts(std::shared_ptr<const ModelFacts> facts) {
    beginResetModel();
    facts_ = std::move(facts);
    endResetModel();
}
int TensorTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() || !facts_ ? 0 : int(facts_->tensors.size());
}
int TensorTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(ColumnCount);
}
QVariant TensorTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const TensorFacts& tensor = facts_->tensors[std::size_t(index.row())];
    if (role == Qt::ToolTipRole && index.column() == Name)
        return facts_->parts.size() > 1 ? tensor.part + QLatin1Char('/') + tensor.name : tensor.name;
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
        case Name:
            return facts_->parts.size() > 1 ? tensor.part + QLatin1Char('/') + tensor.name : tensor.name;
        case Shape:
            return tensor.shape;
        default:
            return tensor.type;
    }
}
QVariant TensorTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    return section == Name ? tr("Tensor") : section == Shape ? tr("Shape") : tr("Type");
}

void MetadataModel::setFacts(std::shared_ptr<const ModelFacts> facts) {
    beginResetModel();
    facts_ = std::move(facts);
    endResetModel();
}
QString MetadataModel::asText() const {
    QString all;
    if (facts_)
        for (const auto& [key, value] : facts_->metadata)
            all += key + QStringLiteral(": ") + value + QLatin1Char('\n');
    return all;
}
int MetadataModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() || !facts_ ? 0 : int(facts_->metadata.size());
}
int MetadataModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : 2;
}
QVariant MetadataModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const auto& [key, value] = facts_->metadata[std::size_t(index.row())];
    const QString& whole = index.column() == 0 ? key : value;
    if (role == Qt::DisplayRole)
        return whole.size() > kShown ? whole.left(kShown).simplified() + QChar(0x2026) : whole.simplified();
    if (role == Qt::ToolTipRole) return whole.left(4000);
    return role == Qt::UserRole ? QVariant(whole) : QVariant();
}
QVariant MetadataModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    return section == 0 ? tr("Key") : tr("Value");
}

WordsFilter::WordsFilter(QAbstractItemModel* source, QObject* parent) : QSortFilterProxyModel(parent) {
    setSourceModel(source);
}
void WordsFilter::setText(const QString& text) {
    words_ = text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    invalidateFilter();
}
bool WordsFilter::filterAcceptsRow(int row, const QModelIndex& parent) const {
    for (const QString& word : words_) {
        bool found = false;
        for (int column = 0; column < sourceModel()->columnCount(parent) && !found; ++column)
            found = sourceModel()
                        ->index(row, column, parent)
                        .data()
                        .toString()
                        .contains(word, Qt::CaseInsensitive);
        if (!found) return false;
    }
    return true;
}

}  // namespace atelier
