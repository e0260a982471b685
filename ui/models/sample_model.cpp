// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/sample_model.h"

#include <QFileInfo>
#include <QLocale>
#include <algorithm>
#include <map>

#include "ui/models/run_words.h"

namespace atelier {

int SampleModel::rowOf(const SampleEntry& entry, int repeat) {
    for (std::size_t i = 0; i < rows_.size(); ++i)
        if (rows_[i].prompt == entry.prompt && rows_[i].seed == entry.seed && rows_[i].repeat == repeat)
            return int(i);
    const int row = int(rows_.size());
    beginInsertRows({}, row, row);
    rows_.push_back({entry.prompt, entry.seed, repeat});
    endInsertRows();
    return row;
}

void SampleModel::setRows(const std::vector<std::pair<QString, qint64>>& rows) {
    clear();
    if (rows.empty()) return;
    beginInsertRows({}, 0, int(rows.size()) - 1);
    for (const auto& [prompt, seed] : rows) rows_.push_back({prompt, seed, 0});
    endInsertRows();
}

void SampleModel::setStep(qint64 step, const std::vector<SampleEntry>& entries) {
    const auto at = std::lower_bound(steps_.begin(), steps_.end(), step,
                                     [](const Step& s, qint64 v) { return s.step < v; });
    const auto column = int(at - steps_.begin());
    if (at == steps_.end() || at->step != step) {
        beginInsertColumns({}, column, column);
        steps_.insert(at, Step{step, {}});
        endInsertColumns();
    }
    std::vector<std::optional<SampleEntry>> cells;
    std::map<std::pair<QString, qint64>, int> seen;
    for (const SampleEntry& entry : entries) {
        const auto row = std::size_t(rowOf(entry, seen[{entry.prompt, entry.seed}]++));
        if (cells.size() <= row) cells.resize(row + 1);
        cells[row] = entry;
    }
    steps_[std::size_t(column)].entries = std::move(cells);
    if (!rows_.empty()) Q_EMIT dataChanged(index(0, column), index(prompts() - 1, column));
}

void SampleModel::forgetAfter(qint64 step) {
    const auto at = std::upper_bound(steps_.begin(), steps_.end(), step,
                                     [](qint64 v, const Step& s) { return v < s.step; });
    if (at == steps_.end()) return;
    beginRemoveColumns({}, int(at - steps_.begin()), int(steps_.size()) - 1);
    steps_.erase(at, steps_.end());
    endRemoveColumns();
}

void SampleModel::clear() {
    beginResetModel();
    rows_.clear();
    steps_.clear();
    pending_.reset();
    endResetModel();
}

void SampleModel::setPending(std::optional<qint64> step, const QString& note) {
    if (step == pending_ && note == pendingNote_) return;
    const int column = steps();
    if (pending_ && !step) {
        beginRemoveColumns({}, column, column);
        pending_.reset();
        endRemoveColumns();
        return;
    }
    pendingNote_ = note;
    if (!pending_ && step) {
        beginInsertColumns({}, column, column);
        pending_ = step;
        endInsertColumns();
        return;
    }
    if (pending_ != step) {
        pending_ = step;
        Q_EMIT headerDataChanged(Qt::Horizontal, column, column);
    }
    if (!rows_.empty() && pending_) Q_EMIT dataChanged(index(0, column), index(prompts() - 1, column));
}

qint64 SampleModel::step(int column) const {
    if (column >= 0 && column < steps()) return steps_[std::size_t(column)].step;
    return column == steps() && pending_ ? *pending_ : -1;
}

int SampleModel::columnOfStep(qint64 step) const {
    const auto at = std::upper_bound(steps_.begin(), steps_.end(), step,
                                     [](qint64 v, const Step& s) { return v < s.step; });
    if (at == steps_.begin()) return steps_.empty() ? -1 : 0;
    return int(at - steps_.begin()) - 1;
}

const SampleEntry* SampleModel::entry(int row, int column) const {
    if (column < 0 || column >= steps() || row < 0) return nullptr;
    const auto& cells = steps_[std::size_t(column)].entries;
    return std::size_t(row) < cells.size() && cells[std::size_t(row)] ? &*cells[std::size_t(row)] : nullptr;
}

int SampleModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : prompts();
}
int SampleModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : steps() + (pending_ ? 1 : 0);
}

QVariant SampleModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid)) return {};
    const int row = index.row(), column = index.column();
    const SampleEntry* e = entry(row, column);
    const SampleState state = column == steps()   ? SampleState::Pending
                              : e == nullptr      ? SampleState::Absent
                              : e->file.isEmpty() ? SampleState::Failed
                                                  : SampleState::Ready;
    switch (role) {
        case FileRole:
            return e != nullptr ? e->file : QString();
        case StateRole:
            return int(state);
        case StepRole:
            return step(column);
        case PromptRole:
            return prompt(row);
        case SeedRole:
            return seed(row);
        case NoteRole:
            return state == SampleState::Pending  ? pendingNote_
                   : state == SampleState::Failed ? e->failure
                                                  : QString();
        case Qt::ToolTipRole:
            if (state == SampleState::Failed)
                return tr("No picture at step %1: %2").arg(countText(step(column)), e->failure);
            return state == SampleState::Ready ? tr("%1, step %2").arg(prompt(row), countText(step(column)))
                                               : QString();
        case Qt::AccessibleTextRole:
            switch (state) {
                case SampleState::Ready:
                    return tr("%1, step %2, seed %3")
                        .arg(prompt(row), countText(step(column)))
                        .arg(seed(row));
                case SampleState::Failed:
                    return tr("%1, step %2: %3").arg(prompt(row), countText(step(column)), e->failure);
                case SampleState::Pending:
                    return tr("%1, step %2, %3").arg(prompt(row), countText(step(column)), pendingNote_);
                case SampleState::Absent:
                    return tr("%1, not made at step %2").arg(prompt(row), countText(step(column)));
            }
            return {};
        case InfoRole: {
            if (e == nullptr) return {};
            QStringList lines{tr("Step %1").arg(countText(step(column))), tr("Prompt: %1").arg(e->prompt)};
            if (!e->negative.isEmpty()) lines << tr("Negative: %1").arg(e->negative);
            lines << tr("Seed %1").arg(e->seed);
            if (e->steps > 0)
                lines << tr("%1 steps of %2, guidance %3")
                             .arg(e->steps)
                             .arg(e->sampler)
                             .arg(QLocale().toString(e->guidance));
            if (e->width > 0) lines << tr("%1 × %2 pixels").arg(e->width).arg(e->height);
            lines << e->file;
            return lines.join(QLatin1Char('\n'));
        }
        default:
            return {};
    }
}

QVariant SampleModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role != Qt::DisplayRole || section < 0) return {};
    if (orientation == Qt::Vertical) return section < prompts() ? prompt(section) : QString();
    if (section > steps()) return {};
    return section == 0 ? tr("step %1").arg(countText(step(0))) : countText(step(section));
}

QHash<int, QByteArray> SampleModel::roleNames() const {
    return {{FileRole, "file"}, {StateRole, "state"}, {StepRole, "step"}, {PromptRole, "prompt"},
            {SeedRole, "seed"}, {NoteRole, "note"},   {InfoRole, "info"}};
}

}  // namespace atelier
