// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/plot_legend.h"

#include <QPainter>

#include "ui/style/fonts.h"
#include "ui/style/tokens.h"

namespace atelier {

namespace {
constexpr int kSwatch = 16, kGap = 6, kBetween = 14;
}

PlotLegend::PlotLegend(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void PlotLegend::setSeries(const std::vector<PlotSeries>& series, bool raw) {
    entries_.clear();
    QStringList names;
    for (const PlotSeries& s : series) {
        entries_.push_back({s.label, s.colour, false});
        if (raw && !s.points && series.size() <= 2) entries_.push_back({tr("raw"), s.colour, true});
        names << s.label;
    }
    setAccessibleName(tr("Curves: %1").arg(names.join(QStringLiteral(", "))));
    updateGeometry();
    update();
}

QSize PlotLegend::sizeHint() const {
    const QFontMetrics metrics(style::font(style::TextSize::Caption));
    int width = 0;
    for (const Entry& e : entries_) width += kSwatch + kGap + metrics.horizontalAdvance(e.text) + kBetween;
    return {width, 20};
}

void PlotLegend::paintEvent(QPaintEvent*) {
    const style::Tokens& t = style::tokens();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(style::font(style::TextSize::Caption));
    int x = 0;
    for (const Entry& e : entries_) {
        const int textWidth = painter.fontMetrics().horizontalAdvance(e.text);
        if (x + kSwatch + kGap + textWidth > width()) break;  // whole names only
        QColor colour = t.chart[std::size_t(e.colour) % 6];
        if (e.raw) colour.setAlphaF(0.38F);
        painter.setPen(QPen(colour, e.raw ? 1.5 : 2.5, Qt::SolidLine, Qt::RoundCap));
        painter.drawLine(QPointF(x + 1, height() / 2.0), QPointF(x + kSwatch - 1, height() / 2.0));
        painter.setPen(t.text2);
        painter.drawText(QRect(x + kSwatch + kGap, 0, textWidth + 2, height()),
                         Qt::AlignVCenter | Qt::AlignLeft, e.text);
        x += kSwatch + kGap + textWidth + kBetween;
    }
}

}  // namespace atelier
