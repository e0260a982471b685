// SPDX-License-Identifier: GPL-3.0-or-later
// Sample pictures of a run: prompt × step. Knows files and words, not pixels (thumbnails.h). Fed by
// SampleReader.
#pragma once

#include <QAbstractTableModel>
#include <QString>
#include <optional>
#include <vector>

namespace atelier {

// One picture as samples.json describes it.
struct SampleEntry {
    QString file;  // absolute; "" when it could not be made
    QString prompt, negative, sampler;
    qint64 seed = 0;
    int steps = 0;
    double guidance = 0;
    int width = 0, height = 0;
    QString failure;       // why there is no picture
    bool missing = false;  // it was made, but its file is not there (yet)
};

enum class SampleState { Absent, Ready, Failed, Pending };

class SampleModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Role { FileRole = Qt::UserRole, StateRole, StepRole, PromptRole, SeedRole, NoteRole, InfoRole };

    using QAbstractTableModel::QAbstractTableModel;

    // The rows there will be, in this order, before any step: prompt and seed.
    void setRows(const std::vector<std::pair<QString, qint64>>& rows);
    // Pictures of one step; a step that is there is replaced.
    void setStep(qint64 step, const std::vector<SampleEntry>& entries);
    // Forgets steps after this one: a resumed run makes them again.
    void forgetAfter(qint64 step);
    void clear();
    // The column that comes next: its step and a note for its cells ("in 33 s"). nullopt: none.
    void setPending(std::optional<qint64> step, const QString& note = {});

    int prompts() const { return int(rows_.size()); }
    int steps() const { return int(steps_.size()); }  // without the pending one
    qint64 step(int column) const;
    int columnOfStep(qint64 step) const;  // the nearest at or before; -1 when there is none
    QString prompt(int row) const { return rows_[std::size_t(row)].prompt; }
    qint64 seed(int row) const { return rows_[std::size_t(row)].seed; }
    const SampleEntry* entry(int row, int column) const;  // nullptr: absent or pending

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
    QHash<int, QByteArray> roleNames() const override;

  private:
    // Rows are (prompt, seed, n-th of that kind): a prompt that is asked for twice has two rows.
    struct Row {
        QString prompt;
        qint64 seed = 0;
        int repeat = 0;
    };
    struct Step {
        qint64 step = 0;
        std::vector<std::optional<SampleEntry>> entries;  // by row; may be shorter than rows_
    };
    int rowOf(const SampleEntry& entry, int repeat);
    std::vector<Row> rows_;
    std::vector<Step> steps_;  // ascending
    std::optional<qint64> pending_;
    QString pendingNote_;
};

}  // namespace atelier
