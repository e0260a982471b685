// SPDX-License-Identifier: GPL-3.0-or-later
// One event: icon, time, text over as many lines as it needs. Used by the events card of the monitor.
#pragma once

#include <QStyledItemDelegate>

namespace atelier {

class EventDelegate : public QStyledItemDelegate {
    Q_OBJECT
  public:
    using QStyledItemDelegate::QStyledItemDelegate;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
};

}  // namespace atelier
