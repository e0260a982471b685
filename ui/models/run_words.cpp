// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/run_words.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <cmath>

#include "core/base/strings.h"

namespace atelier {

namespace {
struct Runs {
    Q_DECLARE_TR_FUNCTIONS(Runs)
};
QDateTime local(double unixTime) {
    return QDateTime::fromMSecsSinceEpoch(qint64(unixTime * 1000));
}
}  // namespace

QString statusWords(run::RunStatus status) {
    using Status = run::RunStatus;
    switch (status) {
        case Status::NotStarted:
            return Runs::tr("Not started");
        case Status::Preparing:
            return Runs::tr("Preparing");
        case Status::Running:
            return Runs::tr("Running");
        case Status::Paused:
            return Runs::tr("Paused");
        case Status::Stopping:
            return Runs::tr("Stopping");
        case Status::Suspended:
            return Runs::tr("Suspended");
        case Status::NotHeardFrom:
            return Runs::tr("Not heard from");
        case Status::Finished:
            return Runs::tr("Finished");
        case Status::Stopped:
            return Runs::tr("Stopped");
        case Status::Failed:
            return Runs::tr("Failed");
    }
    return {};
}

QString phaseWords(const QString& phase) {
    if (phase == QLatin1String("load")) return Runs::tr("Loading the model");
    if (phase == QLatin1String("fetch")) return Runs::tr("Fetching the first shards");
    if (phase == QLatin1String("cache")) return Runs::tr("Encoding the pictures once");
    if (phase == QLatin1String("class_images")) return Runs::tr("Making class pictures");
    if (phase == QLatin1String("train")) return Runs::tr("Training");
    if (phase == QLatin1String("sample")) return Runs::tr("Making samples");
    if (phase == QLatin1String("checkpoint")) return Runs::tr("Writing a checkpoint");
    if (phase == QLatin1String("validate")) return Runs::tr("Validating");
    if (phase == QLatin1String("paused")) return Runs::tr("Paused");
    if (phase == QLatin1String("stopping")) return Runs::tr("Stopping");
    return phase;
}

QString requestWords(const QString& request) {
    if (request == QLatin1String("stop")) return Runs::tr("Stop");
    if (request == QLatin1String("checkpoint")) return Runs::tr("Checkpoint now");
    if (request == QLatin1String("sample")) return Runs::tr("Sample now");
    if (request == QLatin1String("pause")) return Runs::tr("Pause");
    if (request == QLatin1String("resume")) return Runs::tr("Resume");
    if (request == QLatin1String("prompts")) return Runs::tr("New prompts");
    if (request == QLatin1String("finish_at")) return Runs::tr("New end");
    return request;
}

// "cuda:0 NVIDIA GeForce RTX 4090", "cuda:0" or "cpu (4 threads)".
QString deviceWords(const QString& device) {
    if (device.isEmpty()) return Runs::tr("a device without a name");
    if (device.startsWith(QLatin1String("cpu"))) {
        const QString threads = device.section(QLatin1Char('('), 1).section(QLatin1Char(' '), 0, 0);
        return threads.toInt() > 1 ? Runs::tr("CPU, %1 threads").arg(threads) : Runs::tr("CPU");
    }
    if (!device.startsWith(QLatin1String("cuda"))) return device;
    const QString number = device.section(QLatin1Char(' '), 0, 0).section(QLatin1Char(':'), 1);
    QString name = device.section(QLatin1Char(' '), 1);
    name.remove(QLatin1String("NVIDIA ")).remove(QLatin1String("GeForce "));
    const QString gpu = number.isEmpty() ? Runs::tr("GPU") : Runs::tr("GPU %1").arg(number);
    return name.isEmpty() ? gpu : QStringLiteral("%1, %2").arg(name, gpu);
}

QString deviceShort(const QString& device) {
    return deviceWords(device).section(QLatin1Char(','), 0, 0);
}

QString bytesText(std::uint64_t bytes) {
    return QString::fromStdString(humanBytes(bytes));
}

QString countText(std::int64_t n) {
    QString text = QString::number(std::abs(n));
    for (qsizetype i = text.size() - 3; i > 0; i -= 3) text.insert(i, QChar(0x202F));
    return n < 0 ? QStringLiteral("−") + text : text;
}

QString lossText(double value) {
    if (!std::isfinite(value)) return Runs::tr("not finite");
    const double size = std::abs(value);
    if (size != 0 && (size < 1e-3 || size >= 1e5)) {
        QString text = QLocale().toString(value, 'e', 2);
        return text.replace(QStringLiteral("e-0"), QStringLiteral("e-"))
            .replace(QStringLiteral("e+0"), QStringLiteral("e"));
    }
    return QLocale().toString(value, 'f', size < 10 ? 4 : size < 1000 ? 2 : 0);
}

QString leftWords(double seconds) {
    if (seconds < 0 || !std::isfinite(seconds)) return Runs::tr("estimating");
    if (seconds < 120) return Runs::tr("%1 s left").arg(qint64(std::ceil(seconds)));
    if (seconds < 2 * 3600) return Runs::tr("%1 min left").arg(qint64(std::round(seconds / 60)));
    if (seconds < 10 * 3600)
        return Runs::tr("%1 h %2 min left")
            .arg(qint64(seconds) / 3600)
            .arg(qint64(seconds) % 3600 / 60, 2, 10, QLatin1Char('0'));
    if (seconds < 48 * 3600) return Runs::tr("%1 h left").arg(qint64(std::round(seconds / 3600)));
    return Runs::tr("%1 days left").arg(qint64(std::round(seconds / 86400)));
}

QString ageWords(double then, double now) {
    if (then <= 0) return {};
    const QDateTime at = local(then), today = local(now);
    const QString time = at.toString(QStringLiteral("HH:mm"));
    const qint64 days = at.date().daysTo(today.date());
    if (days == 0) return Runs::tr("today %1").arg(time);
    if (days == 1) return Runs::tr("yesterday %1").arg(time);
    if (days > 1 && days < 7) return QLocale().dayName(at.date().dayOfWeek()) + QLatin1Char(' ') + time;
    return QLocale().toString(at.date(), QLocale::ShortFormat);
}

QString clockWords(double unixTime) {
    const QDateTime at = local(unixTime);
    const QString time = at.toString(QStringLiteral("HH:mm"));
    return at.date() == QDate::currentDate()
               ? time
               : QLocale().dayName(at.date().dayOfWeek(), QLocale::ShortFormat) + QLatin1Char(' ') + time;
}

}  // namespace atelier
