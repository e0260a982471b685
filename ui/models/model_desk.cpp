// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/model_desk.h"

#include <QCoreApplication>
#include <QDesktopServices>
#include <QDir>
#include <QFileInfo>
#include <QPointer>
#include <QStorageInfo>
#include <QThreadPool>
#include <QUrl>
#include <algorithm>

#include "ui/session/engine_locator.h"
#include "ui/session/settings.h"

namespace atelier {

namespace {
constexpr std::size_t kLooksAtOnce = 2;
}

EngineJob* ModelJobs::start(const QString& title, const QString& target, const LaunchCommand& command) {
    beginInsertRows({}, 0, 0);
    jobs_.insert(jobs_.begin(), ModelJob{title, target, std::make_unique<EngineJob>(command)});
    endInsertRows();
    EngineJob* job = jobs_.front().work.get();
    const auto tell = [this, job] {
        const QModelIndex at = index(rowOf(job));
        Q_EMIT dataChanged(at, at);
        Q_EMIT changed();
    };
    connect(job, &EngineJob::progressed, this, tell);
    connect(job, &EngineJob::finished, this, [this, job, tell] {
        tell();
        Q_EMIT ended(job);
    });
    Q_EMIT changed();
    return job;
}

void ModelJobs::dismiss(EngineJob* job) {
    const int row = rowOf(job);
    if (row < 0 || job->running()) return;
    beginRemoveRows({}, row, row);
    jobs_[std::size_t(row)].work.release()->deleteLater();
    jobs_.erase(jobs_.begin() + row);
    endRemoveRows();
    Q_EMIT changed();
}

void ModelJobs::cancelAll() {
    for (ModelJob& job : jobs_) job.work->cancel();
}
int ModelJobs::running() const {
    return int(
        std::count_if(jobs_.begin(), jobs_.end(), [](const ModelJob& job) { return job.work->running(); }));
}
int ModelJobs::rowOf(const EngineJob* job) const {
    const auto at =
        std::find_if(jobs_.begin(), jobs_.end(), [&](const ModelJob& one) { return one.work.get() == job; });
    return at != jobs_.end() ? int(at - jobs_.begin()) : -1;
}
int ModelJobs::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(jobs_.size());
}
QVariant ModelJobs::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const ModelJob& job = at(index.row());
    if (role == Qt::DisplayRole) return job.title;
    if (role == StateRole) return int(job.work->state());
    return role == FractionRole ? QVariant(job.work->fraction()) : QVariant();
}

ModelDesk::ModelDesk(Settings& settings, EngineLocator& engine, QObject* parent)
    : QObject(parent), settings_(settings), engine_(engine) {
    connect(&engine, &EngineLocator::changed, this, [this] {
        Q_EMIT engineChanged();
        pump();
    });
}
ModelDesk::~ModelDesk() {
    for (auto& job : looking_) job->kill();  // they only read
}

bool ModelDesk::engineReady() const {
    return engine_.info().usable();
}
QString ModelDesk::engineProblem() const {
    return engine_.info().problem;
}
QString ModelDesk::enginePath() const {
    return engine_.info().path.isEmpty() ? QStringLiteral("atelier-engine") : engine_.info().path;
}
QString ModelDesk::project() const {
    return project_.isEmpty() ? settings_.projectFolder() : project_;
}
QString ModelDesk::modelFolder() const {
    return project() + QStringLiteral("/models");
}
QString ModelDesk::pictureFolder(const QString& name) const {
    return project() + QStringLiteral("/pictures/") +
           QString(name).replace(QLatin1Char('/'), QLatin1Char('-'));
}

void ModelDesk::setRuns(std::vector<ModelPlaces::Run> runs) {
    const auto same = [](const ModelPlaces::Run& a, const ModelPlaces::Run& b) {
        return a.folder == b.folder && a.checkpoint == b.checkpoint && a.base == b.base;
    };
    if (std::equal(runs.begin(), runs.end(), places_.runs.begin(), places_.runs.end(), same)) return;
    places_.runs = std::move(runs);
    rescan();
}

