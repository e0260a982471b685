// SPDX-License-Identifier: GPL-3.0-or-later
// Painting of the drop overlay.
#include "ui/frame/drop_overlay.h"

#include <QPainter>
#include <QPainterPath>

#include "ui/style/tokens.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {
constexpr int kCardWidth = 218, kCardHeight = 104, kCardGap = 12;
}

void paintFan(QPainter& p, const QPointF& centre, const QList<QPixmap>& pictures, double side, qreal dpr) {
    const style::Tokens& t = style::tokens();
    p.save();
    p.setRenderHint(QPainter::Antialiasing);
    p.setRenderHint(QPainter::SmoothPixmapTransform);
    const struct { double dx, dy, angle; } places[] = {{-0.62, 0.06, -11}, {0.62, 0.06, 11}, {0, -0.02, 0}};
    for (int i = 0; i < 3; ++i) {
        p.save();
        p.translate(centre.x() + places[i].dx * side, centre.y() + places[i].dy * side);
        p.rotate(places[i].angle);
        const QRectF frame(-side / 2, -side / 2, side, side);
        p.setPen(Qt::NoPen);
        p.setBrush(QColor(0, 0, 0, 22));
        p.drawRoundedRect(frame.translated(0, 2), 8, 8);
        p.setPen(t.line);
        p.setBrush(t.raised);
        p.drawRoundedRect(frame, 8, 8);
        const QRectF inner = frame.adjusted(6, 6, -6, -6);
        QPainterPath clip;
        clip.addRoundedRect(inner, 5, 5);
        if (i < pictures.size() && !pictures[i].isNull()) {
            p.setClipPath(clip);
            p.fillPath(clip, t.sunken);
            const QPixmap& picture = pictures[i];
            QSizeF size = QSizeF(picture.size()).scaled(inner.size(), Qt::KeepAspectRatio);
            p.drawPixmap(QRectF(inner.center() - QPointF(size.width() / 2, size.height() / 2), size), picture,
                         QRectF(picture.rect()));
        } else {
            p.fillPath(clip, t.accentSoft);
            const int icon = int(side / 3);
            p.drawPixmap(QPointF(-icon / 2.0, -icon / 2.0),
                         style::iconPixmap(QStringLiteral("datasets"), icon, Tone::AccentInk, dpr));
        }
        p.restore();
    }
    p.restore();
}

DropOverlay::DropOverlay(QWidget* parent) : QWidget(parent) {
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setAccessibleName(tr("Drop target"));
}

void DropOverlay::setContents(const Dropped& dropped, const QList<DropTarget>& targets,
                              const QString& title) {
    dropped_ = dropped;
    targets_ = targets;
    title_ = title;
    current_ = targets.isEmpty() ? -1 : 0;
    layoutCards();
    setAccessibleDescription(title + QLatin1Char(' ') + dropped.summary);
    update();
}

void DropOverlay::layoutCards() {
    cards_.clear();
    const int n = int(targets_.size());
    const int width = n * kCardWidth + (n - 1) * kCardGap;
    int x = (this->width() - width) / 2;
    const int y = height() / 2 + 70;
    for (int i = 0; i < n; ++i, x += kCardWidth + kCardGap)
        cards_.append(QRect(x, y, kCardWidth, kCardHeight));
}

void DropOverlay::resizeEvent(QResizeEvent*) {
    layoutCards();
}

int DropOverlay::hover(const QPoint& position) {
    int now = targets_.isEmpty() ? -1 : 0;
    for (int i = 0; i < cards_.size(); ++i)
        if (cards_[i].contains(position)) now = i;
    if (now != current_) {
        current_ = now;
        if (now >= 0 && !targets_[now].headline.isEmpty()) title_ = targets_[now].headline;
        update();
    }
    return now;
}

void DropOverlay::paintEvent(QPaintEvent*) {
    const style::Tokens& t = style::tokens();
    const bool refused = dropped_.kind == DroppedKind::Unsupported;
    QPainter p(this);
    p.setRenderHint(QPainter::Antialiasing);
    QColor veil = refused ? style::blend(t.badSoft, t.bg, 0.4) : style::blend(t.accentSoft, t.bg, 0.7);
    veil.setAlphaF(0.94F);
    p.fillRect(rect(), veil);
    QPen dash(refused ? t.bad : t.accent, 2);
    dash.setDashPattern({6, 4});
    p.setPen(dash);
    p.setBrush(Qt::NoBrush);
    p.drawRoundedRect(QRectF(rect()).adjusted(15, 15, -15, -15), 12, 12);

    const int middle = height() / 2;
    if (refused)
        p.drawPixmap(QPoint(width() / 2 - 24, middle - 110),
                     style::iconPixmap(QStringLiteral("error"), 48, Tone::Bad, devicePixelRatioF()));
    else
        paintFan(p, QPointF(width() / 2.0, middle - 88), {}, 112, devicePixelRatioF());
    p.setPen(t.text);
    p.setFont(style::font(TextSize::Title, QFont::DemiBold));
    p.drawText(QRect(40, middle - 8, width() - 80, 26), Qt::AlignCenter, title_);
    p.setPen(t.text2);
    p.setFont(style::font());
    const QString second = refused ? dropped_.refusal : dropped_.summary;
    p.drawText(QRect(40, middle + 22, width() - 80, 20), Qt::AlignCenter,
               p.fontMetrics().elidedText(second, Qt::ElideMiddle, width() - 80));

    for (int i = 0; i < cards_.size(); ++i) {
        const QRect r = cards_[i];
        const DropTarget& target = targets_[i];
        p.setPen(i == current_ ? QPen(t.accent, 2) : QPen(t.line, 1));
        p.setBrush(t.raised);
        p.drawRoundedRect(QRectF(r).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8);
        p.drawPixmap(r.topLeft() + QPoint(16, 14),
                     style::iconPixmap(target.iconName, 18, i == current_ ? Tone::AccentInk : Tone::Text2,
                                       devicePixelRatioF()));
        p.setPen(t.text);
        p.setFont(style::font(TextSize::Body, QFont::DemiBold));
        p.drawText(r.adjusted(16, 36, -12, 0), Qt::AlignTop | Qt::AlignLeft, target.title);
        p.setPen(t.text2);
        p.setFont(style::font(TextSize::Caption));
        p.drawText(r.adjusted(16, 56, -12, -8), Qt::AlignTop | Qt::AlignLeft | Qt::TextWordWrap, target.text);
    }
    if (!refused && !targets_.isEmpty()) {
        p.setPen(t.text2);
        p.setFont(style::font(TextSize::Caption));
        p.drawText(QRect(40, middle + 70 + kCardHeight + 20, width() - 80, 18), Qt::AlignCenter,
                   tr("Files stay where they are. Nothing is copied until you build."));
    }
}

}  // namespace atelier
