// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/model_list_model.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <algorithm>

#include "core/run/run_folder.h"
#include "core/weights/hub_cache.h"
#include "ui/models/model_work.h"

namespace atelier {

namespace {
const QStringList& weightFiles() {
    static const QStringList all{QStringLiteral("*.safetensors"), QStringLiteral("*.ckpt"),
                                 QStringLiteral("*.pt"), QStringLiteral("*.pth"), QStringLiteral("*.bin")};
    return all;
}

class Finder {
  public:
    void add(const QString& path, ModelSource source, const QString& origin, const QString& usedBy = {}) {
        const QFileInfo info(path);
        if (path.isEmpty() || !info.exists()) return;
        const QString clean = info.canonicalFilePath();
        const auto at =
            std::find_if(found.begin(), found.end(), [&](const ModelEntry& e) { return e.path == clean; });
        ModelEntry* entry = at != found.end() ? &*at : nullptr;
        if (entry == nullptr) {
            found.push_back({clean, info.fileName(), source, origin, {}});
            entry = &found.back();
        }
        if (!usedBy.isEmpty() && !entry->usedBy.contains(usedBy)) entry->usedBy << usedBy;
    }
    // Models directly in a folder: pipeline folders, files of weights.
    void addFolder(const QString& folder, ModelSource source, const QString& origin) {
        const QDir dir(folder);
        for (const QFileInfo& sub : dir.entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name))
            if (QFileInfo::exists(sub.filePath() + QStringLiteral("/model_index.json")) ||
                QFileInfo::exists(sub.filePath() + QStringLiteral("/adapter_config.json")))
                add(sub.filePath(), source, origin);
        for (const QFileInfo& file : dir.entryInfoList(weightFiles(), QDir::Files, QDir::Name))
            add(file.filePath(), source, origin);
    }
    void addResult(const ModelPlaces::Run& run) {
        if (run.checkpoint < 0) return;
        const run::RunFolder place{run.folder.toStdString()};
        const QString folder = QString::fromStdString(place.pipelineDir(run.checkpoint).string());
        const QString origin =
            QCoreApplication::translate("ModelList", "%1, step %2").arg(run.name).arg(run.checkpoint);
        const std::size_t before = found.size();
        if (QFileInfo::exists(folder + QStringLiteral("/model_index.json")))
            add(folder, ModelSource::Run, origin);
        else
            addFolder(folder, ModelSource::Run, origin);
        for (std::size_t i = before; i < found.size(); ++i) found[i].name = run.name;
    }
    void addHub() {
        const fs::path cache = hubSettings().cache;
        for (const QFileInfo& folder :
             QDir(QString::fromStdString(cache.string()))
                 .entryInfoList({QStringLiteral("models--*--*")}, QDir::Dirs, QDir::Name)) {
            const QString name = folder.fileName()
                                     .section(QStringLiteral("--"), 1)
                                     .replace(QStringLiteral("--"), QStringLiteral("/"));
            const auto id = parseHubId(name.toStdString());
            if (!id) continue;
            const CachedModel cached = findCachedModel(cache, *id);
            if (cached.snapshot.empty()) continue;
            const std::size_t before = found.size();
            add(QString::fromStdString(cached.snapshot.string()), ModelSource::Hub, name);
            if (found.size() > before) found.back().name = name;
        }
    }
    std::vector<ModelEntry> found;
};

QString sourceWords(ModelSource source) {
    switch (source) {
        case ModelSource::Opened:
            return ModelListModel::tr("Opened");
        case ModelSource::Run:
            return ModelListModel::tr("From a run");
        case ModelSource::Project:
            return ModelListModel::tr("In the project");
        case ModelSource::Hub:
            return ModelListModel::tr("Downloaded");
        case ModelSource::Bundled:
            return ModelListModel::tr("Comes with Atelier");
    }
    return {};
}
}  // namespace

