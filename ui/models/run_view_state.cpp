// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/run_view_state.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>
#include <cmath>

namespace atelier {

QByteArray RunViewState::toBytes() const {
    QJsonObject o{{QStringLiteral("tab"), tab},
                  {QStringLiteral("axis"), axis},
                  {QStringLiteral("smooth"), smooth},
                  {QStringLiteral("log"), logY},
                  {QStringLiteral("clip"), clip},
                  {QStringLiteral("hidden"), QJsonArray::fromStringList(hidden)},
                  {QStringLiteral("added"), QJsonArray::fromStringList(added)},
                  {QStringLiteral("samples"), sampleMode},
                  {QStringLiteral("events"), eventTab},
                  {QStringLiteral("used"), double(used)}};
    if (range) o[QStringLiteral("range")] = QJsonArray{range->first, range->second};
    if (sample) o[QStringLiteral("sample")] = QJsonArray{sample->first, double(sample->second)};
    return QJsonDocument(o).toJson(QJsonDocument::Compact);
}

RunViewState RunViewState::fromBytes(const QByteArray& bytes) {
    const QJsonObject o = QJsonDocument::fromJson(bytes).object();
    RunViewState s;
    const auto number = [&](const char* key, int fallback, int most) {
        return std::clamp(o[QLatin1String(key)].toInt(fallback), 0, most);
    };
    const auto names = [&](const char* key) {
        QStringList list;
        for (const QJsonValue& name : o[QLatin1String(key)].toArray()) list << name.toString();
        return list;
    };
    s.tab = number("tab", s.tab, 3);
    s.axis = number("axis", s.axis, 2);
    s.smooth = number("smooth", s.smooth, 100);
    s.logY = o[QLatin1String("log")].toBool(s.logY);
    s.clip = o[QLatin1String("clip")].toBool(s.clip);
    s.hidden = names("hidden");
    s.added = names("added");
    s.sampleMode = number("samples", s.sampleMode, 2);
    s.eventTab = number("events", s.eventTab, 1);
    s.used = qint64(o[QLatin1String("used")].toDouble());
    const QJsonArray range = o[QLatin1String("range")].toArray(),
                     sample = o[QLatin1String("sample")].toArray();
    if (range.size() == 2 && range[1].toDouble() > range[0].toDouble() && std::isfinite(range[1].toDouble()))
        s.range = {range[0].toDouble(), range[1].toDouble()};
    if (sample.size() == 2) s.sample = {sample[0].toInt(), qint64(sample[1].toDouble())};
    return s;
}

}  // namespace atelier
