// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures of every page, light and dark, for looking at and comparing. Called by scripts/screenshots through
// main().
#pragma once

#include <QSize>
#include <QString>

class QApplication;

namespace atelier {

struct StudioOptions;

// Writes <page>-<light|dark>.png of a window of this size into `folder`. 0, or 1 with a line on stderr.
int takeScreenshots(QApplication& app, const StudioOptions& options, const QString& folder,
                    const QSize& size);

}  // namespace atelier
