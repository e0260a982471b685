// SPDX-License-Identifier: GPL-3.0-or-later
// The grid of pictures: a list view with uniform cells that fill the width, and the delegate that paints
// them.
#pragma once

#include <QListView>
#include <QStyledItemDelegate>

#include "ui/models/dataset_images_model.h"

namespace atelier {

class ImageCellDelegate : public QStyledItemDelegate {
    Q_OBJECT
  public:
    explicit ImageCellDelegate(const DatasetImagesModel& model, QObject* parent = nullptr);
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void setCell(const QSize& cell, int picture) {
        cell_ = cell;
        picture_ = picture;
    }

  private:
    void paintBadges(QPainter& painter, const QRect& picture, const DatasetEntry& entry) const;
    const DatasetImagesModel& model_;
    QSize cell_;
    int picture_ = 96;  // side of the picture box, device-independent pixels
};

class ImageGrid : public QListView {
    Q_OBJECT
  public:
    static constexpr int kSmallestCell = 113, kLargestCell = 320;
    explicit ImageGrid(DatasetImagesModel& model, QWidget* parent = nullptr);
    // Wanted width of a cell; cells grow a little so that columns fill the view.
    void setCellWidth(int width);
    int cellWidth() const { return wanted_; }
    std::vector<int> selectedEntries() const;

  Q_SIGNALS:
    void selectionMoved();
    void cellWidthChanged(int width);
    void editRequested();
    void largeViewRequested();

  protected:
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void selectionChanged(const QItemSelection& selected, const QItemSelection& deselected) override;
    void currentChanged(const QModelIndex& current, const QModelIndex& previous) override;
    void startDrag(Qt::DropActions actions) override;

  private:
    void layoutCells();
    DatasetImagesModel& model_;
    ImageCellDelegate* delegate_;
    int wanted_ = kSmallestCell;
};

}  // namespace atelier
