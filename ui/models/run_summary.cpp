// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/run_summary.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <algorithm>
#include <cmath>

#include "core/run/lock.h"
#include "ui/models/run_words.h"
#include "ui/models/sample_reader.h"
#include "ui/session/run_scan.h"

namespace atelier {

namespace {

struct RunSummaryText {
    Q_DECLARE_TR_FUNCTIONS(RunSummary)
};

constexpr std::size_t kCurvePoints = 48;
constexpr double kLongSilentSeconds = 24 * 3600;

QString text(const std::string& s) {
    return QString::fromStdString(s);
}

// "<1e-4", ">=8" or a part of the text.
bool valueMatches(const QString& value, QString wanted) {
    const bool less = wanted.startsWith(QLatin1Char('<')), more = wanted.startsWith(QLatin1Char('>'));
    if (!less && !more) return value.contains(wanted, Qt::CaseInsensitive);
    const bool equal = wanted.size() > 1 && wanted[1] == QLatin1Char('=');
    bool ok = false, okWanted = false;
    const double v = value.toDouble(&ok), w = wanted.mid(equal ? 2 : 1).toDouble(&okWanted);
    if (!ok || !okWanted) return false;
    return (equal && v == w) || (less ? v < w : v > w);
}

std::vector<CurvePoint> smallCurve(const run::RunState& state, const run::MetricSeries& loss,
                                   double planned) {
    MetricStore store;
    for (std::size_t i = 0; i < loss.size(); ++i) {
        const std::size_t row = loss.row[i];
        const std::pair<std::string, double> value{"loss", loss.value[i]};
        store.append(state.axis.step[row], 0, 0, {&value, 1});
    }
    if (store.seriesCount() == 0) return {};
    auto points = smoothed(store, 0, 0, store.series(0).size(), PlotAxis::Steps, 0.95, kCurvePoints);
    for (CurvePoint& p : points) p.x = planned > 0 ? std::min(1.0, p.x / planned) : 0;
    return points;
}

}  // namespace

double RunSummary::fraction() const {
    if (totalSteps > 0) return std::clamp(double(step) / double(totalSteps), 0.0, 1.0);
    if (totalImages > 0) return std::clamp(double(images) / double(totalImages), 0.0, 1.0);
    return 0;
}

bool RunSummary::matches(const QString& text) const {
    const QStringList words = text.simplified().split(QLatin1Char(' '), Qt::SkipEmptyParts);
    return std::all_of(words.begin(), words.end(), [&](const QString& word) {
        const qsizetype colon = word.indexOf(QLatin1Char(':'));
        if (colon > 0 && settings) {
            const QString key = word.left(colon), wanted = word.mid(colon + 1);
            return std::any_of(settings->all.begin(), settings->all.end(), [&](const auto& item) {
                return item.first.contains(key, Qt::CaseInsensitive) &&
                       (wanted.isEmpty() || valueMatches(item.second, wanted));
            });
        }
        if (name.contains(word, Qt::CaseInsensitive) || where.contains(word, Qt::CaseInsensitive))
            return true;
        if (!settings) return false;
        if (settings->method.contains(word, Qt::CaseInsensitive)) return true;
        return std::any_of(settings->all.begin(), settings->all.end(), [&](const auto& item) {
            return item.first.contains(word, Qt::CaseInsensitive) ||
                   item.second.contains(word, Qt::CaseInsensitive);
        });
    });
}

QString stateWords(const RunSummary& run) {
    using T = RunSummaryText;
    if (!run.unreadable.isEmpty()) return T::tr("Unreadable");
    if (!run.queued || run.active()) return statusWords(run.status);
    if (run.queued->stuck) return T::tr("Could not start");
    if (run.queued->starting) return T::tr("Starting");
    return run.queued->place == 1 ? T::tr("Next") : T::tr("Queued");
}

RunSummary summariseRun(const QString& folder, double now, std::shared_ptr<const RunSettings> settings) {
    RunSummary s;
    const run::RunFolder place{fs::path(folder.toStdString())};
    s.path = folder;
    s.name = QFileInfo(folder).fileName();
    s.settings = settings ? std::move(settings)
                          : std::make_shared<RunSettings>(readRunSettings(text(place.config().string())));
    const QFileInfo events(text(place.events().string()));
    if (events.exists() && !events.isReadable()) {
        s.unreadable = QCoreApplication::translate("RunSummary", "events.jsonl may not be read by this user");
        return s;
    }
    const RunGlance glance = glanceAt(folder, now);
    if (!glance.readable) {
        s.unreadable = QCoreApplication::translate("RunSummary", "events.jsonl is not the log of a run");
        s.started = s.lastTime = double(events.lastModified().toSecsSinceEpoch());
        return s;
    }
    const run::RunState& state = glance.state;
    s.status = glance.status;
    s.phase = text(state.phase);
    s.step = state.progress.step;
    s.totalSteps = state.progress.totalSteps;
    s.images = state.progress.images;
    s.totalImages = state.progress.totalImages > 0 ? state.progress.totalImages : s.settings->totalImages;
    if (state.finished) {
        s.step = std::max(s.step, state.finished->step);
        s.images = std::max(s.images, state.finished->images);
    }
    if (s.totalSteps == 0 && s.settings->imagesPerStep > 0)
        s.totalSteps = s.totalImages / s.settings->imagesPerStep;
    s.etaSeconds = state.progress.etaSeconds;
    s.imagesPerSecond = state.progress.imagesPerSecond;
    s.started = state.firstTime > 0
                    ? state.firstTime
                    : double(QFileInfo(text(place.config().string())).lastModified().toSecsSinceEpoch());
    s.lastTime = state.lastTime > 0 ? state.lastTime : s.started;
    s.longSilent = s.status == run::RunStatus::NotHeardFrom && now - s.lastTime > kLongSilentSeconds;
    s.trainedSeconds = std::max(0.0, s.lastTime - s.started);
    if (const run::MetricSeries* loss = state.findSeries("loss"); loss != nullptr && loss->size() > 0) {
        s.loss = loss->value.back();
        s.curve = smallCurve(state, *loss, double(s.totalSteps > 0 ? s.totalSteps : s.step));
    }
    const QString here = text(run::hostName());
    if (!state.attempts.empty()) {
        const run::RunStarted& start = state.attempts.back().started;
        if (!start.device.empty()) s.device = deviceWords(text(start.device));
        s.here = text(start.host) == here || start.host.empty();
        s.where = s.here ? QCoreApplication::translate("RunSummary", "This computer") : text(start.host);
    } else {
        s.where = QCoreApplication::translate("RunSummary", "Not started yet");
    }
    if (state.device && state.device->memory) {
        s.memory = *state.device->memory;
        s.memoryTotal = state.device->memoryTotal.value_or(0);
    } else if (state.memory) {
        for (const auto& part : state.memory->bytes) s.memory += part.second;
    }
    if (!state.samples.empty()) {
        const run::Sample& sample = state.samples.back().sample;
        s.sampleStep = sample.step;
        if (const auto entries = readSampleFolder(folder + QLatin1Char('/') + text(sample.dir)))
            for (const SampleEntry& entry : *entries)
                if (!entry.file.isEmpty() && s.samples.size() < 3) s.samples << entry.file;
    }
    if (!state.checkpoints.empty()) s.checkpointStep = state.checkpoints.back().checkpoint.step;
    if (!state.errors.empty()) {
        const run::ErrorRecord& error = state.errors.back();
        s.errorText = error.error.where.empty() ? text(error.error.what)
                                                : text(error.error.where + ": " + error.error.what);
        s.errorHint = text(error.error.hint);
        s.errorStep = error.step;
    } else if (s.status == run::RunStatus::Failed) {
        s.errorText = QCoreApplication::translate("RunSummary", "The engine ended at step %1 without a word.")
                          .arg(countText(s.step));
    }
    return s;
}

}  // namespace atelier
