// SPDX-License-Identifier: GPL-3.0-or-later
// The status bar's parts.
#include "ui/frame/status_bar.h"

#include <QHBoxLayout>
#include <QPainter>

#include "ui/style/tokens.h"
#include "ui/widgets/controls.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {
QToolButton* part(const QString& iconName, const QString& name) {
    auto* button = makeIconButton(iconName.isEmpty() ? QStringLiteral("info") : iconName, name);
    if (iconName.isEmpty()) button->setIcon({});
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button->setFont(style::font(TextSize::Caption));
    button->setIconSize({14, 14});
    button->setFixedHeight(24);
    return button;
}
}  // namespace

StatusBar::StatusBar(QWidget* parent) : QWidget(parent) {
    setFixedHeight(28);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(4, 2, 6, 2);
    row->setSpacing(4);
    device_ = part(QStringLiteral("chip"), tr("Device"));
    connect(device_, &QToolButton::clicked, this, &StatusBar::deviceClicked);
    row->addWidget(device_);

    run_ = makeTask(tr("Newest run"));
    connect(run_.name, &QToolButton::clicked, this, &StatusBar::runClicked);
    row->addWidget(run_.all);
    job_ = makeTask(tr("Job"));
    connect(job_.name, &QToolButton::clicked, this, &StatusBar::jobClicked);
    row->addWidget(job_.all);

    row->addStretch(1);
    note_ = makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Text2);
    row->addWidget(note_);
    row->addSpacing(8);
    engine_ = part({}, tr("Engine"));
    connect(engine_, &QToolButton::clicked, this, &StatusBar::engineClicked);
    row->addWidget(engine_);
}

void StatusBar::setDevice(const QString& name, const QString& memory) {
    device_->setText(memory.isEmpty() ? name : name + QStringLiteral("   ") + memory);
    device_->setToolTip(tr("Device that trains: %1").arg(device_->text()));
    device_->setAccessibleName(device_->toolTip());
}

StatusBar::Task StatusBar::makeTask(const QString& accessibleName) {
    Task task{new QWidget, part({}, accessibleName), new ProgressLine,
              makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Text2)};
    auto* row = new QHBoxLayout(task.all);
    row->setContentsMargins(8, 0, 0, 0);
    row->setSpacing(8);
    auto* line = makeLine(Qt::Vertical);
    line->setFixedHeight(14);
    row->addWidget(line);
    row->addWidget(task.name);
    task.bar->setFixedWidth(120);
    row->addWidget(task.bar);
    row->addWidget(task.note);
    task.all->hide();
    return task;
}

void StatusBar::show(const Task& task, const QString& name, double fraction, const QString& note,
                     const QString& toolTip) {
    task.all->setVisible(!name.isEmpty());
    task.name->setText(name);
    task.name->setToolTip(toolTip);
    task.name->setAccessibleName(toolTip);
    task.bar->setFraction(fraction);
    task.note->setText(note);
}

void StatusBar::setRun(const QString& name, double fraction, const QString& note) {
    show(run_, name, fraction, note, tr("Open the monitor of %1").arg(name));
}

void StatusBar::setJob(const QString& name, double fraction, const QString& note) {
    show(job_, name, fraction, note, tr("Show the job %1").arg(name));
}

void StatusBar::setNote(const QString& note) {
    note_->setText(note);
}

void StatusBar::setEngine(const QString& text, bool ready) {
    engine_->setText(text);
    engine_->setIcon(ready ? QIcon() : style::icon(QStringLiteral("warning"), Tone::Warn));
    engine_->setToolTip(text);
    engine_->setAccessibleName(text);
}

void StatusBar::setEngineProblem(const QString& problem) {
    engine_->setToolTip(problem);
}

void StatusBar::paintEvent(QPaintEvent*) {
    QPainter(this).fillRect(rect(), style::tokens().sunken);
}

}  // namespace atelier
