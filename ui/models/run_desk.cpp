// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/run_desk.h"

#include <QCoreApplication>
#include <QDesktopServices>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QPointer>
#include <QProcess>
#include <QThreadPool>
#include <QUrl>
#include <algorithm>

#include "core/base/files.h"
#include "core/run/run_folder.h"
#include "ui/session/engine_locator.h"
#include "ui/session/launcher.h"
#include "ui/session/run_channel.h"
#include "ui/session/settings.h"

namespace atelier {

namespace {
constexpr std::size_t kOpenAtOnce = 4;

// Work on a thread, answer on the main one.
void inBackground(QObject* owner, std::function<Status()> work, RunDesk::Done done) {
    QThreadPool::globalInstance()->start(
        [owner = QPointer<QObject>(owner), work = std::move(work), done = std::move(done)] {
            Status status = work();
            QMetaObject::invokeMethod(
                QCoreApplication::instance(),
                [owner, done, status = std::move(status)] {
                    if (owner && done) done(status);
                },
                Qt::QueuedConnection);
        });
}
}  // namespace

RunDesk::RunDesk(Settings& settings, EngineLocator& engine, MakeController make, QObject* parent)
    : QObject(parent), settings_(settings), engine_(engine), make_(std::move(make)) {
    if (!make_)
        make_ = [this](const QString& folder) {
            return std::make_unique<RunController>(
                std::make_unique<LocalRunChannel>(folder, trainCommand(engine_.info().path, folder)));
        };
    connect(&engine, &EngineLocator::changed, this, &RunDesk::engineChanged);
}

RunDesk::~RunDesk() {
    for (Open& open : open_) open.monitor.reset();
}

RunMonitor* RunDesk::monitor(const QString& folder) {
    const QString path = QDir::cleanPath(QFileInfo(folder).absoluteFilePath());
    const auto at =
        std::find_if(open_.begin(), open_.end(), [&](const Open& o) { return o.monitor->folder() == path; });
    if (at != open_.end()) {
        std::rotate(at, at + 1, open_.end());
        return open_.back().monitor.get();
    }
    Open fresh;
    fresh.controller = make_(path);
    fresh.monitor = std::make_unique<RunMonitor>(*fresh.controller);
    RunMonitor* monitor = fresh.monitor.get();
    fresh.controller->open();
    open_.push_back(std::move(fresh));
    if (open_.size() > kOpenAtOnce) {
        open_.front().monitor.reset();
        open_.erase(open_.begin());
    }
    return monitor;
}

void RunDesk::forget(const QString& folder) {
    const auto at = std::find_if(open_.begin(), open_.end(),
                                 [&](const Open& o) { return o.monitor->folder() == folder; });
    if (at == open_.end()) return;
    at->monitor.reset();
    open_.erase(at);
}

bool RunDesk::engineReady() const {
    return engine_.info().usable();
}
QString RunDesk::engineProblem() const {
    return engine_.info().problem;
}

Status RunDesk::start(const QString& folder) {
    if (!engineReady())
        return fail(ErrorCode::Usage, "the engine is not ready", {}, engineProblem().toStdString());
    // A controller that was made before the engine was found would start nothing.
    forget(QDir::cleanPath(QFileInfo(folder).absoluteFilePath()));
    monitor(folder)->controller().start();
    return {};
}

Status RunDesk::startNew(const QString& folder, const std::string& yaml) {
    if (!engineReady())
        return fail(ErrorCode::Usage, "the engine is not ready", {}, engineProblem().toStdString());
    const run::RunFolder place{fs::path(folder.toStdString())};
    const run::FolderKind kind = run::kindOfFolder(place.root);
    if (kind != run::FolderKind::Absent && kind != run::FolderKind::Empty) {
        QString free = folder;
        for (int n = 2; QFileInfo::exists(free); ++n) free = QStringLiteral("%1-%2").arg(folder).arg(n);
        return fail(ErrorCode::Usage, "there is a run of this name already", folder.toStdString(),
                    "name it " + QFileInfo(free).fileName().toStdString());
    }
    ATELIER_DO(run::createRunFolder(place));
    ATELIER_DO(writeFileAtomic(place.config(), yaml));
    return start(folder);
}

QString RunDesk::startCommand(const QString& folder) const {
    const QString engine =
        engine_.info().path.isEmpty() ? QStringLiteral("atelier-engine") : engine_.info().path;
    return trainCommand(engine, folder).shellLine();
}

void RunDesk::trash(const QString& folder, Done done) {
    forget(folder);
    inBackground(
        this,
        [folder]() -> Status {
            if (QFile::moveToTrash(folder)) return {};
            return fail(ErrorCode::Io, "it could not be moved to the trash", folder.toStdString(),
                        "this place may have no trash; remove the folder by hand");
        },
        std::move(done));
}

void RunDesk::showInFiles(const QString& path) {
    QDesktopServices::openUrl(QUrl::fromLocalFile(path));
}

Status RunDesk::saveFile(const QString& path, const QByteArray& bytes) {
    return writeFileAtomic(fs::path(path.toStdString()),
                           std::string_view(bytes.constData(), std::size_t(bytes.size())));
}

void RunDesk::copyFile(const QString& from, const QString& to, Done done) {
    inBackground(
        this,
        [from, to]() -> Status {
            ATELIER_TRY(const std::string bytes, readFile(fs::path(from.toStdString())));
            return writeFileAtomic(fs::path(to.toStdString()), bytes);
        },
        std::move(done));
}

// The user's own in the project, then those that come with the program: beside an installed one, or in its
// sources.
std::vector<RunDesk::Cluster> RunDesk::clusters() const {
    QStringList folders{
        settings_.projectFolder() + QStringLiteral("/clusters"),
        settings_.configFolder() + QStringLiteral("/clusters"),
        QCoreApplication::applicationDirPath() + QStringLiteral("/../share/atelier/clusters")};
    for (QDir up(QCoreApplication::applicationDirPath()); up.cdUp() && !up.isRoot();)
        folders << up.filePath(QStringLiteral("configs/clusters"));
    std::vector<Cluster> found;
    for (const QString& folder : folders)
        for (const QFileInfo& file : QDir(folder).entryInfoList(
                 {QStringLiteral("*.yaml"), QStringLiteral("*.yml")}, QDir::Files, QDir::Name)) {
            const QString name = file.completeBaseName();
            const bool known =
                std::any_of(found.begin(), found.end(), [&](const Cluster& c) { return c.name == name; });
            if (!known) found.push_back({name, file.absoluteFilePath()});
        }
    return found;
}

QString RunDesk::lastExportFolder() const {
    return settings_.lastExportFolder();
}
QString RunDesk::lastCluster() const {
    return settings_.lastCluster();
}

QString RunDesk::exportCommandLine(const QString& config, const QString& cluster,
                                   const QString& target) const {
    const QString engine =
        engine_.info().path.isEmpty() ? QStringLiteral("atelier-engine") : engine_.info().path;
    return exportCommand(engine, config, cluster, target, {}).shellLine();
}

void RunDesk::exportRun(const QString& config, const QString& cluster, const QString& target, Done done) {
    if (!engineReady()) {
        done(fail(ErrorCode::Usage, "the engine is not ready", {}, engineProblem().toStdString()));
        return;
    }
    settings_.setLastExportFolder(QFileInfo(target).absolutePath());
    if (!cluster.isEmpty()) settings_.setLastCluster(cluster);
    const LaunchCommand command = exportCommand(engine_.info().path, config, cluster, target, {});
    auto* process = new QProcess(this);
    process->setProcessChannelMode(QProcess::MergedChannels);
    const auto finish = [process, done, target](const Status& status) {
        process->disconnect();
        process->deleteLater();
        done(status);
    };
    connect(process, &QProcess::errorOccurred, this, [finish, process](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            finish(
                fail(ErrorCode::Io, process->errorString().toStdString(), process->program().toStdString()));
    });
    connect(
        process, &QProcess::finished, this, [finish, process, target](int code, QProcess::ExitStatus exit) {
            if (exit == QProcess::NormalExit && code == 0) {
                finish({});
                return;
            }
            const QString words = QString::fromUtf8(process->readAll()).trimmed();
            finish(fail(
                code == 2 ? ErrorCode::Config : ErrorCode::Io,
                words.isEmpty() ? "the export ended with code " + std::to_string(code) : words.toStdString(),
                words.isEmpty() ? target.toStdString() : std::string()));
        });
    process->start(command.program, command.arguments);
}

}  // namespace atelier
