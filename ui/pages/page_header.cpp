// SPDX-License-Identifier: GPL-3.0-or-later
// Layout of the header and painting of its tabs.
#include "ui/pages/page_header.h"

#include <QBoxLayout>
#include <QEvent>
#include <QPainter>
#include <QStyleOptionTab>

#include "ui/style/paint.h"
#include "ui/style/tokens.h"

namespace atelier {

namespace {
constexpr int kHeaderHeight = 56;
constexpr int kTabGap = 24;
QFont tabFont(bool current) {
    return style::font(style::TextSize::Body, current ? QFont::DemiBold : QFont::Medium);
}
}  // namespace

HeaderTabs::HeaderTabs(QWidget* parent) : QTabBar(parent) {
    setDrawBase(false);
    setExpanding(false);
    setUsesScrollButtons(false);
    setFocusPolicy(Qt::TabFocus);
    setFixedHeight(kHeaderHeight);
    setMouseTracking(true);
}

// QTabBar asks for sizes before it tells that a tab came, so pills are looked up, not assumed.
HeaderTabs::TabPill HeaderTabs::pillOf(int index) const {
    return std::size_t(index) < pills_.size() ? pills_[std::size_t(index)] : TabPill{};
}

void HeaderTabs::setPill(int tab, const QString& text, PillTone tone) {
    if (std::size_t(tab) >= pills_.size()) pills_.resize(std::size_t(count()));
    const TabPill old = pillOf(tab);
    if (old.text == text && old.tone == tone) return;
    pills_.at(std::size_t(tab)) = {text, tone};
    setAccessibleTabName(tab, text.isEmpty() ? tabText(tab) : tabText(tab) + QStringLiteral(", ") + text);
    // Makes QTabBar ask for the sizes again.
    const QString label = tabText(tab);
    setTabText(tab, QString());
    setTabText(tab, label);
    updateGeometry();
    update();
}

QSize HeaderTabs::tabSizeHint(int index) const {
    int width = QFontMetrics(tabFont(true)).horizontalAdvance(tabText(index)) + kTabGap;
    const TabPill pill = pillOf(index);
    if (!pill.text.isEmpty()) width += 8 + Pill::widthOf(pill.text, false, false);
    return {width, kHeaderHeight};
}

void HeaderTabs::paintEvent(QPaintEvent*) {
    const style::Tokens& t = style::tokens();
    QPainter p(this);
    for (int i = 0; i < count(); ++i) {
        const bool current = i == currentIndex();
        const QRect r = tabRect(i).adjusted(0, 0, -kTabGap, 0);
        const bool over =
            isTabEnabled(i) && tabRect(i).contains(mapFromGlobal(QCursor::pos())) && underMouse();
        p.setFont(tabFont(current));
        p.setPen(!isTabEnabled(i) ? t.text3 : current || over ? t.text : t.text2);
        p.drawText(r, Qt::AlignVCenter | Qt::AlignLeft, tabText(i));
        const TabPill pill = pillOf(i);
        if (!pill.text.isEmpty()) {
            const int x = r.x() + QFontMetrics(tabFont(true)).horizontalAdvance(tabText(i)) + 8;
            Pill::paint(p, QRect(x, r.y(), r.right() - x + 1, r.height()), pill.text, pill.tone, false, {},
                        devicePixelRatioF());
        }
        if (current) p.fillRect(QRect(r.x(), height() - 2, r.width(), 2), t.accent);
        if (current && hasFocus() && window()->testAttribute(Qt::WA_KeyboardFocusChange))
            style::paint::focusRing(p, QRectF(r).adjusted(-6, 12, 6, -12), 6);
    }
}

PageHeader::PageHeader(QWidget* parent) : QWidget(parent) {
    makeSurface(this);
    setFixedHeight(kHeaderHeight);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(20, 0, 16, 0);
    row->setSpacing(0);
    leading_ = new QHBoxLayout;
    leading_->setSpacing(12);
    trailing_ = new QHBoxLayout;
    trailing_->setSpacing(8);
    row->addLayout(leading_);
    row->addStretch(1);
    row->addLayout(trailing_);
}

void PageHeader::setTitle(const QString& text) {
    if (!title_) {
        title_ = makeLabel(text, style::TextSize::Title, QFont::DemiBold);
        leading_->insertWidget(0, title_);
    }
    title_->setText(text);
    title_->setVisible(!text.isEmpty());
}

bool PageHeader::event(QEvent* event) {
    const bool done = QWidget::event(event);
    if (event->type() == QEvent::LayoutRequest || event->type() == QEvent::Resize) shareRoom();
    return done;
}

// Buttons leave their texts away, from the left, while what must be there does not fit.
void PageHeader::shareRoom() {
    std::vector<Button*> buttons;
    int needed = layout()->totalMinimumSize().width();
    for (int i = 0; i < trailing_->count(); ++i) {
        auto* button = qobject_cast<Button*>(trailing_->itemAt(i)->widget());
        if (!button || button->isHidden() || !(button->compact() || button->canBeCompact())) continue;
        needed += button->fullSizeHint().width() - button->sizeHint().width();
        buttons.push_back(button);
    }
    for (Button* button : buttons) {
        const bool compact = needed > width();
        if (compact) needed -= button->fullSizeHint().width() - button->fullSizeHint().height() - 6;
        button->setCompact(compact);
    }
}

void PageHeader::addLeading(QWidget* widget) {
    leading_->addWidget(widget);
}

HeaderTabs* PageHeader::tabs() {
    if (!tabs_) {
        tabs_ = new HeaderTabs;
        leading_->addSpacing(12);
        leading_->addWidget(tabs_);
    }
    return tabs_;
}

void PageHeader::addTrailing(QWidget* widget) {
    trailing_->insertWidget(trailing_->count() - (primary_ ? 1 : 0), widget);
}

QToolButton* PageHeader::addIconAction(QAction* action) {
    auto* button = makeIconButton(action);
    button->setIconSize({18, 18});
    addTrailing(button);
    return button;
}

QPushButton* PageHeader::addActionButton(QAction* action, ButtonRole role) {
    auto* button = makeButton(action, role);
    addTrailing(button);
    return button;
}

QPushButton* PageHeader::setPrimary(QAction* action) {
    auto* button = makeButton(action, ButtonRole::Primary);
    delete primary_;
    trailing_->addWidget(button);
    primary_ = button;
    return button;
}

}  // namespace atelier
