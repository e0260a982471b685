// SPDX-License-Identifier: GPL-3.0-or-later
// DatasetDocument: loading, edits with undo, journal.
#include "ui/models/dataset_document.h"

#include <QFileInfo>
#include <QUndoCommand>
#include <algorithm>
#include <unordered_map>
#include <utility>

namespace atelier {

namespace {
// The records that lead from one state of a picture's edits to another.
void recordsBetween(const std::string& name, const data::ImageEdit& from, const data::ImageEdit& to,
                    std::vector<data::EditRecord>& out) {
    using Kind = data::EditRecord::Kind;
    if (from.caption != to.caption)
        out.push_back(
            {to.caption ? Kind::Caption : Kind::ClearCaption, name, to.caption.value_or(std::string()), 0});
    if (from.excluded != to.excluded)
        out.push_back({to.excluded ? Kind::Exclude : Kind::Include, name, {}, 0});
    if (from.mask != to.mask)
        out.push_back({to.mask ? Kind::Mask : Kind::ClearMask, name, to.mask.value_or(std::string()), 0});
    if (from.condition != to.condition)
        out.push_back({to.condition ? Kind::Condition : Kind::ClearCondition, name,
                       to.condition.value_or(std::string()), 0});
    if (from.forced != to.forced) out.push_back({to.forced ? Kind::Force : Kind::Unforce, name, {}, 0});
}
}  // namespace

// One step of undo over any number of pictures.
class EditCommand : public QUndoCommand {
  public:
    EditCommand(DatasetDocument& document, std::vector<DatasetDocument::Change> before,
                std::vector<DatasetDocument::Change> after, const QString& text, int mergeId)
        : QUndoCommand(text),
          document_(document),
          before_(std::move(before)),
          after_(std::move(after)),
          mergeId_(mergeId) {}
    void redo() override { document_.apply(after_); }
    void undo() override { document_.apply(before_); }
    int id() const override { return mergeId_; }
    bool mergeWith(const QUndoCommand* other) override {
        const auto* next = static_cast<const EditCommand*>(other);
        if (next->after_.size() != 1 || after_.size() != 1 || next->after_[0].first != after_[0].first)
            return false;
        after_ = next->after_;
        return true;
    }

  private:
    DatasetDocument& document_;
    std::vector<DatasetDocument::Change> before_, after_;
    int mergeId_;
};

// Edits are named by the number of their source: when numbers shift, the journal is told under the new names.
static std::map<std::string, data::ImageEdit> renumbered(const std::map<std::string, data::ImageEdit>& edits,
                                                         const std::vector<std::string>& from,
                                                         const std::vector<std::string>& to) {
    std::map<std::string, data::ImageEdit> result;
    for (const auto& [name, edit] : edits) {
        std::size_t source = 0;
        std::string relative = name;
        const auto colon = name.find(':');
        if (colon != std::string::npos && colon > 0 && name.find_first_not_of("0123456789") == colon) {
            const auto number = std::size_t(std::strtoull(name.c_str(), nullptr, 10));
            if (data::editName(number, name.substr(colon + 1)) == name) {
                source = number;
                relative = name.substr(colon + 1);
            }
        }
        if (source >= from.size()) continue;
        const auto at = std::find(to.begin(), to.end(), from[source]);
        if (at != to.end()) result[data::editName(std::size_t(at - to.begin()), relative)] = edit;
    }
    return result;
}

// Adding or removing sources; undo brings the edits of a removed source back.
class SourcesCommand : public QUndoCommand {
  public:
    SourcesCommand(DatasetDocument& document, std::vector<std::string> after, const QString& text)
        : QUndoCommand(text),
          document_(document),
          before_(document.dataset_.sources),
          after_(std::move(after)) {}
    void redo() override {
        editsBefore_ = document_.edits_;
        document_.applySources(after_, renumbered(editsBefore_, before_, after_));
    }
    void undo() override { document_.applySources(before_, editsBefore_); }

