// SPDX-License-Identifier: GPL-3.0-or-later
// How a person looks at a run: curves, zoom, tabs, sample. Kept per run by RunDesk in the user's settings,
// applied and reported by the run monitor.
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>
#include <optional>
#include <utility>

namespace atelier {

struct RunViewState {
    int tab = 0;      // loss, learning rate, gradient, throughput
    int axis = 0;     // PlotAxis
    int smooth = 45;  // of the slider, 0 … 100
    bool logY = false, clip = true;
    std::optional<std::pair<double, double>> range;  // zoomed to this part of the axis
    QStringList hidden;                              // metrics of the loss tab that are switched off
    QStringList added;                               // and those switched on beside the usual ones
    int sampleMode = 0;                              // by step, latest, before / after
    std::optional<std::pair<int, qint64>> sample;    // chosen cell: row, step
    int eventTab = 0;                                // events, log
    qint64 used = 0;                                 // ms since epoch: the ones used last are kept

    bool operator==(const RunViewState&) const = default;
    QByteArray toBytes() const;
    // Anything unreadable takes its default.
    static RunViewState fromBytes(const QByteArray& bytes);
};

}  // namespace atelier
