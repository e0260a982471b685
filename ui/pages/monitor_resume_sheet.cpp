// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/monitor_resume_sheet.h"

#include <QApplication>
#include <QClipboard>
#include <QFileInfo>
#include <QGridLayout>
#include <QRadioButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include "ui/models/run_words.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {

QLabel* note(const QString& text, Tone tone = Tone::Text2) {
    QLabel* label = makeLabel(text, TextSize::Caption, QFont::Normal, tone);
    label->setWordWrap(true);
    return label;
}

// A folder's name, not a path.
QString nameProblem(const QString& name) {
    if (name.isEmpty()) return ResumeSheet::tr("The new run needs a name.");
    if (name.startsWith(QLatin1Char('.')) || name.contains(QLatin1Char('/')) || name.size() > 200)
        return ResumeSheet::tr(
            "The name is a folder's: no slash in it, no dot before it, at most 200 letters.");
    return {};
}

}  // namespace

ResumeSheet::ResumeSheet(QWidget* window, RunDesk& desk, RunMonitor& monitor, qint64 step)
    : Sheet(window, QStringLiteral("play"), tr("Resume from step %1").arg(countText(step)), monitor.name(),
            560),
      desk_(desk),
      monitor_(&monitor),
      step_(step),
      continue_(new QRadioButton(tr("Continue %1").arg(monitor.name()))),
      fresh_(new QRadioButton(tr("As a new run"))),
      continueText_(note({})),
      problem_(note({}, Tone::Bad)),
      untilNote_(note({})),
      name_(new QLineEdit(desk.freeName(monitor.folder()))),
      until_(new QSpinBox) {
    const RunSettings& settings = monitor.settings();
    if (settings.imagesPerStep > 0) frozenTotal_ = settings.totalImages / settings.imagesPerStep;
    const qint64 planned = monitor.totalSteps();
    auto* body = new QWidget;
    auto* box = new QVBoxLayout(body);
    box->setContentsMargins(24, 18, 24, 18);
    box->setSpacing(4);
    const auto indented = [&](QWidget* widget) {
        auto* row = new QHBoxLayout;
        row->setContentsMargins(26, 0, 0, 0);
        row->addWidget(widget);
        box->addLayout(row);
    };
    box->addWidget(continue_);
    indented(continueText_);
    box->addSpacing(10);
    box->addWidget(fresh_);
    indented(note(
        tr("%1 stays as it is. The new run gets this checkpoint, the curve and the samples up to it, and "
           "goes on by itself with the same settings.")
            .arg(monitor.name())));
    name_->setAccessibleName(tr("Name of the new run"));
    indented(name_);
    box->addSpacing(14);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    until_->setRange(int(std::min<qint64>(step + 1, 1'000'000'000)), 1'000'000'000);
    until_->setGroupSeparatorShown(true);
    until_->setAccessibleName(tr("Train until step"));
    until_->setFixedWidth(130);
    until_->setValue(int(std::min<qint64>(planned > step ? planned : 2 * step, 1'000'000'000)));
    until_->setEnabled(settings.imagesPerStep > 0);
    row->addWidget(makeLabel(tr("Train until step")));
    row->addWidget(until_);
    row->addWidget(untilNote_, 1);
    box->addLayout(row);
    problem_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    box->addSpacing(4);
    box->addWidget(problem_);
    setBody(body);
    copy_ = makeButton(tr("Copy command"), QStringLiteral("copy"), ButtonRole::Ghost);
    addFooterWidget(copy_);
    primary_ = setPrimary(tr("Continue"), QStringLiteral("play"), [this] {
        run();
        return false;  // closes by itself when it is done
    });

    const bool possible = canContinue();
    continue_->setEnabled(possible);
    (possible ? continue_ : fresh_)->setChecked(true);
    connect(copy_, &QPushButton::clicked, this, [this] {
        if (monitor_) QApplication::clipboard()->setText(desk_.startCommand(monitor_->folder(), overrides()));
    });
    connect(continue_, &QRadioButton::toggled, this, &ResumeSheet::refresh);
    connect(name_, &QLineEdit::textEdited, this, [this] { fresh_->setChecked(true); });
    connect(name_, &QLineEdit::textChanged, this, &ResumeSheet::refresh);
    connect(until_, &QSpinBox::valueChanged, this, &ResumeSheet::refresh);
    connect(&monitor, &RunMonitor::changed, this, &ResumeSheet::refresh);
    connect(&monitor, &QObject::destroyed, this, &QDialog::reject);
    refresh();
}

// The engine's rule: a run goes on from its newest checkpoint, and only one engine works in a folder.
bool ResumeSheet::canContinue() const {
    return monitor_ && !monitor_->active() && monitor_->status() != run::RunStatus::NotHeardFrom &&
           monitor_->newestCheckpoint() == step_;
}

void ResumeSheet::setNewRun(bool on) {
    (on ? fresh_ : continue_)->setChecked(true);
}
void ResumeSheet::setName(const QString& name) {
    name_->setText(name);
}
void ResumeSheet::setUntil(int step) {
    until_->setValue(step);
}
QString ResumeSheet::problem() const {
    return problem_->text();
}

QStringList ResumeSheet::overrides() const {
    if (!monitor_ || until_->value() == frozenTotal_ || monitor_->settings().imagesPerStep <= 0) return {};
    return {QStringLiteral("experiment.num_examples_to_see=%1")
                .arg(qint64(until_->value()) * monitor_->settings().imagesPerStep)};
}

void ResumeSheet::refresh() {
    if (!monitor_) return;
    const qint64 newest = monitor_->newestCheckpoint(), reached = monitor_->step();
    const bool possible = canContinue();
    continue_->setEnabled(possible);
    if (!possible) fresh_->setChecked(true);
    if (monitor_->active())
        continueText_->setText(
            tr("It is at work. Stop it to continue it from here, or begin a new run beside it."));
    else if (monitor_->status() == run::RunStatus::NotHeardFrom)
        continueText_->setText(
            tr("It was not heard from for a while; its engine may still be at work elsewhere."));
    else if (!possible)
        continueText_->setText(
            newest >= 0
                ? tr("The engine continues a run from its newest checkpoint, which is of step %1. From this "
                     "one a new run begins.")
                      .arg(countText(newest))
                : tr("There is no checkpoint on disk any more."));
    else if (reached > step_)
        continueText_->setText(
            tr("Steps %1 to %2 came after this checkpoint and are trained again; until then they "
               "disappear from the curve.")
                .arg(countText(step_ + 1), countText(reached)));
    else
        continueText_->setText(tr("Nothing is lost: it is the last step that was trained."));
    const bool fresh = fresh_->isChecked();
    untilNote_->setText(
        until_->value() == frozenTotal_
            ? tr("as planned")
            : tr("planned: %1. The learning rate's schedule follows.").arg(countText(frozenTotal_)));
    untilNote_->setVisible(frozenTotal_ > 0);
    copy_->setVisible(!fresh);
    primary_->setText(fresh ? tr("Start new run") : tr("Continue"));
    const QString wrong = fresh ? nameProblem(name_->text().trimmed()) : QString();
    if (!atWork_) problem_->setText(wrong);
    problem_->setVisible(!problem_->text().isEmpty());
    primary_->setEnabled(wrong.isEmpty() && !atWork_ && desk_.engineReady());
    primary_->setToolTip(desk_.engineReady() ? QString() : desk_.engineProblem());
}

void ResumeSheet::run() {
    if (!monitor_ || atWork_) return;
    const QString folder = monitor_->folder();
    if (!fresh_->isChecked()) {
        const QStringList words = overrides();
        monitor_->disconnect(this);  // starting replaces it
        if (const auto status = desk_.begin(folder, words); !status) {
            problem_->setText(QString::fromStdString(status.error().message()));
            problem_->show();
            return;
        }
        Q_EMIT started(folder);
        accept();
        return;
    }
    const qint64 images = overrides().isEmpty() ? 0 : until_->value() * monitor_->settings().imagesPerStep;
    atWork_ = true;
    problem_->clear();
    refresh();
    primary_->setText(tr("Copying the checkpoint…"));
    desk_.branch(folder, step_, name_->text().trimmed(), images,
                 [self = QPointer<ResumeSheet>(this)](const Result<QString>& made) {
                     if (!self) return;
                     self->atWork_ = false;
                     self->refresh();
                     if (made) {
                         Q_EMIT self->started(*made);
                         self->accept();
                         return;
                     }
                     self->problem_->setText(QString::fromStdString(made.error().message()));
                     self->problem_->show();
                 });
}

}  // namespace atelier
