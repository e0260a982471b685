// SPDX-License-Identifier: GPL-3.0-or-later
// Tells from paths what was dropped or opened. Looks at names only and stops counting after a short while.
#pragma once

#include "ui/models/dropped.h"

namespace atelier {

// Thread-safe; bounded to about `budgetMs` for large folders (then the summary says "more than").
Dropped recognise(const QStringList& paths, int budgetMs = 150);

}  // namespace atelier
