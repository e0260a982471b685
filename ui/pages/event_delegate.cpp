// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/event_delegate.h"

#include <QDateTime>
#include <QListView>
#include <QPainter>

#include "ui/models/event_model.h"
#include "ui/style/fonts.h"
#include "ui/style/icons.h"
#include "ui/style/tokens.h"

namespace atelier {

namespace {
constexpr int kIconWidth = 22, kTimeWidth = 44, kLinePad = 4;

style::Tone toneOf(EventKind kind) {
    switch (kind) {
        case EventKind::Warning:
        case EventKind::Dropped:
            return style::Tone::Warn;
        case EventKind::Error:
            return style::Tone::Bad;
        case EventKind::End:
            return style::Tone::Text;
        default:
            return style::Tone::Text2;
    }
}

QString textOf(const QModelIndex& index) {
    const QString text = index.data(EventModel::TextRole).toString(),
                  detail = index.data(EventModel::DetailRole).toString();
    const auto kind = EventKind(index.data(EventModel::KindRole).toInt());
    const bool needed = kind == EventKind::Warning || kind == EventKind::Error || kind == EventKind::Sample ||
                        kind == EventKind::Request;
    return needed && !detail.isEmpty() ? text + QLatin1Char(' ') + detail : text;
}
}  // namespace

QSize EventDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const auto* view = qobject_cast<const QListView*>(option.widget);
    const int width = (view != nullptr ? view->viewport()->width() : 280) - kIconWidth - kTimeWidth - 8;
    const QFontMetrics metrics(style::font(style::TextSize::Caption));
    const QRect box =
        metrics.boundingRect(QRect(0, 0, std::max(60, width), 10000), Qt::TextWordWrap, textOf(index));
    return {width, std::max(24, box.height() + 2 * kLinePad)};
}

void EventDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const {
    const style::Tokens& t = style::tokens();
    painter->save();
    if (option.state & QStyle::State_Selected)
        painter->fillRect(option.rect, t.accentSoft);
    else if (option.state & QStyle::State_MouseOver)
        painter->fillRect(option.rect, t.hover);
    const QRect rect = option.rect.adjusted(0, kLinePad, -4, -kLinePad);
    const auto kind = EventKind(index.data(EventModel::KindRole).toInt());
    painter->drawPixmap(
        QPoint(rect.left() + 1, rect.top()),
        style::iconPixmap(eventIconName(kind), 14, toneOf(kind), painter->device()->devicePixelRatioF()));
    painter->setFont(style::font(style::TextSize::Caption));
    painter->setPen(t.text2);
    const QDateTime at =
        QDateTime::fromMSecsSinceEpoch(qint64(index.data(EventModel::TimeRole).toDouble() * 1000));
    painter->drawText(QRect(rect.left() + kIconWidth, rect.top(), kTimeWidth, rect.height()),
                      Qt::AlignLeft | Qt::AlignTop, at.toString(QStringLiteral("HH:mm")));
    painter->setPen(t.text);
    painter->drawText(rect.adjusted(kIconWidth + kTimeWidth, 0, 0, 0),
                      Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, textOf(index));
    painter->restore();
}

}  // namespace atelier
