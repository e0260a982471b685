// SPDX-License-Identifier: GPL-3.0-or-later
// AtelierStyle: metrics, sizes and forwarding of what we paint ourselves (paint.h); Fusion does the rest.
#include "ui/style/atelier_style.h"

#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QLineEdit>
#include <QMenu>
#include <QPainter>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStyleFactory>
#include <QStyleOption>
#include <QTextEdit>
#include <QToolButton>

#include "ui/style/fonts.h"
#include "ui/style/icons.h"
#include "ui/style/paint.h"

namespace atelier::style {

namespace {
bool isTextEdit(const QWidget* widget) {
    return qobject_cast<const QPlainTextEdit*>(widget) || qobject_cast<const QTextEdit*>(widget);
}
}  // namespace

AtelierStyle::AtelierStyle() : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))) {}

void AtelierStyle::polish(QWidget* widget) {
    QProxyStyle::polish(widget);
    if (qobject_cast<QMenu*>(widget)) {
        widget->setAttribute(Qt::WA_TranslucentBackground);
        widget->setWindowFlag(Qt::FramelessWindowHint);
        widget->setWindowFlag(Qt::NoDropShadowWindowHint);
    }
    if (qobject_cast<QAbstractSpinBox*>(widget)) widget->setMinimumHeight(30);
    if (qobject_cast<QAbstractButton*>(widget) || qobject_cast<QComboBox*>(widget))
        widget->setAttribute(Qt::WA_Hover);
}

int AtelierStyle::pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const {
    switch (metric) {
        case PM_IndicatorWidth:
        case PM_IndicatorHeight:
        case PM_ExclusiveIndicatorWidth:
        case PM_ExclusiveIndicatorHeight:
            return 18;
        case PM_CheckBoxLabelSpacing:
        case PM_RadioButtonLabelSpacing:
            return 8;
        case PM_ButtonIconSize:
        case PM_SmallIconSize:
            return 16;
        case PM_SplitterWidth:
            return 1;
        case PM_ScrollBarExtent:
            return 10;
        case PM_DefaultFrameWidth:
            return isTextEdit(widget) ? 2 : 1;
        case PM_SliderThickness:
        case PM_SliderControlThickness:
        case PM_SliderLength:
            return 16;
        case PM_LayoutHorizontalSpacing:
        case PM_LayoutVerticalSpacing:
            return 8;
        case PM_MenuPanelWidth:
            return 0;
        case PM_ToolTipLabelFrameWidth:
            return 0;
        default:
            return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

int AtelierStyle::styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                            QStyleHintReturn* data) const {
    switch (hint) {
        case SH_ComboBox_Popup:
            return 0;
        case SH_ToolTip_WakeUpDelay:
            return 600;
        case SH_ItemView_ShowDecorationSelected:
            return 1;
        case SH_ScrollBar_Transient:
            return 0;
        case SH_Slider_AbsoluteSetButtons:
            return Qt::LeftButton;
        case SH_EtchDisabledText:
        case SH_UnderlineShortcut:
        case SH_DialogButtonBox_ButtonsHaveIcons:
            return 0;
        default:
            return QProxyStyle::styleHint(hint, option, widget, data);
    }
}

QSize AtelierStyle::sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& contents,
                                     const QWidget* widget) const {
    switch (type) {
        case CT_PushButton:
            if (const auto* o = qstyleoption_cast<const QStyleOptionButton*>(option))
                return paint::pushButtonSize(*o, widget);
            break;
        case CT_LineEdit:
            return {contents.width() + 18, std::max(30, contents.height() + 10)};
        case CT_ComboBox:
            return {contents.width() + 40, std::max(30, contents.height() + 10)};
        case CT_SpinBox:
            return {contents.width() + 38, std::max(30, contents.height() + 10)};
        case CT_ToolButton:
            if (const auto* o = qstyleoption_cast<const QStyleOptionToolButton*>(option)) {
                int width = 30;
                if (o->toolButtonStyle != Qt::ToolButtonIconOnly && !o->text.isEmpty())
                    width = o->fontMetrics.horizontalAdvance(o->text) + 13 +
                            (o->icon.isNull() ? 0 : o->iconSize.width() + 8);
                return {width, 30};
            }
            break;
        default:
            break;
    }
    return QProxyStyle::sizeFromContents(type, option, contents, widget);
}

void AtelierStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                                 const QWidget* widget) const {
    switch (element) {
        case PE_PanelLineEdit: {
            const auto* o = qstyleoption_cast<const QStyleOptionFrame*>(option);
            if (o && o->lineWidth > 0 && !(widget && qobject_cast<QAbstractSpinBox*>(widget->parentWidget())))
                paint::fieldFrame(*painter, o->rect, o->state, widget);
            return;
        }
        case PE_FrameLineEdit:
            return;
        case PE_Frame:
            if (isTextEdit(widget)) {
                QStyle::State state = option->state;
                if (widget->hasFocus()) state |= State_HasFocus;
                paint::fieldFrame(*painter, option->rect, state, widget);
                return;
            }
            break;
        case PE_IndicatorCheckBox:
            paint::checkBox(*painter, *option, false);
            return;
        case PE_IndicatorItemViewItemCheck:
            paint::checkBox(*painter, *option, false);
            return;
        case PE_IndicatorRadioButton:
            paint::checkBox(*painter, *option, true);
            return;
        case PE_PanelItemViewItem:
            if (const auto* o = qstyleoption_cast<const QStyleOptionViewItem*>(option))
                paint::itemRow(*painter, *o, widget);
            return;
        case PE_PanelItemViewRow:
            return;
        case PE_FrameFocusRect:
            if (paint::keyboardFocus(*option, widget) || (option->state & State_KeyboardFocusChange)) {
                painter->save();
                paint::focusRing(*painter, option->rect, 4);
                painter->restore();
            }
            return;
        case PE_IndicatorBranch:
            break;
        default:
            break;
    }
    QProxyStyle::drawPrimitive(element, option, painter, widget);
}

