// SPDX-License-Identifier: GPL-3.0-or-later
// The local channel: a folder and a detached process on this computer.
#include "ui/session/run_channel.h"

#include <signal.h>

#include "core/run/run_folder.h"
#include "ui/session/event_watcher.h"

namespace atelier {
namespace {
run::RunFolder namesOf(const QString& folder) {
    return {folder.toStdString()};
}
}  // namespace

LocalRunChannel::LocalRunChannel(const QString& folder, LaunchCommand command, QObject* parent)
    : RunChannel(parent), folder_(folder), command_(std::move(command)) {}

LocalRunChannel::~LocalRunChannel() = default;

void LocalRunChannel::watch() {
    if (watcher_) return;
    watcher_ = std::make_unique<EventWatcher>(QString::fromStdString(namesOf(folder_).events().string()));
    connect(watcher_.get(), &EventWatcher::eventsArrived, this, &RunChannel::eventsArrived);
    connect(watcher_.get(), &EventWatcher::restarted, this, &RunChannel::restarted);
    connect(watcher_.get(), &EventWatcher::caughtUpChanged, this, &RunChannel::caughtUpChanged);
    connect(watcher_.get(), &EventWatcher::problemChanged, this, &RunChannel::problemChanged);
    watcher_->start();
}

void LocalRunChannel::launch() {
    const auto process = launchDetached(command_);
    if (!process) {
        Q_EMIT launchFailed(process.error());
        return;
    }
    launched_ = process->id;
    Q_EMIT launched();
}

void LocalRunChannel::send(const run::Request& request) {
    if (const auto id = run::writeRequest(namesOf(folder_), request); !id)
        Q_EMIT sendFailed(QString::fromStdString(request.id), id.error());
}

std::optional<run::ProcessId> LocalRunChannel::process() {
    if (launched_ && run::processAlive(*launched_)) return launched_;
    const auto lock = run::inspectLock(namesOf(folder_));
    // Only a live lock of this host names a process that signals may be sent to.
    if (lock && lock->state == run::LockState::Held && lock->holder &&
        lock->holder->host == run::hostName() && run::processAlive(lock->holder->process))
        return lock->holder->process;
    return std::nullopt;
}

void LocalRunChannel::terminate() {
    if (const auto id = process()) ::kill(pid_t(id->pid), SIGTERM);
}

void LocalRunChannel::kill() {
    if (const auto id = process()) ::kill(pid_t(id->pid), SIGKILL);
}

std::optional<bool> LocalRunChannel::alive() {
    if (launched_ && run::processAlive(*launched_)) return true;
    const auto lock = run::inspectLock(namesOf(folder_));
    if (lock && lock->alive()) return lock->alive();
    if (launched_) return false;
    return std::nullopt;
}

QString LocalRunChannel::logTail() const {
    const QString log = command_.logFile.isEmpty()
                            ? QString::fromStdString(namesOf(folder_).engineLog().string())
                            : command_.logFile;
    return atelier::logTail(log);
}

}  // namespace atelier
