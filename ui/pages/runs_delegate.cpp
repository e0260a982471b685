// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/runs_delegate.h"

#include <QDateTime>
#include <QPainter>
#include <QPainterPath>
#include <QTreeView>
#include <algorithm>

#include "core/base/strings.h"
#include "ui/models/run_list_model.h"
#include "ui/models/run_words.h"
#include "ui/models/thumbnails.h"
#include "ui/style/tokens.h"

namespace atelier {

namespace {

constexpr int kPad = 11, kPicture = 40;  // kPad: where the style puts the header's text

QString ofDuration(double seconds) {
    return QString::fromStdString(humanDuration(seconds));
}

void twoLines(QPainter& painter, const QRect& rect, const QString& first, const QString& second,
              QFont::Weight weight = QFont::Normal) {
    const style::Tokens& t = style::tokens();
    const QRect top(rect.left(), rect.center().y() - 19, rect.width(), 19),
        bottom(rect.left(), rect.center().y() + 1, rect.width(), 18);
    painter.setFont(style::font(style::TextSize::Body, weight));
    painter.setPen(t.text);
    painter.drawText(top, Qt::AlignLeft | Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(first, Qt::ElideRight, top.width()));
    painter.setFont(style::font(style::TextSize::Caption));
    painter.setPen(t.text2);
    painter.drawText(bottom, Qt::AlignLeft | Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(second, Qt::ElideRight, bottom.width()));
}

}  // namespace

const RunSummary* runAt(const QModelIndex& index) {
    const auto* filter = qobject_cast<const QSortFilterProxyModel*>(index.model());
    if (filter == nullptr) {
        const auto* runs = qobject_cast<const RunListModel*>(index.model());
        return runs != nullptr ? runs->run(index) : nullptr;
    }
    return qobject_cast<const RunListModel*>(filter->sourceModel())->run(filter->mapToSource(index));
}

PillTone statusTone(run::RunStatus status) {
    using run::RunStatus;
    switch (status) {
        case RunStatus::Preparing:
        case RunStatus::Running:
            return PillTone::Accent;
        case RunStatus::Paused:
        case RunStatus::Stopping:
        case RunStatus::Suspended:
        case RunStatus::NotHeardFrom:
            return PillTone::Warn;
        case RunStatus::Finished:
            return PillTone::Good;
        case RunStatus::Failed:
            return PillTone::Bad;
        case RunStatus::NotStarted:
        case RunStatus::Stopped:
            return PillTone::Neutral;
    }
    return PillTone::Neutral;
}

PillTone stateTone(const RunSummary& run) {
    if (!run.unreadable.isEmpty()) return PillTone::Bad;
    if (!run.queued || run.active()) return statusTone(run.status);
    return run.queued->stuck ? PillTone::Bad : run.queued->paused ? PillTone::Warn : PillTone::Neutral;
}

QString progressText(const RunSummary& run) {
    using run::RunStatus;
    if (!run.unreadable.isEmpty()) return run.unreadable;
    if (run.queued && !run.active()) return run.queued->reason;
    const QString percent = RunsDelegate::tr("%1 %").arg(int(run.fraction() * 100));
    switch (run.status) {
        case RunStatus::NotStarted:
            return RunsDelegate::tr("ready to start");
        case RunStatus::Preparing:
            return phaseWords(run.phase);
        case RunStatus::Running:
            return percent + QStringLiteral("  ·  ") + leftWords(run.etaSeconds);
        case RunStatus::Paused:
        case RunStatus::Stopping:
            return percent;
        case RunStatus::NotHeardFrom:
            return RunsDelegate::tr("%1  ·  silent since %2").arg(percent, clockWords(run.lastTime));
        case RunStatus::Suspended:
            return RunsDelegate::tr("step %1, can continue").arg(countText(run.step));
        case RunStatus::Finished:
            return RunsDelegate::tr("%1 steps in %2")
                .arg(countText(run.step), ofDuration(run.trainedSeconds));
        case RunStatus::Stopped:
        case RunStatus::Failed:
            return RunsDelegate::tr("stopped at step %1").arg(countText(run.step));
    }
    return {};
}

QString placeText(const RunSummary& run, double now) {
    if (run.active()) return run.device;
    if (run.queued)
        return run.settings->device == run::QueueDevice::Gpu ? RunsDelegate::tr("GPU, drag to reorder")
                                                             : RunsDelegate::tr("CPU, drag to reorder");
    return ageWords(run.lastTime, now);
}

RunsDelegate::RunsDelegate(Thumbnails& thumbnails, QObject* parent)
    : QStyledItemDelegate(parent), thumbnails_(thumbnails) {}

QSize RunsDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex& index) const {
    return {100, index.parent().isValid() ? kRowHeight : kGroupHeight};
}

void RunsDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                         const QModelIndex& index) const {
    const style::Tokens& t = style::tokens();
    painter->save();
    painter->setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    const RunSummary* run = runAt(index);
    if (run == nullptr) {
        paintGroup(*painter, option, index);
        painter->restore();
        return;
    }
    const bool selected = (option.state & QStyle::State_Selected) != 0,
               hover = (option.state & QStyle::State_MouseOver) != 0;
    painter->fillRect(option.rect, selected ? t.accentSoft : hover ? t.hover : t.surface);
    painter->fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1), t.line);
    if (selected && index.column() == 0)
        painter->fillRect(QRect(option.rect.left(), option.rect.top(), 3, option.rect.height()), t.accent);
    const QRect rect = option.rect.adjusted(kPad, 0, -8, 0);
    const qreal dpr = painter->device()->devicePixelRatioF();
    switch (index.column()) {
        case RunListModel::Name:
            paintName(*painter, rect, *run, dpr);
            break;
        case RunListModel::State:
            paintState(*painter, rect, *run, selected, dpr);
            break;
        case RunListModel::Progress:
            paintProgress(*painter, rect, *run);
            break;
        case RunListModel::Curve:
            paintCurve(*painter, rect, *run);
            break;
        case RunListModel::Loss:
            painter->setFont(style::font());
            painter->setPen(t.text);
            painter->drawText(rect.adjusted(0, 0, -3, 0), Qt::AlignRight | Qt::AlignVCenter,
                              run->loss ? lossText(*run->loss) : QStringLiteral("—"));
            break;
        case RunListModel::Where: {
            const double now = double(QDateTime::currentMSecsSinceEpoch()) / 1000;
            twoLines(*painter, rect.adjusted(0, 0, -kMoreWidth, 0),
                     run->queued ? RunsDelegate::tr("This computer") : run->where, placeText(*run, now));
            const QPixmap more = style::iconPixmap(QStringLiteral("more"), 16, style::Tone::Text2, dpr);
            painter->drawPixmap(QPoint(option.rect.right() - kMoreWidth + 12, option.rect.center().y() - 8),
                                more);
            break;
        }
        default:
            break;
    }
    if ((option.state & QStyle::State_HasFocus) && (option.state & QStyle::State_KeyboardFocusChange) &&
        index.column() == 0) {
        painter->setPen(QPen(t.accent, 2));
        painter->drawLine(QPoint(option.rect.left() + 1, option.rect.top() + 1),
                          QPoint(option.rect.left() + 1, option.rect.bottom() - 1));
    }
    painter->restore();
}

void RunsDelegate::paintGroup(QPainter& painter, const QStyleOptionViewItem& option,
                              const QModelIndex& index) const {
    const style::Tokens& t = style::tokens();
    painter.fillRect(option.rect, t.bg);
    painter.fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1), t.line);
    if (index.column() != 0) return;
    const auto* view = qobject_cast<const QTreeView*>(option.widget);
    const bool open = view == nullptr || view->isExpanded(index);
    const QPixmap chevron = style::iconPixmap(open ? QStringLiteral("chev") : QStringLiteral("chevr"), 12,
                                              style::Tone::Text2, painter.device()->devicePixelRatioF());
    painter.drawPixmap(QPoint(option.rect.left() + kPad, option.rect.center().y() - 6), chevron);
    painter.setFont(style::font(style::TextSize::Caption, QFont::DemiBold));
    painter.setPen(t.text2);
    painter.drawText(option.rect.adjusted(kPad + 20, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter,
                     index.data().toString());
}

