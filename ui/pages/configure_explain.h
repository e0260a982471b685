// SPDX-License-Identifier: GPL-3.0-or-later
// The current setting in plain words: what it does, higher and lower, the usual range, where its value comes
// from, what it works with. Part of the Configure page.
#pragma once

#include <QWidget>

class QLabel;

namespace atelier {

class ConfigDocument;
class RangeBar;

class ConfigureExplain : public QWidget {
    Q_OBJECT
  public:
    explicit ConfigureExplain(ConfigDocument& document, QWidget* parent = nullptr);
    void show(const QString& path);
    QString path() const { return path_; }

  Q_SIGNALS:
    void jumpRequested(const QString& path);

  private:
    void refresh();
    ConfigDocument& document_;
    QString path_;
    QLabel *title_, *key_, *text_, *usual_, *chain_, *related_;
    RangeBar* range_;
};

}  // namespace atelier
