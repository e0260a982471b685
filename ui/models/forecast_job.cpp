// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/forecast_job.h"

#include <QTimer>

#include "core/base/files.h"

namespace atelier {

namespace {
const Json& member(const Json& object, const char* key) {
    static const Json kEmpty = Json::object();
    const auto at = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && at != object.end() ? *at : kEmpty;
}

double number(const Json& object, const char* key) {
    return numberFromJson(member(object, key), 0);
}

std::uint64_t bytes(const Json& object, const char* key) {
    return static_cast<std::uint64_t>(std::max(0.0, number(object, key)));
}

bool flag(const Json& object, const char* key, bool otherwise) {
    const Json& value = member(object, key);
    return value.is_boolean() ? value.get<bool>() : otherwise;
}

QString text(const Json& value) {
    return QString::fromStdString(value.is_string() ? value.get<std::string>() : dumpJson(value));
}
}  // namespace

ForecastFacts forecastFromJson(const Json& json) {
    ForecastFacts facts;
    const Json &memory = member(json, "memory"), &time = member(json, "time"), &disk = member(json, "disk");
    facts.device = text(member(json, "device"));
    const std::pair<const char*, QString> parts[] = {
        {"program", ForecastJob::tr("program")},
        {"weights", ForecastJob::tr("weights")},
        {"optimizer", ForecastJob::tr("gradients and optimizer")},
        {"activations", ForecastJob::tr("activations")},
        {"latent_cache", ForecastJob::tr("cached latents")}};
    for (const auto& [key, name] : parts)
        if (const std::uint64_t size = bytes(memory, key); size > 0) facts.memory.push_back({name, size});
    facts.peak = bytes(memory, "peak") + bytes(memory, "latent_cache");
    facts.available = bytes(memory, "available");
    facts.fits = flag(memory, "fits", true);
    facts.measured = flag(memory, "measured", true);
    facts.datasetRead = number(json, "samples") > 0;
    facts.secondsPerUpdate = number(time, "seconds_per_update");
    facts.seconds = number(time, "seconds");
    facts.updates = static_cast<std::int64_t>(number(time, "updates"));
    facts.checkpoint = bytes(disk, "checkpoint");
    facts.checkpointsKept = static_cast<std::int64_t>(number(disk, "checkpoints_kept"));
    facts.diskFree = bytes(disk, "free");
    for (const Json& fix : member(json, "fixes")) {
        ForecastFacts::Fix one{text(member(fix, "text")), {}};
        for (const auto& [key, value] : member(fix, "set").items())
            one.settings.emplace_back(QString::fromStdString(key), text(value));
        facts.fixes.push_back(std::move(one));
    }
    return facts;
}

ForecastJob::ForecastJob(const QString& engine, const std::string& yaml, QObject* parent) : QObject(parent) {
    const QString file = folder_.filePath(QStringLiteral("config.yaml"));
    if (const Status written = writeFileAtomic(file.toStdString(), yaml); !written) {
        facts_ = tl::make_unexpected(written.error());
        QTimer::singleShot(0, this, &ForecastJob::finished);
        return;
    }
    job_ = new EngineJob({engine, {QStringLiteral("check"), file, QStringLiteral("--forecast")}, {}, {}, {}},
                         this);
    connect(job_, &EngineJob::finished, this, &ForecastJob::end);
}

// It may be within a long update, and nothing of it is kept.
ForecastJob::~ForecastJob() {
    if (job_) job_->kill();
}

void ForecastJob::cancel() {
    if (job_) job_->cancel();
}

void ForecastJob::end() {
    if (job_->state() == EngineJob::State::Done)
        facts_ = forecastFromJson(job_->result());
    else if (job_->state() == EngineJob::State::Cancelled)
        facts_ = fail(ErrorCode::Cancelled, tr("cancelled").toStdString());
    else
        facts_ = tl::make_unexpected(job_->error());
    Q_EMIT finished();
}

}  // namespace atelier