// On a selected row the pill stands on the surface colour: its own soft background would vanish there.
void RunsDelegate::paintState(QPainter& painter, const QRect& rect, const RunSummary& run, bool selected,
                              qreal dpr) const {
    const QString text = stateWords(run);
    const PillTone tone = stateTone(run);
    if (!selected || tone != PillTone::Accent) {
        Pill::paint(painter, rect, text, tone, true, {}, dpr);
        return;
    }
    const style::Tokens& t = style::tokens();
    const QRectF pill(rect.left(), rect.center().y() - 9, Pill::widthOf(text, true, false), 20);
    painter.setPen(Qt::NoPen);
    painter.setBrush(t.surface);
    painter.drawRoundedRect(pill, 10, 10);
    painter.setBrush(t.accentInk);
    painter.drawEllipse(QRectF(pill.left() + 8, pill.center().y() - 3.5, 7, 7));
    painter.setPen(t.accentInk);
    painter.setFont(style::font(style::TextSize::Caption, QFont::Medium));
    painter.drawText(pill.adjusted(20, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, text);
}

void RunsDelegate::paintName(QPainter& painter, QRect rect, const RunSummary& run, qreal dpr) const {
    const style::Tokens& t = style::tokens();
    const QRectF box(rect.left(), rect.center().y() - kPicture / 2 + 1, kPicture, kPicture);
    QPainterPath shape;
    shape.addRoundedRect(box, 4, 4);
    const QImage image =
        run.samples.isEmpty() ? QImage() : thumbnails_.get(run.samples.front(), int(kPicture * dpr));
    if (!image.isNull()) {
        painter.save();
        painter.setClipPath(shape);
        const QSizeF size = QSizeF(image.size()).scaled(box.size(), Qt::KeepAspectRatioByExpanding);
        painter.drawImage(QRectF(box.center() - QPointF(size.width() / 2, size.height() / 2), size), image);
        painter.restore();
    } else {
        painter.fillPath(shape, t.sunken);
        const QPixmap icon = style::iconPixmap(run.active() || run.status == run::RunStatus::NotStarted
                                                   ? QStringLiteral("clock")
                                                   : QStringLiteral("runs"),
                                               16, style::Tone::Text3, dpr);
        painter.drawPixmap(QPointF(box.center().x() - 8, box.center().y() - 8), icon);
    }
    const QString method = run.settings && !run.settings->method.isEmpty() ? run.settings->method
                           : run.unreadable.isEmpty()                      ? QString()
                                                                           : run.unreadable;
    twoLines(painter, rect.adjusted(kPicture + 12, 0, 0, 0), run.name,
             run.elsewhere ? RunsDelegate::tr("%1 · elsewhere").arg(method) : method, QFont::DemiBold);
}

void RunsDelegate::paintProgress(QPainter& painter, const QRect& rect, const RunSummary& run) const {
    const style::Tokens& t = style::tokens();
    const QRectF bar(rect.left(), rect.center().y() - 11, std::min(136, rect.width()), 6);
    const PillTone tone = statusTone(run.status);
    if (run.status == run::RunStatus::NotStarted || run.queued || !run.unreadable.isEmpty()) {
        painter.setFont(style::font(style::TextSize::Caption));
        painter.setPen(stateTone(run) == PillTone::Bad ? t.bad : t.text2);
        painter.drawText(rect, Qt::AlignLeft | Qt::AlignVCenter,
                         painter.fontMetrics().elidedText(progressText(run), Qt::ElideRight, rect.width()));
        return;
    }
    ProgressLine::paint(painter, bar, run.status == run::RunStatus::Preparing ? -1 : run.fraction(),
                        tone == PillTone::Warn ? PillTone::Neutral : tone);
    painter.setFont(style::font(style::TextSize::Caption));
    painter.setPen(t.text2);
    const QRect line(rect.left(), rect.center().y() + 1, rect.width(), 18);
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(progressText(run), Qt::ElideRight, line.width()));
}

void RunsDelegate::paintCurve(QPainter& painter, const QRect& rect, const RunSummary& run) const {
    if (run.curve.size() < 2) return;
    const style::Tokens& t = style::tokens();
    const auto [low, high] =
        std::minmax_element(run.curve.begin(), run.curve.end(), [](auto& a, auto& b) { return a.y < b.y; });
    const double span = std::max(high->y - low->y, 1e-12);
    const QRectF area(rect.left(), rect.center().y() - 13, std::min(108, rect.width()), 26);
    QPolygonF line;
    for (const CurvePoint& p : run.curve)
        line.append(
            {area.left() + p.x * area.width(), area.bottom() - (p.y - low->y) / span * area.height()});
    painter.setPen(QPen(run.status == run::RunStatus::Failed ? t.bad : t.chart[0], 1.5, Qt::SolidLine,
                        Qt::RoundCap, Qt::RoundJoin));
    painter.setBrush(Qt::NoBrush);
    painter.drawPolyline(line);
}

}  // namespace atelier