  private:
    DatasetDocument& document_;
    std::vector<std::string> before_, after_;
    DatasetDocument::EditMap editsBefore_;
};

namespace {
constexpr int kRetryMs = 5000;

// Where and what; the hint is shown by itself.
QString said(const Error& error) {
    return QString::fromStdString(error.where.empty() ? error.what : error.where + ": " + error.what) +
           QLatin1Char('.');
}
}  // namespace

DatasetDocument::DatasetDocument(QObject* parent)
    : QObject(parent), unsaved_(std::make_shared<std::vector<data::EditRecord>>()) {
    writer_.setMaxThreadCount(1);
    retry_.setSingleShot(true);
    retry_.setInterval(kRetryMs);
    connect(&retry_, &QTimer::timeout, this, &DatasetDocument::saveAgain);
    connect(&loader_, &DatasetLoader::progressed, this, [this](const LoadProgress& p) {
        progress_ = p;
        Q_EMIT progressed();
    });
    connect(&loader_, &DatasetLoader::found, this, [this](const std::vector<DatasetEntry>& batch) {
        if (batch.empty()) return;
        const int first = int(entries_.size());
        for (const DatasetEntry& e : batch) {
            entries_.push_back(e);
            overlay(entries_.back());
            counts_.add(entries_.back(), tokenLimit_);
        }
        Q_EMIT entriesAdded(first, int(entries_.size()) - 1);
    });
    connect(&loader_, &DatasetLoader::scanned, this, [this](const std::shared_ptr<ScannedEntries>& all) {
        if (!editedSinceScan_.empty())
            for (DatasetEntry& e : all->entries) {
                overlay(e);
                all->counts.update(e, tokenLimit_);
            }
        replaceEntries(std::move(all->entries), std::move(all->counts));
        Q_EMIT entriesReset();
        Q_EMIT countsChanged();
    });
    connect(&loader_, &DatasetLoader::probed, this, [this](const std::vector<ProbedEntry>& batch) {
        std::vector<int> changed;
        for (const ProbedEntry& p : batch) {
            if (std::size_t(p.index) >= entries_.size()) continue;
            DatasetEntry& e = entries_[std::size_t(p.index)];
            e.probed = true;
            e.readable = p.readable;
            e.wrongExtension = p.wrongExtension;
            e.twoCaptions = p.twoCaptions;
            e.width = p.width;
            e.height = p.height;
            e.format = p.format;
            e.problem = p.problem;
            e.found = p.found;
            e.foundIn = p.foundIn;
            e.companionProblem = p.companionProblem;
            e.tokens = e.edit.caption ? tokensOf(e.caption()) : p.tokens;
            counts_.update(e, tokenLimit_);
            changed.push_back(p.index);
        }
        Q_EMIT entriesChanged(changed);
        Q_EMIT countsChanged();
    });
    connect(&loader_, &DatasetLoader::duplicatesFound, this,
            [this](const std::vector<std::pair<int, int>>& twins) {
                std::vector<int> changed;
                for (const auto& [index, first] : twins) {
                    entries_[std::size_t(index)].duplicateOf = first;
                    counts_.update(entries_[std::size_t(index)], tokenLimit_);
                    changed.push_back(index);
                }
                if (!changed.empty()) Q_EMIT entriesChanged(changed);
                Q_EMIT countsChanged();
            });
    connect(&loader_, &DatasetLoader::skipped, this, [this](const QStringList& problems) {
        constexpr qsizetype kShown = 3;
        QStringList lines = problems.mid(0, kShown);
        if (problems.size() > kShown) lines << tr("and %n more", nullptr, int(problems.size() - kShown));
        lines << tr(
            "Pictures in there are missing here and in the shards. Give yourself the right to read "
            "them, then rescan.");
        Q_EMIT problem(tr("%n place(s) could not be read.", nullptr, int(problems.size())),
                       lines.join(QLatin1Char('\n')));
    });
    connect(&loader_, &DatasetLoader::failed, this, &DatasetDocument::problem);
    connect(&loader_, &DatasetLoader::finished, this, &DatasetDocument::loadingFinished);
}

DatasetDocument::~DatasetDocument() {
    loader_.cancel();
    saveAgain();
    writer_.waitForDone();
}

Status DatasetDocument::open(const fs::path& folder) {
    saveAgain();
    writer_.waitForDone();
    ATELIER_TRY(data::DatasetFolder dataset, data::readDatasetFolder(folder));
    ATELIER_TRY(data::Edits edits, data::readEdits(dataset.editsPath()));
    unsaved_ = std::make_shared<std::vector<data::EditRecord>>();
    retry_.stop();
    if (std::exchange(unsavedCount_, 0) > 0) Q_EMIT unsavedChanged(0, {});
    dataset_ = std::move(dataset);
    edits_ = std::move(edits.images);
    editCount_ = 0;
    undo_.clear();
    open_ = true;
    Q_EMIT opened();
    Q_EMIT sourcesChanged();
    rescan();
    return {};
}

void DatasetDocument::rescan() {
    loader_.cancel();
    editedSinceScan_.clear();
    replaceEntries({}, {});
    Q_EMIT entriesReset();
    Q_EMIT countsChanged();
    if (dataset_.sources.empty()) {
        Q_EMIT loadingFinished();
        return;
    }
    loader_.start(dataset_.sourcePaths(), {dataset_.folder}, dataset_.options.captionPreference, countTokens_,
                  tokenLimit_, edits_);
}

void DatasetDocument::setEntries(std::vector<DatasetEntry> entries) {
    loader_.cancel();
    DatasetCounts counts;
    for (DatasetEntry& e : entries) counts.add(e, tokenLimit_);
    replaceEntries(std::move(entries), std::move(counts));
    Q_EMIT entriesReset();
    Q_EMIT countsChanged();
}

// The old ones are freed by another thread: a hundred thousand take a while.
void DatasetDocument::replaceEntries(std::vector<DatasetEntry> entries, DatasetCounts counts) {
    entries_.swap(entries);
    counts_ = std::move(counts);
    if (!entries.empty())
        QThreadPool::globalInstance()->start(
            [old = std::make_shared<std::vector<DatasetEntry>>(std::move(entries))] {});
}

// What was edited while the loader looked through the folders.
void DatasetDocument::overlay(DatasetEntry& entry) const {
    if (editedSinceScan_.empty()) return;
    const std::string name = entry.editName();
    if (!editedSinceScan_.contains(name)) return;
    if (const auto it = edits_.find(name); it != edits_.end()) entry.edit = it->second;
}

QStringList DatasetDocument::sources() const {
    QStringList list;
    for (const std::string& source : dataset_.sources) list << QString::fromStdString(source);
    return list;
}

int DatasetDocument::countOfSource(int source) const {
    return std::size_t(source) < counts_.bySource.size() ? counts_.bySource[std::size_t(source)] : 0;
}

void DatasetDocument::setTokenizer(DatasetLoader::CountTokens countTokens, int limit) {
    countTokens_ = std::move(countTokens);
    tokenLimit_ = limit;
    if (open_) rescan();
}

// --- Edits
// ---------------------------------------------------------------------------------------------------------

void DatasetDocument::push(std::vector<Change> changes, const QString& text, int mergeId) {
    std::vector<Change> before;
    std::erase_if(changes, [&](const Change& c) { return entry(c.first).edit == c.second; });
    if (changes.empty()) return;
    for (const Change& c : changes) before.emplace_back(c.first, entry(c.first).edit);
    undo_.push(new EditCommand(*this, std::move(before), std::move(changes), text, mergeId));
}

void DatasetDocument::apply(const std::vector<Change>& changes) {
    std::vector<data::EditRecord> records;
    std::vector<int> indices;
    for (const auto& [index, edit] : changes) {
        if (std::size_t(index) >= entries_.size()) continue;
        DatasetEntry& e = entries_[std::size_t(index)];
        const std::string name = e.editName();
        recordsBetween(name, e.edit, edit, records);
        if (e.edit.mask != edit.mask || e.edit.condition != edit.condition) e.companionProblem.clear();
        e.edit = edit;
        e.tokens = tokensOf(e.caption());
        counts_.update(e, tokenLimit_);
        edits_[name] = edit;
        if (loader_.running()) editedSinceScan_.insert(name);
        indices.push_back(index);
    }
    append(std::move(records));
    Q_EMIT entriesChanged(indices);
    Q_EMIT countsChanged();
}

// What could not be written stays in `unsaved_`, in order, before what comes later.
void DatasetDocument::append(std::vector<data::EditRecord> records) {
    if (!open_ || (records.empty() && unsavedCount_ == 0)) return;
    editCount_ += int(records.size());
    const fs::path path = dataset_.editsPath();
    writer_.start([this, path, unsaved = unsaved_, records = std::move(records)] {
        unsaved->insert(unsaved->end(), records.begin(), records.end());
        const Status written = unsaved->empty() ? Status() : data::appendEdits(path, *unsaved);
        if (written) unsaved->clear();
        QMetaObject::invokeMethod(
            this,
            [this, unsaved, count = int(unsaved->size()),
             why = written ? QString() : QString::fromStdString(written.error().message())] {
                if (unsaved != unsaved_) return;  // of a dataset that was open before
                const int before = std::exchange(unsavedCount_, count);
                if (count > 0) retry_.start();
                if (count == 0) Q_EMIT saved();
                if (before != count) Q_EMIT unsavedChanged(count, why);
            },
            Qt::QueuedConnection);
    });
}

void DatasetDocument::markUnreadable(const std::string& path, const std::string& why) {
    const auto at =
        std::find_if(entries_.begin(), entries_.end(), [&](const DatasetEntry& e) { return e.path == path; });
    if (at == entries_.end() || !at->readable) return;
    at->probed = true;
    at->readable = false;
    at->problem = why;
    counts_.update(*at, tokenLimit_);
    Q_EMIT entriesChanged({int(at - entries_.begin())});
    Q_EMIT countsChanged();
}

void DatasetDocument::setCaption(int index, const QString& caption, int mergeId) {
    data::ImageEdit edit = entry(index).edit;
    const std::string text = caption.toStdString();
    if (text == entry(index).found)
        edit.caption.reset();
    else
        edit.caption = text;
    push({{index, edit}}, tr("caption of %1").arg(entry(index).name()), mergeId);
}

void DatasetDocument::setCaptions(const std::vector<std::pair<int, QString>>& captions,
                                  const QString& stepName) {
    std::vector<Change> changes;
    for (const auto& [index, caption] : captions) {
        data::ImageEdit edit = entry(index).edit;
        std::string text = caption.toStdString();
        if (text == entry(index).found)
            edit.caption.reset();
        else
            edit.caption = std::move(text);
        changes.emplace_back(index, edit);
    }
    push(std::move(changes), stepName, -1);
}

void DatasetDocument::setExcluded(const std::vector<int>& indices, bool excluded) {
    std::vector<Change> changes;
    for (const int index : indices) {
        data::ImageEdit edit = entry(index).edit;
        edit.excluded = excluded;
        changes.emplace_back(index, edit);
    }
    const int n = int(changes.size());
    push(std::move(changes),
         excluded ? tr("exclude %n image(s)", nullptr, n) : tr("include %n image(s)", nullptr, n), -1);
}

void DatasetDocument::setForced(int index, bool forced) {
    data::ImageEdit edit = entry(index).edit;
    edit.forced = forced;
    push({{index, edit}},
         forced ? tr("train %1 anyway").arg(entry(index).name())
                : tr("let the rules decide on %1").arg(entry(index).name()),
         -1);
}

int DatasetDocument::attachCaptions(const QStringList& files) {
    std::unordered_map<std::string, int> byStem;
    for (std::size_t i = 0; i < entries_.size(); ++i)
        byStem.emplace(fs::path(entries_[i].path).stem().string(), int(i));
    std::vector<std::pair<int, QString>> captions;
    for (const QString& file : files) {
        const auto it = byStem.find(QFileInfo(file).completeBaseName().toStdString());
        if (it == byStem.end()) continue;
        if (const auto caption = data::readCaptionFile(fs::path(file.toStdString())))
            captions.emplace_back(it->second, QString::fromStdString(caption->text));
    }
    setCaptions(captions, tr("captions from %n file(s)", nullptr, int(captions.size())));
    return int(captions.size());
}

void DatasetDocument::setCompanions(Companion kind, const std::vector<CompanionChange>& companions,
                                    const QString& stepName) {
    std::vector<Change> changes;
    for (const auto& [index, path] : companions) {
        data::ImageEdit edit = entry(index).edit;
        auto& place = kind == Companion::Mask ? edit.mask : edit.condition;
        const std::string& found = kind == Companion::Mask ? entry(index).mask : entry(index).condition;
        if (!path || path->toStdString() == found)
            place.reset();
        else
            place = path->toStdString();
        changes.emplace_back(index, std::move(edit));
    }
    push(std::move(changes), stepName, -1);
}

int DatasetDocument::attachCompanions(Companion kind, const QStringList& files) {
    std::unordered_map<QString, QString> byStem;
    for (const QString& file : files) {
        QString stem = QFileInfo(file).completeBaseName();
        byStem.emplace(stem, file);
        // As they are named beside their pictures, here or in other programs.
        for (const char* suffix : {"-masklabel", "-condlabel", "-mask", "_mask", "-condition", "_condition"})
            if (stem.endsWith(QLatin1String(suffix), Qt::CaseInsensitive))
                byStem.emplace(stem.chopped(qsizetype(std::char_traits<char>::length(suffix))), file);
    }
    std::vector<CompanionChange> changes;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const auto it = byStem.find(QFileInfo(entries_[i].name()).completeBaseName());
        if (it != byStem.end() && it->second != pathOf(int(i)))
            changes.emplace_back(int(i), QFileInfo(it->second).absoluteFilePath());
    }
    const int n = int(changes.size());
    if (n > 0)
        setCompanions(kind, changes,
                      kind == Companion::Mask ? tr("masks of %n image(s)", nullptr, n)
                                              : tr("control images of %n image(s)", nullptr, n));
    return n;
}

