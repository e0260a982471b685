// SPDX-License-Identifier: GPL-3.0-or-later
// The pictures of a dataset as a list, filtered and sorted; rows are what the grid shows. Reads a
// DatasetDocument.
#pragma once

#include <QAbstractListModel>
#include <memory>
#include <optional>
#include <vector>

#include "ui/models/dataset_document.h"
#include "ui/models/dataset_filter.h"
#include "ui/models/thumbnails.h"

namespace atelier {

enum class ImageSort { Name, Newest, Largest, Ratio, Caption };

// What the left pane has chosen.
struct Facet {
    int source = -1;  // -1: all
    std::optional<Look> look;
    bool operator==(const Facet&) const = default;
};

class DatasetImagesModel : public QAbstractListModel {
    Q_OBJECT
  public:
    enum Role { EntryRole = Qt::UserRole, PathRole, CaptionRole };
    DatasetImagesModel(DatasetDocument& document, Thumbnails& thumbnails, QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    QStringList mimeTypes() const override;
    QMimeData* mimeData(const QModelIndexList& indexes) const override;

    DatasetDocument& document() const { return document_; }
    Thumbnails& thumbnails() const { return thumbnails_; }
    const DatasetEntry& entryAt(int row) const { return document_.entry(visible_[std::size_t(row)]); }
    int entryIndexAt(int row) const { return visible_[std::size_t(row)]; }
    int rowOfEntry(int entryIndex) const;  // -1: filtered out

    void setFacet(const Facet& facet);
    const Facet& facet() const { return facet_; }
    // Returns why the text cannot be understood; then the old filter stays.
    QString setFilterText(const QString& text);
    QString filterText() const { return filterText_; }
    void setSort(ImageSort sort);
    ImageSort sort() const { return sort_; }
    // Applies filter and order anew (edits do not make rows vanish under the hand until then).
    // Above a few thousand pictures the new rows come a little later, in one layoutChanged().
    void refresh();

  private:
    struct Work;
    void rebuild();
    void number();
    void slice(const std::shared_ptr<Work>& work);
    void step();
    void commit();
    double sortKey(const DatasetEntry& e) const;
    bool shows(const DatasetEntry& e) const;
    DatasetDocument& document_;
    Thumbnails& thumbnails_;
    std::vector<int> visible_;
    std::vector<int> rowOf_;
    Facet facet_;
    QString filterText_;
    EntryPredicate predicate_;
    ImageSort sort_ = ImageSort::Name;
    std::shared_ptr<Work> work_;
};

}  // namespace atelier
