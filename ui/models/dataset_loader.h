// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a dataset's pictures in the background: scan (names), then captions, headers and duplicates. Results
// arrive in batches in the receiver's thread. One per DatasetDocument; a new start() or cancel() ends the old
// work without waiting for it.
#pragma once

#include <QObject>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "core/data/scan.h"
#include "ui/models/dataset_entry.h"

namespace atelier {

// What probing adds to entry `index`.
struct ProbedEntry {
    int index = 0;
    bool readable = true, wrongExtension = false, twoCaptions = false;
    int width = 0, height = 0, tokens = -1;
    data::ImageFormat format = data::ImageFormat::Unknown;
    std::string problem;
    std::string found;  // caption, UTF-8
    data::CaptionSource foundIn = data::CaptionSource::None;
    std::string companionProblem;
};

struct ScannedEntries {
    std::vector<DatasetEntry> entries;
    DatasetCounts counts;
};

struct LoadProgress {
    bool scanning = true;  // else probing
    std::int64_t done = 0, total = 0;
    bool comparing = false;  // looking for equal files, the last part
};

class DatasetLoader : public QObject {
    Q_OBJECT
  public:
    // Tokens of a caption; called from worker threads. Empty: not counted.
    using CountTokens = std::function<int(const QString&)>;
    using EditMap = std::map<std::string, data::ImageEdit>;  // by edit name
    explicit DatasetLoader(QObject* parent = nullptr);
    ~DatasetLoader() override;

    void start(std::vector<fs::path> sources, std::vector<fs::path> exclude, data::CaptionPreference prefer,
               CountTokens countTokens, int tokenLimit, EditMap edits);
    // Nothing of the present work arrives any more; its thread ends by itself, soon.
    void cancel();
    bool running() const { return running_; }

  Q_SIGNALS:
    void progressed(const atelier::LoadProgress& progress);
    void found(const std::vector<atelier::DatasetEntry>& batch);  // while scanning, unsorted
    // Sorted by source and name; replaces the batches. The receiver may take them away.
    void scanned(const std::shared_ptr<atelier::ScannedEntries>& all);
    void probed(const std::vector<atelier::ProbedEntry>& batch);
    void duplicatesFound(const std::vector<std::pair<int, int>>& twins);  // index, index of the first equal
    void skipped(const QStringList& problems);  // folders that could not be read: "/pics/old: …"
    void failed(const QString& what, const QString& hint);
    void finished();

  private:
    struct Job;
    struct Worker {
        std::shared_ptr<Job> job;
        std::thread thread;
    };
    void work(const std::shared_ptr<Job>& job);
    void findTwins(const std::shared_ptr<Job>& job, const std::vector<data::ScannedImage>& images);
    template <class Call>
    void deliver(const std::shared_ptr<Job>& job, Call call);
    std::shared_ptr<Job> job_;
    std::vector<Worker> workers_;  // the present one, and cancelled ones on their last steps
    bool running_ = false;
};

}  // namespace atelier
