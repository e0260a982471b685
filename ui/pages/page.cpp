// SPDX-License-Identifier: GPL-3.0-or-later
// Page: lays out header, banners, body and inspector; keeps the action list.
#include "ui/pages/page.h"

#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QBoxLayout>
#include <QComboBox>
#include <QDataStream>
#include <QKeyEvent>
#include <QPlainTextEdit>
#include <QResizeEvent>
#include <QScrollArea>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>

#include "ui/style/tokens.h"

namespace atelier {

Page::Page(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("page"));
    setAttribute(Qt::WA_StyledBackground);
    auto* box = new QVBoxLayout(this);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(0);
    header_ = new PageHeader;
    banners_ = new BannerStack;
    splitter_ = new QSplitter(Qt::Horizontal);
    splitter_->setChildrenCollapsible(false);
    keepSplitter(splitter_);
    bodyHost_ = new QWidget;
    auto* host = new QVBoxLayout(bodyHost_);
    host->setContentsMargins(0, 0, 0, 0);
    splitter_->addWidget(bodyHost_);
    box->addWidget(header_);
    box->addWidget(makeLine());
    box->addWidget(banners_);
    box->addWidget(splitter_, 1);
}

void Page::setBody(QWidget* body) {
    if (body_) body_->deleteLater();
    body_ = body;
    bodyHost_->layout()->addWidget(body);
}

void Page::setInspector(QWidget* inspector, int width) {
    inspector_ = inspector;
    inspectorWidth_ = width;
    makeSurface(inspector);
    if (!drawerButton_) {
        auto* details = new QAction(style::icon(QStringLiteral("info")), tr("Details (Ctrl+I)"), this);
        connect(details, &QAction::triggered, this, [this] { setInspectorVisible(!inspectorVisible()); });
        drawerButton_ = header_->addIconAction(details);
    }
    layoutInspector();
}

bool Page::inspectorVisible() const {
    return inspector_ && inspector_->isVisibleTo(this);
}

void Page::setInspectorVisible(bool visible) {
    wantInspector_ = visible;
    drawerOpen_ = visible;
    layoutInspector();
}

void Page::setInspectorAllowed(bool allowed) {
    if (allowed == allowInspector_) return;
    allowInspector_ = allowed;
    layoutInspector();
}

// Wide: a pane of the splitter. Narrow: a drawer over the body, closed until asked for.
void Page::layoutInspector() {
    if (!inspector_) return;
    const bool narrow = width() < kNarrowPage;
    drawerButton_->setVisible(narrow && allowInspector_);
    if (narrow) {
        if (!drawer_) {
            drawer_ = new QFrame(this);
            makeSurface(drawer_);
            auto* box = new QHBoxLayout(drawer_);
            box->setContentsMargins(0, 0, 0, 0);
            box->setSpacing(0);
            box->addWidget(makeLine(Qt::Vertical));
        }
        if (inspector_->parentWidget() != drawer_) {
            if (splitter_->indexOf(inspector_) >= 0 && inspector_->width() > 0)
                inspectorWidth_ = inspector_->width();  // as wide as it was made, here and on the way back
            drawer_->layout()->addWidget(inspector_);
            drawerOpen_ = false;
        }
        inspector_->show();
        const int top = splitter_->y();
        drawer_->setGeometry(width() - inspectorWidth_, top, inspectorWidth_, height() - top);
        drawer_->setVisible(drawerOpen_ && allowInspector_);
        drawer_->raise();
        return;
    }
    if (drawer_) drawer_->hide();
    if (splitter_->indexOf(inspector_) < 0) {
        splitter_->addWidget(inspector_);
        splitter_->setStretchFactor(0, 1);
        splitter_->setStretchFactor(1, 0);
        inspector_->setMinimumWidth(std::min(280, inspectorWidth_));
        // The splitter's own width: it may still be laid out for the narrow window.
        const int room = splitter_->width() - splitter_->handleWidth() - inspectorWidth_;
        splitter_->setSizes({std::max(200, room), inspectorWidth_});
    }
    inspector_->setVisible(wantInspector_ && allowInspector_);
}

void Page::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape && drawer_ && drawer_->isVisible())
        setInspectorVisible(false);
    else
        QWidget::keyPressEvent(event);
}

void Page::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    layoutInspector();
}

QAction* Page::addPageAction(const QString& menu, const QString& text, const QKeySequence& keys,
                             const QString& iconName, std::function<void()> run) {
    auto* action = new QAction(text, this);
    if (!iconName.isEmpty()) action->setIcon(style::icon(iconName));
    if (!keys.isEmpty()) action->setShortcut(keys);
    action->setShortcutContext(Qt::WindowShortcut);
    if (run) connect(action, &QAction::triggered, this, [run = std::move(run)] { run(); });
    addAction(action);
    actions_.push_back({menu, action});
    return action;
}

QByteArray Page::saveSplitters() const {
    QByteArray bytes;
    QDataStream out(&bytes, QIODevice::WriteOnly);
    for (const QSplitter* s : splitters_) out << s->saveState();
    return bytes;
}

void Page::restoreSplitters(const QByteArray& state) {
    QDataStream in(state);
    for (QSplitter* s : splitters_) {
        QByteArray one;
        in >> one;
        if (in.status() == QDataStream::Ok && !one.isEmpty()) s->restoreState(one);
    }
}

void Page::setStatusNote(const QString& note) {
    if (note == note_) return;
    note_ = note;
    Q_EMIT statusNoteChanged(note);
}

void Page::setBadge(int count) {
    if (count == badge_) return;
    badge_ = count;
    Q_EMIT badgeChanged(count);
}

namespace {
bool takesTab(const QWidget* widget) {
    return (widget->focusPolicy() & Qt::TabFocus) && widget->focusProxy() == nullptr;
}

void asRead(QWidget* widget, QWidgetList& found);

void asRead(const QLayout* layout, QWidgetList& found) {
    for (int i = 0; layout && i < layout->count(); ++i) {
        QLayoutItem* item = layout->itemAt(i);
        if (item->layout()) asRead(item->layout(), found);
        if (item->widget()) asRead(item->widget(), found);
    }
}

// A widget, then what is in it: panes of a splitter in their order, the shown one of a stack, the content of
// a scroll area, else as its layout says; what stands in no layout comes last.
void asRead(QWidget* widget, QWidgetList& found) {
    if (takesTab(widget)) found << widget;
    if (auto* panes = qobject_cast<QSplitter*>(widget)) {
        for (int i = 0; i < panes->count(); ++i) asRead(panes->widget(i), found);
    } else if (auto* stack = qobject_cast<QStackedWidget*>(widget)) {
        if (stack->currentWidget()) asRead(stack->currentWidget(), found);
    } else if (auto* scroll = qobject_cast<QScrollArea*>(widget)) {
        if (scroll->widget()) asRead(scroll->widget(), found);
    } else if (qobject_cast<QAbstractItemView*>(widget) || qobject_cast<QAbstractSpinBox*>(widget) ||
               qobject_cast<QComboBox*>(widget) || qobject_cast<QPlainTextEdit*>(widget)) {
        return;  // one stop for the keyboard
    } else {
        asRead(widget->layout(), found);
        for (QObject* child : widget->children())
            if (auto* loose = qobject_cast<QWidget*>(child);
                loose && !loose->isWindow() && !loose->isHidden() && !found.contains(loose) &&
                (!widget->layout() || widget->layout()->indexOf(loose) < 0) && takesTab(loose))
                found << loose;
    }
}
}  // namespace

QWidgetList Page::tabStops() {
    QWidgetList order;
    asRead(layout(), order);
    return order;
}

}  // namespace atelier
