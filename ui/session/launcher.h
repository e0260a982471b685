// SPDX-License-Identifier: GPL-3.0-or-later
// Starts engine processes that outlive the studio: own session, no terminal, output to a log file. What they
// do is read from their events, never from pipes. Used by RunController and BuildController; pages do not
// call it.
#pragma once

#include <QString>
#include <QStringList>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/run/lock.h"

namespace atelier {

struct LaunchCommand {
    QString program;  // absolute
    QStringList arguments;
    QString workingDirectory;  // "" = the user's home
    QString logFile;           // stdout and stderr are appended; its folder is made
    std::vector<std::pair<QString, QString>> environment;  // added to the studio's own
    // As a person would type it into a shell.
    QString shellLine() const;
};

struct LaunchedProcess {
    run::ProcessId id;
    QString logFile;
};

// Returns once the program runs. Errors: Io (log file, program), with the remedy.
Result<LaunchedProcess> launchDetached(const LaunchCommand& command);

// Last lines of a log file, for the report on a process that ended without a word.
QString logTail(const QString& logFile, int lines = 20);

// The uses, with absolute paths so that the working directory does not matter.
LaunchCommand trainCommand(const QString& engine, const QString& runFolder,
                           const QStringList& overrides = {});
LaunchCommand queueCommand(const QString& engine, const QString& queueFolder);  // starts what waits
LaunchCommand datasetBuildCommand(const QString& engine, const QStringList& sources, const QString& target,
                                  const QStringList& options, const QString& logFile);
LaunchCommand exportCommand(const QString& engine, const QString& config, const QString& cluster,
                            const QString& target, const QString& logFile);
LaunchCommand sampleCommand(const QString& engine, const QString& model, const QStringList& prompts,
                            const QString& target, const QStringList& options, const QString& logFile);

}  // namespace atelier
