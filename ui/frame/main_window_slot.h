// SPDX-License-Identifier: GPL-3.0-or-later
// A page's place in the window, whether built or not. Private to MainWindow's two files.
#pragma once

#include "ui/frame/drop_overlay.h"
#include "ui/frame/main_window.h"

namespace atelier {

struct MainWindow::Slot {
    PageEntry entry;
    QPointer<Page> page;
};

}  // namespace atelier
