// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures made on request with a checkpoint: one `atelier-engine sample` in the background, with progress
// and cancel. Made by RunDesk; the sample sheet shows it.
#pragma once

#include <QObject>
#include <QString>
#include <QStringList>
#include <vector>

#include "core/base/result.h"
#include "ui/models/engine_job.h"
#include "ui/models/sample_model.h"

namespace atelier {

// What is asked for. `count` pictures of one prompt; picture k starts from noise (seed, k).
struct SampleOrder {
    QString model;  // pipeline folder
    QString prompt, negative;
    QString sampler = QStringLiteral("auto");  // a name of SamplingConfig, or the model's own
    qint64 seed = 0;
    int steps = 30;
    double guidance = 7.5;
    int count = 1;
    QString lora = {};  // file that is added to the model; "" = none
    double loraWeight = 1;
};

LaunchCommand sampleCommand(const QString& engine, const SampleOrder& order, const QString& target);

class SampleJob : public QObject {
    Q_OBJECT
  public:
    // Starts at once; `target` is the folder the pictures go to (made by the engine).
    SampleJob(const QString& engine, const SampleOrder& order, const QString& target,
              QObject* parent = nullptr);
    ~SampleJob() override { job_.kill(); }  // it may be within a long step

    bool running() const { return job_.running(); }
    QString folder() const { return target_; }
    double fraction() const { return job_.fraction(); }  // < 0: the model is being loaded
    void cancel() { job_.cancel(); }
    // When it has finished: entries as read back from samples.json, or an error in the engine's own words;
    // Cancelled when it was asked to.
    const Result<std::vector<SampleEntry>>& pictures() const { return pictures_; }

  Q_SIGNALS:
    void progressed();
    void finished();  // once

  private:
    void end();
    QString target_;
    Result<std::vector<SampleEntry>> pictures_;
    EngineJob job_;
};

}  // namespace atelier