void ModelDesk::rescan() {
    if (scanning_) {
        again_ = true;
        return;
    }
    scanning_ = true;
    places_.project = modelFolder();
    places_.opened = settings_.recent(RecentKind::Model);
    QThreadPool::globalInstance()->start([self = QPointer<ModelDesk>(this), places = places_] {
        auto found = std::make_shared<std::vector<ModelEntry>>(findModels(places));
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [self, found] {
                if (!self) return;
                self->scanning_ = false;
                self->scanned_ = true;
                self->models_.setEntries(std::move(*found));
                self->lookAtNew();
                Q_EMIT self->scanDone();
                if (std::exchange(self->again_, false)) self->rescan();
            },
            Qt::QueuedConnection);
    });
}

void ModelDesk::lookAtNew() {
    for (const ModelEntry& entry : models_.all())
        if (!entry.facts && entry.problem.isEmpty() && asked_.insert(entry.path).second)
            waiting_.push_back({entry.path, false, false, {}});
    pump();
}

void ModelDesk::add(const QString& path) {
    const QFileInfo info(path);
    const QString clean = info.exists() ? info.canonicalFilePath() : info.absoluteFilePath();
    settings_.addRecent(RecentKind::Model, clean);
    models_.put({clean, info.fileName(), ModelSource::Opened, {}, {}});
    lookAtNew();
}

void ModelDesk::forget(const QString& path) {
    settings_.removeRecent(RecentKind::Model, path);
    rescan();
}

void ModelDesk::inspect(const QString& path, bool values, Inspected done) {
    waiting_.push_front({path, true, values, std::move(done)});
    pump();
}

// A few engines at a time; without an engine the questions wait for one.
void ModelDesk::pump() {
    while (engineReady() && !waiting_.empty() && looking_.size() < kLooksAtOnce) {
        Look look = std::move(waiting_.front());
        waiting_.pop_front();
        QStringList words{QStringLiteral("inspect"), look.path};
        if (!look.values) words << QStringLiteral("--quick");
        if (look.tensors) words << QStringLiteral("--tensors");
        looking_.push_back(std::make_unique<EngineJob>(LaunchCommand{enginePath(), words, {}, {}, {}}));
        EngineJob* job = looking_.back().get();
        connect(job, &EngineJob::finished, this, [this, job, look] {
            const auto at = std::find_if(looking_.begin(), looking_.end(),
                                         [&](const auto& one) { return one.get() == job; });
            at->release()->deleteLater();
            looking_.erase(at);
            const auto answer = [self = QPointer<ModelDesk>(this),
                                 look](const Result<std::shared_ptr<const ModelFacts>>& facts) {
                if (!self) return;
                self->models_.setFacts(look.path, facts);
                if (look.done) look.done(facts);
            };
            // Something is missing in a model: exit code 2, and a report all the same.
            if (job->output().startsWith('{'))
                QThreadPool::globalInstance()->start([output = job->output(), values = look.values, answer] {
                    QMetaObject::invokeMethod(
                        QCoreApplication::instance(),
                        [facts = parseModelFacts(output, values), answer] { answer(facts); },
                        Qt::QueuedConnection);
                });
            else
                answer(tl::make_unexpected(job->error()));
            pump();
        });
    }
}

EngineJob* ModelDesk::start(const QString& title, const QStringList& arguments, const QString& target) {
    if (!target.isEmpty()) QDir().mkpath(QFileInfo(target).absolutePath());
    return jobs_.start(title, target, LaunchCommand{enginePath(), arguments, {}, {}, {}});
}
QString ModelDesk::commandLine(const QStringList& arguments) const {
    return LaunchCommand{enginePath(), arguments, {}, {}, {}}.shellLine();
}

QString ModelDesk::freePath(const QString& folder, const QString& name, const QString& suffix) {
    QString path = folder + QLatin1Char('/') + name + suffix;
    for (int n = 2; QFileInfo::exists(path); ++n)
        path = QStringLiteral("%1/%2-%3%4").arg(folder, name).arg(n).arg(suffix);
    return path;
}

qint64 ModelDesk::freeBytes(const QString& folder) {
    QFileInfo at(folder);
    while (!at.exists() && !at.isRoot()) at = QFileInfo(at.path());
    return QStorageInfo(at.filePath()).bytesAvailable();
}

void ModelDesk::showInFiles(const QString& path) {
    const QFileInfo info(path);
    QDesktopServices::openUrl(QUrl::fromLocalFile(info.isDir() ? path : info.path()));
}

}  // namespace atelier
