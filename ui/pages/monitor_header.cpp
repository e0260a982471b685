// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/monitor_header.h"

#include <QAction>
#include <QDateTime>
#include <QHBoxLayout>
#include <QMenu>

#include "ui/models/run_list_model.h"
#include "ui/models/run_words.h"
#include "ui/pages/runs_delegate.h"
#include "ui/widgets/controls.h"

namespace atelier {

namespace {
constexpr qint64 kNoteStaysMs = 20'000;
}

MonitorLead::MonitorLead(const RunListModel& runs, QWidget* parent)
    : QWidget(parent),
      runs_(runs),
      switcher_(makeButton(QString())),
      state_(new Pill),
      subtitle_(new ElidedLabel) {
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(10);
    QToolButton* back = makeIconButton(QStringLiteral("chevl"), tr("All runs"));
    switcher_->setFont(style::font(style::TextSize::Body, QFont::DemiBold));
    auto* inside = new QHBoxLayout(switcher_);
    inside->setContentsMargins(0, 0, 10, 0);
    auto* chevron = new QLabel;
    chevron->setAttribute(Qt::WA_TransparentForMouseEvents);
    chevron->setPixmap(
        style::iconPixmap(QStringLiteral("chev"), 14, style::Tone::Text2, devicePixelRatioF()));
    inside->addStretch();
    inside->addWidget(chevron);
    switcher_->setMinimumWidth(84);
    switcher_->setAccessibleName(tr("Run"));
    switcher_->setToolTip(tr("Show another run"));
    state_->setDot(true);
    subtitle_->setFont(style::font(style::TextSize::Caption));
    setLabelTone(subtitle_, style::Tone::Text2);
    subtitle_->setMinimumWidth(40);
    layout->addWidget(back);
    layout->addWidget(switcher_);
    layout->addWidget(state_);
    layout->addWidget(subtitle_, 1);
    connect(back, &QToolButton::clicked, this, &MonitorLead::backWanted);
    connect(switcher_, &QPushButton::clicked, this, [this] {
        QMenu menu(this);
        for (const RunSummary* run : runs_.all()) {
            QAction* action = menu.addAction(QStringLiteral("%1   %2").arg(run->name, stateWords(*run)));
            action->setCheckable(true);
            action->setChecked(monitor_ && monitor_->folder() == run->path);
            connect(action, &QAction::triggered, this, [this, path = run->path] { Q_EMIT runChosen(path); });
        }
        menu.addSeparator();
        menu.addAction(tr("All runs"), this, &MonitorLead::backWanted);
        menu.exec(switcher_->mapToGlobal(QPoint(0, switcher_->height() + 2)));
    });
}

void MonitorLead::show(RunMonitor* monitor) {
    if (monitor_) monitor_->disconnect(this);
    monitor_ = monitor;
    if (monitor == nullptr) return;
    connect(monitor, &RunMonitor::changed, this, &MonitorLead::refresh);
    refresh();
}

void MonitorLead::refresh() {
    if (!monitor_) return;
    // The spaces leave room for the chevron.
    switcher_->setText(monitor_->name() + QString(5, QChar(0x00A0)));
    switcher_->setAccessibleName(tr("Run %1").arg(monitor_->name()));
    state_->set(statusWords(monitor_->status()), statusTone(monitor_->status()));
    QString text = monitor_->subtitle();
    if (!monitor_->controller().caughtUp()) text = tr("reading the log…");
    subtitle_->setText(text);
}

QString requestNote(const RequestTrack& track) {
    const QString what = requestWords(QString::fromUtf8(
        run::requestName(track.request.kind).data(), qsizetype(run::requestName(track.request.kind).size())));
    const QString asked = QDateTime::fromMSecsSinceEpoch(track.askedAt).toString(QStringLiteral("HH:mm:ss"));
    using State = RequestTrack::State;
    switch (track.state) {
        case State::Asked:
            return MonitorControls::tr("%1: asked %2").arg(what, asked);
        case State::Taken:
            return MonitorControls::tr("%1: taken, at work").arg(what);
        case State::Done:
            return MonitorControls::tr("%1: done, %2 s")
                .arg(what, QLocale().toString(track.seconds, 'f', track.seconds < 10 ? 1 : 0));
        case State::Refused:
            return MonitorControls::tr("%1: refused, %2").arg(what, track.text);
        case State::NotSent:
            return MonitorControls::tr("%1: not sent, %2").arg(what, track.text);
        case State::Unanswered:
            return MonitorControls::tr("%1: the run ended first").arg(what);
    }
    return {};
}

MonitorControls::MonitorControls(const MonitorActions& actions, QWidget* parent)
    : QWidget(parent),
      actions_(actions),
      note_(makeLabel({}, style::TextSize::Caption, QFont::Normal, style::Tone::Text2)) {
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    note_->setAccessibleName(tr("Last request"));
    layout->addWidget(note_);
    layout->addSpacing(4);
    const auto group = [layout](std::initializer_list<QWidget*> buttons, int spacing) {
        auto* host = new QWidget;
        auto* row = new QHBoxLayout(host);
        row->setContentsMargins(0, 0, 0, 0);
        row->setSpacing(spacing);
        for (QWidget* button : buttons) row->addWidget(button);
        layout->addWidget(host);
        return host;
    };
    wide_ = group({makeButton(actions.sample), makeButton(actions.checkpoint), makeButton(actions.pause)}, 8);
    narrow_ = group(
        {makeIconButton(actions.sample), makeIconButton(actions.checkpoint), makeIconButton(actions.pause)},
        2);
    narrow_->hide();
    stopButton_ = makeButton(actions.stop, ButtonRole::Danger);
    stopMenu_ = makeIconButton(QStringLiteral("chev"), tr("More ways to stop"));
    layout->addWidget(stopButton_);
    layout->addWidget(stopMenu_);
    layout->addWidget(makeButton(actions.exportRun));
    layout->addWidget(makeButton(actions.start, ButtonRole::Primary));
    connect(stopMenu_, &QToolButton::clicked, this, [this] {
        QMenu menu(this);
        menu.addAction(actions_.stopNow);
        menu.addAction(actions_.forceStop);
        menu.exec(stopMenu_->mapToGlobal(QPoint(0, stopMenu_->height())));
    });
}

void MonitorControls::setCompact(bool compact) {
    compact_ = compact;
    note_->setVisible(!compact);
    refresh();
}

void MonitorControls::show(RunMonitor* monitor) {
    if (monitor_) monitor_->disconnect(this);
    monitor_ = monitor;
    if (monitor != nullptr) connect(monitor, &RunMonitor::changed, this, &MonitorControls::refresh);
    refresh();
}

QString MonitorControls::note() const {
    return note_->text();
}

QString MonitorControls::noteText() const {
    const RequestTrack* newest = nullptr;
    for (const auto& [id, track] : monitor_->controller().requests())
        if (newest == nullptr || track.askedAt > newest->askedAt) newest = &track;
    if (newest == nullptr) return {};
    const qint64 age = QDateTime::currentMSecsSinceEpoch() - newest->askedAt;
    if (!newest->open() && newest->state == RequestTrack::State::Done && age > kNoteStaysMs) return {};
    return requestNote(*newest);
}

void MonitorControls::refresh() {
    const bool have = monitor_ != nullptr;
    using run::RunStatus;
    const RunStatus status = have ? monitor_->status() : RunStatus::NotStarted;
    const bool active = have && run::isActive(status) && monitor_->controller().caughtUp();
    const bool stopping = status == RunStatus::Stopping;
    const bool paused = status == RunStatus::Paused;
    const auto busy = [&](run::RequestKind kind) {
        const RequestTrack* track = have ? monitor_->controller().latest(kind) : nullptr;
        return track != nullptr && track->open();
    };
    const bool unknown = status == RunStatus::NotHeardFrom;
    actions_.sample->setEnabled(active && !stopping && !busy(run::RequestKind::Sample));
    actions_.checkpoint->setEnabled(active && !stopping && !busy(run::RequestKind::Checkpoint));
    actions_.pause->setEnabled(active && !stopping && !busy(run::RequestKind::Pause) &&
                               !busy(run::RequestKind::Resume));
    actions_.pause->setText(paused ? tr("Resume") : tr("Pause"));
    actions_.pause->setIcon(style::icon(paused ? QStringLiteral("play") : QStringLiteral("pause")));
    actions_.pause->setToolTip(paused ? tr("Go on computing")
                                      : tr("Gives the compute free; memory stays taken"));
    actions_.stop->setEnabled(active && !stopping);
    actions_.stop->setText(stopping ? tr("Stopping") : tr("Stop"));
    actions_.stopNow->setEnabled(active);
    actions_.forceStop->setEnabled(have && monitor_->controller().canForceStop());
    const bool working = have && (run::isActive(status) || unknown);
    for (QAction* action : {actions_.sample, actions_.checkpoint, actions_.pause, actions_.stop})
        action->setVisible(working);
    stopMenu_->setVisible(working);
    wide_->setVisible(working && !compact_);
    narrow_->setVisible(working && compact_);
    const bool canStart = have && !run::isActive(status) && status != RunStatus::Finished &&
                          monitor_->controller().caughtUp() && monitor_->controller().problem().isEmpty();
    actions_.start->setVisible(canStart);
    actions_.start->setText(status == RunStatus::NotStarted ? tr("Start") : tr("Resume"));
    actions_.exportRun->setVisible(!working);  // in the list too, for what is chosen there
    note_->setText(have ? noteText() : QString());
}

}  // namespace atelier
