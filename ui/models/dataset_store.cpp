// SPDX-License-Identifier: GPL-3.0-or-later
// Listing and making dataset folders.
#include "ui/models/dataset_store.h"

#include <QDir>
#include <QFileInfo>

#include "core/data/dataset_folder.h"

namespace atelier {

namespace {
// A folder name that every file system takes.
QString folderName(const QString& name) {
    QString safe;
    for (const QChar c : name.trimmed().toLower())
        safe += c.isLetterOrNumber() && c.unicode() < 128 ? c : QLatin1Char('-');
    while (safe.contains(QLatin1String("--"))) safe.replace(QLatin1String("--"), QLatin1String("-"));
    while (safe.startsWith(QLatin1Char('-'))) safe.remove(0, 1);
    while (safe.endsWith(QLatin1Char('-'))) safe.chop(1);
    return safe.isEmpty() ? QStringLiteral("dataset") : safe;
}
}  // namespace

DatasetStore::DatasetStore(const QString& folder, const QStringList& elsewhere, QObject* parent)
    : QAbstractListModel(parent), folder_(folder), elsewhere_(elsewhere) {
    refresh();
}

int DatasetStore::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(items_.size());
}

QVariant DatasetStore::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const Item& item = items_[std::size_t(index.row())];
    switch (role) {
        case Qt::DisplayRole:
            return item.name;
        case Qt::ToolTipRole:
        case PathRole:
            return item.path;
        case VersionRole:
            return item.version;
        default:
            return {};
    }
}

QString DatasetStore::pathAt(int row) const {
    return row >= 0 && row < rowCount() ? items_[std::size_t(row)].path : QString();
}

int DatasetStore::rowOf(const QString& path) const {
    const QString wanted = QDir(path).absolutePath();
    for (int i = 0; i < rowCount(); ++i)
        if (items_[std::size_t(i)].path == wanted) return i;
    return -1;
}

void DatasetStore::refresh() {
    beginResetModel();
    items_.clear();
    QStringList paths;
    for (const QFileInfo& info : QDir(folder_).entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name))
        paths << info.absoluteFilePath();
    for (const QString& path : elsewhere_)
        if (!paths.contains(path)) paths << path;
    for (const QString& path : paths) {
        const fs::path folder(path.toStdString());
        if (!data::isDatasetFolder(folder)) continue;
        const auto dataset = data::readDatasetFolder(folder);
        const auto versions = data::builtVersions(folder);
        items_.push_back(
            {path,
             dataset && !dataset->name.empty() ? QString::fromStdString(dataset->name) : QDir(path).dirName(),
             versions.empty() ? 0 : versions.back()});
    }
    endResetModel();
}

void DatasetStore::addElsewhere(const QString& path) {
    const QString absolute = QDir(path).absolutePath();
    if (rowOf(absolute) >= 0) return;
    elsewhere_ << absolute;
    refresh();
}

Result<QString> DatasetStore::create(const QString& name, const QStringList& sources) {
    const QString base = folderName(name);
    QString path = folder_ + QLatin1Char('/') + base,
            shown = name.trimmed().isEmpty() ? base : name.trimmed();
    for (int i = 2; QFileInfo::exists(path); ++i) {
        path = QStringLiteral("%1/%2-%3").arg(folder_, base).arg(i);
        shown = QStringLiteral("%1 %2").arg(name.trimmed()).arg(i);
    }
    data::DatasetFolder dataset;
    dataset.folder = fs::path(path.toStdString());
    dataset.name = shown.toStdString();
    for (const QString& source : sources) dataset.sources.push_back(source.toStdString());
    ATELIER_DO(data::writeDatasetFolder(dataset));
    refresh();
    return path;
}

}  // namespace atelier
