// SPDX-License-Identifier: GPL-3.0-or-later
// Layout of the welcome page.
#include "ui/frame/first_run.h"

#include <QBoxLayout>
#include <QMouseEvent>
#include <QPainter>

#include "ui/frame/drop_overlay.h"
#include "ui/style/paint.h"
#include "ui/style/tokens.h"
#include "ui/widgets/controls.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {
class DropArea : public QAbstractButton {
  public:
    explicit DropArea(QList<QPixmap> pictures) : pictures_(std::move(pictures)) {
        setFixedHeight(232);
        setCursor(Qt::PointingHandCursor);
        setFocusPolicy(Qt::TabFocus);
        setText(tr("Drop a folder of images here"));
        setAccessibleName(text());
        setAccessibleDescription(tr("Choose a folder…"));
    }

  protected:
    void paintEvent(QPaintEvent*) override {
        const style::Tokens& t = style::tokens();
        QPainter p(this);
        p.setRenderHint(QPainter::Antialiasing);
        QPen dash(t.accent, 2);
        dash.setDashPattern({6, 4});
        p.setPen(dash);
        p.setBrush(style::blend(t.accentSoft, t.bg, underMouse() ? 0.95 : 0.6));
        p.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 12, 12);
        paintFan(p, QPointF(width() / 2.0, 84), pictures_, 84, devicePixelRatioF());
        p.setPen(t.text);
        p.setFont(style::font(TextSize::Title, QFont::DemiBold));
        p.drawText(QRect(0, 146, width(), 26), Qt::AlignCenter, text());
        p.setPen(t.text2);
        p.setFont(style::font());
        p.drawText(QRect(0, 174, width(), 20), Qt::AlignCenter,
                   tr("With or without captions. Also: a YAML file, a run folder, a model. They open where "
                      "they belong."));
        p.setPen(t.accentInk);
        p.setFont(style::font(TextSize::Body, QFont::Medium));
        p.drawText(QRect(0, 197, width(), 20), Qt::AlignCenter, tr("Choose a folder…"));
        if (hasFocus() && window()->testAttribute(Qt::WA_KeyboardFocusChange))
            style::paint::focusRing(p, rect(), 12);
    }

  private:
    QList<QPixmap> pictures_;
};

class Square : public QWidget {
  public:
    explicit Square(QString icon) : icon_(std::move(icon)) { setFixedSize(40, 40); }

  protected:
    void paintEvent(QPaintEvent*) override {
        QPainter p(this);
        p.setRenderHint(QPainter::Antialiasing);
        p.setPen(Qt::NoPen);
        p.setBrush(style::tokens().accentSoft);
        p.drawRoundedRect(rect(), 8, 8);
        p.drawPixmap(QPoint(10, 10), style::iconPixmap(icon_, 20, Tone::AccentInk, devicePixelRatioF()));
    }

  private:
    QString icon_;
};

QFrame* wayCard(const QString& icon, const QString& title, const QString& text, QPushButton* button) {
    QFrame* card = makeCard();
    auto* box = new QVBoxLayout(card);
    box->setContentsMargins(20, 18, 20, 18);
    box->setSpacing(6);
    box->addWidget(new Square(icon), 0, Qt::AlignLeft);
    box->addSpacing(6);
    box->addWidget(makeLabel(title, TextSize::Body, QFont::DemiBold));
    auto* words = makeLabel(text, TextSize::Body, QFont::Normal, Tone::Text2);
    words->setWordWrap(true);
    words->setAlignment(Qt::AlignTop);
    box->addWidget(words, 1);
    box->addSpacing(10);
    box->addWidget(button, 0, Qt::AlignLeft);
    card->setMinimumHeight(210);
    return card;
}
}  // namespace