std::vector<ModelEntry> findModels(const ModelPlaces& places) {
    Finder finder;
    for (const QString& path : places.opened) finder.add(path, ModelSource::Opened, {});
    for (const ModelPlaces::Run& run : places.runs) finder.addResult(run);
    finder.addFolder(places.project, ModelSource::Project, {});
    if (places.hub) finder.addHub();
    finder.add(places.bundled, ModelSource::Bundled, {});
    for (const ModelPlaces::Run& run : places.runs) {
        if (run.base.isEmpty()) continue;
        if (const auto base = resolveModel(run.base.toStdString()))
            finder.add(QString::fromStdString(base->string()), ModelSource::Opened, run.base, run.name);
    }
    return std::move(finder.found);
}

void ModelListModel::setEntries(std::vector<ModelEntry> target) {
    for (int row = int(entries_.size()) - 1; row >= 0; --row) {
        const QString path = entries_[std::size_t(row)].path;
        if (std::any_of(target.begin(), target.end(), [&](const ModelEntry& e) { return e.path == path; }))
            continue;
        beginRemoveRows({}, row, row);
        entries_.erase(entries_.begin() + row);
        endRemoveRows();
    }
    for (ModelEntry& entry : target) {
        const int row = rowOf(entry.path);
        if (row < 0) {
            beginInsertRows({}, int(entries_.size()), int(entries_.size()));
            entries_.push_back(std::move(entry));
            endInsertRows();
            continue;
        }
        ModelEntry& known = entries_[std::size_t(row)];
        entry.facts = known.facts;
        entry.problem = known.problem;
        known = std::move(entry);
        Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
    }
}

void ModelListModel::put(ModelEntry entry) {
    if (rowOf(entry.path) >= 0) return;
    beginInsertRows({}, 0, 0);
    entries_.insert(entries_.begin(), std::move(entry));
    endInsertRows();
}

void ModelListModel::setFacts(const QString& path, const Result<std::shared_ptr<const ModelFacts>>& facts) {
    const int row = rowOf(path);
    if (row < 0) return;
    ModelEntry& entry = entries_[std::size_t(row)];
    entry.facts = facts ? *facts : nullptr;
    entry.problem = facts ? QString() : QString::fromStdString(facts.error().message());
    Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
}

int ModelListModel::rowOf(const QString& path) const {
    const auto at =
        std::find_if(entries_.begin(), entries_.end(), [&](const ModelEntry& e) { return e.path == path; });
    return at != entries_.end() ? int(at - entries_.begin()) : -1;
}
const ModelEntry* ModelListModel::find(const QString& path) const {
    const int row = rowOf(path);
    return row < 0 ? nullptr : &at(row);
}
int ModelListModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(entries_.size());
}
int ModelListModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(ColumnCount);
}

QVariant ModelListModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const ModelEntry& entry = at(index.row());
    const ModelFacts* facts = entry.facts.get();
    const QString what = facts                     ? facts->title()
                         : entry.problem.isEmpty() ? tr("looking")
                                                   : tr("Cannot be read");
    if (role == PathRole || role == Qt::ToolTipRole) return entry.path;
    if (role == KindRole) return facts ? int(facts->kind) : -1;
    if (role == IconRole)
        return facts                     ? facts->iconName()
               : entry.problem.isEmpty() ? QStringLiteral("clock")
                                         : QStringLiteral("error");
    if (role == DetailRole) {
        if (index.column() == Name) return what;
        if (index.column() != Where) return {};
        return entry.usedBy.isEmpty() ? entry.origin
                                      : tr("used by %n run(s)", nullptr, int(entry.usedBy.size()));
    }
    if (role == Qt::TextAlignmentRole && index.column() == Size)
        return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::AccessibleTextRole && index.column() == Name)
        return QStringLiteral("%1, %2, %3").arg(entry.name, what, sourceWords(entry.source));
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
        case Name:
            return entry.name;
        case Precision:
            return facts ? facts->precision() : QString();
        case Size:
            return facts ? bytesWords(facts->bytes) : QString();
        default:
            return sourceWords(entry.source);
    }
}

QVariant ModelListModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole && section == Size) return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    const QString names[] = {tr("Model"), tr("Precision"), tr("Size"), tr("Where")};
    return names[section];
}

}  // namespace atelier
