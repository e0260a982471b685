// SPDX-License-Identifier: GPL-3.0-or-later
// Painting of one cell of the picture grid: picture with rounded corners, caption line, badges, selection.
#include "ui/pages/datasets_cell.h"

#include <QPainter>
#include <QPainterPath>

#include "ui/style/fonts.h"
#include "ui/style/icons.h"
#include "ui/style/tokens.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {
constexpr int kSelected = 1, kCurrent = 2, kHover = 4;  // bits of a card's state
constexpr int kCardRadius = 8, kPictureRadius = 4;

QPixmap blank(const QSize& size, qreal dpr) {
    QPixmap pixmap(size * dpr);
    pixmap.setDevicePixelRatio(dpr);
    pixmap.fill(Qt::transparent);
    return pixmap;
}

QColor ground(int state) {
    const style::Tokens& t = style::tokens();
    return state & kSelected ? t.accentSoft : state & kHover ? t.hover : t.surface;
}

}  // namespace

ImageCellDelegate::ImageCellDelegate(const DatasetImagesModel& model, QObject* parent)
    : QStyledItemDelegate(parent), model_(model) {}

QSize ImageCellDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const {
    return cell_;
}

void ImageCellDelegate::prepare(qreal dpr) const {
    const style::Tokens& t = style::tokens();
    const QString key = QStringLiteral("%1 %2 %3 %4 %5")
                            .arg(t.dark)
                            .arg(style::textScale())
                            .arg(dpr)
                            .arg(cell_.width())
                            .arg(picture_);
    if (key == stamps_.key) return;
    stamps_ = {};
    stamps_.key = key;
    dpr_ = dpr;
    stamps_.caption = style::font(TextSize::Caption);
    stamps_.metrics = QFontMetrics(stamps_.caption);
    for (std::size_t c = 0; c < stamps_.advances.size(); ++c)
        stamps_.advances[c] = stamps_.metrics.horizontalAdvance(QChar(char16_t(c)));
    stamps_.ellipsis = stamps_.metrics.horizontalAdvance(QChar(0x2026));
    const QSize box(cell_.width() - kCellGap - 2 * kCellPadding, picture_);
    for (const bool broken : {false, true}) {
        QPixmap& pixmap = broken ? stamps_.broken : stamps_.waiting;
        pixmap = blank(box, dpr);
        QPainter p(&pixmap);
        p.setRenderHint(QPainter::Antialiasing);
        p.setPen(Qt::NoPen);
        p.setBrush(broken ? t.badSoft : t.sunken);
        p.drawRoundedRect(QRect(QPoint(), box), kPictureRadius, kPictureRadius);
        if (broken)
            p.drawPixmap(QPoint(box.width() / 2 - 10, box.height() / 2 - 10),
                         style::iconPixmap(QStringLiteral("error"), 20, Tone::Bad, dpr));
    }
    stamps_.tick = blank({20, 20}, dpr);
    QPainter p(&stamps_.tick);
    p.setRenderHint(QPainter::Antialiasing);
    p.setPen(QPen(t.surface, 1.5));
    p.setBrush(t.accent);
    p.drawEllipse(QRectF(1, 1, 18, 18));
    p.drawPixmap(QPoint(4, 4), style::iconPixmap(QStringLiteral("check"), 12, Tone::AccentText, dpr));
}

const QPixmap& ImageCellDelegate::card(int state) const {
    QPixmap& pixmap = stamps_.cards[state];
    if (!pixmap.isNull()) return pixmap;
    const style::Tokens& t = style::tokens();
    const QSize size = cell_ - QSize(kCellGap, kCellGap);
    pixmap = blank(size, dpr_);
    const bool marked = state & (kSelected | kCurrent);
    const qreal inset = marked ? 1 : 0.5;
    QPainter p(&pixmap);
    p.setRenderHint(QPainter::Antialiasing);
    p.setPen(marked ? QPen(t.accent, 2) : QPen(t.line, 1));
    p.setBrush(ground(state));
    p.drawRoundedRect(QRectF(QPoint(), size).adjusted(inset, inset, -inset, -inset), kCardRadius,
                      kCardRadius);
    return pixmap;
}

const QPixmap& ImageCellDelegate::badge(const QString& text) const {
    if (stamps_.badges.size() > 200) stamps_.badges.clear();
    QPixmap& pixmap = stamps_.badges[text];
    if (!pixmap.isNull()) return pixmap;
    const style::Tokens& t = style::tokens();
    const QFont font = style::font(TextSize::Small, QFont::DemiBold);
    const QRect box(0, 0, QFontMetrics(font).horizontalAdvance(text) + 14, 18);
    pixmap = blank(box.size(), dpr_);
    QPainter p(&pixmap);
    p.setRenderHint(QPainter::Antialiasing);
    p.setFont(font);
    p.setPen(Qt::NoPen);
    p.setBrush(t.pictureInk);
    p.drawRoundedRect(box, 9, 9);
    p.setPen(t.pictureText);
    p.drawText(box, Qt::AlignCenter, text);
    return pixmap;
}