FirstRunPage::FirstRunPage(const QList<QPixmap>& pictures, const QString& demoText, QWidget* parent)
    : QWidget(parent) {
    setObjectName(QStringLiteral("page"));
    setAttribute(Qt::WA_StyledBackground);
    // Small windows scroll it.
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    auto* content = new QWidget;
    content->setObjectName(QStringLiteral("page"));
    all->addWidget(makeScroll(content));
    auto* outer = new QVBoxLayout(content);
    outer->setContentsMargins(32, 24, 32, 24);
    auto* column = new QWidget;
    column->setMaximumWidth(900);
    column->setMinimumWidth(600);
    outer->addStretch(2);
    auto* centre = new QHBoxLayout;
    centre->addStretch(1);
    centre->addWidget(column, 100);
    centre->addStretch(1);
    outer->addLayout(centre);
    outer->addStretch(3);

    auto* box = new QVBoxLayout(column);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(16);
    auto* head = new QVBoxLayout;
    head->setSpacing(4);
    head->addWidget(makeLabel(tr("Welcome to Atelier"), TextSize::Figure, QFont::DemiBold));
    head->addWidget(makeLabel(
        tr("Everything stays on this computer. Nothing is sent or downloaded unless you ask for it."),
        TextSize::Body, QFont::Normal, Tone::Text2));
    box->addLayout(head);
    auto* area = new DropArea(pictures);
    connect(area, &QAbstractButton::clicked, this, &FirstRunPage::chooseFolderRequested);
    box->addWidget(area);

    auto* ways = new QHBoxLayout;
    ways->setSpacing(16);
    if (!demoText.isEmpty()) {
        auto* demo = makeButton(tr("Open the demo"), QStringLiteral("play"), ButtonRole::Primary);
        connect(demo, &QPushButton::clicked, this, &FirstRunPage::demoRequested);
        ways->addWidget(wayCard(QStringLiteral("sparkle"), tr("Try it with the demo"), demoText, demo), 1);
    }
    auto* pick = makeButton(tr("Choose a template"));
    connect(pick, &QPushButton::clicked, this, &FirstRunPage::templateRequested);
    ways->addWidget(wayCard(QStringLiteral("configure"), tr("Start from a template"),
                            tr("LoRA, DreamBooth, fine-tune, from scratch. Each with values that work, all "
                               "of them yours to change."),
                            pick),
                    1);
    auto* open = makeButton(tr("Open…"));
    connect(open, &QPushButton::clicked, this, &FirstRunPage::openRunRequested);
    ways->addWidget(wayCard(QStringLiteral("runs"), tr("Open a run"),
                            tr("A run folder from here, from a cluster or from a colleague. The curve and "
                               "samples come back at once."),
                            open),
                    1);
    box->addLayout(ways);

    QFrame* computer = makeCard();
    auto* rows = new QVBoxLayout(computer);
    rows->setContentsMargins(20, 14, 20, 14);
    rows->setSpacing(8);
    rows->addWidget(makeLabel(tr("This computer"), TextSize::Body, QFont::DemiBold));
    auto* facts = new QHBoxLayout;
    facts->setSpacing(32);
    facts->addStretch(1);
    facts_ = facts;
    rows->addLayout(facts);
    box->addWidget(computer);
}

void FirstRunPage::setFacts(const QList<ComputerFact>& facts) {
    while (facts_->count() > 1) {
        QLayoutItem* item = facts_->takeAt(0);
        if (item->widget()) item->widget()->deleteLater();
        delete item;
    }
    for (const ComputerFact& fact : facts) {
        auto* pair = new QWidget;
        auto* row = new QHBoxLayout(pair);
        row->setContentsMargins(0, 0, 0, 0);
        row->setSpacing(8);
        auto* icon = new IconLabel(fact.good ? QStringLiteral("check") : QStringLiteral("info"),
                                   fact.good ? Tone::Good : Tone::Text2);
        icon->setAccessibleName(fact.good ? tr("ready") : tr("note"));
        row->addWidget(icon);
        row->addWidget(makeLabel(fact.text));
        facts_->insertWidget(facts_->count() - 1, pair);
    }
}

}  // namespace atelier
