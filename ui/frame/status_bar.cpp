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

    run_ = new QWidget;
    auto* run = new QHBoxLayout(run_);
    run->setContentsMargins(8, 0, 0, 0);
    run->setSpacing(8);
    auto* line = makeLine(Qt::Vertical);
    line->setFixedHeight(14);
    run->addWidget(line);
    runName_ = part({}, tr("Newest run"));
    connect(runName_, &QToolButton::clicked, this, &StatusBar::runClicked);
    run->addWidget(runName_);
    runBar_ = new ProgressLine;
    runBar_->setFixedWidth(120);
    run->addWidget(runBar_);
    runNote_ = makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Text2);
    run->addWidget(runNote_);
    run_->hide();
    row->addWidget(run_);

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

void StatusBar::setRun(const QString& name, double fraction, const QString& note) {
    run_->setVisible(!name.isEmpty());
    runName_->setText(name);
    runName_->setToolTip(tr("Open the monitor of %1").arg(name));
    runName_->setAccessibleName(runName_->toolTip());
    runBar_->setFraction(fraction);
    runNote_->setText(note);
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