// What fits of a caption, without line ends. Captions are long and frames short: letters are measured once
// each, only what is shown is shaped; writing systems that join their letters take the long way.
QString ImageCellDelegate::elided(const QString& caption, int room) const {
    const QString words = QStringView(caption).left(room).toString().simplified();
    int width = 0;
    qsizetype fits = 0;  // characters that leave room for the ellipsis
    for (qsizetype i = 0; i < words.size(); ++i) {
        const char16_t c = words[i].unicode();
        if (c >= stamps_.advances.size()) return stamps_.metrics.elidedText(words, Qt::ElideRight, room);
        width += stamps_.advances[c];
        if (width > room) return words.left(fits) + QChar(0x2026);
        if (width <= room - stamps_.ellipsis) fits = i + 1;
    }
    return words;
}

// A plain copy of the pixels, then four corners in the colour behind them.
void ImageCellDelegate::paintPicture(QPainter& p, const QRect& box, const QImage& image,
                                     const QColor& colour) const {
    const QSize size(qRound(image.width() / dpr_), qRound(image.height() / dpr_));
    const QRect at(box.x() + (box.width() - size.width()) / 2, box.y() + (box.height() - size.height()) / 2,
                   size.width(), size.height());
    if (dpr_ == 1)
        p.drawImage(at.topLeft(), image);
    else
        p.drawImage(at, image);
    QPixmap& corners = stamps_.corners[colour.rgb()];
    constexpr int r = kPictureRadius;
    if (corners.isNull()) {
        corners = blank({2 * r, 2 * r}, dpr_);
        QPainter c(&corners);
        c.setRenderHint(QPainter::Antialiasing);
        QPainterPath path;
        path.addRect(0, 0, 2 * r, 2 * r);
        path.addEllipse(QRectF(0, 0, 2 * r, 2 * r));
        c.fillPath(path, colour);
    }
    const int s = int(r * dpr_);
    p.drawPixmap(at.x(), at.y(), r, r, corners, 0, 0, s, s);
    p.drawPixmap(at.right() + 1 - r, at.y(), r, r, corners, s, 0, s, s);
    p.drawPixmap(at.x(), at.bottom() + 1 - r, r, r, corners, 0, s, s, s);
    p.drawPixmap(at.right() + 1 - r, at.bottom() + 1 - r, r, r, corners, s, s, s, s);
}

void ImageCellDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                              const QModelIndex& index) const {
    const style::Tokens& t = style::tokens();
    const DatasetEntry& e = model_.entryAt(index.row());
    prepare(painter->device()->devicePixelRatioF());
    const int state = (option.state & QStyle::State_Selected ? kSelected : 0) |
                      (option.state & QStyle::State_HasFocus ? kCurrent : 0) |
                      (option.state & QStyle::State_MouseOver ? kHover : 0);
    QPainter& p = *painter;
    const QRect cell = option.rect.adjusted(kCellGap / 2, kCellGap / 2, -kCellGap / 2, -kCellGap / 2);
    p.drawPixmap(cell.topLeft(), card(state));

    const QRect box(cell.x() + kCellPadding, cell.y() + kCellPadding, cell.width() - 2 * kCellPadding,
                    picture_);
    if (e.edit.excluded) p.setOpacity(0.45);
    const bool unreadable = e.probed && !e.readable;
    const QString path = QString::fromStdString(e.path);
    const QImage image = unreadable ? QImage() : model_.thumbnails().get(path, int(picture_ * dpr_));
    if (!image.isNull())
        paintPicture(p, box, image, ground(state));
    else
        p.drawPixmap(box.topLeft(),
                     unreadable || model_.thumbnails().failed(path) ? stamps_.broken : stamps_.waiting);

    QRect line(box.x() + 3, cell.bottom() - kCellCaption + 1, box.width() - 6, kCellCaption - 2);
    p.setFont(stamps_.caption);
    QString words;
    if (e.probed && !e.hasCaption()) {
        p.drawPixmap(QPoint(line.x(), line.center().y() - 6),
                     style::iconPixmap(QStringLiteral("warning"), 13, Tone::Warn, dpr_));
        p.setPen(t.warn);
        line.adjust(18, 0, 0, 0);
        words = tr("No caption");
    } else {
        p.setPen(t.text);
        words = elided(e.hasCaption() ? e.caption() : e.name(), line.width());
    }
    p.drawText(line, Qt::AlignVCenter | Qt::TextSingleLine, words);
    if (e.edit.excluded) p.setOpacity(1);
    paintBadges(p, box, e);
    if (state & kSelected) p.drawPixmap(box.topLeft() - QPoint(2, 2), stamps_.tick);
}

void ImageCellDelegate::paintBadges(QPainter& p, const QRect& picture, const DatasetEntry& e) const {
    QPoint corner = picture.topRight() + QPoint(-1, 2);
    const auto add = [&](const QString& text) {
        const QPixmap& pixmap = badge(text);
        p.drawPixmap(corner - QPoint(int(pixmap.width() / dpr_), 0), pixmap);
        corner += QPoint(0, 21);
    };
    if (e.edit.excluded) add(tr("excluded"));
    if (e.duplicateOf >= 0) add(tr("same"));
    if (!e.companion(Companion::Mask).empty()) add(tr("mask"));
    if (!e.companion(Companion::Condition).empty()) add(tr("control"));
    if (e.tokens > model_.document().tokenLimit()) add(tr("%1 tok").arg(e.tokens));
}

}  // namespace atelier
