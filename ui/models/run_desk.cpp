// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/run_desk.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QDateTime>
#include <QDesktopServices>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QPointer>
#include <QRegularExpression>
#include <QThreadPool>
#include <QUrl>
#include <algorithm>

#include "core/base/files.h"
#include "core/config/load.h"
#include "core/run/branch.h"
#include "core/run/given_settings.h"
#include "core/run/run_folder.h"
#include "ui/models/engine_job.h"
#include "ui/session/engine_locator.h"
#include "ui/session/launcher.h"
#include "ui/session/run_channel.h"
#include "ui/session/settings.h"

namespace atelier {

namespace {
constexpr std::size_t kOpenAtOnce = 4;
constexpr qsizetype kViewsKept = 300;
constexpr qint64 kRunnerPauseMs = 3000;  // between attempts to start the queue's process
const QString kViews = QStringLiteral("run-views");

QString cleanPath(const QString& folder) {
    return QDir::cleanPath(QFileInfo(folder).absoluteFilePath());
}

QString viewKey(const QString& folder) {
    const QByteArray hash =
        QCryptographicHash::hash(cleanPath(folder).toUtf8(), QCryptographicHash::Sha1).toHex().left(16);
    return kViews + QLatin1Char('/') + QString::fromLatin1(hash);
}

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
        make_ = [this](const QString& folder, const QStringList& overrides) {
            return std::make_unique<RunController>(std::make_unique<LocalRunChannel>(
                folder, trainCommand(engine_.info().path, folder, overrides)));
        };
    connect(&engine, &EngineLocator::changed, this, &RunDesk::engineChanged);
}

RunDesk::~RunDesk() {
    for (Open& open : open_) open.monitor.reset();
}

RunMonitor* RunDesk::monitor(const QString& folder) {
    return open(folder, {});
}

RunMonitor* RunDesk::open(const QString& folder, const QStringList& overrides) {
    const QString path = cleanPath(folder);
    const auto at =
        std::find_if(open_.begin(), open_.end(), [&](const Open& o) { return o.monitor->folder() == path; });
    if (at != open_.end()) {
        std::rotate(at, at + 1, open_.end());
        return open_.back().monitor.get();
    }
    Open fresh;
    fresh.controller = make_(path, overrides);
    fresh.monitor = std::make_unique<RunMonitor>(*fresh.controller);
    RunMonitor* monitor = fresh.monitor.get();
    fresh.controller->open();
    open_.push_back(std::move(fresh));
    closeOldest();
    return monitor;
}

// Those that are held do not count.
void RunDesk::closeOldest() {
    const auto free = [](const Open& open) { return open.holders == 0; };
    if (std::size_t(std::count_if(open_.begin(), open_.end(), free)) <= kOpenAtOnce) return;
    const auto oldest = std::find_if(open_.begin(), open_.end(), free);
    oldest->monitor.reset();
    open_.erase(oldest);
}

RunDesk::Open* RunDesk::find(const QString& folder) {
    const QString path = cleanPath(folder);
    for (Open& open : open_)
        if (open.monitor->folder() == path) return &open;
    return nullptr;
}

RunMonitor* RunDesk::hold(const QString& folder) {
    RunMonitor* monitor = open(folder, {});
    if (Open* held = find(folder)) ++held->holders;
    return monitor;
}

void RunDesk::release(const QString& folder) {
    if (Open* held = find(folder); held && held->holders > 0) --held->holders;
    closeOldest();
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

Status RunDesk::start(const QString& folder, const QStringList& overrides) {
    if (!engineReady())
        return fail(ErrorCode::Usage, "the engine is not ready", {}, engineProblem().toStdString());
    // A controller that was made before the engine was found would start nothing.
    forget(cleanPath(folder));
    open(folder, overrides)->controller().start();
    return {};
}

Result<RunDesk::Begun> RunDesk::begin(const QString& folder, const QStringList& overrides) {
    if (!queueFolder_.empty()) {
        const fs::path path(cleanPath(folder).toStdString());
        const run::Queue queue = run::readQueue(queueFolder_).value_or(run::Queue{});
        if (!run::deviceFree(queue, run::queueDeviceOfRun(path), run::runsAtWork())) {
            ATELIER_DO(enqueue(folder, overrides));
            return Begun{true};
        }
    }
    ATELIER_DO(start(folder, overrides));
    return Begun{};
}

bool RunDesk::waits(const QString& folder) const {
    if (queueFolder_.empty()) return false;
    run::Queue queue = run::readQueue(queueFolder_).value_or(run::Queue{});
    return queue.find(fs::path(cleanPath(folder).toStdString())) != nullptr;
}

Status RunDesk::enqueue(const QString& folder, const QStringList& overrides) {
    run::QueueEntry entry;
    entry.folder = fs::path(cleanPath(folder).toStdString());
    entry.device = run::queueDeviceOfRun(entry.folder);
    for (const QString& word : overrides) entry.overrides.push_back(word.toStdString());
    entry.added = double(QDateTime::currentMSecsSinceEpoch()) / 1000;
    ATELIER_DO(run::changeQueue(queueFolder_,
                                [&](run::Queue& queue) { return addToQueue(queue, std::move(entry)); }));
    Q_EMIT queueChanged();
    return {};
}

void RunDesk::changeQueue(std::function<Status(run::Queue&)> change, Done done) {
    inBackground(
        this, [place = queueFolder_, change = std::move(change)] { return run::changeQueue(place, change); },
        [this, done = std::move(done)](const Status& status) {
            Q_EMIT queueChanged();
            if (done) done(status);
        });
}

void RunDesk::keepQueueGoing(const run::Queue& queue, bool runnerAtWork) {
    if (runnerAtWork || queue.paused || !queue.wantsWork() || !engineReady()) return;
    if (sinceRunner_.isValid() && sinceRunner_.elapsed() < kRunnerPauseMs) return;
    sinceRunner_.start();
    (void)launchDetached(queueCommand(engine_.info().path, QString::fromStdString(queueFolder_.string())));
}

QString RunDesk::freeName(const QString& folder) const {
    const fs::path path(cleanPath(folder).toStdString());
    // "emoji-2" beside an "emoji" is followed by "emoji-3", not by "emoji-2-2"; "unet-128" by "unet-128-2".
    static const QRegularExpression kNumbered(QStringLiteral("-\\d{1,3}$"));
    QString base = QString::fromStdString(path.filename().string());
    if (const auto match = kNumbered.match(base); match.hasMatch() && match.capturedStart() > 0) {
        const QString stem = base.left(match.capturedStart());
        std::error_code ignored;
        if (fs::exists(path.parent_path() / stem.toStdString(), ignored)) base = stem;
    }
    return QString::fromStdString(run::freeRunName(path.parent_path(), base.toStdString()));
}

void RunDesk::branch(const QString& folder, qint64 step, const QString& name, qint64 images, Branched done) {
    if (!engineReady()) {
        done(fail(ErrorCode::Usage, "the engine is not ready", {}, engineProblem().toStdString()));
        return;
    }
    const QString path = cleanPath(folder), target = QFileInfo(path).path() + QLatin1Char('/') + name;
    inBackground(
        this,
        [path, target, name, step, images]() -> Status {
            const run::RunFolder source{fs::path(path.toStdString())};
            ATELIER_TRY(auto given, run::givenSettings(source));
            std::erase_if(given, [&](const auto& setting) { return setting.step >= step; });
            ATELIER_TRY(LoadedConfig config, loadTrainConfig(source.config(), run::textsOf(given)));
            Json& experiment = config.resolved["experiment"];
            experiment["name"] = name.toStdString();
            experiment["log_dir"] = QFileInfo(target).path().toStdString();
            if (images > 0) experiment["num_examples_to_see"] = images;
            return run::branchRun(source, step, run::RunFolder{fs::path(target.toStdString())},
                                  frozenYaml(config));
        },
        [this, target, done](const Status& made) {
            const Status status = made ? begin(target).map([](Begun) {}) : made;
            if (status)
                done(target);
            else
                done(tl::make_unexpected(status.error()));
        });
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

QString RunDesk::enginePath() const {
    return engine_.info().path.isEmpty() ? QStringLiteral("atelier-engine") : engine_.info().path;
}

QString RunDesk::startCommand(const QString& folder, const QStringList& overrides) const {
    return trainCommand(enginePath(), folder, overrides).shellLine();
}

SampleJob* RunDesk::sample(const QString& place, const SampleOrder& order, QObject* parent) {
    QString target;
    for (int n = 1; target.isEmpty() || QFileInfo::exists(target); ++n)
        target = QStringLiteral("%1/%2").arg(cleanPath(place)).arg(n, 4, 10, QLatin1Char('0'));
    return new SampleJob(enginePath(), order, target, parent);
}

ForecastJob* RunDesk::measure(const std::string& yaml, QObject* parent) {
    return new ForecastJob(enginePath(), yaml, parent);
}

QString RunDesk::sampleCommandLine(const SampleOrder& order) const {
    return sampleCommand(enginePath(), order, QStringLiteral("pictures")).shellLine();
}

RunViewState RunDesk::viewState(const QString& folder) const {
    return RunViewState::fromBytes(settings_.layout(viewKey(folder)));
}

void RunDesk::rememberView(const QString& folder, const RunViewState& state) {
    RunViewState kept = state;
    kept.used = QDateTime::currentMSecsSinceEpoch();
    settings_.setLayout(viewKey(folder), kept.toBytes());
    QStringList names = settings_.layoutNames(kViews);
    if (names.size() <= kViewsKept) return;
    std::vector<std::pair<qint64, QString>> byUse;
    for (const QString& name : names)
        byUse.emplace_back(RunViewState::fromBytes(settings_.layout(name)).used, name);
    std::sort(byUse.begin(), byUse.end());
    byUse.resize(byUse.size() - std::size_t(kViewsKept));
    for (const auto& [used, name] : byUse) settings_.removeLayout(name);
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
    return exportCommand(enginePath(), config, cluster, target, {}).shellLine();
}

void RunDesk::exportRun(const QString& config, const QString& cluster, const QString& target, Done done) {
    if (!engineReady()) {
        done(fail(ErrorCode::Usage, "the engine is not ready", {}, engineProblem().toStdString()));
        return;
    }
    settings_.setLastExportFolder(QFileInfo(target).absolutePath());
    if (!cluster.isEmpty()) settings_.setLastCluster(cluster);
    auto* job = new EngineJob(exportCommand(engine_.info().path, config, cluster, target, {}), this);
    connect(job, &EngineJob::finished, this, [job, done] {
        job->deleteLater();
        done(job->state() == EngineJob::State::Done ? Status{} : Status(tl::make_unexpected(job->error())));
    });
}

}  // namespace atelier
