// SPDX-License-Identifier: GPL-3.0-or-later
// Icons by name (resources/icons/NAME.svg), tinted from the colour set in force and sharp at any device pixel
// ratio. An icon follows a change of theme by itself: colours are looked up while painting.
#pragma once

#include <QIcon>
#include <QPixmap>
#include <QString>

namespace atelier::style {

enum class Tone { Text, Text2, Text3, Accent, AccentInk, AccentText, Good, Warn, Bad, PictureText };

QColor toneColor(Tone tone);

// For buttons, actions, tabs. Disabled is drawn in text3. An unknown name is a mistake of ours (checked).
QIcon icon(const QString& name, Tone tone = Tone::Text);
// For delegates and paint events: size in device-independent pixels, dpr of the window painted on. Cached.
QPixmap iconPixmap(const QString& name, int size, Tone tone, qreal dpr);
bool hasIcon(const QString& name);

}  // namespace atelier::style
