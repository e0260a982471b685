// SPDX-License-Identifier: GPL-3.0-or-later
// The welcome page: drop area, three ways to begin, what this computer has. Shown until a dataset or run
// exists.
#pragma once

#include <QList>
#include <QPixmap>
#include <QWidget>

class QBoxLayout;

namespace atelier {

struct ComputerFact {
    bool good = true;
    QString text;
};

class FirstRunPage : public QWidget {
    Q_OBJECT
  public:
    // `pictures`: up to three for the fan; demoFolder empty hides the demo card.
    FirstRunPage(const QList<QPixmap>& pictures, const QString& demoText, QWidget* parent = nullptr);
    void setFacts(const QList<ComputerFact>& facts);

  Q_SIGNALS:
    void chooseFolderRequested();
    void demoRequested();
    void templateRequested();
    void openRunRequested();

  private:
    QBoxLayout* facts_;
};

}  // namespace atelier
