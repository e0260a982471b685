// SPDX-License-Identifier: GPL-3.0-or-later
// `atelier --bench-run FOLDER`: what it costs the window to open a run. Prints one JSON object;
// scripts/bench/studio.py makes the run and reads it.
#pragma once

#include <QString>

namespace atelier {

class Studio;

// Measures once the window is shown, prints, quits the application.
void benchRun(Studio& studio, const QString& folder);

}  // namespace atelier
