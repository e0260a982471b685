// SPDX-License-Identifier: GPL-3.0-or-later
// What the Runs page may do to the world: open, start, resume, export, trash a run. Pages hold this and
// nothing else that touches files or processes. Owned by app/studio.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QStringList>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/result.h"
#include "core/run/queue.h"
#include "ui/models/forecast_job.h"
#include "ui/models/run_monitor.h"
#include "ui/models/run_view_state.h"
#include "ui/models/sample_job.h"

class QProcess;

namespace atelier {

class EngineLocator;
class Settings;

class RunDesk : public QObject {
    Q_OBJECT
  public:
    using MakeController =
        std::function<std::unique_ptr<RunController>(const QString& folder, const QStringList& overrides)>;
    using Done = std::function<void(const Status&)>;

    // `make`: tests give a controller over a fake channel; empty = the local folder.
    RunDesk(Settings& settings, EngineLocator& engine, MakeController make = {}, QObject* parent = nullptr);
    ~RunDesk() override;

    // The monitor of a run folder; reading begins at the first call. The last few stay open.
    RunMonitor* monitor(const QString& folder);
    void forget(const QString& folder);
    // The same, and it stays open until it is released as often as it was held (or forgotten: it is
    // destroyed).
    RunMonitor* hold(const QString& folder);
    void release(const QString& folder);

    bool engineReady() const;
    QString engineProblem() const;
    // Starts or continues a run (its process outlives the studio); the monitor shows how it goes.
    // `overrides`: key=value, recorded by the engine.
    Status start(const QString& folder, const QStringList& overrides = {});
    // The same, or at the end of the queue while another run has its device or waits for it.
    struct Begun {
        bool queued = false;
    };
    Result<Begun> begin(const QString& folder, const QStringList& overrides = {});
    // The queue of this computer; without a folder (at first) nothing is queued.
    void setQueue(const fs::path& folder) { queueFolder_ = folder; }
    bool waits(const QString& folder) const;  // it is in the queue
    Status enqueue(const QString& folder, const QStringList& overrides = {});
    // Off the main thread, since the disk may be slow; done() when it is written.
    void changeQueue(std::function<Status(run::Queue&)> change, Done done);
    // The process that starts what waits: it is started where it is missing and something is due.
    void keepQueueGoing(const run::Queue& queue, bool runnerAtWork);
    // A new run `name` beside `folder` that goes on from its checkpoint of `step`; it is started when it is
    // there. `images` > 0: train on so many in all. Off the main thread; done() gets the new folder or what
    // is wrong.
    // Queued instead when its device is taken.
    using Branched = std::function<void(const Result<QString>&)>;
    void branch(const QString& folder, qint64 step, const QString& name, qint64 images, Branched done);
    QString freeName(const QString& folder) const;  // "emoji-2", for a run beside `folder`
    // A new run: makes `folder`, freezes `yaml` (frozenYaml() of core/config) in it, starts it. Errors: Usage
    // when there is a run of this name, with a free name as the hint; Io.
    Status startNew(const QString& folder, const std::string& yaml);
    QString startCommand(const QString& folder,
                         const QStringList& overrides = {}) const;  // as typed into a shell
    // Pictures from a pipeline folder, in the background; they go into a folder of their own in `place`.
    SampleJob* sample(const QString& place, const SampleOrder& order, QObject* parent);
    QString sampleCommandLine(const SampleOrder& order) const;
    // What a run of this configuration would need on this computer, measured in the background.
    ForecastJob* measure(const std::string& yaml, QObject* parent);
    // How a run was looked at last: zoom, curves, tabs. Belongs to the user, not to the run.
    RunViewState viewState(const QString& folder) const;
    void rememberView(const QString& folder, const RunViewState& state);
    void trash(const QString& folder, Done done);  // into the system's trash, off the main thread
    void showInFiles(const QString& path);
    Status saveFile(const QString& path, const QByteArray& bytes);
    void copyFile(const QString& from, const QString& to, Done done);

    struct Cluster {
        QString name, file;
    };
    std::vector<Cluster> clusters() const;
    QString lastExportFolder() const;
    QString lastCluster() const;
    // `atelier-engine export CONFIG --cluster FILE --out DIR`; done with its own words when it refuses.
    void exportRun(const QString& config, const QString& cluster, const QString& target, Done done);
    QString exportCommandLine(const QString& config, const QString& cluster, const QString& target) const;

  Q_SIGNALS:
    void engineChanged();
    void queueChanged();

  private:
    QString enginePath() const;
    RunMonitor* open(const QString& folder, const QStringList& overrides);
    struct Open {
        std::unique_ptr<RunController> controller;
        std::unique_ptr<RunMonitor> monitor;
        int holders = 0;
    };
    Open* find(const QString& folder);
    void closeOldest();
    Settings& settings_;
    EngineLocator& engine_;
    MakeController make_;
    fs::path queueFolder_;
    QElapsedTimer sinceRunner_;  // started last
    std::vector<Open> open_;     // the one used last at the back
};

}  // namespace atelier
