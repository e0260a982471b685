// SPDX-License-Identifier: GPL-3.0-or-later
// The settings that compared runs differ in (or all of them) and their results as one table: a column a run,
// a heading row before each part. For the Compare page, its report and the clipboard.
#pragma once

#include <QAbstractTableModel>
#include <vector>

#include "ui/models/run_comparison.h"

namespace atelier {

class ComparisonTable : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Role { HeadingRole = Qt::UserRole, DiffersRole, ColourRole };

    explicit ComparisonTable(RunComparison& comparison, QObject* parent = nullptr);

    void setAll(bool all);
    bool all() const { return all_; }
    int differing() const { return differing_; }
    int settings() const { return settings_; }
    QString markdown() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

  private:
    struct Line {
        RunComparison::Row row;
        bool heading = false;
        bool operator==(const Line& other) const {
            return heading == other.heading && row.name == other.row.name && row.values == other.row.values;
        }
    };
    void refresh();
    RunComparison& comparison_;
    std::vector<Line> lines_;
    int columns_ = 1, differing_ = 0, settings_ = 0;
    bool all_ = false;
};

}  // namespace atelier
