// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/sample_reader.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QPointer>
#include <QThreadPool>
#include <QTimer>
#include <algorithm>

#include "core/base/files.h"
#include "core/base/json.h"

namespace atelier {

namespace {

constexpr int kFirstRetryMs = 500, kLastRetryMs = 60'000;

QString textOf(const Json& object, const char* key) {
    const auto at = object.find(key);
    return at != object.end() && at->is_string() ? QString::fromStdString(at->get<std::string>()) : QString();
}
double numberOf(const Json& object, const char* key) {
    const auto at = object.find(key);
    return at != object.end() ? numberFromJson(*at, 0) : 0;
}

}  // namespace

Result<std::vector<SampleEntry>> readSampleFolder(const QString& folder) {
    const fs::path root(folder.toStdString());
    ATELIER_TRY(const std::string text, readFile(root / "samples.json", 64 << 20));
    ATELIER_TRY(const Json document, parseJson(text, (root / "samples.json").string()));
    const auto list = document.is_object() ? document.find("samples") : document.end();
    if (!document.is_object() || list == document.end() || !list->is_array())
        return fail(ErrorCode::Data, "it has no list of samples", (root / "samples.json").string());
    std::vector<SampleEntry> entries;
    for (const Json& item : *list) {
        if (!item.is_object()) continue;
        SampleEntry e;
        e.prompt = textOf(item, "prompt");
        e.negative = textOf(item, "negative_prompt");
        e.sampler = textOf(item, "sampler");
        e.seed = qint64(numberOf(item, "seed"));
        e.steps = int(numberOf(item, "steps"));
        e.guidance = numberOf(item, "guidance");
        e.width = int(numberOf(item, "width"));
        e.height = int(numberOf(item, "height"));
        e.failure = textOf(item, "error");
        // A name, not a path: what a run folder says must not reach outside of it.
        const QString file = QFileInfo(textOf(item, "file")).fileName();
        if (!file.isEmpty() && e.failure.isEmpty()) {
            e.file = folder + QLatin1Char('/') + file;
            if (!QFileInfo::exists(e.file)) {
                e.failure = QCoreApplication::translate("SampleReader", "%1 is missing").arg(file);
                e.missing = true;
                e.file.clear();
            }
        } else if (e.failure.isEmpty()) {
            e.failure = QCoreApplication::translate("SampleReader", "it was not made");
        }
        entries.push_back(std::move(e));
    }
    return entries;
}

SampleReader::SampleReader(QString runFolder, SampleModel& model, QObject* parent)
    : QObject(parent), folder_(std::move(runFolder)), model_(model) {}

void SampleReader::follow(const std::vector<run::SampleRecord>& samples) {
    const std::int64_t last = samples.empty() ? -1 : samples.back().sample.step;
    if (!known_.empty() && known_.rbegin()->first > last) {
        known_.erase(known_.upper_bound(last), known_.end());
        model_.forgetAfter(last);
    }
    for (const run::SampleRecord& record : samples) {
        const auto [at, fresh] = known_.try_emplace(record.sample.step);
        if (!fresh && at->second.time >= record.time) continue;
        const QString folder = folder_ + QLatin1Char('/') + QString::fromStdString(record.sample.dir);
        at->second = {record.time, QFileInfo(folder).absoluteFilePath(), 0};
        read(record.sample.step);
    }
}

void SampleReader::read(std::int64_t step) {
    const Known& known = known_.at(step);
    QThreadPool::globalInstance()->start([self = QPointer<SampleReader>(this), folder = known.folder, step,
                                          time = known.time, generation = generation_] {
        auto entries = readSampleFolder(folder);
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [self, step, time, generation, entries = std::move(entries)] {
                if (!self || self->generation_ != generation) return;
                const auto known = self->known_.find(step);
                if (known != self->known_.end() && known->second.time == time) self->take(step, entries);
            },
            Qt::QueuedConnection);
    });
}

void SampleReader::take(std::int64_t step, const Result<std::vector<SampleEntry>>& entries) {
    Known& known = known_.at(step);
    if (entries) {
        model_.setStep(step, *entries);
        Q_EMIT stepRead(step);
    } else if (known.tries == 0) {
        Q_EMIT problem(QString::fromStdString(entries.error().message()));
    }
    const bool whole = entries && std::none_of(entries->begin(), entries->end(),
                                               [](const SampleEntry& entry) { return entry.missing; });
    if (whole) return;
    const int wait = std::min(kFirstRetryMs << std::min(known.tries, 10), kLastRetryMs);
    ++known.tries;
    QTimer::singleShot(wait, this, [this, step, time = known.time, generation = generation_] {
        const auto at = known_.find(step);
        if (generation == generation_ && at != known_.end() && at->second.time == time) read(step);
    });
}

void SampleReader::clear() {
    ++generation_;
    known_.clear();
    model_.clear();
}

}  // namespace atelier
