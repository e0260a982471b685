// SPDX-License-Identifier: GPL-3.0-or-later
// How many pictures training would find at a path: a folder of them, or a built version. Asked for by the
// forms, answered from another thread; answers are remembered for a short while.
#pragma once

#include <QHash>
#include <QObject>
#include <QString>

namespace atelier {

class PictureCount : public QObject {
    Q_OBJECT
  public:
    explicit PictureCount(QObject* parent = nullptr) : QObject(parent) {}
    // counted() follows, always later.
    void ask(const QString& path);

  Q_SIGNALS:
    // `count` -1: there is nothing there; -2: it is something whose pictures are not counted (shards
    // elsewhere).
    void counted(const QString& path, int count);

  private:
    QHash<QString, qint64> asked_;  // path → when, ms
    QHash<QString, int> known_;
};

}  // namespace atelier
