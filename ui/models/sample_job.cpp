// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/sample_job.h"

#include <QDir>
#include <QProcess>
#include <QTimer>

#include "core/base/json.h"
#include "ui/models/sample_reader.h"

namespace atelier {

namespace {
constexpr int kKillAfterMs = 3000;

// The last JSON object among the lines; {} when there is none.
Json lastObject(const QByteArray& lines) {
    const QList<QByteArray> all = lines.split('\n');
    for (auto at = all.rbegin(); at != all.rend(); ++at)
        if (const auto json = parseJson(at->toStdString(), "atelier-engine"); json && json->is_object())
            return *json;
    return Json::object();
}
}  // namespace

LaunchCommand sampleCommand(const QString& engine, const SampleOrder& order, const QString& target) {
    QStringList prompts;
    for (int i = 0; i < order.count; ++i) prompts << order.prompt;
    QStringList options{QStringLiteral("--steps"),    QString::number(order.steps),
                        QStringLiteral("--guidance"), QString::number(order.guidance),
                        QStringLiteral("--sampler"),  order.sampler,
                        QStringLiteral("--seed"),     QString::number(order.seed)};
    if (!order.negative.isEmpty()) options << QStringLiteral("--negative=") + order.negative;
    return sampleCommand(engine, order.model, prompts, target, options, {});
}

SampleJob::SampleJob(const QString& engine, const SampleOrder& order, const QString& target, QObject* parent)
    : QObject(parent), target_(target), process_(new QProcess(this)) {
    const LaunchCommand command = sampleCommand(engine, order, target);
    connect(process_, &QProcess::readyReadStandardOutput, this, &SampleJob::readLines);
    connect(process_, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            end(fail(ErrorCode::Io, process_->errorString().toStdString(), process_->program().toStdString(),
                     tr("Choose where atelier-engine is in Settings.").toStdString()));
    });
    connect(process_, &QProcess::finished, this, [this](int code, QProcess::ExitStatus exit) {
        if (cancelled_)
            end(fail(ErrorCode::Cancelled, tr("cancelled").toStdString()));
        else if (exit == QProcess::NormalExit && code == 0)
            end(readSampleFolder(target_));
        else
            end(tl::make_unexpected(problem(exit == QProcess::NormalExit ? code : -1)));
    });
    process_->setStandardInputFile(QProcess::nullDevice());
    process_->start(command.program, command.arguments + QStringList{QStringLiteral("--json")});
}

SampleJob::~SampleJob() {
    if (process_ == nullptr) return;
    process_->disconnect(this);
    process_->kill();
    process_->waitForFinished(1000);
}

void SampleJob::cancel() {
    if (process_ == nullptr || cancelled_) return;
    cancelled_ = true;
    process_->terminate();
    QTimer::singleShot(kKillAfterMs, process_, [process = process_] { process->kill(); });
}

void SampleJob::readLines() {
    line_ += process_->readAllStandardOutput();
    const qsizetype end = line_.lastIndexOf('\n');
    if (end < 0) return;
    const Json json = lastObject(line_.left(end));
    line_.remove(0, end + 1);
    const auto done = json.find("done"), total = json.find("total");
    if (done == json.end() || total == json.end() || numberFromJson(*total, 0) <= 0) return;
    fraction_ = numberFromJson(*done, 0) / numberFromJson(*total, 1);
    Q_EMIT progressed();
}

// What the engine said: one JSON object on stderr; anything else (a library's words, a signal) as it is.
Error SampleJob::problem(int code) {
    const QByteArray words = process_->readAllStandardError();
    const Json json = lastObject(words);
    if (const auto error = json.find("error"); error != json.end() && error->is_object()) {
        const auto text = [&](const char* key) {
            const auto at = error->find(key);
            return at != error->end() && at->is_string() ? at->get<std::string>() : std::string();
        };
        return {code == 2 ? ErrorCode::Usage : ErrorCode::Io, text("what"), text("where"), text("hint")};
    }
    if (code < 0)
        return {ErrorCode::Internal,
                tr("the engine was killed while it made the pictures").toStdString(),
                {},
                tr("The machine may be out of memory: ask for fewer pictures at once.").toStdString()};
    const QString last = QString::fromUtf8(words).trimmed().section(QLatin1Char('\n'), -3);
    return {ErrorCode::Internal,
            last.isEmpty() ? tr("the engine ended with code %1").arg(code).toStdString() : last.toStdString(),
            {},
            {}};
}

void SampleJob::end(Result<std::vector<SampleEntry>> result) {
    if (process_ == nullptr) return;
    process_->disconnect(this);
    process_->deleteLater();
    process_ = nullptr;
    if (!result) QDir().rmdir(target_);  // only when nothing is in it
    pictures_ = std::move(result);
    Q_EMIT finished();
}

}  // namespace atelier
