// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/engine_job.h"

#include <QProcess>
#include <QTimer>

namespace atelier {

namespace {
constexpr int kKillAfterMs = 3000, kEndWaitMs = 1500;

// The last JSON object among the lines; {} when there is none.
Json lastObject(const QByteArray& lines) {
    const QList<QByteArray> all = lines.split('\n');
    for (auto at = all.rbegin(); at != all.rend(); ++at)
        if (at->startsWith('{'))
            if (const auto json = parseJson(at->toStdString(), "atelier-engine"); json && json->is_object())
                return *json;
    return Json::object();
}

std::string textOf(const Json& object, const char* key) {
    const auto at = object.find(key);
    return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}
}  // namespace

EngineJob::EngineJob(const LaunchCommand& command, QObject* parent)
    : QObject(parent), process_(new QProcess(this)) {
    connect(process_, &QProcess::readyReadStandardOutput, this, &EngineJob::readLines);
    connect(process_, &QProcess::readyReadStandardError, this,
            [this] { words_ += process_->readAllStandardError(); });
    connect(process_, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error != QProcess::FailedToStart) return;
        error_ = {ErrorCode::Io, process_->errorString().toStdString(), process_->program().toStdString(),
                  tr("Choose where atelier-engine is in Settings.").toStdString()};
        end(State::Failed);
    });
    connect(process_, &QProcess::finished, this,
            [this](int code, QProcess::ExitStatus exit) { ended(code, exit != QProcess::NormalExit); });
    process_->setStandardInputFile(QProcess::nullDevice());
    process_->start(command.program, command.arguments + QStringList{QStringLiteral("--json")});
}

EngineJob::~EngineJob() {
    if (!running()) return;
    process_->disconnect(this);
    process_->terminate();
    if (process_->waitForFinished(kEndWaitMs)) return;
    process_->kill();
    process_->waitForFinished(1000);
}

void EngineJob::cancel() {
    if (!running() || cancelled_) return;
    cancelled_ = true;
    process_->terminate();
    QTimer::singleShot(kKillAfterMs, process_, [process = process_] { process->kill(); });
    Q_EMIT progressed();
}

void EngineJob::kill() {
    if (running()) process_->kill();
}

// What an engine says while it works: {"phase": …, "done": …, "total": …} in one line.
void EngineJob::readLines() {
    output_ += process_->readAllStandardOutput();
    const qsizetype end = output_.lastIndexOf('\n');
    if (end < read_) return;
    const QByteArray fresh = output_.mid(read_, end - read_);
    read_ = end + 1;
    const qsizetype at = fresh.lastIndexOf("\"done\"");
    if (at < 0) return;
    const Json json = lastObject(fresh.left(fresh.indexOf('\n', at)));
    const auto done = json.find("done"), total = json.find("total");
    if (done == json.end() || total == json.end()) return;
    done_ = numberFromJson(*done, 0);
    total_ = numberFromJson(*total, 0);
    phase_ = QString::fromStdString(textOf(json, "phase"));
    Q_EMIT progressed();
}

void EngineJob::ended(int code, bool crashed) {
    readLines();
    words_ += process_->readAllStandardError();
    if (!crashed && code == 0) return end(State::Done);  // also when it was asked to stop too late
    if (cancelled_) return end(State::Cancelled);
    error_ = problem(crashed ? -1 : code);
    end(State::Failed);
}

Json EngineJob::result() const {
    return lastObject(output_);
}

// What the engine said: one JSON object on stderr; anything else (a library's words, a signal) as it is.
Error EngineJob::problem(int code) {
    const Json json = lastObject(words_);
    if (const auto error = json.find("error"); error != json.end() && error->is_object())
        return {code == 2 ? ErrorCode::Usage : ErrorCode::Io, textOf(*error, "what"), textOf(*error, "where"),
                textOf(*error, "hint")};
    if (code < 0)
        return {ErrorCode::Internal,
                tr("the engine was killed while it worked").toStdString(),
                {},
                tr("The machine may be out of memory: ask for less at once.").toStdString()};
    const QString last = QString::fromUtf8(words_).trimmed().section(QLatin1Char('\n'), -3);
    return {ErrorCode::Internal,
            last.isEmpty() ? tr("the engine ended with code %1").arg(code).toStdString() : last.toStdString(),
            {},
            {}};
}

void EngineJob::end(State state) {
    if (!running()) return;
    state_ = state;
    process_->disconnect(this);
    process_->deleteLater();
    process_ = nullptr;
    Q_EMIT finished();
}

}  // namespace atelier
