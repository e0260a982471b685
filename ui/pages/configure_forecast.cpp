// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/configure_forecast.h"

#include <QDateTime>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "core/base/strings.h"
#include "ui/models/config_document.h"
#include "ui/models/run_words.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/stacked_bar.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {
QLabel* makeWrapped(TextSize size, Tone tone) {
    QLabel* label = makeLabel({}, size, QFont::Normal, tone);
    label->setWordWrap(true);
    return label;
}

QString strong(const QString& text) {
    return QStringLiteral("<b>%1</b>&nbsp; ").arg(text.toHtmlEscaped());
}

void clear(QLayout* layout) {
    while (QLayoutItem* item = layout->takeAt(0)) {
        delete item->widget();
        delete item;
    }
}
}  // namespace

ConfigureForecast::ConfigureForecast(ConfigDocument& document, QWidget* parent)
    : QWidget(parent), document_(document) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 10, 16, 12);
    column->setSpacing(6);
    auto* head = new QHBoxLayout;
    head->addWidget(makeLabel(tr("Forecast"), TextSize::Body, QFont::DemiBold));
    state_ = new ElidedLabel;
    state_->setFont(style::font(TextSize::Caption));
    head->addWidget(state_, 1);
    button_ = makeButton(tr("Measure"), {}, ButtonRole::Link, ButtonSize::Small);
    button_->setToolTip(tr("Loads the model and tries a few updates in memory. Nothing is written."));
    connect(button_, &QPushButton::clicked, this, [this] {
        if (measuring())
            job_->cancel();
        else
            Q_EMIT measureRequested();
    });
    head->addWidget(button_);
    column->addLayout(head);
    busy_ = new ProgressLine;
    busy_->setFraction(-1);
    column->addWidget(busy_);
    bar_ = new StackedBar;
    column->addWidget(bar_);
    plan_ = new ElidedLabel;
    plan_->setFont(style::font(TextSize::Caption));
    setLabelTone(plan_, Tone::Text2);
    memory_ = makeWrapped(TextSize::Caption, Tone::Text);
    cost_ = makeWrapped(TextSize::Caption, Tone::Text);
    problem_ = makeWrapped(TextSize::Caption, Tone::Bad);
    for (QLabel* label : {plan_, memory_, cost_, problem_}) column->addWidget(label);
    fixes_ = new QVBoxLayout;
    fixes_->setSpacing(4);
    column->addLayout(fixes_);
    for (QWidget* one : {static_cast<QWidget*>(bar_), static_cast<QWidget*>(memory_),
                         static_cast<QWidget*>(cost_), static_cast<QWidget*>(problem_)})
        one->hide();
    connect(&document_, &ConfigDocument::checked, this, &ConfigureForecast::refresh);
    connect(&document_, &ConfigDocument::opened, this, [this] {
        delete job_;
        known_ = false;
        problem_->hide();
        refresh();
    });
    refresh();
}

void ConfigureForecast::follow(ForecastJob* job) {
    delete job_;
    job_ = job;
    job_->setParent(this);
    measuredText_ = document_.text();
    problem_->hide();
    connect(job_, &ForecastJob::finished, this, &ConfigureForecast::finish);
    refresh();
}

void ConfigureForecast::finish() {
    const Result<ForecastFacts> facts = job_->facts();
    job_->deleteLater();
    job_.clear();
    if (facts)
        show(*facts);
    else if (facts.error().code != ErrorCode::Cancelled)
        showProblem(QString::fromStdString(facts.error().message()));
    refresh();
}

void ConfigureForecast::showProblem(const QString& text) {
    known_ = false;
    problem_->setText(text);
    problem_->show();
}

