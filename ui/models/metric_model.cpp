// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/metric_model.h"

#include <QDateTime>
#include <QLocale>
#include <algorithm>
#include <array>

namespace atelier {

void MetricModel::apply(const std::vector<run::Event>& events) {
    for (const run::Event& event : events) take(event);
    if (touched_) publish();
}

void MetricModel::take(const run::Event& event) {
    if (const auto* metric = std::get_if<run::Metric>(&event.body)) {
        const std::size_t before = store_.rows();
        const std::size_t dropped = store_.append(metric->step, metric->images, event.time, metric->values);
        lowest_ = std::min(lowest_, before - dropped);
        touched_ = true;
    } else if (const auto* progress = std::get_if<run::Progress>(&event.body)) {
        // Heartbeats of other phases repeat the step: only a step that moved is a measurement.
        if (progress->imagesPerSecond <= 0 || progress->step <= 0) return;
        if (store_.rows() > 0 && store_.step(store_.rows() - 1) > progress->step) return;
        const std::array<std::pair<std::string, double>, 1> value{{{kThroughput, progress->imagesPerSecond}}};
        store_.append(progress->step, progress->images, event.time, value);
        touched_ = true;
    } else if (const auto* started = std::get_if<run::RunStarted>(&event.body)) {
        if (store_.forgetAfter(started->resumedFrom.empty() ? -1 : started->resumedStep) == 0) return;
        lowest_ = std::min(lowest_, store_.rows());
        touched_ = true;
    }
}

void MetricModel::publish() {
    touched_ = false;
    if (lowest_ < rows_) {
        beginRemoveRows({}, int(lowest_), int(rows_) - 1);
        rows_ = lowest_;
        endRemoveRows();
    }
    if (store_.seriesCount() > series_) {
        beginInsertColumns({}, FirstMetric + series_, FirstMetric + store_.seriesCount() - 1);
        series_ = store_.seriesCount();
        endInsertColumns();
    }
    if (store_.rows() > rows_) {
        beginInsertRows({}, int(rows_), int(store_.rows()) - 1);
        rows_ = store_.rows();
        endInsertRows();
    }
    lowest_ = rows_;
    Q_EMIT changed();
}

void MetricModel::clear() {
    beginResetModel();
    store_ = MetricStore();
    rows_ = lowest_ = 0;
    series_ = 0;
    touched_ = false;
    endResetModel();
    Q_EMIT changed();
}

int MetricModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(rows_);
}
int MetricModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : FirstMetric + series_;
}

QVariant MetricModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid)) return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
    const auto row = std::size_t(index.row());
    if (role != Qt::DisplayRole || row >= store_.rows()) return {};
    switch (index.column()) {
        case Step:
            return qlonglong(store_.step(row));
        case Images:
            return qlonglong(store_.images(row));
        case Time:
            return QLocale().toString(QDateTime::fromMSecsSinceEpoch(qint64(store_.time(row) * 1000)),
                                      QLocale::ShortFormat);
        default:
            break;
    }
    const MetricSeries& series = store_.series(index.column() - FirstMetric);
    std::size_t low = 0, high = series.size();
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (series.row(middle) < row)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == series.size() || series.row(low) != row) return {};
    return double(series.value(low));
}

QVariant MetricModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    switch (section) {
        case Step:
            return tr("Step");
        case Images:
            return tr("Images");
        case Time:
            return tr("Time");
        default:
            break;
    }
    const int series = section - FirstMetric;
    return series >= 0 && series < series_ ? QString::fromStdString(store_.name(series)) : QString();
}

}  // namespace atelier
