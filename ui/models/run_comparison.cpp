// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/run_comparison.h"

#include <QDir>
#include <QFileInfo>
#include <QLocale>
#include <algorithm>
#include <map>

#include "ui/models/run_desk.h"
#include "ui/models/run_words.h"

namespace atelier {

namespace {
constexpr int kSettleMs = 250;

int rowOfPrompt(const SampleModel& samples, const QString& prompt) {
    for (int row = 0; row < samples.prompts(); ++row)
        if (samples.prompt(row) == prompt) return row;
    return -1;
}
}  // namespace

bool RunComparison::Row::differs() const {
    return std::any_of(values.begin(), values.end(),
                       [this](const QString& v) { return v != values.front(); });
}

RunComparison::RunComparison(RunDesk& desk, QObject* parent) : QObject(parent), desk_(desk) {
    timer_.setSingleShot(true);
    timer_.setInterval(kSettleMs);
    connect(&timer_, &QTimer::timeout, this, [this] {
        refreshSamples();
        Q_EMIT changed();
    });
}

RunComparison::~RunComparison() {
    for (const Run& run : runs_)
        if (run.monitor) {
            run.monitor->disconnect(this);
            desk_.release(run.folder);
        }
}

QStringList RunComparison::folders() const {
    QStringList all;
    for (const Run& run : runs_) all << run.folder;
    return all;
}

bool RunComparison::contains(const QString& folder) const {
    const QString path = QDir::cleanPath(folder);
    return std::any_of(runs_.begin(), runs_.end(), [&](const Run& run) { return run.folder == path; });
}

bool RunComparison::add(const QString& folder) {
    if (contains(folder) || runs_.size() >= kMost) return false;
    int colour = 0;
    while (std::any_of(runs_.begin(), runs_.end(), [&](const Run& run) { return run.colour == colour; }))
        ++colour;
    const QString path = QDir::cleanPath(folder);
    RunMonitor* monitor = desk_.hold(path);
    runs_.push_back({path, {}, colour, monitor});
    connect(monitor, &RunMonitor::changed, this, &RunComparison::schedule);
    connect(monitor, &RunMonitor::settingsRead, this, &RunComparison::schedule);
    connect(monitor, &QObject::destroyed, this, [this, path] { remove(path); });  // moved to the trash
    for (const auto signal : {&QAbstractItemModel::columnsInserted, &QAbstractItemModel::columnsRemoved})
        connect(&monitor->samples(), signal, this, &RunComparison::schedule);
    connect(&monitor->samples(), &QAbstractItemModel::dataChanged, this, &RunComparison::schedule);
    refreshNames();
    Q_EMIT runsChanged();
    schedule();
    return true;
}

void RunComparison::remove(const QString& folder) {
    const QString path = QDir::cleanPath(folder);
    const auto at =
        std::find_if(runs_.begin(), runs_.end(), [&](const Run& run) { return run.folder == path; });
    if (at == runs_.end()) return;
    const QPointer<RunMonitor> monitor = at->monitor;
    runs_.erase(at);
    if (monitor) {
        monitor->disconnect(this);
        monitor->samples().disconnect(this);
    }
    refreshNames();
    samplesKey_.clear();
    refreshSamples();
    Q_EMIT runsChanged();
    if (monitor) desk_.release(path);  // nobody looks at it any more
}

void RunComparison::setFolders(const QStringList& folders) {
    QStringList wanted;
    for (const QString& folder : folders) wanted << QDir::cleanPath(folder);
    for (const QString& folder : this->folders())
        if (!wanted.contains(folder)) remove(folder);
    for (const QString& folder : wanted) add(folder);
}

// Runs of one name are told apart by the folder they are in.
void RunComparison::refreshNames() {
    for (Run& run : runs_) {
        const QString name = QFileInfo(run.folder).fileName();
        const auto same = std::count_if(runs_.begin(), runs_.end(), [&](const Run& other) {
            return QFileInfo(other.folder).fileName() == name;
        });
        run.name =
            same < 2 ? name : QFileInfo(QFileInfo(run.folder).path()).fileName() + QLatin1Char('/') + name;
    }
}

void RunComparison::schedule() {
    if (!timer_.isActive()) timer_.start();
}

std::vector<RunComparison::Row> RunComparison::settings() const {
    std::map<QString, QStringList> rows;
    for (std::size_t i = 0; i < runs_.size(); ++i) {
        if (!runs_[i].monitor) continue;
        for (const auto& [key, value] : runs_[i].monitor->settings().all) {
            if (key == QLatin1String("experiment.name")) continue;  // it stands above
            QStringList& values = rows[key];
            while (values.size() < qsizetype(runs_.size())) values << QString();
            values[qsizetype(i)] = value;
        }
    }
    std::vector<Row> all;
    for (auto& [key, values] : rows) all.push_back({key, values});
    return all;
}

std::vector<RunComparison::Row> RunComparison::results() const {
    const auto row = [this](const QString& name, auto value) {
        Row one{name, {}};
        for (const Run& run : runs_) one.values << (run.monitor ? value(*run.monitor) : QString());
        return one;
    };
    const auto bytes = [](std::uint64_t n) { return n > 0 ? bytesText(n) : QString(); };
    std::vector<Row> rows;
    rows.push_back(row(tr("state"), [](const RunMonitor& m) { return statusWords(m.status()); }));
    rows.push_back(row(tr("step"), [](const RunMonitor& m) { return countText(m.step()); }));
    rows.push_back(row(tr("validation"), [](const RunMonitor& m) {
        const auto validation = m.validation();
        return validation ? lossText(validation->value) : QString();
    }));
    rows.push_back(row(tr("training loss"), [](const RunMonitor& m) {
        const auto loss = m.loss();
        return loss ? lossText(*loss) : QString();
    }));
    rows.push_back(row(tr("images/s"), [](const RunMonitor& m) {
        const double rate = m.stepsPerSecond() * double(m.settings().imagesPerStep);
        return rate > 0 ? QLocale().toString(rate, 'g', 3) : QString();
    }));
    rows.push_back(row(tr("memory, peak"), [&](const RunMonitor& m) {
        return m.state().memory ? bytes(m.state().memory->peak) : QString();
    }));
    rows.push_back(row(tr("checkpoint"), [&](const RunMonitor& m) {
        return m.state().checkpoints.empty() ? QString()
                                             : bytes(m.state().checkpoints.back().checkpoint.bytes);
    }));
    std::erase_if(rows, [](const Row& one) {
        return std::all_of(one.values.begin(), one.values.end(),
                           [](const QString& v) { return v.isEmpty(); });
    });
    return rows;
}

QStringList RunComparison::prompts() const {
    QStringList all;
    for (const Run& run : runs_) {
        if (!run.monitor) continue;
        const SampleModel& samples = run.monitor->samples();
        for (int row = 0; row < samples.prompts(); ++row)
            if (!all.contains(samples.prompt(row))) all << samples.prompt(row);
    }
    return all;
}

void RunComparison::setPrompt(const QString& prompt) {
    if (prompt == prompt_) return;
    prompt_ = prompt;
    refreshSamples();
}

void RunComparison::refreshSamples() {
    const QStringList all = prompts();
    if (!all.contains(prompt_)) prompt_ = all.value(0);
    std::map<qint64, std::vector<SampleEntry>> steps;
    std::vector<std::pair<QString, qint64>> rows;
    QString key = prompt_;
    for (const Run& run : runs_) {
        const SampleModel* samples = run.monitor ? &run.monitor->samples() : nullptr;
        const int row = samples ? rowOfPrompt(*samples, prompt_) : -1;
        rows.emplace_back(run.name, row < 0 ? 0 : samples->seed(row));
        key += QLatin1Char('\n') + run.name;
        for (int column = 0; row >= 0 && column < samples->steps(); ++column)
            if (const SampleEntry* entry = samples->entry(row, column)) {
                SampleEntry copy = *entry;
                copy.prompt = run.name;  // what the row is called
                key += QStringLiteral(" %1:%2").arg(samples->step(column)).arg(copy.file);
                steps[samples->step(column)].push_back(std::move(copy));
            }
    }
    if (key == samplesKey_) return;
    samplesKey_ = key;
    samples_.setRows(rows);
    for (const auto& [step, entries] : steps) samples_.setStep(step, entries);
}

}  // namespace atelier
