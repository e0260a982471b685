// SPDX-License-Identifier: GPL-3.0-or-later
// The panes of a window for F6: rail, header, the parts of a page between its splitters, inspector, status
// bar.
#pragma once

#include <QList>
#include <QWidget>

namespace atelier {

// Visible parts of `root` between its splitters, as it is read; `root` itself when nothing splits it.
QList<QWidget*> panesOf(QWidget* root);
// The keyboard goes to the next (or previous) of these panes that takes it: to what had it there last, else
// to the first control. Round at the ends.
void walkPanes(const QList<QWidget*>& panes, int direction);

}  // namespace atelier
