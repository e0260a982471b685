// SPDX-License-Identifier: GPL-3.0-or-later
// Prompt × step: one row a prompt, one column a step, pictures decoded off the main thread. The column that
// comes next is dashed, a picture that could not be made is grey with its reason. Used by the run monitor.
#pragma once

#include <QTableView>
#include <optional>

class QMenu;

namespace atelier {

class SampleModel;
class Thumbnails;

class SampleGrid : public QTableView {
    Q_OBJECT
  public:
    enum class Mode { ByStep, Latest, BeforeAfter };

    SampleGrid(SampleModel& model, Thumbnails& thumbnails, QWidget* parent = nullptr);

    Mode mode() const { return mode_; }
    void setMode(Mode mode);
    // Column whose step is this one, or the nearest before it.
    void showStep(qint64 step);
    qint64 currentStep() const;
    Thumbnails& thumbnails() const { return thumbnails_; }
    int cellSide() const { return cell_; }

  Q_SIGNALS:
    void opened(int row, int column);  // click, Enter, Space
    void stepChosen(qint64 step);      // the current column changed by a person
    void saveRequested(const QString& file);

  protected:
    void resizeEvent(QResizeEvent* event) override;
    void currentChanged(const QModelIndex& current, const QModelIndex& previous) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void layoutCells();
    void columnsChanged();
    void fillMenu(QMenu& menu, const QModelIndex& index);
    SampleModel& samples_;
    Thumbnails& thumbnails_;
    Mode mode_ = Mode::ByStep;
    int cell_ = 96;
    bool followNewest_ = true;
    std::optional<QPoint> pressed_;
    bool quiet_ = false;  // the column is changed by program
};

}  // namespace atelier
