// SPDX-License-Identifier: GPL-3.0-or-later
// One opened run, as the monitor page shows it: the models over its events, the figures derived from them,
// and what lies beside the events (settings, log). Made by RunDesk around a RunController; holds nothing that
// the folder does not.
#pragma once

#include <QObject>
#include <QTimer>
#include <deque>
#include <memory>
#include <optional>

#include "ui/models/event_model.h"
#include "ui/models/metric_model.h"
#include "ui/models/run_settings.h"
#include "ui/models/sample_model.h"
#include "ui/models/sample_reader.h"
#include "ui/session/run_controller.h"

namespace atelier {

class RunMonitor : public QObject {
    Q_OBJECT
  public:
    explicit RunMonitor(RunController& controller, QObject* parent = nullptr);

    RunController& controller() const { return controller_; }
    const run::RunState& state() const { return controller_.state(); }
    run::RunStatus status() const { return controller_.status(); }
    bool active() const { return run::isActive(status()); }
    MetricModel& metrics() { return metrics_; }
    EventModel& events() { return events_; }
    SampleModel& samples() { return samples_; }
    const RunSettings& settings() const { return *settings_; }

    QString folder() const { return controller_.folder(); }
    QString name() const;
    QString subtitle() const;  // "From scratch · UNet 128 px · this computer · RTX 4090"
    std::int64_t step() const;
    std::int64_t totalSteps() const;
    double fraction() const;
    double etaSeconds() const;      // < 0: not known
    double stepsPerSecond() const;  // 0: not known
    std::optional<double> loss() const;
    struct Validation {
        double value;
        std::int64_t step;
    };
    std::optional<Validation> validation() const;
    // Step of the next samples and seconds until then; nullopt when none are due.
    struct NextSample {
        std::int64_t step;
        double seconds;
    };
    std::optional<NextSample> nextSample() const;
    // Loss near a step, for the list of checkpoints.
    std::optional<double> lossAt(std::int64_t step) const;

    // Whether the checkpoint of this step is on disk (old ones are removed to save space). True while not
    // looked yet.
    bool checkpointThere(std::int64_t step) const;
    // The newest one on disk: what the engine continues from. -1: none.
    std::int64_t newestCheckpoint() const;

    // Why it failed: one sentence, evidence, remedy. Empty text: it did not.
    struct Failure {
        QString text, detail;
    };
    Failure failure() const;
    // For "Copy report": versions, config hash, error, last 200 events and log lines. Without secrets: none
    // are written.
    QString report() const;

    // Reads the last lines of the engine's log on a worker thread; logRead() follows.
    void readLog();
    const QString& log() const { return log_; }

  Q_SIGNALS:
    void changed();  // anything above; at most four times a second
    void settingsRead();
    void logRead();
    void problem(const QString& text);

  private:
    void take(const std::vector<run::Event>& events);
    void reset();
    void schedule();
    void readSettings();
    void lookForCheckpoints();
    RunController& controller_;
    MetricModel metrics_;
    EventModel events_;
    SampleModel samples_;
    SampleReader reader_;
    std::shared_ptr<const RunSettings> settings_;
    QTimer timer_;
    QString log_;
    bool readingLog_ = false;
    std::optional<std::vector<std::int64_t>> onDisk_;  // complete checkpoints, ascending
    bool looking_ = false;
    QTimer lookTimer_;
};

}  // namespace atelier
