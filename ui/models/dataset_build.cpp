// SPDX-License-Identifier: GPL-3.0-or-later
// Following a dataset build.
#include "ui/models/dataset_build.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QLocale>
#include <algorithm>
#include <array>
#include <map>

#include "core/base/strings.h"
#include "core/data/plan.h"

namespace atelier {

namespace {
struct StageFacts {
    const char* phase;
    double weight;  // share of the whole time, roughly: probing and writing read every byte
};
constexpr std::array<StageFacts, 6> kStages{
    {{"scan", 0.02}, {"probe", 0.18}, {"plan", 0.02}, {"write", 0.5}, {"verify", 0.26}, {"manifest", 0.02}}};

double now() {
    return double(QDateTime::currentMSecsSinceEpoch()) / 1000;
}
QString text(const fs::path& path) {
    return QString::fromStdString(path.string());
}

std::vector<std::pair<QString, int>> mostFirst(const std::map<QString, int>& counts) {
    std::vector<std::pair<QString, int>> rows(counts.begin(), counts.end());
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    return rows;
}

// The engine's sentence without what differs from picture to picture: "duplicate of birds/3.png",
// "cannot be decoded: …".
QString groupOf(const QString& reason) {
    if (reason.startsWith(QLatin1String("duplicate of "))) return DatasetBuild::tr("duplicate of another");
    return reason.section(QLatin1Char(':'), 0, 0);
}

// The codes of the manifest (core/data/plan.h) in words.
QString wordsOf(const std::string& code) {
    static const std::map<std::string, const char*> kWords{
        {"no_caption", QT_TRANSLATE_NOOP("atelier::DatasetBuild", "no caption")},
        {"caption_empty", QT_TRANSLATE_NOOP("atelier::DatasetBuild", "caption empty")},
        {"duplicate", QT_TRANSLATE_NOOP("atelier::DatasetBuild", "duplicate of another")},
        {"too_small", QT_TRANSLATE_NOOP("atelier::DatasetBuild", "too small")},
        {"ratio_outside", QT_TRANSLATE_NOOP("atelier::DatasetBuild", "ratio outside the limits")},
        {"cannot_decode", QT_TRANSLATE_NOOP("atelier::DatasetBuild", "cannot be decoded")},
        {"excluded", QT_TRANSLATE_NOOP("atelier::DatasetBuild", "excluded by you")},
        {"filtered", QT_TRANSLATE_NOOP("atelier::DatasetBuild", "filtered")},
        {"changed", QT_TRANSLATE_NOOP("atelier::DatasetBuild", "file changed since the scan")},
        {"mask_missing", QT_TRANSLATE_NOOP("atelier::DatasetBuild", "mask or control image missing")}};
    const auto at = kWords.find(code);
    return at == kWords.end() ? QString::fromStdString(code) : DatasetBuild::tr(at->second);
}
}  // namespace

std::vector<std::pair<QString, int>> leftOut(const data::Manifest& manifest) {
    std::map<QString, int> counts;
    if (const auto drops = manifest.summary.find("drops");
        drops != manifest.summary.end() && drops->is_object())
        for (const auto& [code, count] : drops->items())
            if (count.is_number_integer()) counts[wordsOf(code)] += count.get<int>();
    return mostFirst(counts);
}

DatasetBuild::DatasetBuild(MakeChannel makeChannel, std::function<Result<QString>()> engine, QObject* parent)
    : QObject(parent), makeChannel_(std::move(makeChannel)), engine_(std::move(engine)) {
    tick_.setInterval(250);
    connect(&tick_, &QTimer::timeout, this, &DatasetBuild::refresh);
}

DatasetBuild::~DatasetBuild() = default;

void DatasetBuild::start(const DatasetDocument& document) {
    const Result<QString> engine = engine_();
    version_ = data::nextVersion(document.folder());
    const fs::path target = document.folder() / ("v" + std::to_string(version_));
    if (!engine) {
        error_ = engine.error();
        end(State::Failed);
        return;
    }
    log_ = text(document.folder()) + QStringLiteral("/.build.log");
    follow(text(target), datasetBuildCommand(*engine, {text(document.folder())}, text(target), {}, log_),
           true);
}

bool DatasetBuild::attach(const DatasetDocument& document) {
    version_ = data::nextVersion(document.folder());
    const fs::path target = document.folder() / ("v" + std::to_string(version_));
    log_ = text(document.folder()) + QStringLiteral("/.build.log");
    const fs::path work = data::buildWorkFolder(target);
    if (!QFileInfo::exists(text(work / "events.jsonl"))) return false;
    LaunchCommand running;  // by an earlier window: only where its log is counts
    running.logFile = log_;
    follow(text(target), running, false);
    return true;
}

void DatasetBuild::follow(const QString& target, const LaunchCommand& command, bool launch) {
    target_ = target;
    error_.reset();
    cancelAsked_ = false;
    shards_.clear();
    fraction_ = 0;
    left_ = -1;
    startedAt_ = now();
    stages_.clear();
    for (const QString& title :
         {tr("Scan"), tr("Probe"), tr("Plan"), tr("Write"), tr("Verify"), tr("Manifest")})
        stages_.push_back({title, {}, 0, BuildStage::State::Waiting});
    state_ = State::Running;
    const QString work = text(data::buildWorkFolder(fs::path(target.toStdString())));
    controller_ = std::make_unique<RunController>(makeChannel_(work, command));
    connect(controller_.get(), &RunController::eventsApplied, this, &DatasetBuild::refresh);
    connect(controller_.get(), &RunController::statusChanged, this, &DatasetBuild::refresh);
    connect(controller_.get(), &RunController::failed, this, [this](const Error& error) {
        if (state_ != State::Running) return;  // said already, in words about the build
        error_ = error;
        refresh();
    });
    if (launch)
        controller_->start();
    else
        controller_->open();
    tick_.start();
    Q_EMIT changed();
}

void DatasetBuild::cancel() {
    if (state_ != State::Running || !controller_) return;
    cancelAsked_ = true;
    controller_->stop(false);
    Q_EMIT changed();
}

void DatasetBuild::dismiss() {
    if (state_ == State::Running) return;
    state_ = State::Idle;
    controller_.reset();
    Q_EMIT changed();
}

// While it runs: of the phase. At the end: of the whole.
double DatasetBuild::imagesPerSecond() const {
    if (state_ == State::Running && controller_) return controller_->state().progress.imagesPerSecond;
    return elapsedSeconds() > 0 ? double(samples_) / elapsedSeconds() : 0;
}

double DatasetBuild::elapsedSeconds() const {
    return (state_ == State::Running ? now() : endedAt_) - startedAt_;
}

std::vector<std::pair<QString, int>> DatasetBuild::droppedByReason() const {
    std::map<QString, int> counts;
    if (controller_)
        for (const run::SampleDropped& dropped : controller_->state().dropped)
            ++counts[groupOf(QString::fromStdString(dropped.reason))];
    return mostFirst(counts);
}

void DatasetBuild::refresh() {
    if (state_ != State::Running || !controller_) return;
    const run::RunState& s = controller_->state();
    if (!s.attempts.empty()) startedAt_ = s.attempts.back().time;
    std::size_t current = kStages.size();
    for (std::size_t i = 0; i < kStages.size(); ++i)
        if (s.phase == kStages[i].phase) current = i;
    double done = 0;
    for (std::size_t i = 0; i < kStages.size(); ++i) {
        BuildStage& stage = stages_[i];
        if (current == kStages.size() || i > current) {
            stage.state = BuildStage::State::Waiting;
        } else if (i < current) {
            stage.state = BuildStage::State::Done;
            stage.note = stage.total > 0 ? QLocale().toString(qlonglong(stage.total)) : QString();
            done += kStages[i].weight;
        } else {
            stage.state = BuildStage::State::Current;
            const auto [d, t] = std::pair(s.progress.done, s.progress.total);
            if (t > 0) stage.total = t;
            if (t > 0) done += kStages[i].weight * std::clamp(double(d) / double(t), 0.0, 1.0);
            stage.note =
                t > 0 ? tr("%1 of %2").arg(QLocale().toString(qlonglong(d)), QLocale().toString(qlonglong(t)))
                : d > 0 ? QLocale().toString(qlonglong(d))
                        : QString();
        }
    }
    fraction_ = std::max(fraction_, done);
    left_ = s.progress.etaSeconds;
    const double inPhase = s.lastTime - s.phaseTime;
    megabytesPerSecond_ = inPhase > 0.3 ? double(s.progress.bytes) / 1e6 / inPhase : 0;
    shards_.setBuilding(s.shards);

    // The manifest appears by one rename of the whole folder; then the work folder with its events is gone.
    const bool published = QFileInfo::exists(target_ + QLatin1Char('/') + QLatin1String(data::kManifestName));
    if (published) {
        if (const auto manifest = data::readManifest(fs::path(target_.toStdString()))) {
            shards_.setManifest(*manifest);
            samples_ = manifest->content.samples;
            megabytesPerSecond_ = double(manifest->content.bytes) / 1e6 / std::max(0.001, now() - startedAt_);
            const QString n = QLocale().toString(qulonglong(samples_));
            stages_[3].note = tr("%1 samples").arg(n);
            stages_[4].note = tr("%1 equal").arg(n);
        }
        end(State::Finished);
        return;
    }
    const run::RunStatus status = controller_->status();
    const bool over = status == run::RunStatus::Failed || status == run::RunStatus::Stopped ||
                      status == run::RunStatus::Suspended;
    if ((cancelAsked_ || status == run::RunStatus::Stopped) &&
        (over || !QFileInfo::exists(text(data::buildWorkFolder(fs::path(target_.toStdString())))))) {
        end(State::Cancelled);
    } else if (over || error_) {
        if (!s.errors.empty()) {
            const run::ErrorRaised& e = s.errors.back().error;
            error_ = Error{ErrorCode::Data, e.what, e.where, e.hint};
        } else if (const auto said = controller_->lastWords()) {
            error_ = said;
        } else if (!s.attempts.empty()) {  // it had begun: nothing in its log says why it ended
            const QString at = current < kStages.size() ? stages_[current].title : QString();
            error_ = Error{
                ErrorCode::Internal,
                status == run::RunStatus::Suspended
                    ? tr("The engine was told to end during “%1”, by a shutdown or a time limit.")
                          .arg(at)
                          .toStdString()
                    : tr("The engine ended during “%1” without saying why: it was killed, or memory ran out.")
                          .arg(at)
                          .toStdString(),
                target_.toStdString(),
                tr("Build again: shards that were finished are used. Its log: %1").arg(log_).toStdString()};
        } else if (!error_) {
            error_ = controller_->failure().value_or(
                Error{ErrorCode::Internal, tr("The engine ended before it began").toStdString(),
                      target_.toStdString(), tr("Its log: %1").arg(log_).toStdString()});
        }
        end(State::Failed);
    } else {
        Q_EMIT changed();
    }
}

void DatasetBuild::end(State state) {
    tick_.stop();
    state_ = state;
    endedAt_ = now();
    if (state == State::Finished) {
        for (BuildStage& stage : stages_) stage.state = BuildStage::State::Done;
        fraction_ = 1;
    }
    Q_EMIT changed();
    if (state == State::Finished)
        Q_EMIT finished(target_);
    else if (state == State::Failed)
        Q_EMIT failed(*error_);
    else if (state == State::Cancelled)
        Q_EMIT cancelled();
}

}  // namespace atelier
