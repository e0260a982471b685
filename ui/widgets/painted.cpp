// SPDX-License-Identifier: GPL-3.0-or-later
// The controls of controls.h that paint themselves: pill, figure, elided label, progress line.
#include <QHelpEvent>
#include <QPainter>
#include <cmath>

#include "ui/style/tokens.h"
#include "ui/widgets/controls.h"

namespace atelier {

using style::Tokens;
using style::tokens;
using style::Tone;

namespace {
struct PillLook {
    QColor back, ink;
    Tone icon;
};

PillLook pillLook(PillTone tone) {
    const Tokens& t = tokens();
    switch (tone) {
        case PillTone::Accent:
            return {t.accentSoft, t.accentInk, Tone::AccentInk};
        case PillTone::Good:
            return {t.goodSoft, t.good, Tone::Good};
        case PillTone::Warn:
            return {t.warnSoft, t.warn, Tone::Warn};
        case PillTone::Bad:
            return {t.badSoft, t.bad, Tone::Bad};
        case PillTone::Neutral:
            break;
    }
    return {t.sunken, t.text2, Tone::Text2};
}

QColor barColor(PillTone tone) {
    const Tokens& t = tokens();
    switch (tone) {
        case PillTone::Good:
            return t.good;
        case PillTone::Warn:
            return t.warn;
        case PillTone::Bad:
            return t.bad;
        case PillTone::Neutral:
            return t.lineStrong;
        case PillTone::Accent:
            break;
    }
    return t.accent;
}

QFont pillFont() {
    return style::font(style::TextSize::Caption, QFont::Medium);
}
}  // namespace

int Pill::widthOf(const QString& text, bool dot, bool icon) {
    return QFontMetrics(pillFont()).horizontalAdvance(text) + 18 + (dot ? 12 : 0) + (icon ? 16 : 0);
}

int Pill::paint(QPainter& painter, const QRect& rect, const QString& text, PillTone tone, bool dot,
                const QString& iconName, qreal dpr) {
    const PillLook look = pillLook(tone);
    const int width = std::min(rect.width(), widthOf(text, dot, !iconName.isEmpty()));
    const QRect box(rect.x(), rect.y() + (rect.height() - 20) / 2, width, 20);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(look.back);
    painter.drawRoundedRect(box, 10, 10);
    int x = box.x() + 9;
    if (dot) {
        painter.setBrush(look.ink);
        painter.drawEllipse(QRectF(x, box.y() + 6.5, 7, 7));
        x += 12;
    }
    if (!iconName.isEmpty()) {
        painter.drawPixmap(QPoint(x, box.y() + 4), style::iconPixmap(iconName, 12, look.icon, dpr));
        x += 16;
    }
    painter.setPen(look.ink);
    painter.setFont(pillFont());
    const int room = box.right() - x - 7;
    painter.drawText(QRect(x, box.y(), box.right() - x, 20), Qt::AlignVCenter,
                     QFontMetrics(pillFont()).elidedText(text, Qt::ElideRight, room));
    painter.restore();
    return width;
}

Pill::Pill(const QString& text, PillTone tone, QWidget* parent) : QWidget(parent), tone_(tone) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    set(text, tone);
}

void Pill::set(const QString& text, PillTone tone) {
    text_ = text;
    tone_ = tone;
    setAccessibleName(text);
    updateGeometry();
    update();
}

void Pill::setDot(bool on) {
    dot_ = on;
    updateGeometry();
}

void Pill::setIconName(const QString& name) {
    iconName_ = name;
    updateGeometry();
}

QSize Pill::sizeHint() const {
    return {widthOf(text_, dot_, !iconName_.isEmpty()), 20};
}

void Pill::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    paint(painter, rect(), text_, tone_, dot_, iconName_, devicePixelRatioF());
}

// --- FigureLabel
// ---------------------------------------------------------------------------------------------------

namespace {
// Width of `text` when every digit is as wide as "0".
double tabularWidth(const QFontMetricsF& metrics, const QString& text) {
    double width = 0;
    for (const QChar c : text)
        width += c.isDigit() ? metrics.horizontalAdvance(QLatin1Char('0')) : metrics.horizontalAdvance(c);
    return width;
}
}  // namespace

