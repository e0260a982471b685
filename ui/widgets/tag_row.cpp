// SPDX-License-Identifier: GPL-3.0-or-later
// Chips of the tag row.
#include "ui/widgets/tag_row.h"

#include <QAbstractButton>
#include <QLineEdit>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>

#include "ui/style/fonts.h"
#include "ui/style/icons.h"
#include "ui/style/paint.h"
#include "ui/style/tokens.h"
#include "ui/widgets/flow_layout.h"

namespace atelier {

using style::TextSize;

namespace {
// A chip; pressing it (its cross, or Delete with the keyboard) removes the tag.
class Chip : public QAbstractButton {
  public:
    Chip() {
        setAttribute(Qt::WA_Hover);
        setFocusPolicy(Qt::TabFocus);
    }
    void setTag(const QString& tag) {
        if (tag == text()) return;
        setText(tag);
        setAccessibleName(TagRow::tr("Remove tag %1").arg(tag));
        setToolTip(accessibleName());
        updateGeometry();
    }
    QSize sizeHint() const override {
        return {std::min(260, QFontMetrics(style::font(TextSize::Caption)).horizontalAdvance(text())) + 34,
                24};
    }

  protected:
    void paintEvent(QPaintEvent*) override {
        const style::Tokens& t = style::tokens();
        QPainter p(this);
        p.setRenderHint(QPainter::Antialiasing);
        p.setPen(t.line);
        p.setBrush(underMouse() ? t.pressed : t.sunken);
        p.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 12, 12);
        p.setPen(t.text);
        p.setFont(style::font(TextSize::Caption));
        p.drawText(rect().adjusted(10, 0, -24, 0), Qt::AlignVCenter,
                   p.fontMetrics().elidedText(text(), Qt::ElideRight, width() - 34));
        p.drawPixmap(QPoint(width() - 20, 6),
                     style::iconPixmap(QStringLiteral("x"), 12, style::Tone::Text2, devicePixelRatioF()));
        if (hasFocus() && window()->testAttribute(Qt::WA_KeyboardFocusChange))
            style::paint::focusRing(p, rect(), 12);
    }
};

class AddField : public QLineEdit {
  public:
    AddField() {
        setFrame(false);
        setPlaceholderText(TagRow::tr("+ add tag"));
        setAccessibleName(TagRow::tr("Add a tag"));
        setFont(style::font(TextSize::Caption));
        setFixedHeight(24);
    }
    QSize sizeHint() const override { return {90, 24}; }
    QSize minimumSizeHint() const override { return sizeHint(); }

  protected:
    void paintEvent(QPaintEvent* event) override {
        const style::Tokens& t = style::tokens();
        QPainter p(this);
        p.setRenderHint(QPainter::Antialiasing);
        QPen pen(hasFocus() ? t.accent : t.lineStrong, 1, hasFocus() ? Qt::SolidLine : Qt::DotLine);
        p.setPen(pen);
        p.setBrush(t.surface);
        p.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 12, 12);
        p.end();
        QLineEdit::paintEvent(event);
    }
};
}  // namespace

TagRow::TagRow(QWidget* parent) : QWidget(parent) {
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    new FlowLayout(this);
    auto* add = new AddField;
    add_ = add;
    connect(add, &QLineEdit::returnPressed, this, [this, add] {
        const QString tag = add->text().trimmed();
        if (tag.isEmpty() || tags_.contains(tag)) return;
        add->clear();
        setTags(tags_ + QStringList{tag});
        Q_EMIT tagsEdited(tags_);
    });
    layout()->addWidget(add);
}

// Chips are used again: the row follows every step through the pictures.
void TagRow::setTags(const QStringList& tags) {
    if (tags == tags_) return;
    tags_ = tags;
    while (chips_.size() < tags.size()) {
        auto* chip = new Chip;
        connect(chip, &QAbstractButton::clicked, this, [this, n = int(chips_.size())] { remove(n); });
        chips_ << chip;
        // The field stays behind the chips, on the screen and for the Tab key.
        layout()->removeWidget(add_);
        layout()->addWidget(chip);
        layout()->addWidget(add_);
        setTabOrder(chip, add_);
    }
    for (qsizetype i = 0; i < chips_.size(); ++i) {
        if (i < tags.size()) static_cast<Chip*>(chips_[i])->setTag(tags[i]);
        chips_[i]->setVisible(i < tags.size());
    }
    layout()->invalidate();
    updateGeometry();
}

void TagRow::remove(int number) {
    QStringList now = tags_;
    now.removeAt(number);
    const bool focused = chips_[number]->hasFocus();
    setTags(now);
    if (focused)
        (now.isEmpty() ? static_cast<QWidget*>(add_) : chips_[std::min(number, int(now.size()) - 1)])
            ->setFocus();
    Q_EMIT tagsEdited(now);
}

}  // namespace atelier
