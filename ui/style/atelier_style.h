// SPDX-License-Identifier: GPL-3.0-or-later
// The look of every control: a proxy over Fusion for what a style sheet cannot say, plus a palette and one
// generated sheet made from the tokens. app/studio applies it once; Theme applies it again when light turns
// to dark.
#pragma once

#include <QPalette>
#include <QProxyStyle>
#include <QString>

#include "ui/style/tokens.h"

class QApplication;

namespace atelier::style {

class AtelierStyle : public QProxyStyle {
    Q_OBJECT
  public:
    AtelierStyle();
    using QProxyStyle::polish;
    void polish(QWidget* widget) override;
    int pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const override;
    int styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                  QStyleHintReturn* data) const override;
    QSize sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& contents,
                           const QWidget* widget) const override;
    QRect subElementRect(SubElement element, const QStyleOption* option,
                         const QWidget* widget) const override;
    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                       const QWidget* widget) const override;
    void drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                     const QWidget* widget) const override;
    void drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter,
                            const QWidget* widget) const override;
    QRect subControlRect(ComplexControl control, const QStyleOptionComplex* option, SubControl sub,
                         const QWidget* widget) const override;
    // The cross that clears a field; Fusion would search the icon themes of the desktop for it.
    QIcon standardIcon(StandardPixmap icon, const QStyleOption* option, const QWidget* widget) const override;
};

QPalette makePalette(const Tokens& tokens);
QString makeSheet(const Tokens& tokens);
// Style, palette and base font of the whole application; its style sheet; both. Cheap to repeat.
void applyLook(QApplication& app, const Tokens& tokens);
void applySheet(QApplication& app, const Tokens& tokens);
void apply(QApplication& app, const Tokens& tokens);

}  // namespace atelier::style
