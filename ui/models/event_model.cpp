// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/event_model.h"

#include <QDateTime>
#include <QLocale>
#include <cmath>

#include "core/base/strings.h"
#include "ui/models/run_words.h"

namespace atelier {

namespace {

QString text(const std::string& s) {
    return QString::fromStdString(s);
}

struct Words {
    EventRow& row;
    std::int64_t& step;
    double& validation;

    bool operator()(const run::RunStarted& e) {
        row.kind = EventKind::Start;
        row.step = e.resumedStep;
        row.text = e.resumedFrom.empty() ? EventModel::tr("Started on %1").arg(deviceWords(text(e.device)))
                                         : EventModel::tr("Resumed at step %1 on %2")
                                               .arg(countText(e.resumedStep), deviceWords(text(e.device)));
        row.detail = EventModel::tr("%1, process %2 on %3").arg(text(e.engine)).arg(e.pid).arg(text(e.host));
        step = e.resumedStep;
        return true;
    }
    bool operator()(const run::Phase& e) {
        row.kind = EventKind::Phase;
        row.text = phaseWords(text(e.name));
        return e.name != "train" && e.name != "sample" && e.name != "checkpoint" && e.name != "validate";
    }
    bool operator()(const run::Progress& e) {
        step = e.step;
        return false;
    }
    bool operator()(const run::Metric& e) {
        step = e.step;
        for (const auto& [name, value] : e.values) {
            if (name != "val_loss" && name != "validation_loss") continue;
            row.kind = EventKind::Validation;
            row.step = e.step;
            row.text = EventModel::tr("Validation %1").arg(lossText(value));
            if (validation >= 0) {
                const double change = value - validation;
                row.text += QStringLiteral(" (%1%2)").arg(
                    change < 0 ? QStringLiteral("−") : QStringLiteral("+"), lossText(std::abs(change)));
            }
            validation = value;
            return true;
        }
        return false;
    }
    bool operator()(const run::Sample& e) {
        row.kind = EventKind::Sample;
        row.step = e.step;
        row.text = e.count == 1 ? EventModel::tr("1 sample at step %1").arg(countText(e.step))
                                : EventModel::tr("%1 samples at step %2").arg(e.count).arg(countText(e.step));
        if (e.failed > 0) row.detail = EventModel::tr("%1 of them could not be made").arg(e.failed);
        return true;
    }
    bool operator()(const run::Checkpoint& e) {
        row.kind = EventKind::Checkpoint;
        row.step = e.step;
        row.text =
            EventModel::tr("Checkpoint %1, %2, %3 s")
                .arg(countText(e.step), text(humanBytes(e.bytes)), QLocale().toString(e.seconds, 'f', 1));
        return true;
    }
    bool operator()(const run::Warning& e) {
        row.kind = EventKind::Warning;
        row.text = text(e.text);
        row.detail = text(e.hint);
        return true;
    }
    bool operator()(const run::SampleDropped& e) {
        row.kind = EventKind::Dropped;
        row.text = EventModel::tr("%1 left out: %2").arg(text(e.key), text(e.reason));
        row.detail = text(e.shard);
        return true;
    }
    bool operator()(const run::Ack& e) {
        if (e.state == run::AckState::Taken) return false;
        row.kind = EventKind::Request;
        const QString request = requestWords(text(e.request));
        if (e.state == run::AckState::Done)
            row.text = EventModel::tr("%1: done").arg(request);
        else if (e.text.empty())
            row.text = EventModel::tr("%1: refused").arg(request);
        else
            row.text = EventModel::tr("%1: refused, %2").arg(request, text(e.text));
        if (e.state == run::AckState::Done) row.detail = text(e.text);
        return true;
    }
    bool operator()(const run::ErrorRaised& e) {
        row.kind = EventKind::Error;
        row.text = e.where.empty() ? text(e.what) : EventModel::tr("%1: %2").arg(text(e.where), text(e.what));
        row.detail = text(e.hint);
        return true;
    }
    bool operator()(const run::RunFinished& e) {
        row.kind = EventKind::End;
        row.step = e.step;
        switch (e.reason) {
            case run::FinishReason::Completed:
                row.text = EventModel::tr("Finished at step %1");
                break;
            case run::FinishReason::Stopped:
                row.text = EventModel::tr("Stopped at step %1");
                break;
            case run::FinishReason::Suspended:
                row.text = EventModel::tr("Suspended at step %1");
                break;
            case run::FinishReason::Failed:
                row.text = EventModel::tr("Ended by an error at step %1");
                break;
        }
        row.text = row.text.arg(countText(e.step));
        return true;
    }
    template <class Other>
    bool operator()(const Other&) {
        return false;
    }
};

}  // namespace

QString eventIconName(EventKind kind) {
    switch (kind) {
        case EventKind::Start:
            return QStringLiteral("play");
        case EventKind::Phase:
        case EventKind::Validation:
            return QStringLiteral("info");
        case EventKind::Sample:
            return QStringLiteral("camera");
        case EventKind::Checkpoint:
            return QStringLiteral("save");
        case EventKind::Warning:
            return QStringLiteral("warning");
        case EventKind::Dropped:
            return QStringLiteral("exclude");
        case EventKind::Request:
            return QStringLiteral("check");
        case EventKind::Error:
            return QStringLiteral("error");
        case EventKind::End:
            return QStringLiteral("stop");
    }
    return {};
}

bool EventModel::describe(const run::Event& event, EventRow& row) {
    row.time = event.time;
    if (const auto* unknown = std::get_if<run::UnknownEvent>(&event.body)) {
        if (!unknown_.insert(unknown->type).second) return false;  // once of each kind
        row.kind = EventKind::Phase;
        row.text =
            tr("Events of the kind \u201c%1\u201d are not known to this version").arg(text(unknown->type));
        row.detail = tr("A newer Atelier wrote them; everything else is shown.");
        return true;
    }
    const bool shown = std::visit(Words{row, step_, validation_}, event.body);
    if (row.step < 0 && (row.kind == EventKind::Warning || row.kind == EventKind::Error)) row.step = step_;
    return shown;
}

void EventModel::apply(const std::vector<run::Event>& events) {
    std::vector<EventRow> fresh;
    int warnings = warnings_;
    for (const run::Event& event : events) {
        EventRow row;
        if (!describe(event, row)) continue;
        if (row.kind == EventKind::Warning) ++warnings;
        fresh.push_back(std::move(row));
    }
    if (fresh.size() > kKept) fresh.erase(fresh.begin(), fresh.end() - std::ptrdiff_t(kKept));
    if (!fresh.empty()) {
        beginInsertRows({}, 0, int(fresh.size()) - 1);
        for (EventRow& row : fresh) rows_.push_front(std::move(row));
        endInsertRows();
    }
    if (rows_.size() > kKept) {
        beginRemoveRows({}, int(kKept), int(rows_.size()) - 1);
        rows_.resize(kKept);
        endRemoveRows();
    }
    if (warnings != warnings_) {
        warnings_ = warnings;
        Q_EMIT warningsChanged(warnings_);
    }
}

void EventModel::clear() {
    beginResetModel();
    rows_.clear();
    unknown_.clear();
    warnings_ = 0;
    step_ = 0;
    validation_ = -1;
    endResetModel();
    Q_EMIT warningsChanged(0);
}

QString EventModel::asText(int lines) const {
    QStringList out;
    for (std::size_t i = 0; i < rows_.size() && out.size() < lines; ++i) {
        const EventRow& row = rows_[i];
        const QString when = QDateTime::fromMSecsSinceEpoch(qint64(row.time * 1000)).toString(Qt::ISODate);
        out << QStringLiteral("%1  %2%3")
                   .arg(when, row.text,
                        row.detail.isEmpty() ? QString() : QStringLiteral(" (%1)").arg(row.detail));
    }
    return out.join(QLatin1Char('\n'));
}

int EventModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(rows_.size());
}

QVariant EventModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid)) return {};
    const EventRow& row = rows_[std::size_t(index.row())];
    switch (role) {
        case Qt::DisplayRole:
        case TextRole:
            return row.text;
        case Qt::ToolTipRole:
            return row.detail.isEmpty() ? row.text : row.text + QLatin1Char('\n') + row.detail;
        case Qt::AccessibleTextRole: {
            const QString time = QLocale().toString(
                QDateTime::fromMSecsSinceEpoch(qint64(row.time * 1000)).time(), QLocale::ShortFormat);
            return QStringLiteral("%1, %2. %3").arg(time, row.text, row.detail);
        }
        case TimeRole:
            return row.time;
        case KindRole:
            return int(row.kind);
        case StepRole:
            return qlonglong(row.step);
        case DetailRole:
            return row.detail;
        default:
            return {};
    }
}

QHash<int, QByteArray> EventModel::roleNames() const {
    return {{Qt::DisplayRole, "text"},
            {TimeRole, "time"},
            {KindRole, "kind"},
            {StepRole, "step"},
            {DetailRole, "detail"}};
}

}  // namespace atelier
