// SPDX-License-Identifier: GPL-3.0-or-later
// A dataset being looked at and edited: sources, pictures, edits with undo, all saved as they happen into
// dataset.yaml and edits.jsonl. Originals are never written. Owned by app/studio's DatasetStore; pages and
// models borrow it.
#pragma once

#include <QObject>
#include <QThreadPool>
#include <QTimer>
#include <QUndoStack>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "core/data/dataset_folder.h"
#include "ui/models/dataset_entry.h"
#include "ui/models/dataset_loader.h"

namespace atelier {

class DatasetDocument : public QObject {
    Q_OBJECT
  public:
    explicit DatasetDocument(QObject* parent = nullptr);
    ~DatasetDocument() override;

    // Opens the folder and begins to read its pictures. False with an Error when it is no dataset.
    Status open(const fs::path& folder);
    void rescan();
    // For tests and benchmarks: these pictures, no folder, no scanning.
    void setEntries(std::vector<DatasetEntry> entries);

    bool isOpen() const { return open_; }
    QString name() const { return QString::fromStdString(dataset_.name); }
    const fs::path& folder() const { return dataset_.folder; }
    const data::DatasetFolder& dataset() const { return dataset_; }
    QStringList sources() const;
    const std::vector<DatasetEntry>& entries() const { return entries_; }
    const DatasetEntry& entry(int index) const { return entries_[std::size_t(index)]; }
    QString pathOf(int index) const { return QString::fromStdString(entry(index).path); }
    bool loading() const { return loader_.running(); }
    LoadProgress progress() const { return progress_; }
    // Kept up to date with every change, so that they cost nothing to ask for.
    int count(Look look) const { return counts_.looks[std::size_t(look)]; }
    int countOfSource(int source) const;
    const std::array<int, kShapes>& shapes() const { return counts_.shapes; }
    // Edits since the newest built version; 0 when the journal is as it was built.
    int editCount() const { return editCount_; }

    // Tokens of one caption for the chosen model; limit = usable tokens (75). Without a tokenizer tokens stay
    // -1.
    void setTokenizer(DatasetLoader::CountTokens countTokens, int limit);
    bool countsTokens() const { return bool(countTokens_); }
    int tokensOf(const QString& caption) const { return countTokens_ ? countTokens_(caption) : -1; }
    int tokenLimit() const { return tokenLimit_; }

    // What only decoding shows: the picture at this path breaks after its header.
    void markUnreadable(const std::string& path, const std::string& why);

    QUndoStack& undoStack() { return undo_; }
    // Each is one undo step. Typing into one caption merges into one step until `mergeId` changes.
    void setCaption(int index, const QString& caption, int mergeId);
    void setCaptions(const std::vector<std::pair<int, QString>>& captions, const QString& stepName);
    void setExcluded(const std::vector<int>& indices, bool excluded);
    // "Train anyway": kept against the rules on size, ratio, equal pictures and missing captions.
    void setForced(int index, bool forced);
    void addSources(const QStringList& paths);
    void removeSource(int source);
    // Captions of files that were dropped, matched by stem; returns how many found their picture.
    int attachCaptions(const QStringList& files);
    // Each picture's mask or condition picture; "" = none, nothing = the one found beside it. One step.
    using CompanionChange = std::pair<int, std::optional<QString>>;
    void setCompanions(Companion kind, const std::vector<CompanionChange>& changes, const QString& stepName);
    // Of files that were dropped, matched by stem; returns how many pictures got one.
    int attachCompanions(Companion kind, const QStringList& files);
    int unsavedCount() const { return unsavedCount_; }
    void saveAgain() { append({}); }
    Status rename(const QString& name);

    // What build options this dataset keeps; written at once. Refused while a build would miss what is shown.
    Status setBuildOptions(const data::BuildOptions& options);

  Q_SIGNALS:
    void opened();
    void entriesReset();                     // other indices from here on
    void entriesAdded(int first, int last);  // while scanning
    void entriesChanged(const std::vector<int>& indices);
    void sourcesChanged();
    void countsChanged();
    void progressed();
    void loadingFinished();
    void problem(const QString& what, const QString& hint);
    void saved();
    // Edits that could not be written yet (a full disk): kept, and tried again every few seconds and with the
    // next edit. 0 = all are in the journal.
    void unsavedChanged(int count, const QString& why);

  private:
    friend class EditCommand;
    friend class SourcesCommand;
    using Change = std::pair<int, data::ImageEdit>;
    using EditMap = DatasetLoader::EditMap;
    void push(std::vector<Change> changes, const QString& text, int mergeId);
    void apply(const std::vector<Change>& changes);
    Status writeFolder();
    void applySources(const std::vector<std::string>& sources, EditMap edits);
    void append(std::vector<data::EditRecord> records);
    void save();
    void replaceEntries(std::vector<DatasetEntry> entries, DatasetCounts counts);
    void overlay(DatasetEntry& entry) const;

    bool open_ = false;
    data::DatasetFolder dataset_;
    EditMap edits_;                          // also of pictures that are not there now
    std::set<std::string> editedSinceScan_;  // by edit name: the loader knows older edits of these
    std::vector<DatasetEntry> entries_;
    DatasetCounts counts_;
    DatasetLoader loader_;
    LoadProgress progress_;
    QUndoStack undo_;
    QThreadPool writer_;                                      // one thread: the journal keeps its order
    std::shared_ptr<std::vector<data::EditRecord>> unsaved_;  // of the writer's thread
    int unsavedCount_ = 0;
    QTimer retry_;
    DatasetLoader::CountTokens countTokens_;
    int tokenLimit_ = 75;
    int editCount_ = 0;
};

}  // namespace atelier