// --- Sources
// -------------------------------------------------------------------------------------------------------

void DatasetDocument::addSources(const QStringList& paths) {
    std::vector<std::string> sources = dataset_.sources;
    for (const QString& path : paths) {
        const std::string text = path.toStdString();
        if (std::find(sources.begin(), sources.end(), text) == sources.end()) sources.push_back(text);
    }
    const int added = int(sources.size() - dataset_.sources.size());
    if (added > 0)
        undo_.push(new SourcesCommand(*this, std::move(sources), tr("add %n source(s)", nullptr, added)));
}

void DatasetDocument::removeSource(int source) {
    std::vector<std::string> sources = dataset_.sources;
    if (source < 0 || source >= int(sources.size())) return;
    sources.erase(sources.begin() + source);
    undo_.push(new SourcesCommand(*this, std::move(sources), tr("remove a source")));
}

void DatasetDocument::applySources(const std::vector<std::string>& sources, EditMap edits) {
    std::vector<data::EditRecord> records;
    for (const auto& [name, edit] : edits_)
        if (!edits.contains(name)) recordsBetween(name, edit, {}, records);
    for (const auto& [name, edit] : edits)
        recordsBetween(name, edits_.contains(name) ? edits_[name] : data::ImageEdit{}, edit, records);
    dataset_.sources = sources;
    edits_ = std::move(edits);
    append(std::move(records));
    save();
    Q_EMIT sourcesChanged();
    rescan();
}

