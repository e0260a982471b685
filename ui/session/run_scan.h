// SPDX-License-Identifier: GPL-3.0-or-later
// Finds run folders under the log folders and looks into them cheaply, for the run list. Plain functions
// without Qt objects: call them on a worker thread.
#pragma once

#include <QString>
#include <QStringList>
#include <cstdint>
#include <vector>

#include "core/run/lock.h"
#include "core/run/run_folder.h"
#include "core/run/run_state.h"

namespace atelier {

struct FoundRun {
    QString path;  // absolute
    QString name;  // last part of the path
    run::FolderKind kind = run::FolderKind::Started;
    std::uint64_t eventBytes = 0;
    double modified = 0;  // unix seconds of the newest of events and config
};

// Runs directly in these folders and one level below (a folder per project), newest first. Costs a few stat
// calls each; absent or unreadable folders give nothing.
std::vector<FoundRun> scanRuns(const QStringList& folders);
// Why one of these folders cannot be looked into, in a sentence; "" = all can, or are not there yet.
QString scanProblem(const QStringList& folders);

// A run at a glance: fold of the first and last part of the log only, so a gigabyte costs as much as a
// megabyte.
struct RunGlance {
    run::RunState state;   // attempts, progress, newest metrics, samples and end are right; counts may be low
    bool whole = true;     // the log was short enough to be read entirely
    bool readable = true;  // false: the log cannot be opened, or holds no event ("Unreadable")
    std::optional<run::LockHolder> holder;
    run::LockState lock = run::LockState::Free;
    run::RunStatus status = run::RunStatus::NotStarted;
};
RunGlance glanceAt(const QString& runFolder, double now);

}  // namespace atelier
