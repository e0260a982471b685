// SPDX-License-Identifier: GPL-3.0-or-later
// The metrics of one run as a table (one row a step), over the store that plots draw from. Fed with events by
// the run monitor; also what a screen reader or a table view reads instead of the picture.
#pragma once

#include <QAbstractTableModel>
#include <vector>

#include "core/run/event.h"
#include "ui/models/metric_store.h"

namespace atelier {

class MetricModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    // Progress events give the series of this name: images per second.
    static constexpr const char* kThroughput = "images_per_s";
    enum Column { Step, Images, Time, FirstMetric };

    using QAbstractTableModel::QAbstractTableModel;

    const MetricStore& store() const { return store_; }
    // Takes what concerns curves out of a batch of events, then announces it once.
    void apply(const std::vector<run::Event>& events);
    void clear();

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

  Q_SIGNALS:
    void changed();  // after each batch that held numbers

  private:
    void take(const run::Event& event);
    void publish();
    MetricStore store_;
    std::size_t rows_ = 0;    // as views know them
    std::size_t lowest_ = 0;  // smallest row count since then: what came after it is new
    int series_ = 0;
    bool touched_ = false;
};

}  // namespace atelier
