// SPDX-License-Identifier: GPL-3.0-or-later
// Stands in for a file manager in the end-to-end test: a small window from which the paths given as arguments
// can be dragged with the mouse. Prints "dropped <action>" when a drop has ended.
#include <QApplication>
#include <QDrag>
#include <QLabel>
#include <QMimeData>
#include <QMouseEvent>
#include <QUrl>
#include <cstdio>

namespace {

class DragSource : public QLabel {
  public:
    explicit DragSource(const QStringList& paths) : QLabel(QStringLiteral("drag me")) {
        for (const auto& path : paths) urls_.append(QUrl::fromLocalFile(path));
        setAlignment(Qt::AlignCenter);
        setWindowTitle(QStringLiteral("atelier-drag-source"));
    }

  protected:
    void mousePressEvent(QMouseEvent* event) override { pressed_ = event->position().toPoint(); }
    void mouseMoveEvent(QMouseEvent* event) override {
        if ((event->position().toPoint() - pressed_).manhattanLength() < QApplication::startDragDistance())
            return;
        auto* drag = new QDrag(this);
        auto* data = new QMimeData;
        data->setUrls(urls_);
        drag->setMimeData(data);
        const auto action = drag->exec(Qt::CopyAction);
        std::printf("dropped %s\n", action == Qt::CopyAction ? "copy" : "nothing");
        std::fflush(stdout);
    }

  private:
    QList<QUrl> urls_;
    QPoint pressed_;
};

}  // namespace

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    DragSource source(QApplication::arguments().mid(1));
    source.setGeometry(0, 0, 160, 100);
    source.show();
    return QApplication::exec();
}
