// SPDX-License-Identifier: GPL-3.0-or-later
// The grid of pictures: a list view with uniform cells that fill the width.
#pragma once

#include <QListView>
#include <QSet>
#include <QTimer>

#include "ui/pages/datasets_cell.h"

namespace atelier {

// A QListView by name, selection and accessibility; where cells are is its own arithmetic, so that the number
// of pictures costs nothing per frame.
class ImageGrid : public QListView {
    Q_OBJECT
  public:
    static constexpr int kSmallestCell = 113, kLargestCell = 320;
    explicit ImageGrid(DatasetImagesModel& model, QWidget* parent = nullptr);
    // Wanted width of a cell; cells grow a little so that columns fill the view.
    void setCellWidth(int width);
    int cellWidth() const { return wanted_; }
    std::vector<int> selectedEntries() const;
    int selectedCount() const;

    QRect visualRect(const QModelIndex& index) const override;
    QModelIndex indexAt(const QPoint& at) const override;
    void scrollTo(const QModelIndex& index, ScrollHint hint = EnsureVisible) override;
    void doItemsLayout() override;

  Q_SIGNALS:
    void selectionMoved();
    void cellWidthChanged(int width);
    void editRequested();
    void largeViewRequested();

  protected:
    void dataChanged(const QModelIndex& from, const QModelIndex& to, const QList<int>& roles) override;
    void rowsInserted(const QModelIndex& parent, int start, int end) override;
    void updateGeometries() override;
    int horizontalOffset() const override;
    int verticalOffset() const override;
    QModelIndex moveCursor(CursorAction action, Qt::KeyboardModifiers modifiers) override;
    void setSelection(const QRect& rect, QItemSelectionModel::SelectionFlags flags) override;
    QRegion visualRegionForSelection(const QItemSelection& selection) const override;
    void scrollContentsBy(int dx, int dy) override;
    bool viewportEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void selectionChanged(const QItemSelection& selected, const QItemSelection& deselected) override;
    void currentChanged(const QModelIndex& current, const QModelIndex& previous) override;
    void startDrag(Qt::DropActions actions) override;

  private:
    void layoutCells();
    void relayoutKeepingPlace();
    void repaintReady();
    void setHover(int row);
    QRect cellRect(int row) const;
    std::pair<int, int> rowsIn(const QRect& rect) const;
    int rowNear(const QPoint& at) const;
    DatasetImagesModel& model_;
    ImageCellDelegate* delegate_;
    int wanted_ = kSmallestCell, columns_ = 1, hover_ = -1;
    QSize cell_;
    QPoint pressed_;  // in content coordinates, as is the rubber band
    QRect band_;
    QSet<QString> ready_;  // pictures decoded since the last repaint
    QTimer repaint_;
};

}  // namespace atelier
