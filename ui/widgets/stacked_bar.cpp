// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/stacked_bar.h"

#include <QPainter>
#include <QPainterPath>

#include "ui/style/tokens.h"

namespace atelier {

StackedBar::StackedBar(QWidget* parent) : QWidget(parent) {
    setFixedHeight(10);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void StackedBar::set(std::vector<Part> parts, double whole) {
    parts_ = std::move(parts);
    whole_ = whole;
    update();
}

void StackedBar::paintEvent(QPaintEvent*) {
    const style::Tokens& t = style::tokens();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QPainterPath groove;
    groove.addRoundedRect(QRectF(rect()), 3, 3);
    painter.setClipPath(groove);
    painter.fillRect(rect(), t.sunken);
    double sum = 0;
    for (const Part& part : parts_) sum += part.value;
    const double whole = std::max(whole_, sum);
    if (whole <= 0) return;
    double x = 0;
    for (const Part& part : parts_) {
        const double w = part.value / whole * width();
        if (w < 0.5) continue;
        painter.fillRect(QRectF(x, 0, std::max(1.0, w - 1), height()), t.chart[std::size_t(part.colour) % 6]);
        x += w;
    }
}

}  // namespace atelier
