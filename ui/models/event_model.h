// SPDX-License-Identifier: GPL-3.0-or-later
// What happened in a run, newest first, in words: samples, checkpoints, warnings, errors, starts and ends.
// Heartbeats and metrics are not here. Fed by the run monitor.
#pragma once

#include <QAbstractListModel>
#include <QString>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include "core/run/event.h"

namespace atelier {

enum class EventKind { Start, Phase, Sample, Checkpoint, Validation, Warning, Dropped, Request, Error, End };

struct EventRow {
    double time = 0;
    EventKind kind = EventKind::Start;
    std::int64_t step = -1;  // -1: belongs to none
    QString text;
    QString detail;  // why, and what to do; may be empty
};

class EventModel : public QAbstractListModel {
    Q_OBJECT
  public:
    enum Role { TimeRole = Qt::UserRole, KindRole, StepRole, TextRole, DetailRole };
    static constexpr std::size_t kKept = 5000;  // a run that warns at every step must not eat the memory

    using QAbstractListModel::QAbstractListModel;
    void apply(const std::vector<run::Event>& events);
    void clear();
    int warnings() const { return warnings_; }
    // Newest first, one line each with time: for the report.
    QString asText(int lines) const;
    const EventRow& at(int row) const { return rows_[std::size_t(row)]; }

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QHash<int, QByteArray> roleNames() const override;

  Q_SIGNALS:
    void warningsChanged(int count);

  private:
    bool describe(const run::Event& event, EventRow& row);
    std::set<std::string> unknown_;  // kinds that were told already
    std::deque<EventRow> rows_;      // newest first
    int warnings_ = 0;
    std::int64_t step_ = 0;
    double validation_ = -1;
};

// "checkpoint": the icon that stands for a kind (resources/icons).
QString eventIconName(EventKind kind);

}  // namespace atelier
