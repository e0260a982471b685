// SPDX-License-Identifier: GPL-3.0-or-later
// Reads samples.json of the steps that a run announces, off the main thread, into a SampleModel.
#pragma once

#include <QObject>
#include <QString>
#include <map>
#include <vector>

#include "core/base/result.h"
#include "core/run/run_state.h"
#include "ui/models/sample_model.h"

namespace atelier {

// One folder of samples. Missing picture files become failed entries. Errors: Io, Data.
Result<std::vector<SampleEntry>> readSampleFolder(const QString& folder);

class SampleReader : public QObject {
    Q_OBJECT
  public:
    SampleReader(QString runFolder, SampleModel& model, QObject* parent = nullptr);
    // Reads what is new or newer than before, forgets what the run forgot.
    void follow(const std::vector<run::SampleRecord>& samples);
    void clear();

  Q_SIGNALS:
    void stepRead(qint64 step);
    void problem(const QString& text);  // a list that cannot be read: what, where

  private:
    QString folder_;
    SampleModel& model_;
    std::map<std::int64_t, double> known_;  // step → time of its event
    int generation_ = 0;
};

}  // namespace atelier
