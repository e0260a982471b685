// SPDX-License-Identifier: GPL-3.0-or-later
// Painting of buttons, fields, checks, sliders and rows from the tokens.
#include "ui/style/paint.h"

#include <QPainter>
#include <QPainterPath>
#include <QStyleOption>
#include <QWidget>

#include "ui/style/fonts.h"
#include "ui/style/icons.h"
#include "ui/style/tokens.h"

namespace atelier::style::paint {

namespace {
constexpr double kRadius = 6;

// Half a pixel in, so that a 1-px pen is one sharp pixel.
QRectF crisp(const QRect& rect) {
    return QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5);
}

void rounded(QPainter& p, const QRectF& rect, double radius, const QColor& fill, const QColor& outline,
             double width = 1) {
    p.setRenderHint(QPainter::Antialiasing);
    p.setBrush(fill.isValid() ? QBrush(fill) : Qt::NoBrush);
    p.setPen(outline.isValid() ? QPen(outline, width) : Qt::NoPen);
    p.drawRoundedRect(rect, radius, radius);
}

bool flag(const QWidget* widget, const char* name) {
    return widget && widget->property(name).toBool();
}

struct ButtonLook {
    QColor fill, outline, text;
    Tone icon = Tone::Text;
};

// Roles as in controls.h: 0 normal, 1 primary, 2 ghost, 3 danger, 4 link.
ButtonLook buttonLook(int role, QStyle::State state, bool segment) {
    const Tokens& t = tokens();
    const bool on = state & QStyle::State_Enabled;
    const bool over = on && (state & QStyle::State_MouseOver), down = on && (state & QStyle::State_Sunken);
    const bool checked = state & QStyle::State_On;
    if (segment)
        return checked ? ButtonLook{t.raised, t.line, t.text, Tone::Text}
                       : ButtonLook{over ? t.pressed : QColor(), {}, on ? t.text2 : t.text3, Tone::Text2};
    if (role == 1 && on) return {down || over ? t.accentHover : t.accent, {}, t.accentText, Tone::AccentText};
    const QColor flat = down ? t.pressed : over ? t.hover : QColor();
    ButtonLook look{role == 2 || role == 4 ? flat : (flat.isValid() ? flat : t.raised),
                    role == 2 || role == 4 ? QColor() : t.line, on ? t.text : t.text3,
                    on ? Tone::Text : Tone::Text3};
    if (role == 1) look.fill = t.sunken;
    if (role == 3 && on) look.text = t.bad, look.icon = Tone::Bad;
    if (role == 4 && on) look.text = t.accentInk, look.icon = Tone::AccentInk, look.fill = QColor();
    if (checked && role != 4) look.fill = t.accentSoft, look.text = t.text, look.icon = Tone::AccentInk;
    return look;
}
}  // namespace

bool keyboardFocus(const QStyleOption& option, const QWidget* widget) {
    return (option.state & QStyle::State_HasFocus) && widget &&
           widget->window()->testAttribute(Qt::WA_KeyboardFocusChange);
}

void focusRing(QPainter& p, const QRectF& rect, double radius) {
    rounded(p, rect.adjusted(1, 1, -1, -1), std::max(0.0, radius - 1), {}, tokens().accent, 2);
}

void fieldFrame(QPainter& p, const QRect& rect, QStyle::State state, const QWidget* widget) {
    const Tokens& t = tokens();
    const QString issue = widget ? widget->property(kIssue).toString() : QString();
    const bool focused = state & QStyle::State_HasFocus, enabled = state & QStyle::State_Enabled;
    const bool quiet = flag(widget, kQuiet);
    const QColor fill = quiet ? (focused ? t.surface : t.bg) : t.dark ? t.raised : t.surface;
    QColor outline = !enabled || quiet ? t.line : t.lineStrong;
    // Who has the keyboard comes first: the sentence below the field still tells of the issue.
    if (focused)
        outline = t.accent;
    else if (issue == QLatin1String("error"))
        outline = t.bad;
    else if (issue == QLatin1String("warning"))
        outline = t.warn;
    const bool thick = focused || !issue.isEmpty();
    p.save();
    rounded(p, thick ? QRectF(rect).adjusted(1, 1, -1, -1) : crisp(rect), thick ? kRadius - 1 : kRadius,
            enabled ? fill : t.bg, outline, thick ? 2 : 1);
    p.restore();
}

QSize pushButtonSize(const QStyleOptionButton& o, const QWidget* widget) {
    const bool small = flag(widget, kSmall), segment = flag(widget, kSegment);
    const bool link = widget && widget->property(kRole).toInt() == 4;
    const int padding = link ? 2 : segment ? 10 : small ? 9 : 13;
    int width = o.fontMetrics.horizontalAdvance(o.text) + 2 * padding;
    if (!o.icon.isNull()) width += o.iconSize.width() + (o.text.isEmpty() ? 0 : 8);
    if (o.features & QStyleOptionButton::HasMenu) width += 18;
    const int least = segment ? 26 : small ? 24 : 30;
    return {width + 1, std::max(least, o.fontMetrics.height() + (small || segment ? 6 : 10))};
}

