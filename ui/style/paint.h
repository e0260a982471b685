// SPDX-License-Identifier: GPL-3.0-or-later
// How each control is drawn from the tokens. Private to ui/style: AtelierStyle forwards here.
#pragma once

#include <QStyle>

class QPainter;
class QStyleOptionButton;
class QStyleOptionComboBox;
class QStyleOptionSlider;
class QStyleOptionSpinBox;
class QStyleOptionToolButton;
class QStyleOptionViewItem;
class QWidget;

namespace atelier::style::paint {

// Set by controls.h as dynamic properties of the widget.
inline constexpr const char* kRole = "atelierRole";    // int(ButtonRole)
inline constexpr const char* kSmall = "atelierSmall";  // bool: 24 px instead of 30
inline constexpr const char* kIssue = "atelierIssue";  // "error" or "warning": outline of a field
inline constexpr const char* kQuiet =
    "atelierQuiet";  // bool: search field, hairline instead of strong outline
inline constexpr const char* kSegment = "atelierSegment";  // bool: a button inside a segmented control

bool keyboardFocus(const QStyleOption& option, const QWidget* widget);
void focusRing(QPainter& painter, const QRectF& rect, double radius);
void fieldFrame(QPainter& painter, const QRect& rect, QStyle::State state, const QWidget* widget);
void pushButton(QPainter& painter, const QStyleOptionButton& option, const QWidget* widget);
QSize pushButtonSize(const QStyleOptionButton& option, const QWidget* widget);
void toolButton(QPainter& painter, const QStyleOptionToolButton& option, const QWidget* widget);
void checkBox(QPainter& painter, const QStyleOption& option, bool round);
void comboBox(QPainter& painter, const QStyleOptionComboBox& option, const QWidget* widget);
void spinBox(QPainter& painter, const QStyleOptionSpinBox& option, const QWidget* widget);
QRect spinButton(const QRect& rect, bool up);
void slider(QPainter& painter, const QStyleOptionSlider& option, const QRect& handle);
void itemRow(QPainter& painter, const QStyleOptionViewItem& option, const QWidget* widget);

}  // namespace atelier::style::paint
