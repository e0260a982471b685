// SPDX-License-Identifier: GPL-3.0-or-later
// Rows and counts of the left pane.
#include "ui/models/dataset_facets_model.h"

#include <QDir>
#include <QFileInfo>
#include <array>

namespace atelier {

DatasetFacetsModel::DatasetFacetsModel(DatasetDocument& document, QObject* parent)
    : QAbstractListModel(parent), document_(document) {
    const auto reset = [this] {
        beginResetModel();
        rebuild();
        endResetModel();
    };
    connect(&document_, &DatasetDocument::sourcesChanged, this, reset);
    connect(&document_, &DatasetDocument::opened, this, reset);
    const auto counts = [this, reset] {
        if (companions() != companionsShown_) return reset();
        recount();
        Q_EMIT dataChanged(index(0), index(rowCount() - 1), {CountRole});
    };
    connect(&document_, &DatasetDocument::countsChanged, this, counts);
    connect(&document_, &DatasetDocument::entriesAdded, this, counts);
    rebuild();
}

void DatasetFacetsModel::rebuild() {
    rows_.clear();
    rows_.push_back({true, tr("Sources"), {}, {}, {}, 0, false});
    rows_.push_back({false, tr("All images"), QStringLiteral("datasets"), {}, {}, 0, false});
    int number = 0;
    const auto paths = document_.isOpen() ? document_.dataset().sourcePaths() : std::vector<fs::path>{};
    for (const fs::path& path : paths) {
        const QFileInfo info(QString::fromStdString(path.string()));
        Row row{false,
                info.fileName(),
                info.isDir() || !info.exists() ? QStringLiteral("folder") : QStringLiteral("file"),
                info.filePath(),
                {number++, std::nullopt},
                0,
                !info.exists()};
        // The parent's name tells "train/images" from "test/images".
        if (const QString parent = info.dir().dirName(); !parent.isEmpty() && info.isDir())
            row.text = parent + QLatin1Char('/') + row.text;
        rows_.push_back(std::move(row));
    }
    rows_.push_back({true, tr("Needs a look"), {}, {}, {}, 0, false});
    const struct {
        Look look;
        QString text;
        const char* icon;
    } looks[] = {{Look::NoCaption, tr("No caption"), "text"},
                 {Look::CaptionTooLong, tr("Caption too long"), "text"},
                 {Look::Duplicate, tr("Duplicates"), "copy"},
                 {Look::TooSmall, tr("Too small"), "crop"},
                 {Look::Unreadable, tr("Unreadable"), "error"},
                 {Look::WrongExtension, tr("Wrong extension"), "file"},
                 {Look::TwoCaptions, tr("Two captions"), "text"},
                 {Look::NoMask, tr("Without mask"), "layers"},
                 {Look::NoCondition, tr("Without control image"), "nodes"},
                 {Look::Excluded, tr("Excluded"), "exclude"}};
    companionsShown_ = companions();
    for (const auto& l : looks) {
        if (l.look == Look::CaptionTooLong && !document_.countsTokens()) continue;
        if (l.look == Look::NoMask && !(companionsShown_ & 1)) continue;
        if (l.look == Look::NoCondition && !(companionsShown_ & 2)) continue;
        rows_.push_back({false, l.text, QString::fromLatin1(l.icon), {}, {-1, l.look}, 0, false});
    }
    recount();
}

// Pictures without one are worth a look only where others have one.
int DatasetFacetsModel::companions() const {
    const int all = int(document_.entries().size());
    return (document_.count(Look::NoMask) < all ? 1 : 0) | (document_.count(Look::NoCondition) < all ? 2 : 0);
}

void DatasetFacetsModel::recount() {
    for (Row& row : rows_)
        row.count = row.facet.look          ? document_.count(*row.facet.look)
                    : row.facet.source >= 0 ? document_.countOfSource(row.facet.source)
                                            : int(document_.entries().size());
}

int DatasetFacetsModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(rows_.size());
}

QVariant DatasetFacetsModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const Row& row = rows_[std::size_t(index.row())];
    switch (role) {
        case Qt::DisplayRole:
            return row.text;
        case Qt::ToolTipRole:
            return row.missing
                       ? tr("%1 is not there. Remove it here, or bring it back and rescan.").arg(row.tip)
                       : row.tip;
        case Qt::AccessibleTextRole:
            return row.heading ? row.text : tr("%1, %2").arg(row.text).arg(row.count);
        case CountRole:
            return row.heading ? QVariant() : QVariant(row.count);
        case IconRole:
            return row.missing ? QStringLiteral("warning") : row.icon;
        case HeadingRole:
            return row.heading;
        case WarnRole:
            return row.missing || (row.facet.look && row.count > 0 && *row.facet.look != Look::Excluded);
        default:
            return {};
    }
}

Qt::ItemFlags DatasetFacetsModel::flags(const QModelIndex& index) const {
    if (!index.isValid()) return Qt::NoItemFlags;
    if (isHeading(index.row())) return Qt::ItemNeverHasChildren;
    return Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemNeverHasChildren;
}

int DatasetFacetsModel::rowOf(const Facet& facet) const {
    for (std::size_t i = 0; i < rows_.size(); ++i)
        if (!rows_[i].heading && rows_[i].facet == facet) return int(i);
    return -1;
}

std::vector<std::pair<QString, int>> shapeCounts(const DatasetDocument& document) {
    constexpr std::array<const char*, kShapes> kNames{"2:3", "3:4", "1:1", "4:3", "3:2", "2:1"};
    std::vector<std::pair<QString, int>> counts;
    for (std::size_t i = 0; i < kShapes; ++i)
        counts.emplace_back(QString::fromLatin1(kNames[i]), document.shapes()[i]);
    return counts;
}

}  // namespace atelier
