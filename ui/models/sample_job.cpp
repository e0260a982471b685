// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/sample_job.h"

#include <QDir>

#include "ui/models/sample_reader.h"

namespace atelier {

LaunchCommand sampleCommand(const QString& engine, const SampleOrder& order, const QString& target) {
    QStringList prompts;
    for (int i = 0; i < order.count; ++i) prompts << order.prompt;
    QStringList options{QStringLiteral("--steps"),    QString::number(order.steps),
                        QStringLiteral("--guidance"), QString::number(order.guidance),
                        QStringLiteral("--sampler"),  order.sampler,
                        QStringLiteral("--seed"),     QString::number(order.seed)};
    if (!order.negative.isEmpty()) options << QStringLiteral("--negative=") + order.negative;
    if (!order.lora.isEmpty())
        options << QStringLiteral("--lora")
                << QStringLiteral("%1:%2").arg(order.lora, QString::number(order.loraWeight, 'g', 6));
    return sampleCommand(engine, order.model, prompts, target, options, {});
}

SampleJob::SampleJob(const QString& engine, const SampleOrder& order, const QString& target, QObject* parent)
    : QObject(parent), target_(target), job_(sampleCommand(engine, order, target)) {
    connect(&job_, &EngineJob::progressed, this, &SampleJob::progressed);
    connect(&job_, &EngineJob::finished, this, &SampleJob::end);
}

void SampleJob::end() {
    if (job_.state() == EngineJob::State::Done)
        pictures_ = readSampleFolder(target_);
    else if (job_.state() == EngineJob::State::Cancelled)
        pictures_ = fail(ErrorCode::Cancelled, tr("cancelled").toStdString());
    else
        pictures_ = tl::make_unexpected(job_.error());
    if (!pictures_) QDir().rmdir(target_);  // only when nothing is in it
    Q_EMIT finished();
}

}  // namespace atelier
