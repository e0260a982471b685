// SPDX-License-Identifier: GPL-3.0-or-later
// What the mouse is doing on a plot between press and release. Private to PlotView.
#pragma once

#include <QPoint>

#include "ui/widgets/plot_view.h"

namespace atelier {

struct PlotView::Drag {
    enum class Kind { ZoomX, ZoomBox, Pan };
    Kind kind = Kind::ZoomX;
    QPoint start;
    std::pair<double, double> range;  // of x when it began
    bool moved = false;
};

}  // namespace atelier
