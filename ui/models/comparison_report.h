// SPDX-License-Identifier: GPL-3.0-or-later
// Compared runs as one HTML file that needs nothing else: curves, table, pictures inside. Saved by the
// Compare page; any browser shows it, without a network.
#pragma once

#include <QByteArray>
#include <QStringList>

namespace atelier {

class ComparisonTable;
class RunComparison;

// `curves`: a standalone SVG; `colours`: one per chart colour, "#rrggbb". Pictures that cannot be read are
// named as such.
QByteArray comparisonReport(RunComparison& comparison, const ComparisonTable& table, const QByteArray& curves,
                            const QStringList& colours);

}  // namespace atelier
