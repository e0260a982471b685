// SPDX-License-Identifier: GPL-3.0-or-later
// Chips of the tag row.
#include "ui/widgets/tag_row.h"

#include <QAbstractButton>
#include <QLineEdit>
#include <QMouseEvent>
#include <QPainter>

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
    explicit Chip(const QString& tag) {
        setText(tag);
        setAccessibleName(TagRow::tr("Remove tag %1").arg(tag));
        setToolTip(accessibleName());
        setAttribute(Qt::WA_Hover);
        setFocusPolicy(Qt::TabFocus);
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
    rebuild();
}

void TagRow::setTags(const QStringList& tags) {
    if (tags == tags_) return;
    tags_ = tags;
    rebuild();
}

void TagRow::rebuild() {
    bool focused = false;
    while (QLayoutItem* item = layout()->takeAt(0)) {
        focused = focused || item->widget()->hasFocus();
        item->widget()->hide();
        item->widget()->deleteLater();
        delete item;
    }
    for (const QString& tag : tags_) {
        auto* chip = new Chip(tag);
        connect(chip, &QAbstractButton::clicked, this, [this, tag] {
            tags_.removeOne(tag);
            const QStringList now = tags_;
            rebuild();
            Q_EMIT tagsEdited(now);
        });
        layout()->addWidget(chip);
    }
    auto* add = new AddField;
    connect(add, &QLineEdit::returnPressed, this, [this, add] {
        const QString tag = add->text().trimmed();
        if (tag.isEmpty() || tags_.contains(tag)) return;
        tags_ << tag;
        const QStringList now = tags_;
        rebuild();
        Q_EMIT tagsEdited(now);
    });
    layout()->addWidget(add);
    if (focused) add->setFocus();
    updateGeometry();
}

}  // namespace atelier