// Never makes the folder anew: under a name that was given up it would be a second dataset without the edits
// of the first.
Status DatasetDocument::writeFolder() {
    if (!data::isDatasetFolder(dataset_.folder))
        return fail(ErrorCode::Io,
                    tr("This dataset is no longer there: it was renamed, moved or removed").toStdString(),
                    dataset_.folder.string(), tr("Open it where it is now.").toStdString());
    return data::writeDatasetFolder(dataset_);
}

void DatasetDocument::save() {
    if (!open_) return;
    if (const Status written = writeFolder(); !written)
        Q_EMIT problem(said(written.error()), QString::fromStdString(written.error().hint));
    else
        Q_EMIT saved();
}

Status DatasetDocument::rename(const QString& name) {
    dataset_.name = name.toStdString();
    ATELIER_DO(writeFolder());
    Q_EMIT opened();
    return {};
}

Status DatasetDocument::setBuildOptions(const data::BuildOptions& options) {
    dataset_.options = options;
    ATELIER_DO(writeFolder());
    if (unsavedCount_ > 0)
        return fail(
            ErrorCode::Io,
            tr("The newest edits are not saved, so a build would go without them").toStdString(), {},
            tr("Make room for them, or give this user the right to write there, then build.").toStdString());
    return {};
}

}  // namespace atelier
