// SPDX-License-Identifier: GPL-3.0-or-later
// Which colour set is in force, and the arithmetic of contrast.
#include "ui/style/tokens.h"

#include <QGuiApplication>
#include <algorithm>
#include <cmath>

namespace atelier::style {

const Tokens& tokens(const QPalette& palette) {
    return palette.color(QPalette::Window).lightness() < 128 ? kDark : kLight;
}

const Tokens& tokens() {
    return tokens(QGuiApplication::palette());
}

namespace {
double channel(double c) {
    return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}
double luminance(const QColor& c) {
    return 0.2126 * channel(c.redF()) + 0.7152 * channel(c.greenF()) + 0.0722 * channel(c.blueF());
}
}  // namespace

double contrast(const QColor& a, const QColor& b) {
    const double x = luminance(a), y = luminance(b);
    return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

QColor blend(const QColor& over, const QColor& under, double alpha) {
    const auto mix = [alpha](int o, int u) { return int(std::lround(o * alpha + u * (1 - alpha))); };
    return QColor(mix(over.red(), under.red()), mix(over.green(), under.green()),
                  mix(over.blue(), under.blue()));
}

}  // namespace atelier::style
