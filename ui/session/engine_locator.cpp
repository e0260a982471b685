// SPDX-License-Identifier: GPL-3.0-or-later
// Search and version check of engine_locator.h.
#include "ui/session/engine_locator.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QProcess>
#include <QStandardPaths>
#include <QTimer>
#include <chrono>

#include "core/base/files.h"
#include "core/base/version.h"

namespace atelier {
namespace {
const QString kProgram = QStringLiteral("atelier-engine");
constexpr std::chrono::seconds kAnswerLimit{5};
}  // namespace

EngineLocator::EngineLocator(QObject* parent) : QObject(parent) {}

EngineLocator::~EngineLocator() {
    if (process_) {
        process_->disconnect(this);
        process_->kill();
        process_->waitForFinished(1000);
    }
}

QStringList EngineLocator::candidates(const QString& chosen) {
    QStringList paths;
    if (!chosen.isEmpty()) {
        const QString expanded = QString::fromStdString(expandUser(chosen.toStdString()).string());
        paths << (QFileInfo(expanded).isDir() ? expanded + QLatin1Char('/') + kProgram : expanded);
    }
    paths << QCoreApplication::applicationDirPath() + QLatin1Char('/') + kProgram;
    const QString inPath = QStandardPaths::findExecutable(kProgram);
    if (!inPath.isEmpty()) paths << inPath;
    paths.removeDuplicates();
    return paths;
}

void EngineLocator::locate(const QString& chosen) {
    if (process_) {
        process_->disconnect(this);
        process_->kill();
        process_->deleteLater();
        process_ = nullptr;
    }
    const QStringList paths = candidates(chosen);
    info_ = {};
    for (const QString& path : paths) {
        const QFileInfo file(path);
        if (!file.isFile() || !file.isExecutable()) continue;
        info_.path = file.absoluteFilePath();
        break;
    }
    if (info_.path.isEmpty()) {
        settle(EngineState::Missing, {},
               tr("No engine found. Looked at: %1. Training and building are off. Choose where "
                  "atelier-engine is in Settings.")
                   .arg(paths.join(QStringLiteral(", "))));
        return;
    }
    info_.state = EngineState::Searching;
    process_ = new QProcess(this);
    auto* process = process_;
    connect(process, &QProcess::errorOccurred, this, [this, process](QProcess::ProcessError error) {
        if (error != QProcess::FailedToStart) return;  // a crash is reported by finished()
        settle(EngineState::Broken, {}, tr("%1 does not start: %2.").arg(info_.path, process->errorString()));
    });
    connect(process, &QProcess::finished, this, [this, process](int code, QProcess::ExitStatus status) {
        const QStringList words =
            QString::fromUtf8(process->readAllStandardOutput()).simplified().split(QLatin1Char(' '));
        if (status != QProcess::NormalExit || code != 0 || words.size() != 2 || words[0] != kProgram) {
            const QString said = QString::fromUtf8(process->readAllStandardError()).simplified().left(300);
            settle(EngineState::Broken, {},
                   tr("%1 does not answer as an engine does%2. Choose another one in Settings.")
                       .arg(info_.path, said.isEmpty() ? QString() : QStringLiteral(": ") + said));
        } else if (words[1] != QLatin1String(kVersion)) {
            settle(EngineState::OtherVersion, words[1],
                   tr("Engine %1 expected, %2 found at %3. Training and building are off. Choose another one "
                      "in Settings.")
                       .arg(QLatin1String(kVersion), words[1], info_.path));
        } else {
            settle(EngineState::Ready, words[1], {});
        }
    });
    QTimer::singleShot(kAnswerLimit, process, [this, process] {
        if (process_ != process) return;
        process->disconnect(this);
        process->kill();
        settle(EngineState::Broken, {}, tr("%1 did not answer within 5 s.").arg(info_.path));
    });
    process->start(info_.path, {QStringLiteral("--version")}, QIODevice::ReadOnly);
}

void EngineLocator::settle(EngineState state, const QString& version, const QString& problem) {
    info_.state = state;
    info_.version = version;
    info_.problem = problem;
    if (process_) process_->deleteLater();
    process_ = nullptr;
    // Never from within locate(): callers connect and ask in either order.
    QMetaObject::invokeMethod(
        this, [this] { Q_EMIT changed(info_); }, Qt::QueuedConnection);
}

}  // namespace atelier
