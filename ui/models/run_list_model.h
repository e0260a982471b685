// SPDX-License-Identifier: GPL-3.0-or-later
// The runs as a tree of three groups (Running, Queued, Earlier) and their rows; and the filter over it. Fed
// by RunListWatcher.
#pragma once

#include <QAbstractItemModel>
#include <QSortFilterProxyModel>
#include <array>
#include <set>
#include <vector>

#include "ui/models/run_summary.h"

namespace atelier {

enum class RunFilterKind { All, Running, Queued, Finished, Failed };

class RunListModel : public QAbstractItemModel {
    Q_OBJECT
  public:
    enum Column { Name, State, Progress, Curve, Loss, Where, ColumnCount };
    enum Group { Running, Queued, Earlier, GroupCount };
    enum Role { PathRole = Qt::UserRole, StatusRole };

    using QAbstractItemModel::QAbstractItemModel;

    // The whole new list; rows are inserted, moved, removed and updated one by one, so selections stay.
    void setRuns(std::vector<RunSummary> runs);
    const RunSummary* run(const QModelIndex& index) const;  // nullptr for a group
    const RunSummary* find(const QString& path) const;
    QModelIndex indexOf(const QString& path) const;
    int count(RunFilterKind kind) const;
    std::vector<const RunSummary*> all() const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& index) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    // Rows of the queue are dragged to other places of it.
    Qt::DropActions supportedDropActions() const override { return Qt::MoveAction; }
    QStringList mimeTypes() const override;
    QMimeData* mimeData(const QModelIndexList& indexes) const override;
    bool canDropMimeData(const QMimeData* data, Qt::DropAction action, int row, int column,
                         const QModelIndex& parent) const override;
    bool dropMimeData(const QMimeData* data, Qt::DropAction action, int row, int column,
                      const QModelIndex& parent) override;

    static bool matches(const RunSummary& run, RunFilterKind kind);

  Q_SIGNALS:
    void runsChanged();                                      // something is different from before
    void moveInQueueWanted(const QString& path, int place);  // by dragging; 0 = first

  private:
    bool merge(Group group, std::vector<RunSummary> target);
    std::array<std::vector<RunSummary>, GroupCount> groups_;
};

class RunFilterModel : public QSortFilterProxyModel {
    Q_OBJECT
  public:
    explicit RunFilterModel(RunListModel* source, QObject* parent = nullptr);
    void setKind(RunFilterKind kind);
    void setText(const QString& text);

  protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

  private:
    RunListModel* runs_;
    RunFilterKind kind_ = RunFilterKind::All;
    QString text_;
};

}  // namespace atelier