void ConfigureForecast::show(const ForecastFacts& facts) {
    known_ = true;
    if (measuredText_.isEmpty()) measuredText_ = document_.text();
    when_ = clockWords(double(QDateTime::currentSecsSinceEpoch()));
    when_ = tr("measured on %1, %2").arg(deviceShort(facts.device), when_);
    std::vector<StackedBar::Part> parts;
    QStringList words;
    for (const auto& part : facts.memory) {
        parts.push_back({part.name, double(part.bytes), int(parts.size())});
        words << tr("%1 %2").arg(part.name, bytesText(part.bytes));
    }
    bar_->set(parts, double(facts.available));
    bar_->setToolTip(words.join(QLatin1Char('\n')));
    bar_->setAccessibleName(tr("Memory: %1").arg(words.join(QStringLiteral(", "))));
    memory_->setText(
        strong(tr("%1 of %2").arg(bytesText(facts.peak), bytesText(facts.available))) +
        words.join(QStringLiteral(" · ")).toHtmlEscaped() +
        (facts.measured ? QString() : QStringLiteral(" · ") + tr("reckoned from smaller batches")));
    const std::uint64_t disk =
        facts.checkpoint * std::uint64_t(std::max<std::int64_t>(0, facts.checkpointsKept));
    cost_->setText(strong(QString::fromStdString(humanDuration(facts.seconds))) +
                   tr("%1 steps of %2 s, without pictures and checkpoints")
                       .arg(countText(facts.updates), QString::number(facts.secondsPerUpdate, 'g', 3)) +
                   QStringLiteral("<br>") + strong(bytesText(disk)) +
                   tr("on disk at the end, %n checkpoint(s); %1 free", nullptr, int(facts.checkpointsKept))
                       .arg(bytesText(facts.diskFree)) +
                   (facts.datasetRead ? QString()
                                      : QStringLiteral("<br>") +
                                            tr("The dataset could not be read: pictures of the configured "
                                               "size stood in for it.")));
    clear(fixes_);
    const bool room = disk <= facts.diskFree;
    if (!facts.fits || !room)
        showProblem(!facts.fits ? tr("It does not fit into the memory of this device.")
                                : tr("Its checkpoints do not fit on the disk of the run folder."));
    known_ = true;
    for (const auto& fix : facts.fixes) {
        auto* line = new QWidget;
        auto* row = new QHBoxLayout(line);
        row->setContentsMargins(0, 0, 0, 0);
        QLabel* words1 = makeWrapped(TextSize::Caption, Tone::Text);
        words1->setText(fix.text);
        row->addWidget(words1, 1);
        QStringList set;
        for (const auto& [path, value] : fix.settings) set << path + QStringLiteral(": ") + value;
        QPushButton* button = makeButton(tr("Set"), {}, ButtonRole::Normal, ButtonSize::Small);
        button->setToolTip(set.join(QLatin1Char('\n')));
        button->setAccessibleName(tr("Set %1").arg(set.join(QStringLiteral(", "))));
        connect(button, &QPushButton::clicked, this, [this, fix] { apply(fix); });
        row->addWidget(button, 0, Qt::AlignTop);
        fixes_->addWidget(line);
    }
    refresh();
}

// One undo step, however many settings.
void ConfigureForecast::apply(const ForecastFacts::Fix& fix) {
    document_.undoStack()->beginMacro(fix.text);
    for (const auto& [path, value] : fix.settings)
        if (const auto node = yaml::parse(value.toStdString())) document_.setValue(path, *node);
    document_.undoStack()->endMacro();
}

bool ConfigureForecast::event(QEvent* event) {
    const bool done = QWidget::event(event);
    if (event->type() == QEvent::LayoutRequest) fitHeight();  // another text
    return done;
}

void ConfigureForecast::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    fitHeight();
}

// A splitter knows nothing of texts that are higher when they are narrow.
void ConfigureForecast::fitHeight() {
    const int height = layout()->totalHeightForWidth(width());
    if (height != minimumHeight()) setMinimumHeight(height);
}

void ConfigureForecast::refresh() {
    const TrainConfig& config = document_.config();
    const qint64 batch = std::max<qint64>(1, config.system.batchSize * config.system.gradientAccumulation);
    const qint64 steps = config.experiment.numExamplesToSee / batch;
    plan_->setText(steps > 0 ? tr("On one device: %1 steps with %2 images each, a checkpoint every %3 steps.")
                                   .arg(figure(steps), figure(batch), figure(config.experiment.saveEvery))
                             : tr("The length of the run is not given yet."));
    const bool busy = measuring();
    const bool stale = known_ && measuredText_ != document_.text();
    busy_->setVisible(busy);
    bar_->setVisible(known_ && !busy);
    memory_->setVisible(known_ && !busy);
    cost_->setVisible(known_ && !busy);
    plan_->setVisible(!known_ || busy || stale);
    for (int i = 0; i < fixes_->count(); ++i)
        fixes_->itemAt(i)->widget()->setVisible(known_ && !busy && !stale);
    if (busy || stale) problem_->hide();
    setLabelTone(state_, stale ? Tone::Warn : Tone::Text2);
    state_->setText(busy     ? tr("loading the model and trying a few updates…")
                    : stale  ? tr("of the settings before your last changes")
                    : known_ ? when_
                             : tr("memory and time are not measured yet"));
    button_->setText(busy ? tr("Cancel") : known_ ? tr("Measure again") : tr("Measure"));
    fitHeight();
}

}  // namespace atelier
