// SPDX-License-Identifier: GPL-3.0-or-later
// A model's tensors and its metadata as tables, and the filter over them. Part of the Models page.
#pragma once

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>

#include "ui/models/model_facts.h"

namespace atelier {

class TensorTableModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { Name, Shape, Type, ColumnCount };
    using QAbstractTableModel::QAbstractTableModel;
    void setFacts(std::shared_ptr<const ModelFacts> facts);
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

  private:
    std::shared_ptr<const ModelFacts> facts_;
};

class MetadataModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    using QAbstractTableModel::QAbstractTableModel;
    static constexpr int kShown = 300;  // characters of a value; the whole is its tooltip and what is copied
    void setFacts(std::shared_ptr<const ModelFacts> facts);
    QString asText() const;  // "key: value" lines, whole
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

  private:
    std::shared_ptr<const ModelFacts> facts_;
};

// Rows in which every word of the text is found, in any column.
class WordsFilter : public QSortFilterProxyModel {
    Q_OBJECT
  public:
    explicit WordsFilter(QAbstractItemModel* source, QObject* parent = nullptr);
    void setText(const QString& text);

  protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

  private:
    QStringList words_;
};

}  // namespace atelier
