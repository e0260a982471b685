// SPDX-License-Identifier: GPL-3.0-or-later
// Filtering, sorting and change propagation of the picture list.
#include "ui/models/dataset_images_model.h"

#include <QFileInfo>
#include <QMimeData>
#include <QUrl>
#include <algorithm>
#include <unordered_map>

namespace atelier {

DatasetImagesModel::DatasetImagesModel(DatasetDocument& document, Thumbnails& thumbnails, QObject* parent)
    : QAbstractListModel(parent), document_(document), thumbnails_(thumbnails) {
    connect(&document_, &DatasetDocument::entriesReset, this, [this] {
        beginResetModel();
        rebuild();
        endResetModel();
    });
    connect(&document_, &DatasetDocument::entriesAdded, this, [this](int first, int last) {
        rowOf_.resize(document_.entries().size(), -1);
        std::vector<int> fresh;
        for (int i = first; i <= last; ++i)
            if (shows(document_.entry(i))) fresh.push_back(i);
        if (fresh.empty()) return;
        const int from = int(visible_.size());
        beginInsertRows({}, from, from + int(fresh.size()) - 1);
        for (const int i : fresh) {
            rowOf_[std::size_t(i)] = int(visible_.size());
            visible_.push_back(i);
        }
        endInsertRows();
    });
    connect(&document_, &DatasetDocument::entriesChanged, this, [this](const std::vector<int>& indices) {
        int low = rowCount(), high = -1;
        for (const int i : indices)
            if (const int row = rowOfEntry(i); row >= 0) {
                low = std::min(low, row);
                high = std::max(high, row);
            }
        if (high >= 0) Q_EMIT dataChanged(index(low), index(high));
    });
    connect(&document_, &DatasetDocument::loadingFinished, this, [this] {
        if (facet_ != Facet{} || predicate_ || sort_ != ImageSort::Name) refresh();
    });
    rebuild();
}

int DatasetImagesModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(visible_.size());
}

QVariant DatasetImagesModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const int i = visible_[std::size_t(index.row())];
    const DatasetEntry& e = document_.entry(i);
    switch (role) {
        case Qt::DisplayRole:
            return e.name();
        case Qt::ToolTipRole:
            return e.hasCaption() ? e.caption() : e.name();
        case Qt::AccessibleTextRole: {
            QStringList parts{e.name(), e.hasCaption() ? e.caption() : tr("no caption")};
            if (e.edit.excluded) parts << tr("excluded");
            if (!e.readable) parts << tr("unreadable");
            if (e.duplicateOf >= 0) parts << tr("duplicate");
            return parts.join(QStringLiteral(", "));
        }
        case EntryRole:
            return i;
        case PathRole:
            return document_.pathOf(i);
        case CaptionRole:
            return e.caption();
        default:
            return {};
    }
}

Qt::ItemFlags DatasetImagesModel::flags(const QModelIndex& index) const {
    return index.isValid()
               ? Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsDragEnabled | Qt::ItemNeverHasChildren
               : Qt::NoItemFlags;
}

QStringList DatasetImagesModel::mimeTypes() const {
    return {QStringLiteral("text/uri-list")};
}

QMimeData* DatasetImagesModel::mimeData(const QModelIndexList& indexes) const {
    QList<QUrl> urls;
    for (const QModelIndex& index : indexes) urls << QUrl::fromLocalFile(data(index, PathRole).toString());
    auto* mime = new QMimeData;
    mime->setUrls(urls);
    return mime;
}

int DatasetImagesModel::rowOfEntry(int entryIndex) const {
    return entryIndex >= 0 && std::size_t(entryIndex) < rowOf_.size() ? rowOf_[std::size_t(entryIndex)] : -1;
}

void DatasetImagesModel::setFacet(const Facet& facet) {
    if (facet_ == facet) return;
    facet_ = facet;
    refresh();
}

QString DatasetImagesModel::setFilterText(const QString& text) {
    FilterContext context;
    context.tokenLimit = document_.tokenLimit();
    context.sourceName = [sources = document_.sources()](int i) { return sources.value(i); };
    ParsedFilter parsed = parseFilter(text, context);
    if (!parsed.error.isEmpty()) return parsed.error;
    filterText_ = text;
    predicate_ = std::move(parsed.matches);
    refresh();
    return {};
}

void DatasetImagesModel::setSort(ImageSort sort) {
    sort_ = sort;
    refresh();
}

void DatasetImagesModel::refresh() {
    // Selection and current item follow the pictures to their new rows.
    Q_EMIT layoutAboutToBeChanged();
    const QModelIndexList before = persistentIndexList();
    std::vector<int> entries;
    for (const QModelIndex& index : before) entries.push_back(visible_[std::size_t(index.row())]);
    rebuild();
    QModelIndexList after;
    for (const int entry : entries) {
        const int row = rowOfEntry(entry);
        after << (row >= 0 ? index(row) : QModelIndex());
    }
    changePersistentIndexList(before, after);
    Q_EMIT layoutChanged();
}

bool DatasetImagesModel::shows(const DatasetEntry& e) const {
    if (facet_.source >= 0 && int(e.source) != facet_.source) return false;
    if (facet_.look && !e.is(*facet_.look, document_.tokenLimit())) return false;
    return !predicate_ || predicate_(e);
}

void DatasetImagesModel::rebuild() {
    const auto& entries = document_.entries();
    visible_.clear();
    for (std::size_t i = 0; i < entries.size(); ++i)
        if (shows(entries[i])) visible_.push_back(int(i));
    const auto by = [&](auto key) {
        std::stable_sort(visible_.begin(), visible_.end(), [&](int a, int b) {
            return key(entries[std::size_t(a)]) < key(entries[std::size_t(b)]);
        });
    };
    switch (sort_) {
        case ImageSort::Name:
            break;  // the document's order
        case ImageSort::Newest:
            by([](const DatasetEntry& e) { return -e.modifiedNs; });
            break;
        case ImageSort::Largest:
            by([](const DatasetEntry& e) { return -std::int64_t(e.width) * e.height; });
            break;
        case ImageSort::Ratio:
            by([](const DatasetEntry& e) { return e.height ? double(e.width) / e.height : 1e9; });
            break;
        case ImageSort::Caption:
            by([](const DatasetEntry& e) {
                return -std::int64_t(e.tokens >= 0 ? e.tokens : int(e.caption().size()));
            });
            break;
    }
    rowOf_.assign(entries.size(), -1);
    for (std::size_t row = 0; row < visible_.size(); ++row) rowOf_[std::size_t(visible_[row])] = int(row);
}

}  // namespace atelier
