// SPDX-License-Identifier: GPL-3.0-or-later
// One build of a dataset version as the Shards tab shows it: a detached engine process, followed by its
// events through a RunController. A build that went on while the window was closed is found again by
// attach().
#pragma once

#include <QObject>
#include <QTimer>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/data/manifest.h"
#include "ui/models/dataset_document.h"
#include "ui/models/shard_table_model.h"
#include "ui/session/run_controller.h"

namespace atelier {

struct BuildStage {
    enum class State { Waiting, Current, Done };
    QString title, note;
    std::int64_t total = 0;  // pictures it had to go through
    State state = State::Waiting;
};

// How many pictures a finished version left out, by reason; most first.
std::vector<std::pair<QString, int>> leftOut(const data::Manifest& manifest);

class DatasetBuild : public QObject {
    Q_OBJECT
  public:
    enum class State { Idle, Running, Finished, Failed, Cancelled };
    // `makeChannel` starts and watches a work folder; tests give a fake. `engine`: path of
    // atelier-engine, or why there is none.
    using MakeChannel =
        std::function<std::unique_ptr<RunChannel>(const QString& workFolder, const LaunchCommand& command)>;
    DatasetBuild(MakeChannel makeChannel, std::function<Result<QString>()> engine, QObject* parent = nullptr);
    ~DatasetBuild() override;

    // Builds the next version of the document's folder with the options of its dataset.yaml.
    void start(const DatasetDocument& document);
    // Looks for an unfinished build of the folder's next version and follows it. True when there is one.
    bool attach(const DatasetDocument& document);
    void cancel();
    void dismiss();  // forgets a build that ended

    State state() const { return state_; }
    int version() const { return version_; }
    QString target() const { return target_; }
    const std::vector<BuildStage>& stages() const { return stages_; }
    double fraction() const { return fraction_; }  // of the whole, 0 … 1
    double imagesPerSecond() const;
    double megabytesPerSecond() const { return megabytesPerSecond_; }
    double elapsedSeconds() const;
    double leftSeconds() const { return left_; }  // < 0: not known yet
    const std::optional<Error>& error() const { return error_; }
    // What is left out so far, by reason; most first, few rows.
    std::vector<std::pair<QString, int>> droppedByReason() const;
    std::uint64_t samples() const { return samples_; }  // of the finished version
    ShardTableModel& shards() { return shards_; }

  Q_SIGNALS:
    void changed();
    void finished(const QString& target);
    void failed(const atelier::Error& error);
    void cancelled();

  private:
    void follow(const QString& target, const LaunchCommand& command, bool launch);
    void refresh();
    void end(State state);
    MakeChannel makeChannel_;
    std::function<Result<QString>()> engine_;
    std::unique_ptr<RunController> controller_;
    ShardTableModel shards_;
    std::vector<BuildStage> stages_;
    QString target_;
    int version_ = 0;
    State state_ = State::Idle;
    std::optional<Error> error_;
    double fraction_ = 0, left_ = -1, megabytesPerSecond_ = 0, startedAt_ = 0, endedAt_ = 0;
    bool cancelAsked_ = false;
    std::uint64_t samples_ = 0;
    QString log_;
    QTimer tick_;
};

}  // namespace atelier
