// SPDX-License-Identifier: GPL-3.0-or-later
// What a run will need, measured by `atelier-engine check --forecast` in the background, with cancel. Made by
// RunDesk; the Configure page shows it.
#pragma once

#include <QObject>
#include <QString>
#include <QTemporaryDir>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"
#include "ui/models/engine_job.h"

namespace atelier {

// The engine's answer. Sizes in bytes, times in seconds.
struct ForecastFacts {
    struct Part {
        QString name;
        std::uint64_t bytes = 0;
    };
    // A smaller setting that helps: path and YAML value.
    struct Fix {
        QString text;
        std::vector<std::pair<QString, QString>> settings;
    };
    QString device;
    std::vector<Part> memory;  // program, weights, gradients and optimizer, activations, cached latents
    std::uint64_t peak = 0, available = 0;
    bool fits = true;
    bool measured = true;  // false: reckoned from smaller batches, as this one does not fit
    bool datasetRead = true;
    double secondsPerUpdate = 0, seconds = 0;
    std::int64_t updates = 0;
    std::uint64_t checkpoint = 0, diskFree = 0;
    std::int64_t checkpointsKept = 0;
    std::vector<Fix> fixes;
};

// From the object that the engine prints. What is absent stays 0.
ForecastFacts forecastFromJson(const Json& json);

class ForecastJob : public QObject {
    Q_OBJECT
  public:
    // Starts at once. `yaml` is a complete configuration; it lies in a folder of its own while the job lives.
    ForecastJob(const QString& engine, const std::string& yaml, QObject* parent = nullptr);
    ~ForecastJob() override;

    bool running() const { return job_ && job_->running(); }
    void cancel();
    // When it has finished; Cancelled when it was asked to.
    const Result<ForecastFacts>& facts() const { return facts_; }

  Q_SIGNALS:
    void finished();  // once, never before the constructor has returned

  private:
    void end();
    QTemporaryDir folder_;
    Result<ForecastFacts> facts_;
    EngineJob* job_ = nullptr;
};

}  // namespace atelier
