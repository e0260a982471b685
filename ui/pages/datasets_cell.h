// SPDX-License-Identifier: GPL-3.0-or-later
// What one picture looks like in the grid. Used by ImageGrid.
#pragma once

#include <QFont>
#include <QFontMetrics>
#include <QHash>
#include <QPixmap>
#include <QStyledItemDelegate>
#include <array>

#include "ui/models/dataset_images_model.h"

namespace atelier {

// Device-independent pixels.
inline constexpr int kCellGap = 8;       // between cells
inline constexpr int kCellPadding = 6;   // around the picture
inline constexpr int kCellCaption = 24;  // line below it

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
    // Everything rounded is drawn once and copied from then on: strokes and antialiased edges are what costs
    // time. Remade when theme, text scale, pixel ratio or cell size change.
    struct Stamps {
        QString key;
        QFont caption;
        QFontMetrics metrics{QFont()};
        std::array<int, 0x250> advances{};  // of Latin letters
        int ellipsis = 0;
        QHash<int, QPixmap> cards;       // by state bits
        QHash<QRgb, QPixmap> corners;    // four corners of a picture on that colour
        QHash<QString, QPixmap> badges;  // by text
        QPixmap waiting, broken, tick;
    };
    void prepare(qreal dpr) const;
    const QPixmap& card(int state) const;
    const QPixmap& badge(const QString& text) const;
    QString elided(const QString& caption, int room) const;
    void paintPicture(QPainter& p, const QRect& box, const QImage& image, const QColor& ground) const;
    void paintBadges(QPainter& painter, const QRect& picture, const DatasetEntry& entry) const;
    const DatasetImagesModel& model_;
    QSize cell_;
    int picture_ = 96;  // side of the picture box, device-independent pixels
    mutable Stamps stamps_;
    mutable qreal dpr_ = 1;
};

}  // namespace atelier
