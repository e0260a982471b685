// SPDX-License-Identifier: GPL-3.0-or-later
// What the Runs page may do to the world: open, start, resume, export, trash a run. Pages hold this and
// nothing else that touches files or processes. Owned by app/studio.
#pragma once

#include <QObject>
#include <QString>
#include <QStringList>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/result.h"
#include "ui/models/run_monitor.h"

class QProcess;

namespace atelier {

class EngineLocator;
class Settings;

class RunDesk : public QObject {
    Q_OBJECT
  public:
    using MakeController = std::function<std::unique_ptr<RunController>(const QString& folder)>;
    using Done = std::function<void(const Status&)>;

    // `make`: tests give a controller over a fake channel; empty = the local folder.
    RunDesk(Settings& settings, EngineLocator& engine, MakeController make = {}, QObject* parent = nullptr);
    ~RunDesk() override;

    // The monitor of a run folder; reading begins at the first call. The last few stay open.
    RunMonitor* monitor(const QString& folder);
    void forget(const QString& folder);

    bool engineReady() const;
    QString engineProblem() const;
    // Starts or continues a run (its process outlives the studio); the monitor shows how it goes.
    Status start(const QString& folder);
    // A new run: makes `folder`, freezes `yaml` (frozenYaml() of core/config) in it, starts it. Errors: Usage
    // when there is a run of this name, with a free name as the hint; Io.
    Status startNew(const QString& folder, const std::string& yaml);
    QString startCommand(const QString& folder) const;  // as typed into a shell
    void trash(const QString& folder, Done done);       // into the system's trash, off the main thread
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

  private:
    struct Open {
        std::unique_ptr<RunController> controller;
        std::unique_ptr<RunMonitor> monitor;
    };
    Settings& settings_;
    EngineLocator& engine_;
    MakeController make_;
    std::vector<Open> open_;  // the one used last at the back
};

}  // namespace atelier
