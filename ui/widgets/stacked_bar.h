// SPDX-License-Identifier: GPL-3.0-or-later
// Memory, time: what a whole is made of. The monitor and the forecast show it.
#pragma once

#include <QString>
#include <QWidget>
#include <vector>

namespace atelier {

// Parts of a whole in chart colours, side by side.
class StackedBar : public QWidget {
  public:
    struct Part {
        QString name;
        double value = 0;
        int colour = 0;
    };
    explicit StackedBar(QWidget* parent = nullptr);
    // `whole` > sum of the parts leaves the rest of the groove empty.
    void set(std::vector<Part> parts, double whole);

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    std::vector<Part> parts_;
    double whole_ = 0;
};

}  // namespace atelier
