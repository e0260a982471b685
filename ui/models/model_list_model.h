// SPDX-License-Identifier: GPL-3.0-or-later
// The models that are known: opened lately, results of runs, used by runs, in the project, in the cache of
// downloads, bundled. Found on a worker thread; what each is comes from the engine, one after the other.
#pragma once

#include <QAbstractTableModel>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/result.h"
#include "ui/models/model_facts.h"

namespace atelier {

enum class ModelSource { Opened, Run, Project, Hub, Bundled };

struct ModelEntry {
    QString path, name;
    ModelSource source = ModelSource::Opened;
    QString origin;      // "emoji-lora, step 500"; the hub's name
    QStringList usedBy;  // runs
    std::shared_ptr<const ModelFacts> facts = {};
    QString problem = {};  // why there are none
};

// Where models may be. All of it may be absent.
struct ModelPlaces {
    QString project, bundled;  // folders
    bool hub = true;
    QStringList opened;
    struct Run {
        QString name, folder, base;
        qint64 checkpoint = -1;  // newest whole one
    };
    std::vector<Run> runs;
};
// Reads the disk: worker threads only. Without facts, every path once, the first of the list above wins.
std::vector<ModelEntry> findModels(const ModelPlaces& places);

class ModelListModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { Name, Precision, Size, Where, ColumnCount };
    enum Role { PathRole = Qt::UserRole, KindRole, DetailRole, IconRole };
    using QAbstractTableModel::QAbstractTableModel;

    // Rows are inserted, removed and updated one by one, so the selection stays; known facts are kept.
    void setEntries(std::vector<ModelEntry> entries);
    void put(ModelEntry entry);  // at the top, or in place when it is there
    void setFacts(const QString& path, const Result<std::shared_ptr<const ModelFacts>>& facts);
    const ModelEntry* find(const QString& path) const;
    int rowOf(const QString& path) const;  // -1: not there
    const ModelEntry& at(int row) const { return entries_[std::size_t(row)]; }
    const std::vector<ModelEntry>& all() const { return entries_; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

  private:
    std::vector<ModelEntry> entries_;
};

}  // namespace atelier
