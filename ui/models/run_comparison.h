// SPDX-License-Identifier: GPL-3.0-or-later
// Two to six runs side by side: their monitors, the settings they differ in, their results, and the pictures
// of one prompt as run × step. Shown by the Compare page; nothing of it is stored in the runs.
#pragma once

#include <QObject>
#include <QPointer>
#include <QStringList>
#include <QTimer>
#include <vector>

#include "ui/models/run_monitor.h"
#include "ui/models/sample_model.h"

namespace atelier {

class RunDesk;

class RunComparison : public QObject {
    Q_OBJECT
  public:
    static constexpr int kMost = 6;  // as many colours as can be told apart

    struct Run {
        QString folder, name;  // the name is unique among them
        int colour = 0;        // chart colour; stays with the run
        QPointer<RunMonitor> monitor;
    };
    // One line of a table: what it is called, a value for each run ("" = it has none).
    struct Row {
        QString name;
        QStringList values;
        bool differs() const;
    };

    explicit RunComparison(RunDesk& desk, QObject* parent = nullptr);
    ~RunComparison() override;

    const std::vector<Run>& runs() const { return runs_; }
    QStringList folders() const;
    bool contains(const QString& folder) const;
    bool add(const QString& folder);  // false: it is there, or there is no room
    void remove(const QString& folder);
    void setFolders(const QStringList& folders);

    std::vector<Row> settings() const;  // every one that any of them has, sorted
    std::vector<Row> results() const;

    QStringList prompts() const;  // of all of them, in the order of the first
    QString prompt() const { return prompt_; }
    void setPrompt(const QString& prompt);
    SampleModel& samples() { return samples_; }  // one row a run, called by its name

  Q_SIGNALS:
    void runsChanged();  // other runs, or other names
    void changed();      // new values, settings or pictures; at most four times a second

  private:
    void schedule();
    void refreshNames();
    void refreshSamples();
    RunDesk& desk_;
    std::vector<Run> runs_;
    SampleModel samples_;
    QString prompt_, samplesKey_;
    QTimer timer_;
};

}  // namespace atelier
