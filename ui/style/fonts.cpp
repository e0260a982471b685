// SPDX-License-Identifier: GPL-3.0-or-later
// The type scale in pixels, times the user's text scale (kept as an application property, no global of ours).
#include "ui/style/fonts.h"

#include <QCoreApplication>
#include <QVariant>
#include <algorithm>
#include <cmath>

namespace atelier::style {

namespace {
constexpr const char* kScaleProperty = "atelierTextScale";

QFont make(const QStringList& families, TextSize size, QFont::Weight weight) {
    QFont f;
    f.setFamilies(families);
    f.setPixelSize(int(std::lround(int(size) * textScale())));
    f.setWeight(weight);
    f.setHintingPreference(QFont::PreferNoHinting);
    return f;
}
}  // namespace

double textScale() {
    const QVariant v = qApp ? qApp->property(kScaleProperty) : QVariant();
    return v.isValid() ? v.toDouble() : 1.0;
}

void setTextScale(double scale) {
    qApp->setProperty(kScaleProperty, std::clamp(scale, 0.9, 1.5));
}

int scaled(int pixels) {
    return qRound(pixels * textScale());
}

QFont font(TextSize size, QFont::Weight weight) {
    return make({QStringLiteral("Inter"), QStringLiteral("Noto Sans"), QStringLiteral("DejaVu Sans")}, size,
                weight);
}

QFont monoFont(TextSize size) {
    QFont f =
        make({QStringLiteral("JetBrains Mono"), QStringLiteral("DejaVu Sans Mono")}, size, QFont::Normal);
    f.setStyleHint(QFont::Monospace);
    return f;
}

}  // namespace atelier::style
