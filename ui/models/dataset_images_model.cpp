// SPDX-License-Identifier: GPL-3.0-or-later
// Filtering, sorting and change propagation of the picture list.
#include "ui/models/dataset_images_model.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QMimeData>
#include <QPointer>
#include <QThreadPool>
#include <QTimer>
#include <QUrl>
#include <algorithm>
#include <numeric>
#include <utility>

namespace atelier {

namespace {
constexpr std::size_t kAtOnce = 5000;        // pictures that are filtered and sorted without waiting
constexpr int kSliceMs = 3, kBetweenMs = 4;  // painting and keys come in between
}  // namespace

// Filtering goes through the pictures bit by bit, then another thread sorts.
struct DatasetImagesModel::Work {
    std::size_t next = 0;  // entry to look at
    std::vector<std::pair<double, int>> rows;
    bool sorting = false;
};

DatasetImagesModel::DatasetImagesModel(DatasetDocument& document, Thumbnails& thumbnails, QObject* parent)
    : QAbstractListModel(parent), document_(document), thumbnails_(thumbnails) {
    connect(&document_, &DatasetDocument::entriesReset, this, [this] {
        beginResetModel();
        rebuild();
        endResetModel();
        if (facet_ != Facet{} || predicate_ || sort_ != ImageSort::Name) refresh();
    });
    connect(&document_, &DatasetDocument::entriesAdded, this, [this](int first, int last) {
        rowOf_.resize(document_.entries().size(), -1);
        if (work_) return;  // it will come to them
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
    const auto markFailed = [this](const QString& path) {
        if (thumbnails_.failed(path))
            document_.markUnreadable(path.toStdString(), thumbnails_.problem(path).toStdString());
    };
    connect(&thumbnails_, &Thumbnails::ready, this, markFailed);
    // Decoded before it was probed: said again, since probing sees the header only.
    connect(&document_, &DatasetDocument::entriesChanged, this,
            [this, markFailed](const std::vector<int>& indices) {
                if (!thumbnails_.anyFailed()) return;
                for (const int i : indices)
                    if (document_.entry(i).readable) markFailed(document_.pathOf(i));
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
            if (!e.companion(Companion::Mask).empty()) parts << tr("with mask");
            if (!e.companion(Companion::Condition).empty()) parts << tr("with control image");
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
    work_ = std::make_shared<Work>();
    if (document_.entries().size() <= kAtOnce) {
        while (work_) step();
    } else {
        QMetaObject::invokeMethod(
            this, [this, work = work_] { slice(work); }, Qt::QueuedConnection);
    }
}

// One short turn of the event loop; `work` has ended when another one took its place.
void DatasetImagesModel::slice(const std::shared_ptr<Work>& work) {
    QElapsedTimer clock;
    clock.start();
    while (work == work_ && !work->sorting && clock.elapsed() < kSliceMs) step();
    if (work == work_ && !work->sorting) QTimer::singleShot(kBetweenMs, this, [this, work] { slice(work); });
}

// A thousand pictures, or the end.
void DatasetImagesModel::step() {
    const auto& entries = document_.entries();
    const std::size_t end = std::min(entries.size(), work_->next + 1000);
    for (; work_->next < end; ++work_->next)
        if (const DatasetEntry& e = entries[work_->next]; shows(e))
            work_->rows.emplace_back(sortKey(e), int(work_->next));
    if (work_->next < entries.size()) return;
    if (sort_ != ImageSort::Name && work_->rows.size() > kAtOnce) {
        work_->sorting = true;
        QThreadPool::globalInstance()->start([self = QPointer<DatasetImagesModel>(this), work = work_] {
            std::stable_sort(work->rows.begin(), work->rows.end(),
                             [](const auto& a, const auto& b) { return a.first < b.first; });
            QMetaObject::invokeMethod(
                qApp,
                [self, work] {
                    if (self && self->work_ == work) self->commit();
                },
                Qt::QueuedConnection);
        });
        return;
    }
    if (sort_ != ImageSort::Name)
        std::stable_sort(work_->rows.begin(), work_->rows.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
    commit();
}

// Selection and current item follow the pictures to their new rows.
void DatasetImagesModel::commit() {
    const std::shared_ptr<Work> work = std::exchange(work_, nullptr);
    Q_EMIT layoutAboutToBeChanged();
    const QModelIndexList before = persistentIndexList();
    std::vector<int> entries;
    for (const QModelIndex& index : before) entries.push_back(visible_[std::size_t(index.row())]);
    visible_.clear();
    visible_.reserve(work->rows.size());
    for (const auto& [key, entry] : work->rows) visible_.push_back(entry);
    for (std::size_t i = work->next; i < document_.entries().size(); ++i)  // came while it was sorted
        if (shows(document_.entry(int(i)))) visible_.push_back(int(i));
    number();
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

double DatasetImagesModel::sortKey(const DatasetEntry& e) const {
    switch (sort_) {
        case ImageSort::Name:
            break;  // the document's order
        case ImageSort::Newest:
            return -double(e.modifiedNs);
        case ImageSort::Largest:
            return -double(e.width) * e.height;
        case ImageSort::Ratio:
            return e.height ? double(e.width) / e.height : 1e9;
        case ImageSort::Caption:
            return -double(e.tokens >= 0 ? e.tokens : int(e.caption().size()));
    }
    return 0;
}

// New pictures altogether: at first all that a look without work gives, then filter and order.
void DatasetImagesModel::rebuild() {
    work_.reset();
    const bool plain = facet_ == Facet{} && !predicate_ && sort_ == ImageSort::Name;
    visible_.clear();
    if (plain) {
        visible_.resize(document_.entries().size());
        std::iota(visible_.begin(), visible_.end(), 0);
    }
    number();
}

void DatasetImagesModel::number() {
    rowOf_.assign(document_.entries().size(), -1);
    for (std::size_t row = 0; row < visible_.size(); ++row) rowOf_[std::size_t(visible_[row])] = int(row);
}

}  // namespace atelier
