// SPDX-License-Identifier: GPL-3.0-or-later
// Paints the cells of the shard table. Used by the Shards tab.
#pragma once

#include <QStyledItemDelegate>

namespace atelier {

class ShardCellDelegate : public QStyledItemDelegate {
    Q_OBJECT
  public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
};

}  // namespace atelier