void pushButton(QPainter& p, const QStyleOptionButton& o, const QWidget* widget) {
    const int role = widget ? widget->property(kRole).toInt() : 0;
    const bool segment = flag(widget, kSegment);
    const ButtonLook look = buttonLook(role, o.state, segment);
    const double radius = segment ? 5 : kRadius;
    p.save();
    if (look.fill.isValid() || look.outline.isValid())
        rounded(p, look.outline.isValid() ? crisp(o.rect) : QRectF(o.rect), radius, look.fill, look.outline);
    const int gap = o.icon.isNull() || o.text.isEmpty() ? 0 : 8;
    const int iconWidth = o.icon.isNull() ? 0 : o.iconSize.width();
    const int textWidth = o.fontMetrics.horizontalAdvance(o.text, -1);
    const int menuWidth = o.features & QStyleOptionButton::HasMenu ? 18 : 0;
    const bool leading = widget && widget->property("atelierLeading").toBool();
    int x = leading ? o.rect.x() + 10
                    : o.rect.x() + (o.rect.width() - iconWidth - gap - textWidth - menuWidth) / 2;
    const qreal dpr = p.device()->devicePixelRatioF();
    if (iconWidth) {
        const QString name = o.icon.name();
        const QRect place(x, o.rect.y() + (o.rect.height() - iconWidth) / 2, iconWidth, iconWidth);
        if (hasIcon(name))
            p.drawPixmap(place.topLeft(), iconPixmap(name, iconWidth, look.icon, dpr));
        else
            o.icon.paint(&p, place);
        x += iconWidth + gap;
    }
    p.setPen(look.text);
    p.drawText(QRect(x, o.rect.y(), o.rect.right() - x + 1, o.rect.height()),
               Qt::AlignVCenter | Qt::AlignLeft | Qt::TextShowMnemonic, o.text);
    if (menuWidth)
        p.drawPixmap(QPoint(x + textWidth + 6, o.rect.center().y() - 5),
                     iconPixmap(QStringLiteral("chev"), 12, look.icon, dpr));
    if (keyboardFocus(o, widget)) {
        focusRing(p, o.rect, radius);
        // On the accent itself the ring would not be seen: there it stands inside, in the colour of the text.
        if (look.fill == tokens().accent || look.fill == tokens().accentHover)
            rounded(p, QRectF(o.rect).adjusted(3, 3, -3, -3), std::max(0.0, radius - 2), {},
                    tokens().accentText, 2);
    }
    p.restore();
}

void toolButton(QPainter& p, const QStyleOptionToolButton& o, const QWidget* widget) {
    const Tokens& t = tokens();
    const bool enabled = o.state & QStyle::State_Enabled;
    p.save();
    if (o.state & QStyle::State_On)
        rounded(p, o.rect, kRadius, t.accentSoft, {});
    else if (enabled && (o.state & QStyle::State_Sunken))
        rounded(p, o.rect, kRadius, t.pressed, {});
    else if (enabled && (o.state & QStyle::State_MouseOver))
        rounded(p, o.rect, kRadius, t.hover, {});
    const qreal dpr = p.device()->devicePixelRatioF();
    const bool withText = o.toolButtonStyle != Qt::ToolButtonIconOnly && !o.text.isEmpty();
    const bool withIcon = !o.icon.isNull() && o.toolButtonStyle != Qt::ToolButtonTextOnly;
    const int side = o.iconSize.width();
    int x = withText ? o.rect.x() + 6 : o.rect.x() + (o.rect.width() - side) / 2;
    if (withIcon) {
        const QPoint at(x, o.rect.y() + (o.rect.height() - side) / 2);
        const QString name = o.icon.name();
        if (hasIcon(name)) {
            const Tone tone = !enabled                     ? Tone::Text3
                              : o.state & QStyle::State_On ? Tone::AccentInk
                                                           : Tone::Text2;
            if (!enabled) p.setOpacity(0.6);
            p.drawPixmap(at, iconPixmap(name, side, tone, dpr));
            p.setOpacity(1);
        } else {
            o.icon.paint(&p, QRect(at, QSize(side, side)));
        }
        x += side + 8;
    }
    if (withText) {
        p.setFont(o.font);
        p.setPen(enabled ? t.text2 : t.text3);
        p.drawText(QRect(x, o.rect.y(), o.rect.right() - x - 5, o.rect.height()),
                   Qt::AlignVCenter | Qt::AlignLeft | Qt::TextHideMnemonic, o.text);
    }
    if (keyboardFocus(o, widget)) focusRing(p, o.rect, kRadius);
    p.restore();
}

