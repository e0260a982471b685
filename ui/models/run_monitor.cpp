// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/run_monitor.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QFileInfo>
#include <QPointer>
#include <QThreadPool>
#include <algorithm>

#include "core/run/lock.h"
#include "core/run/run_folder.h"
#include "ui/models/run_words.h"
#include "ui/session/launcher.h"

namespace atelier {

namespace {
constexpr int kRedrawMs = 250, kReportLines = 200, kLookMs = 2000;

QString text(const std::string& s) {
    return QString::fromStdString(s);
}
run::RunFolder place(const QString& folder) {
    return {fs::path(folder.toStdString())};
}
}  // namespace

RunMonitor::RunMonitor(RunController& controller, QObject* parent)
    : QObject(parent),
      controller_(controller),
      reader_(controller.folder(), samples_),
      settings_(std::make_shared<RunSettings>()) {
    timer_.setSingleShot(true);
    timer_.setInterval(kRedrawMs);
    connect(&timer_, &QTimer::timeout, this, &RunMonitor::changed);
    connect(&controller, &RunController::eventsApplied, this, &RunMonitor::take);
    connect(&controller, &RunController::stateReset, this, &RunMonitor::reset);
    for (const auto signal : {&RunController::requestChanged, &RunController::problemChanged})
        connect(&controller, signal, this, &RunMonitor::schedule);
    connect(&controller, &RunController::statusChanged, this, &RunMonitor::schedule);
    connect(&controller, &RunController::canForceStopChanged, this, &RunMonitor::schedule);
    connect(&controller, &RunController::caughtUpChanged, this, &RunMonitor::schedule);
    connect(&controller, &RunController::failed, this, &RunMonitor::schedule);
    connect(&reader_, &SampleReader::stepRead, this, &RunMonitor::schedule);
    connect(&reader_, &SampleReader::problem, this, &RunMonitor::problem);
    lookTimer_.setInterval(kLookMs);
    connect(&lookTimer_, &QTimer::timeout, this, &RunMonitor::lookForCheckpoints);
    lookTimer_.start();
    lookForCheckpoints();
    readSettings();
}

void RunMonitor::schedule() {
    if (!timer_.isActive()) timer_.start();
}

void RunMonitor::take(const std::vector<run::Event>& events) {
    metrics_.apply(events);
    events_.apply(events);
    reader_.follow(state().samples);
    schedule();
}

void RunMonitor::reset() {
    metrics_.clear();
    events_.clear();
    reader_.clear();
    schedule();
}

void RunMonitor::readSettings() {
    const QString file = text(place(folder()).config().string());
    QThreadPool::globalInstance()->start([self = QPointer<RunMonitor>(this), file] {
        auto settings = std::make_shared<const RunSettings>(readRunSettings(file));
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [self, settings] {
                if (!self) return;
                self->settings_ = settings;
                Q_EMIT self->settingsRead();
                self->schedule();
            },
            Qt::QueuedConnection);
    });
}

// A folder listing and a stat each; checkpoints come, go by retention, and are removed by hand.
void RunMonitor::lookForCheckpoints() {
    if (looking_) return;
    looking_ = true;
    QThreadPool::globalInstance()->start([self = QPointer<RunMonitor>(this), where = place(folder())] {
        auto steps = run::completeCheckpoints(where);
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [self, steps = std::move(steps)] {
                if (!self) return;
                self->looking_ = false;
                if (self->onDisk_ == steps) return;
                self->onDisk_ = steps;
                self->schedule();
            },
            Qt::QueuedConnection);
    });
}

bool RunMonitor::checkpointThere(std::int64_t step) const {
    return !onDisk_ || std::binary_search(onDisk_->begin(), onDisk_->end(), step);
}

std::int64_t RunMonitor::newestCheckpoint() const {
    if (onDisk_) return onDisk_->empty() ? -1 : onDisk_->back();
    for (auto at = state().checkpoints.rbegin(); at != state().checkpoints.rend(); ++at)
        if (!at->superseded) return at->checkpoint.step;
    return -1;
}

QString RunMonitor::name() const {
    return QFileInfo(folder()).fileName();
}

QString RunMonitor::subtitle() const {
    QStringList parts;
    if (!settings_->method.isEmpty()) parts << settings_->method;
    if (!state().attempts.empty()) {
        const run::RunStarted& start = state().attempts.back().started;
        parts << (text(start.host) == text(run::hostName()) ? tr("this computer") : text(start.host))
              << deviceShort(text(start.device));
    }
    return parts.join(QStringLiteral(" · "));
}

std::int64_t RunMonitor::step() const {
    const auto& store = metrics_.store();
    return std::max(state().progress.step, store.rows() > 0 && active() ? store.step(store.rows() - 1) : 0);
}

std::int64_t RunMonitor::totalSteps() const {
    if (state().progress.totalSteps > 0) return state().progress.totalSteps;
    return settings_->imagesPerStep > 0 ? settings_->totalImages / settings_->imagesPerStep : 0;
}

double RunMonitor::fraction() const {
    const auto total = totalSteps();
    return total > 0 ? std::clamp(double(step()) / double(total), 0.0, 1.0) : 0;
}

