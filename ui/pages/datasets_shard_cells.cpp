// SPDX-License-Identifier: GPL-3.0-or-later
// Mono names and hashes, numbers at the right, the reading state with its icon.
#include "ui/pages/datasets_shard_cells.h"

#include <QApplication>
#include <QPainter>

#include "ui/models/shard_table_model.h"
#include "ui/style/fonts.h"
#include "ui/style/icons.h"
#include "ui/style/tokens.h"

namespace atelier {

using style::Tone;

void ShardCellDelegate::paint(QPainter* painter, const QStyleOptionViewItem& o,
                              const QModelIndex& index) const {
    const style::Tokens& t = style::tokens();
    QPainter& p = *painter;
    QApplication::style()->drawPrimitive(QStyle::PE_PanelItemViewItem, &o, painter, o.widget);
    p.save();
    const auto state = ShardTableModel::State(index.data(ShardTableModel::StateRole).toInt());
    QRect r = o.rect.adjusted(14, 0, -10, 0);
    const int column = index.column();
    const bool mono = column == ShardTableModel::Name || column == ShardTableModel::Hash;
    p.setFont(mono ? style::monoFont() : style::font());
    p.setPen(column == ShardTableModel::Hash ? t.text2 : t.text);
    if (column == ShardTableModel::ReadBack) {
        const bool good = state == ShardTableModel::Verified;
        p.setPen(good ? t.good : t.accentInk);
        p.drawPixmap(QPoint(r.x(), r.center().y() - 6),
                     style::iconPixmap(good ? QStringLiteral("check") : QStringLiteral("eye"), 14,
                                       good ? Tone::Good : Tone::AccentInk, p.device()->devicePixelRatioF()));
        r.adjust(22, 0, 0, 0);
    }
    p.drawText(r, index.data(Qt::TextAlignmentRole).toInt(),
               p.fontMetrics().elidedText(index.data().toString(), Qt::ElideMiddle, r.width()));
    p.setPen(t.line);
    p.drawLine(o.rect.bottomLeft(), o.rect.bottomRight());
    p.restore();
}

}  // namespace atelier
