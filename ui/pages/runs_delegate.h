// SPDX-License-Identifier: GPL-3.0-or-later
// How a run looks in the list: picture, name and method · state · progress · curve · loss · where. Used by
// RunsList.
#pragma once

#include <QStyledItemDelegate>

#include "ui/models/run_summary.h"
#include "ui/widgets/controls.h"

namespace atelier {

class Thumbnails;

PillTone statusTone(run::RunStatus status);
PillTone stateTone(const RunSummary& run);
// Line under the bar: "57 % · 18 min left", "6 000 steps in 41 min", "stopped at step 740".
QString progressText(const RunSummary& run);
// Second line under the place: device while it runs, when it was otherwise.
QString placeText(const RunSummary& run, double now);

class RunsDelegate : public QStyledItemDelegate {
    Q_OBJECT
  public:
    static constexpr int kRowHeight = 60, kGroupHeight = 34, kMoreWidth = 40;
    RunsDelegate(Thumbnails& thumbnails, QObject* parent);
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;

  private:
    void paintGroup(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
    void paintName(QPainter& painter, QRect rect, const RunSummary& run, qreal dpr) const;
    void paintState(QPainter& painter, const QRect& rect, const RunSummary& run, bool selected,
                    qreal dpr) const;
    void paintProgress(QPainter& painter, const QRect& rect, const RunSummary& run) const;
    void paintCurve(QPainter& painter, const QRect& rect, const RunSummary& run) const;
    Thumbnails& thumbnails_;
};

// The RunSummary behind an index of the list's filter; nullptr for a group.
const RunSummary* runAt(const QModelIndex& index);

}  // namespace atelier
