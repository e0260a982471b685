// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/run_list_model.h"

#include <QMimeData>
#include <QSet>

#include <QDateTime>
#include <algorithm>
#include <iterator>

#include "ui/models/run_words.h"

namespace atelier {

namespace {
const QString kQueueMime = QStringLiteral("application/x-atelier-queued-run");

// internalId of a group is 0, of a run its group + 1.
RunListModel::Group groupOf(const RunSummary& run) {
    return run.active() ? RunListModel::Running : run.queued ? RunListModel::Queued : RunListModel::Earlier;
}
}  // namespace

bool RunListModel::matches(const RunSummary& run, RunFilterKind kind) {
    switch (kind) {
        case RunFilterKind::All:
            return true;
        case RunFilterKind::Running:
            return run.active();
        case RunFilterKind::Queued:
            return run.queued.has_value();
        case RunFilterKind::Finished:
            return run.status == run::RunStatus::Finished;
        case RunFilterKind::Failed:
            return run.status == run::RunStatus::Failed || run.status == run::RunStatus::NotHeardFrom ||
                   !run.unreadable.isEmpty();
    }
    return false;
}

void RunListModel::setRuns(std::vector<RunSummary> runs) {
    std::array<std::vector<RunSummary>, GroupCount> target;
    for (RunSummary& run : runs) target[groupOf(run)].push_back(std::move(run));
    std::stable_sort(target[Running].begin(), target[Running].end(),
                     [](auto& a, auto& b) { return a.started > b.started; });
    std::stable_sort(target[Queued].begin(), target[Queued].end(),
                     [](auto& a, auto& b) { return a.queued->place < b.queued->place; });
    std::stable_sort(target[Earlier].begin(), target[Earlier].end(),
                     [](auto& a, auto& b) { return a.lastTime > b.lastTime; });
    bool changed = false;
    for (int group = 0; group < GroupCount; ++group)
        changed = merge(Group(group), std::move(target[std::size_t(group)])) || changed;
    if (changed) Q_EMIT runsChanged();
}

// Only what is different is touched and announced: with hundreds of runs that is what keeps the window quiet.
bool RunListModel::merge(Group group, std::vector<RunSummary> target) {
    auto& rows = groups_[group];
    const QModelIndex parent = index(group, 0);
    bool changed = false;
    QSet<QString> wantedPaths;
    for (const RunSummary& run : target) wantedPaths.insert(run.path);
    for (int i = int(rows.size()) - 1; i >= 0; --i) {
        if (wantedPaths.contains(rows[std::size_t(i)].path)) continue;
        changed = true;
        beginRemoveRows(parent, i, i);
        rows.erase(rows.begin() + i);
        endRemoveRows();
    }
    for (int i = 0; i < int(target.size()); ++i) {
        RunSummary& wanted = target[std::size_t(i)];
        const auto at = std::find_if(rows.begin() + i, rows.end(),
                                     [&](const RunSummary& r) { return r.path == wanted.path; });
        if (at == rows.end()) {
            // All that is new from here on, in one go.
            QSet<QString> known;
            for (const RunSummary& run : rows) known.insert(run.path);
            int end = i + 1;
            while (end < int(target.size()) && !known.contains(target[std::size_t(end)].path)) ++end;
            beginInsertRows(parent, i, end - 1);
            rows.insert(rows.begin() + i, std::make_move_iterator(target.begin() + i),
                        std::make_move_iterator(target.begin() + end));
            endInsertRows();
            changed = true;
            i = end - 1;
            continue;
        }
        const int from = int(at - rows.begin());
        if (from != i) {
            beginMoveRows(parent, from, from, parent, i);
            std::rotate(rows.begin() + i, rows.begin() + from, rows.begin() + from + 1);
            endMoveRows();
            changed = true;
        }
        if (rows[std::size_t(i)] == wanted) continue;
        changed = true;
        rows[std::size_t(i)] = std::move(wanted);
        Q_EMIT dataChanged(index(i, 0, parent), index(i, ColumnCount - 1, parent));
    }
    return changed;
}

const RunSummary* RunListModel::run(const QModelIndex& index) const {
    if (!index.isValid() || index.internalId() == 0) return nullptr;
    return &groups_[index.internalId() - 1][std::size_t(index.row())];
}

QModelIndex RunListModel::indexOf(const QString& path) const {
    for (int g = 0; g < GroupCount; ++g)
        for (std::size_t i = 0; i < groups_[std::size_t(g)].size(); ++i)
            if (groups_[std::size_t(g)][i].path == path) return index(int(i), 0, index(g, 0));
    return {};
}

const RunSummary* RunListModel::find(const QString& path) const {
    return run(indexOf(path));
}

int RunListModel::count(RunFilterKind kind) const {
    int n = 0;
    for (const auto& group : groups_)
        n += int(
            std::count_if(group.begin(), group.end(), [&](const RunSummary& r) { return matches(r, kind); }));
    return n;
}

std::vector<const RunSummary*> RunListModel::all() const {
    std::vector<const RunSummary*> runs;
    for (const auto& group : groups_)
        for (const RunSummary& r : group) runs.push_back(&r);
    return runs;
}

QModelIndex RunListModel::index(int row, int column, const QModelIndex& parent) const {
    if (row < 0 || column < 0 || column >= ColumnCount) return {};
    if (!parent.isValid()) return row < GroupCount ? createIndex(row, column, quintptr(0)) : QModelIndex();
    if (parent.internalId() != 0 || parent.column() != 0 ||
        row >= int(groups_[std::size_t(parent.row())].size()))
        return {};
    return createIndex(row, column, quintptr(parent.row() + 1));
}

QModelIndex RunListModel::parent(const QModelIndex& index) const {
    return index.isValid() && index.internalId() != 0
               ? createIndex(int(index.internalId()) - 1, 0, quintptr(0))
               : QModelIndex();
}

int RunListModel::rowCount(const QModelIndex& parent) const {
    if (!parent.isValid()) return GroupCount;
    return parent.internalId() == 0 && parent.column() == 0 ? int(groups_[std::size_t(parent.row())].size())
                                                            : 0;
}

int RunListModel::columnCount(const QModelIndex&) const {
    return ColumnCount;
}

QVariant RunListModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const RunSummary* r = run(index);
    if (r == nullptr) {
        if (role != Qt::DisplayRole || index.column() != 0) return {};
        return index.row() == Running  ? tr("Running")
               : index.row() == Queued ? tr("Queue on this computer")
                                       : tr("Earlier");
    }
    if (role == PathRole) return r->path;
    if (role == StatusRole) return int(r->status);
    if (role == Qt::ToolTipRole && index.column() == Name) return r->path;
    if (role == Qt::AccessibleTextRole && index.column() == Name && r->queued)
        return tr("%1, place %2 in the queue, %3").arg(r->name).arg(r->queued->place).arg(r->queued->reason);
    if (role == Qt::AccessibleTextRole && index.column() == Name)
        return tr("%1, %2, %3 %").arg(r->name, statusWords(r->status)).arg(int(r->fraction() * 100));
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
        case Name:
            return r->name;
        case State:
            return stateWords(*r);
        case Progress:
            return int(r->fraction() * 100);
        case Loss:
            return r->loss ? lossText(*r->loss) : QString();
        case Where:
            return r->where;
        default:
            return {};
    }
}