void AtelierStyle::drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                               const QWidget* widget) const {
    if (element == CE_PushButton) {
        if (const auto* o = qstyleoption_cast<const QStyleOptionButton*>(option)) {
            paint::pushButton(*painter, *o, widget);
            return;
        }
    }
    QProxyStyle::drawControl(element, option, painter, widget);
}

void AtelierStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option,
                                      QPainter* painter, const QWidget* widget) const {
    switch (control) {
        case CC_ComboBox:
            if (const auto* o = qstyleoption_cast<const QStyleOptionComboBox*>(option))
                return paint::comboBox(*painter, *o, widget);
            break;
        case CC_SpinBox:
            if (const auto* o = qstyleoption_cast<const QStyleOptionSpinBox*>(option))
                return paint::spinBox(*painter, *o, widget);
            break;
        case CC_ToolButton:
            if (const auto* o = qstyleoption_cast<const QStyleOptionToolButton*>(option))
                return paint::toolButton(*painter, *o, widget);
            break;
        case CC_Slider:
            if (const auto* o = qstyleoption_cast<const QStyleOptionSlider*>(option);
                o && o->orientation == Qt::Horizontal)
                return paint::slider(*painter, *o, subControlRect(CC_Slider, o, SC_SliderHandle, widget));
            break;
        default:
            break;
    }
    QProxyStyle::drawComplexControl(control, option, painter, widget);
}

QRect AtelierStyle::subControlRect(ComplexControl control, const QStyleOptionComplex* option, SubControl sub,
                                   const QWidget* widget) const {
    const QRect r = option->rect;
    if (control == CC_ComboBox) {
        if (sub == SC_ComboBoxEditField) return r.adjusted(8, 3, -26, -3);
        if (sub == SC_ComboBoxArrow) return QRect(r.right() - 26, r.y(), 26, r.height());
        if (sub == SC_ComboBoxListBoxPopup) return r.translated(0, 2);
    }
    if (control == CC_SpinBox) {
        const auto* o = qstyleoption_cast<const QStyleOptionSpinBox*>(option);
        const bool buttons = o && o->buttonSymbols != QAbstractSpinBox::NoButtons;
        if (sub == SC_SpinBoxEditField) return r.adjusted(6, 3, buttons ? -24 : -6, -3);
        if (sub == SC_SpinBoxUp) return buttons ? paint::spinButton(r, true) : QRect();
        if (sub == SC_SpinBoxDown) return buttons ? paint::spinButton(r, false) : QRect();
    }
    return QProxyStyle::subControlRect(control, option, sub, widget);
}

QRect AtelierStyle::subElementRect(SubElement element, const QStyleOption* option,
                                   const QWidget* widget) const {
    if (element == SE_LineEditContents) {
        const bool inside = widget && (qobject_cast<QAbstractSpinBox*>(widget->parentWidget()) ||
                                       qobject_cast<QComboBox*>(widget->parentWidget()));
        return inside ? option->rect : option->rect.adjusted(8, 2, -8, -2);
    }
    return QProxyStyle::subElementRect(element, option, widget);
}

QIcon AtelierStyle::standardIcon(StandardPixmap which, const QStyleOption* option,
                                 const QWidget* widget) const {
    if (which == SP_LineEditClearButton) return icon(QStringLiteral("x"), Tone::Text2);
    return QProxyStyle::standardIcon(which, option, widget);
}

QPalette makePalette(const Tokens& t) {
    QPalette p;
    const auto all = [&p](QPalette::ColorRole role, const QColor& color) { p.setColor(role, color); };
    all(QPalette::Window, t.bg);
    all(QPalette::WindowText, t.text);
    all(QPalette::Base, t.surface);
    all(QPalette::AlternateBase, t.bg);
    all(QPalette::Text, t.text);
    all(QPalette::PlaceholderText, t.text3);
    all(QPalette::Button, t.raised);
    all(QPalette::ButtonText, t.text);
    all(QPalette::BrightText, t.bad);
    all(QPalette::Light, t.raised);
    all(QPalette::Midlight, t.hover);
    all(QPalette::Mid, t.line);
    all(QPalette::Dark, t.lineStrong);
    all(QPalette::Shadow, t.dark ? rgb(0x000000) : t.lineStrong);
    all(QPalette::Highlight, blend(t.accent, t.surface, t.dark ? 0.45 : 0.25));
    all(QPalette::HighlightedText, t.text);
    all(QPalette::Link, t.accentInk);
    all(QPalette::LinkVisited, t.accentInk);
    all(QPalette::ToolTipBase, t.text);
    all(QPalette::ToolTipText, t.bg);
    for (const auto role :
         {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText})
        p.setColor(QPalette::Disabled, role, t.text3);
    p.setColor(QPalette::Disabled, QPalette::Highlight, t.pressed);
    return p;
}

void applyLook(QApplication& app, const Tokens& tokens) {
    if (!app.property("atelierStyled").toBool()) {
        app.setProperty("atelierStyled", true);
        app.setStyle(new AtelierStyle);
        app.setFont(font());
    }
    app.setPalette(makePalette(tokens));
}

void applySheet(QApplication& app, const Tokens& tokens) {
    const QString sheet = makeSheet(tokens);
    if (sheet != app.styleSheet()) app.setStyleSheet(sheet);
}

void apply(QApplication& app, const Tokens& tokens) {
    applyLook(app, tokens);
    applySheet(app, tokens);
}

}  // namespace atelier::style
