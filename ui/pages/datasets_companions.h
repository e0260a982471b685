// SPDX-License-Identifier: GPL-3.0-or-later
// Masks and control images of a dataset's pictures: two rows of the inspector (which one, choose, remove),
// how a mask lies over its picture, and what dropping a folder of them does. Used by the Datasets page.
#pragma once

#include <QImage>
#include <QList>
#include <QStringList>
#include <QWidget>
#include <functional>

#include "ui/models/dataset_document.h"
#include "ui/pages/page.h"

class QToolButton;

namespace atelier {

class ElidedLabel;

// White of the mask in the accent colour, black clear: to be painted over the picture.
QImage maskTint(const QImage& mask);

// Pictures in these files and folders, to any depth.
QStringList picturesIn(const QStringList& paths);

// Cards for pictures that belong to those of the dataset; the likelier one by the names of `paths` first.
// `raise` shows what came of it.
QList<DropTarget> companionTargets(DatasetDocument& document, const QStringList& paths,
                                   const std::function<void(const Message&)>& raise);
// The names say that these are masks or control images ("masks", "conditions-canny").
bool namedAsCompanions(const QStringList& paths);

class CompanionRows : public QWidget {
    Q_OBJECT
  public:
    explicit CompanionRows(DatasetDocument& document, QWidget* parent = nullptr);
    void show(int entry);
    bool maskShown() const;

  Q_SIGNALS:
    void maskShownChanged();

  private:
    struct Row {
        ElidedLabel* name;
        QToolButton *see, *choose, *remove;
    };
    Row makeRow(Companion kind, const QString& title);
    void choose(Companion kind);
    DatasetDocument& document_;
    Row mask_, condition_;
    int entry_ = -1;
};

}  // namespace atelier