QVariant RunListModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(
            Qt::Alignment((section == Loss ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter));
    if (role != Qt::DisplayRole) return {};
    switch (section) {
        case Name:
            return tr("Run");
        case State:
            return tr("State");
        case Progress:
            return tr("Progress");
        case Curve:
            return tr("Loss curve");
        case Loss:
            return tr("Loss");
        case Where:
            return tr("Where");
        default:
            return {};
    }
}

Qt::ItemFlags RunListModel::flags(const QModelIndex& index) const {
    if (!index.isValid()) return Qt::NoItemFlags;
    const RunSummary* r = run(index);
    if (r == nullptr)
        return index.row() == Queued ? Qt::ItemIsEnabled | Qt::ItemIsDropEnabled : Qt::ItemIsEnabled;
    const Qt::ItemFlags usual = Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemNeverHasChildren;
    return r->queued ? usual | Qt::ItemIsDragEnabled | Qt::ItemIsDropEnabled : usual;
}

QStringList RunListModel::mimeTypes() const {
    return {kQueueMime};
}

QMimeData* RunListModel::mimeData(const QModelIndexList& indexes) const {
    const RunSummary* r = indexes.isEmpty() ? nullptr : run(indexes.front());
    if (r == nullptr || !r->queued) return nullptr;
    auto* data = new QMimeData;
    data->setData(kQueueMime, r->path.toUtf8());
    return data;
}

bool RunListModel::canDropMimeData(const QMimeData* data, Qt::DropAction, int, int,
                                   const QModelIndex& parent) const {
    if (!data->hasFormat(kQueueMime) || !parent.isValid()) return false;
    const RunSummary* onto = run(parent);
    return onto != nullptr ? onto->queued.has_value() : parent.row() == Queued;
}

// Onto a row: to its place. Between rows: before the row below. Onto the group: to the front.
bool RunListModel::dropMimeData(const QMimeData* data, Qt::DropAction action, int row, int column,
                                const QModelIndex& parent) {
    if (!canDropMimeData(data, action, row, column, parent)) return false;
    const QString path = QString::fromUtf8(data->data(kQueueMime));
    const RunSummary* moved = find(path);
    if (moved == nullptr || !moved->queued) return false;
    const int from = moved->queued->place - 1;
    const RunSummary* onto = run(parent);
    int place = onto != nullptr ? onto->queued->place - 1 : 0;
    if (onto == nullptr && row >= 0) {
        const auto& rows = groups_[Queued];
        place = row < int(rows.size()) ? rows[std::size_t(row)].queued->place - 1 : rows.back().queued->place;
        if (from < place) --place;  // it leaves its own place first
    }
    if (place != from) Q_EMIT moveInQueueWanted(path, place);
    return true;
}

RunFilterModel::RunFilterModel(RunListModel* source, QObject* parent)
    : QSortFilterProxyModel(parent), runs_(source) {
    setRecursiveFilteringEnabled(true);
    setSourceModel(source);
}

void RunFilterModel::setKind(RunFilterKind kind) {
    kind_ = kind;
    invalidateFilter();
}

void RunFilterModel::setText(const QString& text) {
    text_ = text;
    invalidateFilter();
}

bool RunFilterModel::filterAcceptsRow(int row, const QModelIndex& parent) const {
    const RunSummary* r = runs_->run(runs_->index(row, 0, parent));
    return r != nullptr && RunListModel::matches(*r, kind_) && r->matches(text_);
}

}  // namespace atelier
