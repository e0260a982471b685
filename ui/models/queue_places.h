// SPDX-License-Identifier: GPL-3.0-or-later
// What the run list says of the queue: which place a run has and what it waits for. Used by RunListWatcher's
// worker.
#pragma once

#include "core/run/queue.h"
#include "ui/models/run_summary.h"

namespace atelier {

// Sets `queued` of the rows that wait. `atWork`: folders of the runs of this computer, those of other
// projects too. `now`: unix seconds.
void placeInQueue(const run::Queue& queue, const std::vector<fs::path>& atWork, double now,
                  std::vector<RunSummary>& rows);

}  // namespace atelier