FigureLabel::FigureLabel(QWidget* parent, style::TextSize size) : QWidget(parent), size_(size) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void FigureLabel::setValue(const QString& value, const QString& unit) {
    if (value == value_ && unit == unit_) return;
    const QSize before = sizeHint();
    value_ = value;
    unit_ = unit;
    if (sizeHint() != before) updateGeometry();
    update();
}

QSize FigureLabel::sizeHint() const {
    const QFontMetricsF large(style::font(size_, QFont::DemiBold)),
        small(style::font(style::TextSize::Caption));
    const double unit = unit_.isEmpty() ? 0 : small.horizontalAdvance(unit_) + 6;
    return {int(std::ceil(tabularWidth(large, value_) + unit)) + 1, int(std::ceil(large.height()))};
}

void FigureLabel::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const QFont font = style::font(size_, QFont::DemiBold);
    const QFontMetricsF metrics(font);
    const double digit = metrics.horizontalAdvance(QLatin1Char('0')), base = metrics.ascent();
    painter.setFont(font);
    painter.setPen(tokens().text);
    double x = 0;
    for (const QChar c : value_) {
        const double own = metrics.horizontalAdvance(c), slot = c.isDigit() ? digit : own;
        painter.drawText(QPointF(x + (slot - own) / 2, base), QString(c));
        x += slot;
    }
    if (unit_.isEmpty()) return;
    painter.setFont(style::font(style::TextSize::Caption));
    painter.setPen(tokens().text2);
    painter.drawText(QPointF(x + 6, base), unit_);
}

// --- ElidedLabel
// ---------------------------------------------------------------------------------------------------

namespace {
constexpr int kLeastText = 48;  // px
}

ElidedLabel::ElidedLabel(const QString& text, Qt::TextElideMode mode, QWidget* parent)
    : QLabel(text, parent), mode_(mode) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
}

QSize ElidedLabel::minimumSizeHint() const {
    return {24, QLabel::minimumSizeHint().height()};
}

void ElidedLabel::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const QString shown = fontMetrics().elidedText(text(), mode_, width());
    setToolTip(shown == text() ? QString() : text());
    if (shown != text() && width() < kLeastText) return;  // "1…1" says nothing
    painter.setPen(palette().color(foregroundRole()));
    painter.drawText(rect(), int(alignment() | Qt::AlignVCenter), shown);
}

// --- IconLabel
// -----------------------------------------------------------------------------------------------------

IconLabel::IconLabel(const QString& name, Tone tone, int size, QWidget* parent)
    : QWidget(parent), name_(name), tone_(tone), size_(size) {
    setFixedSize(size, size);
}

void IconLabel::set(const QString& name, Tone tone) {
    name_ = name;
    tone_ = tone;
    update();
}

void IconLabel::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.drawPixmap(QPoint(0, 0), style::iconPixmap(name_, size_, tone_, devicePixelRatioF()));
}

// --- ProgressLine
// --------------------------------------------------------------------------------------------------

ProgressLine::ProgressLine(QWidget* parent, int thickness) : QWidget(parent), thickness_(thickness) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setFixedHeight(thickness);
    setAccessibleName(tr("Progress"));
}

void ProgressLine::setFraction(double fraction) {
    if (fraction == fraction_) return;
    fraction_ = fraction;
    setAccessibleDescription(fraction < 0 ? tr("working") : tr("%1 %").arg(int(fraction * 100)));
    update();
}

void ProgressLine::setTone(PillTone tone) {
    tone_ = tone;
    update();
}

void ProgressLine::paint(QPainter& painter, const QRectF& rect, double fraction, PillTone tone) {
    const Tokens& t = tokens();
    const double radius = rect.height() / 2;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(t.dark ? t.pressed : style::blend(t.lineStrong, t.sunken, 0.18));
    painter.drawRoundedRect(rect, radius, radius);
    painter.setBrush(barColor(tone));
    if (fraction < 0) {
        painter.drawRoundedRect(
            QRectF(rect.x() + rect.width() * 0.375, rect.y(), rect.width() * 0.25, rect.height()), radius,
            radius);
    } else if (fraction > 0) {
        const double width = std::max(rect.height(), rect.width() * std::min(1.0, fraction));
        painter.drawRoundedRect(QRectF(rect.x(), rect.y(), width, rect.height()), radius, radius);
    }
    painter.restore();
}

void ProgressLine::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    paint(painter, rect(), fraction_, tone_);
}

}  // namespace atelier
