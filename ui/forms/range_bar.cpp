// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/forms/range_bar.h"

#include <QPainter>
#include <cmath>

#include "ui/style/fonts.h"
#include "ui/style/tokens.h"

namespace atelier {

RangeBar::RangeBar(QWidget* parent) : QWidget(parent) {
    setFixedHeight(48);
}

void RangeBar::set(double usualLow, double usualHigh, std::optional<double> value, const QString& valueText) {
    low_ = usualLow;
    high_ = usualHigh;
    value_ = value;
    valueText_ = valueText;
    setAccessibleName(tr("Usual range"));
    setAccessibleDescription(tr("usually %1 to %2, now %3").arg(usualLow).arg(usualHigh).arg(valueText));
    update();
}

void RangeBar::paintEvent(QPaintEvent*) {
    const auto& t = style::tokens();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    // Axis: decades around range and value, or a line from 0 where the range starts there.
    const bool logarithmic = low_ > 0 && high_ / low_ >= 8;
    const double reach = value_ && *value_ > 0 ? *value_ : high_;
    double from = 0, to = std::max(high_, reach) * 1.25;
    if (logarithmic) {
        from = std::floor(std::log10(std::min(low_, reach)) - 0.2);
        to = std::ceil(std::log10(std::max(high_, reach)) + 0.2);
    }
    const auto x = [&](double number) {
        const double at = logarithmic ? std::log10(std::max(number, 1e-300)) : number;
        return 8 + (width() - 16) * std::clamp((at - from) / (to - from), 0.0, 1.0);
    };
    const qreal y = 22;
    painter.setPen(Qt::NoPen);
    painter.setBrush(t.sunken);
    painter.drawRoundedRect(QRectF(8, y - 3, width() - 16, 6), 3, 3);
    painter.setBrush(t.good);
    painter.drawRoundedRect(QRectF(x(low_), y - 3, std::max(4.0, x(high_) - x(low_)), 6), 3, 3);
    const auto number = [](double value) {
        if (value != 0 && (std::fabs(value) < 1e-2 || std::fabs(value) >= 1e6)) {
            const QStringList parts = QString::number(value, 'e', 0).split(QLatin1Char('e'));
            return parts[0] + QLatin1Char('e') + QString::number(parts[1].toInt());
        }
        return QString::number(value, 'g', 4);
    };
    painter.setPen(t.text2);
    painter.setFont(style::font(style::TextSize::Caption));
    const QFontMetrics metrics(painter.font());
    const auto label = [&](double at, const QString& text, qreal baseline) {
        const int w = metrics.horizontalAdvance(text);
        painter.drawText(QPointF(std::clamp(x(at) - w / 2.0, 0.0, double(width() - w)), baseline), text);
    };
    label(low_, number(low_), 44);
    label(high_, number(high_), 44);
    if (!value_) return;
    const bool usual = *value_ >= low_ && *value_ <= high_;
    painter.setPen(usual ? t.good : t.warn);
    painter.setFont(style::font(style::TextSize::Caption, QFont::DemiBold));
    label(*value_, valueText_, 12);
    painter.setPen(QPen(t.surface, 2));
    painter.setBrush(usual ? t.good : t.warn);
    painter.drawEllipse(QPointF(x(*value_), y), 6, 6);
}

}  // namespace atelier
