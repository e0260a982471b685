// SPDX-License-Identifier: GPL-3.0-or-later
// What the Models page may do to the world: look at models, start jobs on them, show files. Owns the list of
// models and the jobs, which go on whatever page is shown. Owned by app/studio.
#pragma once

#include <QAbstractListModel>
#include <QObject>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "ui/models/engine_job.h"
#include "ui/models/model_list_model.h"

namespace atelier {

class EngineLocator;
class Settings;

struct ModelJob {
    QString title;   // "emoji → emoji.safetensors"
    QString target;  // "" = the result says
    std::unique_ptr<EngineJob> work;
};

// The jobs, newest first. Ended ones stay until they are dismissed.
class ModelJobs : public QAbstractListModel {
    Q_OBJECT
  public:
    enum Role { StateRole = Qt::UserRole, FractionRole };
    using QAbstractListModel::QAbstractListModel;
    EngineJob* start(const QString& title, const QString& target, const LaunchCommand& command);
    void dismiss(EngineJob* job);  // an ended one
    void cancelAll();
    int running() const;
    const ModelJob& at(int row) const { return jobs_[std::size_t(row)]; }
    int rowOf(const EngineJob* job) const;
    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

  Q_SIGNALS:
    void changed();  // progress or state of any
    void ended(atelier::EngineJob* job);

  private:
    std::vector<ModelJob> jobs_;
};

class ModelDesk : public QObject {
    Q_OBJECT
  public:
    ModelDesk(Settings& settings, EngineLocator& engine, QObject* parent = nullptr);
    ~ModelDesk() override;

    bool engineReady() const;
    QString engineProblem() const;
    ModelListModel& models() { return models_; }
    ModelJobs& jobs() { return jobs_; }

    // The project of this start, where it is not the one of the settings.
    void setProject(const QString& folder) { project_ = folder; }
    void setBundled(const QString& folder) { places_.bundled = folder; }
    void setHub(bool look) { places_.hub = look; }
    void setRuns(std::vector<ModelPlaces::Run> runs);
    void rescan();  // on a worker thread
    bool scanned() const { return scanned_; }
    // A file or folder that a person gave: into the list, and remembered.
    void add(const QString& path);
    void forget(const QString& path);  // off the list of opened ones; the file stays

    using Inspected = std::function<void(const Result<std::shared_ptr<const ModelFacts>>&)>;
    // With every tensor; before those that only fill the list. `values`: also looks for NaN and infinity in
    // them, which takes seconds for a big model.
    void inspect(const QString& path, bool values, Inspected done);
    EngineJob* start(const QString& title, const QStringList& arguments, const QString& target);
    QString commandLine(const QStringList& arguments) const;

    QString modelFolder() const;  // where results go at first
    static QString freePath(const QString& folder, const QString& name, const QString& suffix);
    static qint64 freeBytes(const QString& folder);
    QString pictureFolder(const QString& name) const;
    void showInFiles(const QString& path);

  Q_SIGNALS:
    void engineChanged();
    void scanDone();

  private:
    struct Look {
        QString path;
        bool tensors, values;
        Inspected done;
    };
    void lookAtNew();
    void pump();
    QString enginePath() const;
    QString project() const;
    QString project_;
    Settings& settings_;
    EngineLocator& engine_;
    ModelPlaces places_;
    ModelListModel models_;
    ModelJobs jobs_;
    std::deque<Look> waiting_;
    std::set<QString> asked_;
    std::vector<std::unique_ptr<EngineJob>> looking_;
    bool scanned_ = false, scanning_ = false, again_ = false;
};

}  // namespace atelier
