// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/models_job_row.h"

#include <QHBoxLayout>

#include "ui/models/model_work.h"

namespace atelier {

using style::TextSize;
using style::Tone;

JobRow::JobRow(ModelDesk& desk, EngineJob* job, const QString& title, QWidget* parent)
    : QWidget(parent), desk_(desk), job_(job) {
    setAccessibleName(title);
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 4, 0, 4);
    all->setSpacing(4);
    auto* row = new QHBoxLayout;
    row->setSpacing(10);
    icon_ = new IconLabel(QStringLiteral("clock"));
    row->addWidget(icon_);
    auto* name = new ElidedLabel(title, Qt::ElideMiddle);
    name->setFont(style::font(TextSize::Body, QFont::DemiBold));
    row->addWidget(name, 1);
    bar_ = new ProgressLine;
    bar_->setFixedWidth(160);
    row->addWidget(bar_);
    const auto button = [&](const QString& text, const QString& icon) {
        auto* made = makeButton(text, icon, ButtonRole::Normal, ButtonSize::Small);
        row->addWidget(made);
        return made;
    };
    stop_ = button(tr("Stop"), QStringLiteral("stop"));
    look_ = button(tr("Look at it"), QStringLiteral("eye"));
    show_ = button(tr("Show in folder"), QStringLiteral("folder"));
    close_ = makeIconButton(QStringLiteral("x"), tr("Dismiss"));
    row->addWidget(close_);
    all->addLayout(row);
    note_ = makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Text2);
    note_->setWordWrap(true);
    note_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    all->addWidget(note_);
    const auto result = [this] { return job_ ? resultPath(job_->result()) : QString(); };
    connect(stop_, &QPushButton::clicked, this, [this] {
        if (job_) job_->cancel();
    });
    connect(look_, &QPushButton::clicked, this, [this, result] { Q_EMIT openWanted(result()); });
    connect(show_, &QPushButton::clicked, this, [this, result] { desk_.showInFiles(result()); });
    connect(close_, &QToolButton::clicked, this, &JobRow::dismissed);
    connect(job, &EngineJob::progressed, this, &JobRow::refresh);
    connect(job, &EngineJob::finished, this, &JobRow::refresh);
    refresh();
}

void JobRow::refresh() {
    if (!job_) return;
    const bool running = job_->running(), done = job_->state() == EngineJob::State::Done;
    bar_->setVisible(running);
    stop_->setVisible(running);
    stop_->setEnabled(!job_->cancelling());
    look_->setVisible(done);
    show_->setVisible(done);
    close_->setVisible(!running);
    setLabelTone(note_, job_->state() == EngineJob::State::Failed ? Tone::Bad : Tone::Text2);
    switch (job_->state()) {
        case EngineJob::State::Running:
            bar_->setFraction(job_->fraction());
            note_->setText(
                job_->cancelling() ? tr("stopping")
                : job_->fraction() < 0
                    ? jobPhaseWords(job_->phase())
                    : tr("%1, %2 %").arg(jobPhaseWords(job_->phase())).arg(int(job_->fraction() * 100)));
            break;
        case EngineJob::State::Done:
            icon_->set(QStringLiteral("check"), Tone::Good);
            note_->setText(resultWords(job_->result()));
            break;
        case EngineJob::State::Cancelled:
            icon_->set(QStringLiteral("info"), Tone::Text2);
            note_->setText(tr("Stopped. Nothing half-written is left."));
            break;
        case EngineJob::State::Failed:
            icon_->set(QStringLiteral("error"), Tone::Bad);
            note_->setText(QString::fromStdString(job_->error().message()));
            break;
    }
}

}  // namespace atelier
