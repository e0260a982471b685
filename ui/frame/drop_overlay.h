// SPDX-License-Identifier: GPL-3.0-or-later
// What covers the page while something is dragged over the window: what was recognised, and one card per
// thing that letting go would do. Owned by MainWindow.
#pragma once

#include <QList>
#include <QWidget>

#include "ui/pages/page.h"

namespace atelier {

class DropOverlay : public QWidget {
    Q_OBJECT
  public:
    explicit DropOverlay(QWidget* parent);
    void setContents(const Dropped& dropped, const QList<DropTarget>& targets, const QString& title);
    // Lights the card at `position`, the first one elsewhere; returns its index or -1.
    int hover(const QPoint& position);
    QString title() const { return title_; }

  protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

  private:
    void layoutCards();
    Dropped dropped_;
    QList<DropTarget> targets_;
    QString title_;
    QList<QRect> cards_;
    int current_ = -1;
};

// Three tilted picture frames with the given pictures (null: the icon), centred on `centre`; used by empty
// states too.
void paintFan(QPainter& painter, const QPointF& centre, const QList<QPixmap>& pictures, double side,
              qreal dpr);

}  // namespace atelier
