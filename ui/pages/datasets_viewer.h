// SPDX-License-Identifier: GPL-3.0-or-later
// Large view of one picture over the whole window. Arrows walk, Space or Esc closes.
#pragma once

#include <QWidget>

#include "ui/models/dataset_images_model.h"

namespace atelier {

class PictureViewer : public QWidget {
    Q_OBJECT
  public:
    PictureViewer(DatasetImagesModel& model, int row, QWidget* window);

  Q_SIGNALS:
    void rowChanged(int row);

  protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void go(int row);
    DatasetImagesModel& model_;
    int row_;
};

}  // namespace atelier
