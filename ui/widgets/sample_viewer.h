// SPDX-License-Identifier: GPL-3.0-or-later
// A sample as large as the window: ← → step, ↑ ↓ prompt, B before/after with a handle, D difference, I info,
// C copy, Esc. Opened by the run monitor over its window.
#pragma once

#include <QImage>
#include <QWidget>
#include <array>

class QToolButton;

namespace atelier {

class SampleModel;
class Thumbnails;

class SampleViewer : public QWidget {
    Q_OBJECT
  public:
    enum class Compare { None, BeforeAfter, Difference };

    // Covers `window`; deletes itself when closed.
    SampleViewer(QWidget* window, const SampleModel& model, Thumbnails& thumbnails);
    void open(int row, int column);
    // Rows are runs: B and D compare with the same step of another row, not with another step.
    void compareRows();
    int row() const { return row_; }
    int column() const { return column_; }
    Compare compare() const { return compare_; }
    bool infoShown() const { return info_; }
    void setCompare(Compare compare);
    void setInfo(bool shown);
    void go(int rows, int columns);

  Q_SIGNALS:
    void stepChanged(qint64 step);
    void closed();

  protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

  private:
    QRect stage() const;  // room for the picture
    QRectF pictureRect() const;
    int side() const;  // device pixels asked of the thumbnails
    struct Cell {
        int row, column;
        bool operator==(const Cell&) const = default;
    };
    QImage image(Cell cell) const;
    Cell other() const;  // what B and D compare with; the cell itself when there is nothing
    QString nameOf(Cell cell) const;
    void copy() const;
    void close();
    void paintInfo(class QPainter& painter);
    void announce();
    const SampleModel& model_;
    Thumbnails& thumbnails_;
    QWidget* window_;
    QWidget* bar_;
    std::array<QToolButton*, 3> modes_{};
    int row_ = 0, column_ = 0;
    Compare compare_ = Compare::None;
    double split_ = 0.5;
    bool info_ = false, rows_ = false;
    mutable QImage difference_;
    mutable QString differenceKey_;
};

}  // namespace atelier