double RunMonitor::etaSeconds() const {
    if (state().progress.etaSeconds < 0) return -1;
    // Between two heartbeats the clock goes on.
    const double passed = double(QDateTime::currentMSecsSinceEpoch()) / 1000 - state().progressTime;
    return std::max(0.0, state().progress.etaSeconds - std::clamp(passed, 0.0, 10.0));
}

double RunMonitor::stepsPerSecond() const {
    const run::Progress& p = state().progress;
    if (p.imagesPerSecond <= 0 || p.images <= 0 || p.step <= 0) return 0;
    return p.imagesPerSecond * double(p.step) / double(p.images);
}

std::optional<double> RunMonitor::loss() const {
    return state().latest("loss");
}

std::optional<RunMonitor::Validation> RunMonitor::validation() const {
    const MetricStore& store = metrics_.store();
    for (const char* name : {"val_loss", "validation_loss"}) {
        const int series = store.find(name);
        if (series < 0 || store.series(series).size() == 0) continue;
        const MetricSeries& values = store.series(series);
        const std::size_t last = values.size() - 1;
        return Validation{double(values.value(last)), store.step(values.row(last))};
    }
    return {};
}

std::optional<RunMonitor::NextSample> RunMonitor::nextSample() const {
    if (!active() || settings_->sampleEvery <= 0) return {};
    const std::int64_t next = (step() / settings_->sampleEvery + 1) * settings_->sampleEvery;
    if (totalSteps() > 0 && next > totalSteps()) return {};
    const double rate = stepsPerSecond();
    return NextSample{next, rate > 0 ? double(next - step()) / rate : -1};
}

std::optional<double> RunMonitor::lossAt(std::int64_t step) const {
    const MetricStore& store = metrics_.store();
    const int series = store.find("loss");
    if (series < 0 || store.series(series).size() == 0) return {};
    const std::size_t at = store.nearest(series, double(step), PlotAxis::Steps);
    // The mean of the steps around it: one step's loss says little.
    const Extent near = store.series(series).extent(at > 20 ? at - 20 : 0, at + 1);
    if (!near.valid()) return {};
    return near.mean();
}

RunMonitor::Failure RunMonitor::failure() const {
    if (status() != run::RunStatus::Failed && !controller_.failure()) return {};
    const auto last =
        state().checkpoints.empty() ? std::int64_t(-1) : state().checkpoints.back().checkpoint.step;
    const QString safe = last >= 0 ? tr("Step %1 is saved and verified.").arg(countText(last))
                                   : tr("No checkpoint was written yet.");
    if (!state().errors.empty()) {
        const run::ErrorRecord& e = state().errors.back();
        QString what = text(e.error.what);
        if (!e.error.where.empty()) what = text(e.error.where) + QStringLiteral(": ") + what;
        QString detail = text(e.error.hint);
        if (!detail.isEmpty()) detail[0] = detail[0].toUpper();
        if (!detail.isEmpty() && !detail.endsWith(QLatin1Char('.'))) detail += QLatin1Char('.');
        return {tr("Ended at step %1. %2").arg(countText(e.step), what),
                (detail + QLatin1Char(' ') + safe).trimmed()};
    }
    if (const auto error = controller_.failure()) return {text(error->message()), safe};
    return {tr("The engine ended at step %1 without a word.").arg(countText(step())),
            safe + QLatin1Char(' ') + tr("The log's last lines may tell why.")};
}

QString RunMonitor::report() const {
    QStringList lines{
        tr("Run: %1").arg(folder()),
        tr("State: %1, step %2 of %3").arg(statusWords(status())).arg(step()).arg(totalSteps())};
    for (const run::Attempt& attempt : state().attempts) {
        const run::RunStarted& s = attempt.started;
        lines << tr("Started %1: %2 on %3, %4, config %5")
                     .arg(QDateTime::fromMSecsSinceEpoch(qint64(attempt.time * 1000)).toString(Qt::ISODate),
                          text(s.engine), text(s.host), text(s.device), text(s.configHash));
    }
    const Failure f = failure();
    if (!f.text.isEmpty()) lines << QString() << f.text << f.detail;
    lines << QString() << tr("Last events, newest first:") << events_.asText(kReportLines);
    if (!log_.isEmpty()) lines << QString() << tr("Log:") << log_;
    return lines.join(QLatin1Char('\n'));
}

void RunMonitor::readLog() {
    if (readingLog_) return;
    readingLog_ = true;
    const run::RunFolder where = place(folder());
    const QString rank = text(where.rankLog(0).string()), engine = text(where.engineLog().string());
    QThreadPool::globalInstance()->start([self = QPointer<RunMonitor>(this), rank, engine] {
        QString lines = logTail(rank, kReportLines);
        // What the engine printed outside of its log: messages of libraries, of the loader, of the system.
        const QString printed = logTail(engine, kReportLines);
        if (lines.isEmpty()) lines = printed;
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [self, lines] {
                if (!self) return;
                self->readingLog_ = false;
                if (self->log_ == lines) return;
                self->log_ = lines;
                Q_EMIT self->logRead();
            },
            Qt::QueuedConnection);
    });
}

}  // namespace atelier
