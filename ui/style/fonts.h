// SPDX-License-Identifier: GPL-3.0-or-later
// The type scale: Inter and JetBrains Mono in four sizes. Used by every widget and delegate that sets a font.
#pragma once

#include <QFont>

namespace atelier::style {

// Pixel sizes at 100 %; multiplied by the user's scale (90–150 %).
enum class TextSize { Small = 11, Caption = 12, Body = 13, Title = 17, Figure = 22 };

QFont font(TextSize size = TextSize::Body, QFont::Weight weight = QFont::Normal);
QFont monoFont(TextSize size = TextSize::Caption);

// The user's text scale, 0.9 … 1.5. Set once before the first window; setTextScale() before
// AtelierStyle::apply().
double textScale();
void setTextScale(double scale);
// Pixels that hold text, at the user's scale.
int scaled(int pixels);

}  // namespace atelier::style
