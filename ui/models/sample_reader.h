// SPDX-License-Identifier: GPL-3.0-or-later
// Reads samples.json of the steps that a run announces, off the main thread, into a SampleModel. What cannot
// be read yet (a folder that is still being mirrored, a share that went away) is tried again, ever more
// rarely.
#pragma once

#include <QObject>
#include <QString>
#include <map>
#include <vector>

#include "core/base/result.h"
#include "core/run/run_state.h"
#include "ui/models/sample_model.h"

namespace atelier {

// One folder of samples. Missing picture files become failed entries (`missing`). Errors: Io, Data.
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
    void problem(const QString& text);  // a list that cannot be read: what, where; once for each

  private:
    struct Known {
        double time = 0;  // of its event
        QString folder;
        int tries = 0;
    };
    void read(std::int64_t step);
    void take(std::int64_t step, const Result<std::vector<SampleEntry>>& entries);
    QString folder_;
    SampleModel& model_;
    std::map<std::int64_t, Known> known_;  // by step
    int generation_ = 0;
};

}  // namespace atelier
