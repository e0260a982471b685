// SPDX-License-Identifier: GPL-3.0-or-later
// How a run (or a dataset build) is reached: its events in, requests out, its process started, asked for and
// killed. RunController talks to this alone; behind it a local folder, later a cluster over SSH, in tests a
// fake.
#pragma once

#include <QObject>
#include <QString>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/result.h"
#include "core/run/control.h"
#include "core/run/event.h"
#include "ui/session/launcher.h"

namespace atelier {

class EventWatcher;

class RunChannel : public QObject {
    Q_OBJECT
  public:
    using QObject::QObject;

    virtual QString folder() const = 0;                  // of the run, as shown to people
    virtual void watch() = 0;                            // events flow from now on, from the first one
    virtual void launch() = 0;                           // launched() or launchFailed() follows
    virtual void send(const run::Request& request) = 0;  // request.id is set; sendFailed() may follow
    virtual void terminate() = 0;                        // ask the process to suspend (SIGTERM)
    virtual void kill() = 0;                             // end it now (SIGKILL)
    // Whether its process lives; nullopt = cannot be told from here. Cheap: called twice a second.
    virtual std::optional<bool> alive() = 0;
    virtual QString logTail() const = 0;

  Q_SIGNALS:
    void eventsArrived(const std::vector<atelier::run::Event>& events);
    void restarted();
    void caughtUpChanged(bool caughtUp);
    void problemChanged(const QString& problem);
    void launched();
    void launchFailed(const atelier::Error& error);
    void sendFailed(const QString& id, const atelier::Error& error);
};

// A folder on this computer. `command` is what launch() starts; without a program the channel only watches.
class LocalRunChannel : public RunChannel {
    Q_OBJECT
  public:
    explicit LocalRunChannel(const QString& folder, LaunchCommand command = {}, QObject* parent = nullptr);
    ~LocalRunChannel() override;

    void setCommand(const LaunchCommand& command) { command_ = command; }
    QString folder() const override { return folder_; }
    void watch() override;
    void launch() override;
    void send(const run::Request& request) override;
    void terminate() override;
    void kill() override;
    std::optional<bool> alive() override;
    QString logTail() const override;

  private:
    std::optional<run::ProcessId> process();  // of the launch, else of the LOCK
    QString folder_;
    LaunchCommand command_;
    std::unique_ptr<EventWatcher> watcher_;
    std::optional<run::ProcessId> launched_;
};

}  // namespace atelier
