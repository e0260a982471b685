// SPDX-License-Identifier: GPL-3.0-or-later
// The studio's application object. It can write down what holds up the event loop: tests of the whole program
// read the file.
#pragma once

#include <QApplication>
#include <QFile>

namespace atelier {

class StudioApplication : public QApplication {
    Q_OBJECT
  public:
    using QApplication::QApplication;
    // From now on each event that takes longer than 50 ms is a line of this file: wall and processor time in
    // milliseconds, kind of event, class of its receiver.
    void watchStalls(const QString& file);
    bool notify(QObject* receiver, QEvent* event) override;

  private:
    void timed(QObject* receiver, QEvent* event, bool& accepted);
    QFile file_;
    int level_ = -1;       // of the event loop whose event is being handled
    bool nested_ = false;  // a loop of its own ran inside the event (a menu, a dialog)
};

}  // namespace atelier
