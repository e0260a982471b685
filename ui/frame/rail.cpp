// SPDX-License-Identifier: GPL-3.0-or-later
// Painting and keyboard of the rail.
#include "ui/frame/rail.h"

#include <QKeyEvent>
#include <QPainter>
#include <QVBoxLayout>

#include "ui/style/fonts.h"
#include "ui/style/icons.h"
#include "ui/style/paint.h"
#include "ui/style/tokens.h"

namespace atelier {

using style::Tone;

RailButton::RailButton(QString iconName, const QString& text) : iconName_(std::move(iconName)) {
    setText(text);
    setAccessibleName(text);
    setFocusPolicy(Qt::TabFocus);
    setAttribute(Qt::WA_Hover);
    setFixedHeight(sizeHint().height());
}

QSize RailButton::sizeHint() const {
    const QFontMetrics metrics(style::font(style::TextSize::Caption, QFont::DemiBold));
    return {std::max(64, metrics.horizontalAdvance(text()) + 6), 52 + std::max(0, metrics.height() - 18)};
}

void RailButton::setBadge(int count) {
    badge_ = count;
    setAccessibleDescription(count > 0 ? tr("%n need attention or run", nullptr, count) : QString());
    update();
}

void RailButton::paintEvent(QPaintEvent*) {
    const style::Tokens& t = style::tokens();
    QPainter p(this);
    p.setRenderHint(QPainter::Antialiasing);
    p.setPen(Qt::NoPen);
    if (isChecked() || isDown() || underMouse()) {
        p.setBrush(isChecked() ? t.accentSoft : t.pressed);
        p.drawRoundedRect(rect(), 8, 8);
    }
    const int middle = width() / 2;
    p.drawPixmap(
        QPoint(middle - 10, 7),
        style::iconPixmap(iconName_, 20, isChecked() ? Tone::AccentInk : Tone::Text2, devicePixelRatioF()));
    p.setFont(style::font(style::TextSize::Caption, isChecked() ? QFont::DemiBold : QFont::Medium));
    p.setPen(isChecked() ? t.accentInk : t.text2);
    p.drawText(QRect(0, 29, width(), height() - 34), Qt::AlignCenter, text());
    if (badge_ > 0) {
        const QString text = badge_ > 99 ? QStringLiteral("99+") : QString::number(badge_);
        p.setFont(style::font(style::TextSize::Small, QFont::DemiBold));
        const int w = std::max(15, QFontMetrics(p.font()).horizontalAdvance(text) + 8);
        p.setPen(Qt::NoPen);
        p.setBrush(t.accent);
        p.drawRoundedRect(QRectF(middle + 5, 3, w, 15), 7.5, 7.5);
        p.setPen(t.accentText);
        p.drawText(QRect(middle + 5, 3, w, 15), Qt::AlignCenter, text);
    }
    if (hasFocus() && window()->testAttribute(Qt::WA_KeyboardFocusChange))
        style::paint::focusRing(p, rect(), 8);
}

Rail::Rail(QWidget* parent) : QWidget(parent) {
    setFixedWidth(76);  // until a text needs more
    setAccessibleName(tr("Pages"));
    box_ = new QVBoxLayout(this);
    box_->setContentsMargins(6, 12, 6, 8);
    box_->setSpacing(8);
    box_->addStretch(1);
}

void Rail::addPage(const QString& iconName, const QString& text) {
    auto* button = new RailButton(iconName, text);
    button->setCheckable(true);
    button->setAutoExclusive(true);
    const int index = int(pages_.size());
    connect(button, &QAbstractButton::clicked, this, [this, index] { Q_EMIT pageClicked(index); });
    box_->insertWidget(index, button);
    widen(*button);
    pages_.push_back(button);
}

RailButton* Rail::addBottom(const QString& iconName, const QString& text) {
    auto* button = new RailButton(iconName, text);
    box_->addWidget(button);
    widen(*button);
    return button;
}

void Rail::widen(const RailButton& button) {
    setFixedWidth(std::max(width(), button.sizeHint().width() + 12));
}

void Rail::setCurrent(int index) {
    if (index >= 0 && index < int(pages_.size())) pages_[std::size_t(index)]->setChecked(true);
}

void Rail::setBadge(int index, int count) {
    pages_.at(std::size_t(index))->setBadge(count);
}

int Rail::pageAt(const QPoint& position) const {
    for (std::size_t i = 0; i < pages_.size(); ++i)
        if (pages_[i]->geometry().contains(position)) return int(i);
    return -1;
}

void Rail::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Down)
        focusNextChild();
    else if (event->key() == Qt::Key_Up)
        focusPreviousChild();
    else
        QWidget::keyPressEvent(event);
}

void Rail::paintEvent(QPaintEvent*) {
    QPainter(this).fillRect(rect(), style::tokens().sunken);
}

}  // namespace atelier
