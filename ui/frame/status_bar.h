// SPDX-License-Identifier: GPL-3.0-or-later
// The 28-px bar: device and memory, newest run with bar and time left (click = monitor), page note, engine.
// Fed by app/studio; every part is a button with a tooltip.
#pragma once

#include <QWidget>

class QToolButton;
class QLabel;

namespace atelier {

class ProgressLine;

class StatusBar : public QWidget {
    Q_OBJECT
  public:
    explicit StatusBar(QWidget* parent = nullptr);
    void setDevice(const QString& name, const QString& memory);
    // Empty name: no run. fraction 0 … 1; note "57 % · 18 min left".
    void setRun(const QString& name, double fraction, const QString& note);
    // A job in the background of this window; empty name: none.
    void setJob(const QString& name, double fraction, const QString& note);
    void setNote(const QString& note);
    void setEngine(const QString& text, bool ready);
    void setEngineProblem(const QString& problem);  // its tooltip

  Q_SIGNALS:
    void deviceClicked();
    void runClicked();
    void jobClicked();
    void engineClicked();

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    QToolButton* device_;
    struct Task {  // name, bar, note
        QWidget* all;
        QToolButton* name;
        ProgressLine* bar;
        QLabel* note;
    };
    Task makeTask(const QString& accessibleName);
    static void show(const Task& task, const QString& name, double fraction, const QString& note,
                     const QString& toolTip);
    Task run_, job_;
    QLabel* note_;
    QToolButton* engine_;
};

}  // namespace atelier
