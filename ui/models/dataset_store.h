// SPDX-License-Identifier: GPL-3.0-or-later
// The datasets of a project, and those opened from elsewhere, as a list for the switcher. Makes new ones.
#pragma once

#include <QAbstractListModel>
#include <QStringList>
#include <vector>

#include "core/base/result.h"

namespace atelier {

class DatasetStore : public QAbstractListModel {
    Q_OBJECT
  public:
    enum Role { PathRole = Qt::UserRole, VersionRole };
    // `folder`: <project>/datasets. `elsewhere`: opened before, outside of it.
    explicit DatasetStore(const QString& folder, const QStringList& elsewhere = {},
                          QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QString pathAt(int row) const;
    int rowOf(const QString& path) const;
    QString folder() const { return folder_; }

    void refresh();
    void addElsewhere(const QString& path);
    // A new dataset folder with these sources; the name is made unique ("fox", "fox-2"). Returns its path.
    Result<QString> create(const QString& name, const QStringList& sources);

  private:
    struct Item {
        QString path, name;
        int version = 0;  // newest built, 0 = none
    };
    QString folder_;
    QStringList elsewhere_;
    std::vector<Item> items_;
};

}  // namespace atelier