void checkBox(QPainter& p, const QStyleOption& o, bool round) {
    const Tokens& t = tokens();
    const bool on = o.state & (QStyle::State_On | QStyle::State_NoChange),
               enabled = o.state & QStyle::State_Enabled;
    const double radius = round ? o.rect.width() / 2.0 : 4;
    p.save();
    const QColor fill = on ? (enabled ? t.accent : t.text3) : t.dark ? t.raised : t.surface;
    rounded(p, crisp(o.rect), radius, fill, on ? fill : enabled ? t.lineStrong : t.line);
    const qreal dpr = p.device()->devicePixelRatioF();
    if (o.state & QStyle::State_NoChange) {
        p.setPen(QPen(t.accentText, 2, Qt::SolidLine, Qt::RoundCap));
        p.drawLine(o.rect.center() - QPoint(4, 0), o.rect.center() + QPoint(4, 0));
    } else if (on && round) {
        p.setPen(Qt::NoPen);
        p.setBrush(t.accentText);
        p.drawEllipse(QRectF(o.rect).center(), 3.5, 3.5);
    } else if (on) {
        const int side = o.rect.width() - 4;
        p.drawPixmap(o.rect.topLeft() + QPoint(2, 2),
                     iconPixmap(QStringLiteral("check"), side, Tone::AccentText, dpr));
    }
    p.restore();
}

void comboBox(QPainter& p, const QStyleOptionComboBox& o, const QWidget* widget) {
    const QStyle::State state = o.state & QStyle::State_HasFocus && !o.editable && !keyboardFocus(o, widget)
                                    ? o.state & ~QStyle::State_HasFocus
                                    : o.state;
    fieldFrame(p, o.rect, state, widget);
    const int y = o.rect.y() + (o.rect.height() - 14) / 2;
    p.drawPixmap(
        QPoint(o.rect.right() - 22, y),
        iconPixmap(QStringLiteral("chev"), 14, o.state & QStyle::State_Enabled ? Tone::Text2 : Tone::Text3,
                   p.device()->devicePixelRatioF()));
}

QRect spinButton(const QRect& rect, bool up) {
    const int height = (rect.height() - 4) / 2;
    return QRect(rect.right() - 22, rect.y() + 2 + (up ? 0 : height), 20, height);
}

void spinBox(QPainter& p, const QStyleOptionSpinBox& o, const QWidget* widget) {
    if (o.frame) fieldFrame(p, o.rect, o.state, widget);
    if (o.buttonSymbols == QAbstractSpinBox::NoButtons) return;
    const Tokens& t = tokens();
    const qreal dpr = p.device()->devicePixelRatioF();
    for (const bool up : {true, false}) {
        const QRect r = spinButton(o.rect, up);
        const auto sub = up ? QStyle::SC_SpinBoxUp : QStyle::SC_SpinBoxDown;
        const bool enabled =
            o.stepEnabled & (up ? QAbstractSpinBox::StepUpEnabled : QAbstractSpinBox::StepDownEnabled);
        if (enabled && (o.activeSubControls & sub) &&
            (o.state & (QStyle::State_MouseOver | QStyle::State_Sunken)))
            rounded(p, QRectF(r).adjusted(1, 0.5, -1, -0.5), 3,
                    o.state & QStyle::State_Sunken ? t.pressed : t.hover, {});
        p.drawPixmap(QPoint(r.center().x() - 5, r.center().y() - 5),
                     iconPixmap(up ? QStringLiteral("chevup") : QStringLiteral("chev"), 12,
                                enabled ? Tone::Text2 : Tone::Text3, dpr));
    }
}

void slider(QPainter& p, const QStyleOptionSlider& o, const QRect& handle) {
    const Tokens& t = tokens();
    const bool enabled = o.state & QStyle::State_Enabled;
    p.save();
    const double y = o.rect.center().y() + 0.5;
    rounded(p, QRectF(o.rect.x(), y - 2, o.rect.width(), 4), 2, t.dark ? t.pressed : t.line, {});
    rounded(p, QRectF(o.rect.x(), y - 2, handle.center().x() - o.rect.x(), 4), 2,
            enabled ? t.accent : t.text3, {});
    const QRectF knob(handle.center().x() - 6.5, y - 6.5, 13, 13);
    rounded(p, knob, 6.5, t.raised, o.state & QStyle::State_HasFocus ? t.accent : t.lineStrong,
            o.state & QStyle::State_HasFocus ? 2 : 1);
    p.restore();
}

void itemRow(QPainter& p, const QStyleOptionViewItem& o, const QWidget* widget) {
    const Tokens& t = tokens();
    const bool first = o.viewItemPosition == QStyleOptionViewItem::Beginning ||
                       o.viewItemPosition == QStyleOptionViewItem::OnlyOne ||
                       o.viewItemPosition == QStyleOptionViewItem::Invalid;
    if (o.state & QStyle::State_Selected) {
        p.fillRect(o.rect, t.accentSoft);
        if (first) p.fillRect(QRect(o.rect.x(), o.rect.y(), 3, o.rect.height()), t.accent);
    } else if (o.backgroundBrush.style() != Qt::NoBrush) {
        p.fillRect(o.rect, o.backgroundBrush);
    } else if (o.state & QStyle::State_MouseOver) {
        p.fillRect(o.rect, t.hover);
    }
    Q_UNUSED(widget);
}

}  // namespace atelier::style::paint
