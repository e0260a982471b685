// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/frame/panes.h"

#include <QApplication>
#include <QSplitter>

namespace atelier {

namespace {

// Splitters below `root` that stand in no other splitter.
void outermost(QWidget* root, QList<QSplitter*>& found) {
    for (QObject* child : root->children()) {
        auto* widget = qobject_cast<QWidget*>(child);
        if (widget == nullptr || widget->isHidden() || widget->isWindow()) continue;
        if (auto* splitter = qobject_cast<QSplitter*>(widget))
            found << splitter;
        else
            outermost(widget, found);
    }
}

bool takesKeyboard(const QWidget* widget) {
    return (widget->focusPolicy() & Qt::TabFocus) && widget->isVisible() && widget->isEnabled();
}

QWidget* target(QWidget* pane) {
    QWidget* last = pane->focusWidget();
    if (last != nullptr && (last == pane || pane->isAncestorOf(last)) && takesKeyboard(last)) return last;
    if (takesKeyboard(pane)) return pane;
    for (QWidget* w = pane->nextInFocusChain(); w != pane; w = w->nextInFocusChain())
        if (pane->isAncestorOf(w) && takesKeyboard(w)) return w;
    return nullptr;
}

}  // namespace

QList<QWidget*> panesOf(QWidget* root) {
    QList<QSplitter*> splitters;
    if (auto* splitter = qobject_cast<QSplitter*>(root))
        splitters << splitter;
    else
        outermost(root, splitters);
    if (splitters.isEmpty()) return {root};
    QList<QWidget*> panes;
    for (QSplitter* splitter : splitters)
        for (int i = 0; i < splitter->count(); ++i)
            if (splitter->widget(i)->isVisible()) panes << panesOf(splitter->widget(i));
    return panes;
}

void walkPanes(const QList<QWidget*>& panes, int direction) {
    const QWidget* now = QApplication::focusWidget();
    qsizetype at = -1;
    for (qsizetype i = 0; i < panes.size(); ++i)
        if (now != nullptr && (panes[i] == now || panes[i]->isAncestorOf(now))) at = i;
    if (at < 0 && direction < 0) at = 0;
    for (qsizetype step = 1; step <= panes.size(); ++step) {
        const qsizetype next = (at + direction * step + panes.size() * 2) % panes.size();
        QWidget* widget = target(panes[next]);
        if (widget == nullptr) continue;
        widget->setFocus(direction > 0 ? Qt::TabFocusReason : Qt::BacktabFocusReason);
        return;
    }
}

}  // namespace atelier
