// SPDX-License-Identifier: GPL-3.0-or-later
// Measures of the Datasets page for scripts/bench/pictures.py. Called by main().
#pragma once

#include <QString>

class QApplication;

namespace atelier {

struct StudioOptions;

// Opens the folder as a dataset of its own project and scrolls through it, while it is read and afterwards;
// prints one JSON object. Returns the exit status.
int benchPictures(QApplication& app, const StudioOptions& options, const QString& folder);

}  // namespace atelier
