// SPDX-License-Identifier: GPL-3.0-or-later
// What the run will need: memory by part, time, disk, and the smaller settings that help when it does not
// fit. Part of the Configure page, which asks for the measurement.
#pragma once

#include <QPointer>
#include <QWidget>

#include "ui/models/forecast_job.h"

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace atelier {

class ConfigDocument;
class ElidedLabel;
class ProgressLine;
class StackedBar;

class ConfigureForecast : public QWidget {
    Q_OBJECT
  public:
    explicit ConfigureForecast(ConfigDocument& document, QWidget* parent = nullptr);
    // Takes the job and shows how it goes; an earlier one is ended.
    void follow(ForecastJob* job);
    void show(const ForecastFacts& facts);
    bool measuring() const { return job_ && job_->running(); }

  Q_SIGNALS:
    void measureRequested();

  protected:
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

  private:
    void refresh();
    void fitHeight();
    void showProblem(const QString& text);
    void finish();
    void apply(const ForecastFacts::Fix& fix);
    ConfigDocument& document_;
    QPointer<ForecastJob> job_;
    QString measuredText_;  // the configuration that the figures are of
    QString when_;
    QLabel *state_, *plan_, *memory_, *cost_, *problem_;
    QPushButton* button_;
    ProgressLine* busy_;
    StackedBar* bar_;
    QVBoxLayout* fixes_;
    bool known_ = false;
};

}  // namespace atelier
