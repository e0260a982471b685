// SPDX-License-Identifier: GPL-3.0-or-later
// Painting and keys of the large view.
#include "ui/pages/datasets_viewer.h"

#include <QKeyEvent>
#include <QPainter>

#include "ui/style/fonts.h"
#include "ui/style/icons.h"
#include "ui/style/tokens.h"
#include "ui/widgets/controls.h"

namespace atelier {

using style::TextSize;

PictureViewer::PictureViewer(DatasetImagesModel& model, int row, QWidget* window)
    : QWidget(window), model_(model), row_(row) {
    setAttribute(Qt::WA_DeleteOnClose);
    setFocusPolicy(Qt::StrongFocus);
    setGeometry(window->rect());
    window->installEventFilter(this);
    connect(&model.thumbnails(), &Thumbnails::ready, this, qOverload<>(&QWidget::update));
    connect(&model, &QAbstractItemModel::modelReset, this, &QWidget::close);
    show();
    raise();
    setFocus();
    go(row);
}

void PictureViewer::go(int row) {
    if (row < 0 || row >= model_.rowCount()) return;
    row_ = row;
    setAccessibleName(tr("Large view of %1").arg(model_.index(row).data(Qt::AccessibleTextRole).toString()));
    update();
    Q_EMIT rowChanged(row);
}

void PictureViewer::paintEvent(QPaintEvent*) {
    if (row_ >= model_.rowCount()) return;
    const DatasetEntry& e = model_.entryAt(row_);
    QPainter p(this);
    p.setRenderHint(QPainter::SmoothPixmapTransform);
    QColor back = style::kDark.sunken;
    back.setAlphaF(0.96F);
    p.fillRect(rect(), back);
    const qreal dpr = devicePixelRatioF();
    const QRect room = rect().adjusted(64, 40, -64, -84);
    // One size for every picture of this window, so that walking finds its neighbours in the cache.
    const int side = std::min(2048, (int(std::max(room.width(), room.height()) * dpr) + 255) / 256 * 256);
    const QImage image = model_.thumbnails().get(QString::fromStdString(e.path), side);
    if (!image.isNull()) {
        const QSizeF natural = QSizeF(image.size()) / dpr;
        const QSizeF fit = natural.scaled(QSizeF(room.size()), Qt::KeepAspectRatio).boundedTo(natural * 4);
        p.drawImage(QRectF(room.center().x() - fit.width() / 2, room.center().y() - fit.height() / 2,
                           fit.width(), fit.height()),
                    image);
        for (const int near : {row_ + 1, row_ - 1})
            if (near >= 0 && near < model_.rowCount())
                model_.thumbnails().get(QString::fromStdString(model_.entryAt(near).path), side);
    }
    p.setPen(style::kDark.text);
    p.setFont(style::font(TextSize::Body, QFont::DemiBold));
    p.drawText(QRect(64, height() - 74, width() - 128, 20), Qt::AlignCenter,
               QStringLiteral("%1   %2 × %3   %4 / %5")
                   .arg(e.name())
                   .arg(e.width)
                   .arg(e.height)
                   .arg(figure(row_ + 1), figure(model_.rowCount())));
    p.setPen(style::kDark.text2);
    p.setFont(style::font());
    p.drawText(QRect(120, height() - 52, width() - 240, 42),
               Qt::AlignHCenter | Qt::AlignTop | Qt::TextWordWrap,
               e.hasCaption() ? e.caption().left(400) : tr("No caption"));
}

void PictureViewer::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
        case Qt::Key_Right:
        case Qt::Key_Down:
            go(row_ + 1);
            break;
        case Qt::Key_Left:
        case Qt::Key_Up:
            go(row_ - 1);
            break;
        case Qt::Key_Home:
            go(0);
            break;
        case Qt::Key_End:
            go(model_.rowCount() - 1);
            break;
        case Qt::Key_Space:
        case Qt::Key_Escape:
            close();
            break;
        default:
            QWidget::keyPressEvent(event);
    }
}

void PictureViewer::mousePressEvent(QMouseEvent*) {
    close();
}

bool PictureViewer::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Resize) setGeometry(static_cast<QWidget*>(watched)->rect());
    return QWidget::eventFilter(watched, event);
}

}  // namespace atelier
