// SPDX-License-Identifier: GPL-3.0-or-later
// The tags of a comma-separated caption as chips: × removes, "add tag" adds. The caption stays the one text.
#pragma once

#include <QStringList>
#include <QWidget>

class QLineEdit;

namespace atelier {

class TagRow : public QWidget {
    Q_OBJECT
  public:
    explicit TagRow(QWidget* parent = nullptr);
    void setTags(const QStringList& tags);
    QStringList tags() const { return tags_; }

  Q_SIGNALS:
    void tagsEdited(const QStringList& tags);

  private:
    void remove(int number);
    QStringList tags_;
    QList<QWidget*> chips_;  // the first tags_.size() are shown
    QLineEdit* add_;
};

}  // namespace atelier
