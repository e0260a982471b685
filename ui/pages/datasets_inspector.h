// SPDX-License-Identifier: GPL-3.0-or-later
// Right pane of the Datasets page: preview, caption with tokens and tags, what a build will do with the
// picture, actions for the selection. Captions are saved 400 ms after the last key and whenever the selection
// moves.
#pragma once

#include <QPlainTextEdit>
#include <QTimer>
#include <QWidget>
#include <vector>

#include "ui/models/dataset_images_model.h"

class QLabel;
class QPushButton;

namespace atelier {

class CompanionRows;
class ElidedLabel;
class PicturePreview;
class ProgressLine;
class TagRow;

class DatasetInspector : public QWidget {
    Q_OBJECT
  public:
    DatasetInspector(DatasetImagesModel& model, QWidget* parent = nullptr);
    // `entry` -1: nothing. `selected`: entries of the selection, for the actions below.
    void show(int entry, const std::vector<int>& selected);
    int entry() const { return entry_; }
    QPlainTextEdit* captionEdit() const { return caption_; }
    // Writes what is still waiting; called before anything else may read the captions.
    void flush();

  Q_SIGNALS:
    void stepRequested(int direction);  // previous or next picture
    void nextWithoutCaptionRequested();
    void excludeRequested(bool exclude);
    void editManyRequested();

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    QWidget* buildHead();
    QWidget* buildCaption();
    QWidget* buildFate();
    QWidget* buildActions();
    void refresh();
    void refreshCaptionFacts();
    DatasetImagesModel& model_;
    DatasetDocument& document_;
    int entry_ = -1;
    std::vector<int> selected_;
    int mergeId_ = 1;
    bool filling_ = false;
    QTimer save_;
    ElidedLabel* name_;
    PicturePreview* preview_;
    QLabel* facts_;
    QPlainTextEdit* caption_;
    QLabel* tokens_;
    ProgressLine* tokenBar_;
    TagRow* tags_;
    CompanionRows* companions_;
    QLabel *fate_, *key_, *source_, *file_;
    QLabel* count_;
    QPushButton *exclude_, *include_, *editMany_;
    QWidget *body_, *nothing_;
};

// Fits the picture of a path into its box; shows what stands in the way otherwise.
class PicturePreview : public QWidget {
    Q_OBJECT
  public:
    explicit PicturePreview(Thumbnails& thumbnails, QWidget* parent = nullptr);
    // `pixels`: size of the picture, empty when not known yet.
    void setPicture(const QString& path, const QSize& pixels, const QString& problem);
    // Laid over it, and beside it; "" = none.
    void setCompanions(const QString& mask, const QString& condition);
    QSize sizeHint() const override { return {288, 216}; }

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    QRectF paintPicture(QPainter& p, const QRectF& room);
    Thumbnails& thumbnails_;
    QString path_, problem_, mask_, condition_;
    QSize pixels_;
};

}  // namespace atelier
