// SPDX-License-Identifier: GPL-3.0-or-later
// Where a number lies against its usual range: a line (logarithmic where the range spans decades), the usual
// part, a dot. Shown by the explanation panel.
#pragma once

#include <QWidget>
#include <optional>

namespace atelier {

class RangeBar : public QWidget {
    Q_OBJECT
  public:
    explicit RangeBar(QWidget* parent = nullptr);
    void set(double usualLow, double usualHigh, std::optional<double> value, const QString& valueText);
    QSize sizeHint() const override { return {240, 48}; }

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    double low_ = 0, high_ = 1;
    std::optional<double> value_;
    QString valueText_;
};

}  // namespace atelier
