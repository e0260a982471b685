// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the run list true: looks at the log folders on a worker thread, reads again what changed, hands the
// rows to RunListModel. Owned by app/studio; the Runs page shows the model.
#pragma once

#include <QHash>
#include <QObject>
#include <QStringList>
#include <QThreadPool>
#include <QTimer>
#include <chrono>
#include <memory>

#include "core/run/queue.h"
#include "ui/models/run_list_model.h"

namespace atelier {

class RunListWatcher : public QObject {
    Q_OBJECT
  public:
    explicit RunListWatcher(RunListModel& model, QObject* parent = nullptr);
    ~RunListWatcher() override;

    void setFolders(const QStringList& folders);  // log folders of the project
    void addElsewhere(const QString& runFolder);  // opened from another place
    void removeElsewhere(const QString& runFolder);
    void setQueue(const fs::path& folder) { queueFolder_ = folder; }  // before start(); none at first
    const run::Queue& queue() const { return queue_; }
    QStringList elsewhere() const { return elsewhere_; }
    void setInterval(std::chrono::milliseconds interval) { timer_.setInterval(interval); }
    void start();
    void rescan();  // now
    bool firstScanDone() const { return firstDone_; }
    // Why a log folder cannot be looked into; "" = nothing is wrong. Announced by scanned().
    QString problem() const { return problem_; }

  Q_SIGNALS:
    void scanned();
    void queueRead(bool runnerAtWork);  // after each look; queue() is what it holds
    void elsewhereAdded(const QString& runFolder);
    void elsewhereRemoved(const QString& runFolder);

  private:
    struct Cache;
    RunListModel& model_;
    QStringList folders_, elsewhere_;
    fs::path queueFolder_;
    run::Queue queue_;
    QTimer timer_;
    QThreadPool pool_;              // one thread
    std::shared_ptr<Cache> cache_;  // touched by that thread alone
    QString problem_;
    bool busy_ = false, again_ = false, firstDone_ = false;
};

}  // namespace atelier
