// SPDX-License-Identifier: GPL-3.0-or-later
// QProcess::startDetached (own session by setsid, adopted by init) behind launcher.h.
#include "ui/session/launcher.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QProcessEnvironment>

#include "core/run/run_folder.h"

namespace atelier {
namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("Launcher", text);
}

QString quoted(const QString& word) {
    static const QString kPlain = QStringLiteral("_-./=:,+@%");
    bool plain = !word.isEmpty();
    for (const QChar c : word)
        plain = plain && ((c.isLetterOrNumber() && c.unicode() < 128) || kPlain.contains(c));
    if (plain) return word;
    QString out = word;
    return QLatin1Char('\'') + out.replace(QLatin1Char('\''), QStringLiteral("'\\''")) + QLatin1Char('\'');
}

QString absolute(const QString& path) {
    return QDir::cleanPath(QFileInfo(path).absoluteFilePath());
}

}  // namespace

QString LaunchCommand::shellLine() const {
    QStringList words;
    for (const auto& [name, value] : environment) words << name + QLatin1Char('=') + quoted(value);
    words << quoted(program);
    for (const QString& argument : arguments) words << quoted(argument);
    return words.join(QLatin1Char(' '));
}

Result<LaunchedProcess> launchDetached(const LaunchCommand& command) {
    const QFileInfo program(command.program);
    if (!program.isFile() || !program.isExecutable())
        return fail(ErrorCode::Io,
                    tr("this program cannot be started: it is missing or not executable").toStdString(),
                    command.program.toStdString(),
                    tr("Choose where atelier-engine is in Settings.").toStdString());
    const QString logFolder = QFileInfo(command.logFile).absolutePath();
    ATELIER_DO(createDirectories(logFolder.toStdString()));
    QFile log(command.logFile);
    if (!log.open(QIODevice::WriteOnly | QIODevice::Append | QIODevice::Text))
        return fail(ErrorCode::Io, tr("the log cannot be written: %1").arg(log.errorString()).toStdString(),
                    command.logFile.toStdString(),
                    tr("Check the permissions and the free space there.").toStdString());
    log.write("$ " + command.shellLine().toUtf8() + "\n");
    log.close();

    QProcess process;
    process.setProgram(program.absoluteFilePath());
    process.setArguments(command.arguments);
    // Service accounts and containers may name a home folder that is not there.
    const QString home = QFileInfo(QDir::homePath()).isDir() ? QDir::homePath() : QDir::rootPath();
    process.setWorkingDirectory(command.workingDirectory.isEmpty() ? home : command.workingDirectory);
    process.setStandardInputFile(QProcess::nullDevice());
    process.setStandardOutputFile(command.logFile, QIODevice::Append);
    process.setStandardErrorFile(command.logFile, QIODevice::Append);
    if (!command.environment.empty()) {
        auto environment = QProcessEnvironment::systemEnvironment();
        for (const auto& [name, value] : command.environment) environment.insert(name, value);
        process.setProcessEnvironment(environment);
    }
    qint64 pid = 0;
    if (!process.startDetached(&pid))
        return fail(
            ErrorCode::Io, tr("the program cannot be started: %1").arg(process.errorString()).toStdString(),
            command.program.toStdString(), tr("The log says more: %1").arg(command.logFile).toStdString());
    // One that has already ended again (a usage error) has no start time any more; its pid alone then counts
    // as gone.
    return LaunchedProcess{run::processId(pid).value_or(run::ProcessId{pid, ~std::uint64_t{0}, ""}),
                           command.logFile};
}

QString logTail(const QString& logFile, int lines) {
    constexpr qint64 kBytes = 16 * 1024;
    QFile file(logFile);
    if (!file.open(QIODevice::ReadOnly)) return {};
    const bool cut = file.size() > kBytes;
    if (cut) file.seek(file.size() - kBytes);
    QStringList all = QString::fromUtf8(file.read(kBytes)).split(QLatin1Char('\n'));
    if (!all.isEmpty() && all.back().isEmpty()) all.removeLast();
    if (cut && !all.isEmpty()) all.removeFirst();
    return all.mid(std::max<qsizetype>(0, all.size() - lines)).join(QLatin1Char('\n'));
}

LaunchCommand trainCommand(const QString& engine, const QString& runFolder, const QStringList& overrides) {
    const QString folder = absolute(runFolder);
    const run::RunFolder names{folder.toStdString()};
    return {engine,
            QStringList{QStringLiteral("train"), folder} + overrides,
            folder,
            QString::fromStdString(names.engineLog().string()),
            {}};
}

LaunchCommand queueCommand(const QString& engine, const QString& queueFolder) {
    return {engine,
            {QStringLiteral("queue"), QStringLiteral("run")},
            queueFolder,
            queueFolder + QStringLiteral("/runner.log"),
            {}};
}

LaunchCommand datasetBuildCommand(const QString& engine, const QStringList& sources, const QString& target,
                                  const QStringList& options, const QString& logFile) {
    QStringList arguments{QStringLiteral("dataset"), QStringLiteral("build")};
    for (const QString& source : sources) arguments << absolute(source);
    arguments << QStringLiteral("--out") << absolute(target) << options;
    return {engine, arguments, {}, logFile, {}};
}

LaunchCommand exportCommand(const QString& engine, const QString& config, const QString& cluster,
                            const QString& target, const QString& logFile) {
    return {engine,
            {QStringLiteral("export"), absolute(config), QStringLiteral("--cluster"), absolute(cluster),
             QStringLiteral("--out"), absolute(target)},
            {},
            logFile,
            {}};
}

LaunchCommand sampleCommand(const QString& engine, const QString& model, const QStringList& prompts,
                            const QString& target, const QStringList& options, const QString& logFile) {
    QStringList arguments{QStringLiteral("sample"), QStringLiteral("--model"), absolute(model)};
    for (const QString& prompt : prompts)  // one word, so that a prompt may begin with a dash
        arguments << QStringLiteral("--prompt=") + prompt;
    arguments << QStringLiteral("--out") << absolute(target) << options;
    return {engine, arguments, {}, logFile, {}};
}

}  // namespace atelier
