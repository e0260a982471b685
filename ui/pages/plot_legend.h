// SPDX-License-Identifier: GPL-3.0-or-later
// Names of the curves with their swatches, beside the plot. Used by the run monitor.
#pragma once

#include <QWidget>
#include <vector>

#include "ui/widgets/plot_view.h"

namespace atelier {

class PlotLegend : public QWidget {
    Q_OBJECT
  public:
    explicit PlotLegend(QWidget* parent = nullptr);
    void setSeries(const std::vector<PlotSeries>& series, bool raw);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {0, 20}; }

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    struct Entry {
        QString text;
        int colour;
        bool raw;
    };
    std::vector<Entry> entries_;
};

}  // namespace atelier
