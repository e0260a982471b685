// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/monitor_view.h"

#include <QDateTime>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QScrollArea>
#include <QSlider>
#include <QVBoxLayout>
#include <cmath>
#include <utility>

#include "core/base/strings.h"
#include "ui/models/run_words.h"
#include "ui/models/thumbnails.h"
#include "ui/pages/monitor_cards.h"
#include "ui/pages/plot_legend.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/plot_view.h"
#include "ui/widgets/sample_grid.h"
#include "ui/widgets/sample_viewer.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {

constexpr int kSideWidth = 340, kNarrowSide = 300, kNarrow = 1120;

enum CurveTab { Loss, LearningRate, Gradient, Throughput };

// Slider 0 … 100 → 0 … 0.999, finer towards the strong end.
double smoothingOf(int slider) {
    return slider <= 0 ? 0 : std::min(0.999, 1 - std::pow(10, -3.0 * slider / 100));
}

bool isValidation(const std::string& name) {
    return name == "val_loss" || name == "validation_loss";
}
// Everything without a tab of its own.
bool isPartOfLoss(const std::string& name) {
    return name != "loss" && name != "lr" && name != "grad_norm" && name != MetricModel::kThroughput &&
           !isValidation(name);
}
QString curveName(const std::string& name) {
    if (name == "loss") return MonitorView::tr("loss");
    if (isValidation(name)) return MonitorView::tr("validation");
    return QString::fromStdString(name).replace(QLatin1Char('_'), QLatin1Char(' '));
}

}  // namespace

MonitorView::MonitorView(Thumbnails& thumbnails, QWidget* parent) : QWidget(parent), thumbnails_(thumbnails) {
    setObjectName(QStringLiteral("page"));
    setMinimumWidth(
        760);  // the layout gives way before the window does: resizeEvent() drops what can be missed
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->setSpacing(0);
    all->addWidget(makeFigures());
    all->addWidget(makeLine());
    auto* columns = new QHBoxLayout;
    columns->setContentsMargins(20, 14, 20, 14);
    columns->setSpacing(12);
    auto* left = new QVBoxLayout;
    left->setSpacing(12);
    left->addWidget(makePlotCard(), 1);
    left->addWidget(makeSamplesCard(), 1);
    columns->addLayout(left, 1);
    cards_ = new MonitorCards;
    QScrollArea* scroll = makeScroll(cards_);
    scroll->setFixedWidth(kSideWidth);
    side_ = scroll;
    scroll->viewport()->setAutoFillBackground(false);
    cards_->setAutoFillBackground(false);
    columns->addWidget(scroll);
    all->addLayout(columns, 1);
    cardsLater_.setSingleShot(true);
    connect(&cardsLater_, &QTimer::timeout, this, [this] {
        if (monitor_) cards_->refresh();
    });
    connect(cards_, &MonitorCards::openFolderWanted, this, &MonitorView::openFolderWanted);
    connect(cards_, &MonitorCards::stepChosen, this, &MonitorView::showStep);
    connect(cards_, &MonitorCards::eventTabChanged, this, &MonitorView::noteView);
}

MonitorView::Figure MonitorView::addFigure(QHBoxLayout* row, const QString& name) {
    if (row->count() > 0) {
        row->addSpacing(20);
        row->addWidget(makeLine(Qt::Vertical));
        row->addSpacing(20);
    }
    auto* column = new QVBoxLayout;
    column->setSpacing(0);
    Figure figure{new FigureLabel, new ElidedLabel};
    figure.note->setFont(style::font(TextSize::Caption));
    setLabelTone(figure.note, Tone::Text2);
    figure.value->setAccessibleName(name);
    column->addWidget(figure.value);
    column->addWidget(figure.note);
    row->addLayout(column);
    return figure;
}

QWidget* MonitorView::makeFigures() {
    auto* strip = new QWidget;
    makeSurface(strip);
    auto* layout = new QVBoxLayout(strip);
    layout->setContentsMargins(20, 10, 20, 12);
    layout->setSpacing(10);
    auto* row = new QHBoxLayout;
    row->setSpacing(0);
    progress_ = addFigure(row, tr("Progress"));
    left_ = addFigure(row, tr("Time left"));
    speed_ = addFigure(row, tr("Speed"));
    loss_ = addFigure(row, tr("Loss"));
    memory_ = addFigure(row, tr("Memory"));
    row->addStretch();
    layout->addLayout(row);
    bar_ = new ProgressLine(nullptr, 8);
    bar_->setAccessibleName(tr("Progress of the run"));
    layout->addWidget(bar_);
    return strip;
}

QWidget* MonitorView::makePlotCard() {
    QFrame* card = makeCard();
    auto* layout = new QVBoxLayout(card);
    layout->setContentsMargins(12, 8, 12, 6);
    layout->setSpacing(6);
    auto* row = new QHBoxLayout;
    row->setSpacing(12);
    curveTabs_ = new SegmentedControl(tr("Curve"));
    for (const QString& text : {tr("Loss"), tr("Learning rate"), tr("Gradient"), tr("Throughput")})
        curveTabs_->addSegment(text);
    axisTabs_ = new SegmentedControl(tr("Horizontal axis"));
    for (const QString& text : {tr("Steps"), tr("Images"), tr("Time")}) axisTabs_->addSegment(text);
    curveTabs_->setCurrentIndex(0);
    axisTabs_->setCurrentIndex(0);
    legend_ = new PlotLegend;
    smooth_ = new QSlider(Qt::Horizontal);
    smooth_->setRange(0, 100);
    smooth_->setValue(45);
    smooth_->setFixedWidth(84);
    smooth_->setAccessibleName(tr("Smoothing"));
    smooth_->setToolTip(tr("Smoothing of the bold line. It looks both ways, so it does not lag."));
    smoothLabel_ = makeLabel(tr("Smooth"), TextSize::Caption, QFont::Normal, Tone::Text2);
    QToolButton* more = makeIconButton(QStringLiteral("more"), tr("More about the plot"));
    row->addWidget(curveTabs_);
    row->addWidget(legend_, 1);
    row->addStretch();
    row->addWidget(smoothLabel_);
    row->addWidget(smooth_);
    row->addWidget(axisTabs_);
    row->addWidget(more);
    layout->addLayout(row);
    plot_ = new PlotView;
    plot_->setMinimumHeight(150);
    plot_->setSmoothing(smoothingOf(smooth_->value()));
    layout->addWidget(plot_, 1);

    connect(curveTabs_, &SegmentedControl::currentChanged, this, &MonitorView::chooseCurve);
    connect(curveTabs_, &SegmentedControl::currentChanged, this, &MonitorView::noteView);
    connect(axisTabs_, &SegmentedControl::currentChanged, this,
            [this](int axis) { plot_->setAxis(PlotAxis(axis)); });
    connect(smooth_, &QSlider::valueChanged, this,
            [this](int value) { plot_->setSmoothing(smoothingOf(value)); });
    connect(plot_, &PlotView::optionsChanged, this, &MonitorView::noteView);
    connect(more, &QToolButton::clicked, this, [this, more] {
        QMenu menu(this);
        fillCurvesMenu(menu);
        fillSmoothingMenu(menu);
        plot_->fillMenu(menu);
        menu.exec(more->mapToGlobal(QPoint(0, more->height())));
    });
    connect(plot_, &PlotView::stepClicked, this, &MonitorView::showStep);
    connect(plot_, &PlotView::saveRequested, this, [this](const QString& suffix, const QByteArray& bytes) {
        if (monitor_) Q_EMIT saveRequested(QStringLiteral("%1.%2").arg(monitor_->name(), suffix), bytes);
    });
    return card;
}

QWidget* MonitorView::makeSamplesCard() {
    QFrame* card = makeCard();
    auto* layout = new QVBoxLayout(card);
    layout->setContentsMargins(16, 8, 12, 8);
    layout->setSpacing(2);
    auto* row = new QHBoxLayout;
    row->setSpacing(12);
    sampleNote_ = new ElidedLabel(QString());
    sampleNote_->setFont(style::font(TextSize::Caption));
    setLabelTone(sampleNote_, Tone::Text2);
    sampleTabs_ = new SegmentedControl(tr("Which samples"));
    for (const QString& text : {tr("By step"), tr("Latest"), tr("Before / after")})
        sampleTabs_->addSegment(text);
    sampleTabs_->setCurrentIndex(0);
    row->addWidget(makeLabel(tr("Samples"), TextSize::Body, QFont::DemiBold));
    row->addWidget(sampleNote_, 1);
    row->addWidget(sampleTabs_);
    layout->addLayout(row);
    sampleEmpty_ = makeLabel(tr("No samples yet"), TextSize::Body, QFont::Normal, Tone::Text2);
    sampleEmpty_->setAlignment(Qt::AlignCenter);
    layout->addWidget(sampleEmpty_, 1);
    gridHost_ = new QWidget;
    auto* host = new QVBoxLayout(gridHost_);
    host->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(gridHost_, 1);
    card->setMinimumHeight(190);
    connect(sampleTabs_, &SegmentedControl::currentChanged, this, [this](int mode) {
        if (grid_ != nullptr) grid_->setMode(SampleGrid::Mode(mode));
        noteView();
    });
    return card;
}

void MonitorView::setMonitor(RunMonitor* monitor, const RunViewState& view) {
    if (monitor_ == monitor) return;
    if (monitor_) monitor_->disconnect(this);
    monitor_ = monitor;
    markerKey_ = 0;
    metricCount_ = 0;
    delete grid_;
    grid_ = nullptr;
    cards_->setMonitor(monitor);
    if (monitor == nullptr) {
        plot_->setSeries({});
        return;
    }
    grid_ = new SampleGrid(monitor->samples(), thumbnails_, gridHost_);
    grid_->setMode(SampleGrid::Mode(sampleTabs_->currentIndex()));
    gridHost_->layout()->addWidget(grid_);
    connect(grid_, &SampleGrid::opened, this, &MonitorView::openSample);
    connect(grid_, &SampleGrid::stepChosen, this, [this](qint64 step) {
        plot_->setPinnedStep(step);
        wantedSample_.reset();
        noteView();
    });
    connect(grid_, &SampleGrid::saveRequested, this, &MonitorView::saveFileRequested);
    connect(monitor, &RunMonitor::changed, this, &MonitorView::refresh);
    connect(monitor, &QObject::destroyed, this, [this] {
        plot_->setSeries({});
        delete grid_;
        grid_ = nullptr;
    });
    plot_->setPinnedStep({});
    applyView(view);
    refresh();
}

void MonitorView::applyView(const RunViewState& view) {
    applying_ = true;
    curveTabs_->setCurrentIndex(view.tab);
    axisTabs_->setCurrentIndex(view.axis);
    smooth_->setValue(view.smooth);
    hidden_ = view.hidden;
    added_ = view.added;
    plot_->setSmoothing(smoothingOf(view.smooth));
    plot_->setAxis(PlotAxis(view.axis));  // also shows everything
    plot_->setLogY(view.logY);
    plot_->setClipOutliers(view.clip);
    chooseCurve(view.tab);
    if (view.range) plot_->restoreRange(view.range->first, view.range->second);
    sampleTabs_->setCurrentIndex(view.sampleMode);
    grid_->setMode(SampleGrid::Mode(view.sampleMode));
    wantedSample_ = view.sample;
    cards_->setEventTab(view.eventTab);
    applying_ = false;
}

RunViewState MonitorView::view() const {
    RunViewState view;
    view.tab = curveTabs_->currentIndex();
    view.axis = axisTabs_->currentIndex();
    view.smooth = smooth_->value();
    view.logY = plot_->logY();
    view.clip = plot_->clipOutliers();
    if (plot_->isZoomed()) view.range = plot_->range();
    view.hidden = hidden_;
    view.added = added_;
    view.sampleMode = sampleTabs_->currentIndex();
    view.sample = wantedSample_;
    if (grid_ != nullptr && grid_->currentIndex().isValid() && !wantedSample_)
        view.sample = {grid_->currentIndex().row(), grid_->currentStep()};
    view.eventTab = cards_->eventTab();
    return view;
}

void MonitorView::noteView() {
    if (!applying_ && monitor_) Q_EMIT viewChanged();
}

void MonitorView::applyWantedSample() {
    if (!wantedSample_ || grid_ == nullptr) return;
    const SampleModel& samples = monitor_->samples();
    const int column = samples.columnOfStep(wantedSample_->second);
    if (column < 0 || samples.step(column) != wantedSample_->second ||
        wantedSample_->first >= samples.prompts())
        return;
    const auto [row, step] = *std::exchange(wantedSample_, std::nullopt);
    applying_ = true;
    grid_->setCurrentIndex(samples.index(row, column));
    plot_->setPinnedStep(step);
    applying_ = false;
}

void MonitorView::chooseCurve(int tab) {
    if (!monitor_) return;
    const MetricStore* store = &monitor_->metrics().store();
    std::vector<PlotSeries> series;
    switch (tab) {
        case LearningRate:
            series = {{store, "lr", tr("learning rate"), 0, false}};
            break;
        case Gradient:
            series = {{store, "grad_norm", tr("gradient norm"), 0, false}};
            break;
        case Throughput:
            series = {{store, MetricModel::kThroughput, tr("images per second"), 0, false}};
            break;
        default:
            series = lossSeries();
            break;
    }
    plot_->setAccessibleName(series.empty() ? tr("No curve") : series[0].label);
    legend_->setSeries(series, true);
    plot_->setSeries(std::move(series));
}

// Loss and validation unless switched off, and what else the run measures where it is switched on.
std::vector<PlotSeries> MonitorView::lossSeries() {
    const MetricStore* store = &monitor_->metrics().store();
    metricCount_ = store->seriesCount();
    std::vector<PlotSeries> series;
    if (!hidden_.contains(QStringLiteral("loss"))) series.push_back({store, "loss", tr("loss"), 0, false});
    int colour = 2;
    for (int i = 0; i < store->seriesCount(); ++i) {
        const std::string& name = store->name(i);
        const QString key = QString::fromStdString(name);
        if (isValidation(name)) {
            if (!hidden_.contains(key)) series.push_back({store, name, tr("validation"), 1, true});
        } else if (isPartOfLoss(name)) {
            if (added_.contains(key)) series.push_back({store, name, curveName(name), colour, false});
            ++colour;
        }
    }
    return series;
}

// A narrow window has no room for the slider.
void MonitorView::fillSmoothingMenu(QMenu& menu) {
    QMenu* smoothing = menu.addMenu(tr("Smoothing"));
    const std::pair<QString, int> steps[] = {
        {tr("None"), 0}, {tr("Light"), 25}, {tr("Medium"), 45}, {tr("Strong"), 70}, {tr("Very strong"), 90}};
    for (const auto& [name, value] : steps) {
        QAction* action = smoothing->addAction(name);
        action->setCheckable(true);
        action->setChecked(smooth_->value() == value);
        connect(action, &QAction::triggered, this, [this, value = value] { smooth_->setValue(value); });
    }
}

void MonitorView::fillCurvesMenu(QMenu& menu) {
    if (!monitor_ || curveTabs_->currentIndex() != Loss) return;
    const MetricStore& store = monitor_->metrics().store();
    QMenu* curves = menu.addMenu(tr("Curves"));
    for (int i = 0; i < store.seriesCount(); ++i) {
        const std::string name = store.name(i);
        const bool usual = name == "loss" || isValidation(name);
        if (!usual && !isPartOfLoss(name)) continue;
        const QString key = QString::fromStdString(name);
        QAction* action = curves->addAction(curveName(name));
        action->setCheckable(true);
        action->setChecked(usual ? !hidden_.contains(key) : added_.contains(key));
        connect(action, &QAction::toggled, this, [this, key, usual](bool on) {
            QStringList& list = usual ? hidden_ : added_;
            list.removeAll(key);
            if (on != usual) list << key;
            chooseCurve(curveTabs_->currentIndex());
            noteView();
        });
    }
    curves->setEnabled(!curves->isEmpty());
    menu.addSeparator();
}

void MonitorView::refresh() {
    if (!monitor_) return;
    refreshFigures();
    refreshPlot();
    refreshSamples();
    // Opening shows the curve first, the cards beside it a turn later.
    if (!cardsLater_.isActive()) cardsLater_.start(0);
}

void MonitorView::refreshFigures() {
    const RunMonitor& m = *monitor_;
    const run::RunState& state = m.state();
    progress_.value->setValue(QString::number(int(m.fraction() * 100)), tr("%"));
    progress_.note->setText(m.totalSteps() > 0
                                ? tr("step %1 of %2").arg(countText(m.step()), countText(m.totalSteps()))
                                : tr("step %1").arg(countText(m.step())));
    const bool running = m.status() == run::RunStatus::Running;
    const double eta = m.etaSeconds();
    if (running && eta >= 0) {
        const QString words = leftWords(eta);
        const qsizetype space = words.indexOf(QLatin1Char(' '));
        const bool number = space > 0 && words[0].isDigit();
        left_.value->setValue(number ? words.left(space) : words, number ? words.mid(space + 1) : QString());
        left_.note->setText(
            tr("done about %1").arg(clockWords(double(QDateTime::currentSecsSinceEpoch()) + eta)));
    } else {
        const double last = state.lastTime;
        left_.value->setValue(
            m.active() ? (running ? tr("estimating") : statusWords(m.status())) : statusWords(m.status()),
            {});
        left_.note->setText(m.active() ? phaseWords(QString::fromStdString(state.phase))
                            : last > 0 ? ageWords(last, double(QDateTime::currentSecsSinceEpoch()))
                                       : QString());
    }
    const double rate = m.stepsPerSecond();
    speed_.value->setValue(
        rate > 0 ? QLocale().toString(rate >= 0.1 ? rate : 1 / rate, 'f', 2) : QStringLiteral("–"),
        rate <= 0     ? QString()
        : rate >= 0.1 ? tr("steps/s")
                      : tr("s per step"));
    speed_.note->setText(state.progress.imagesPerSecond > 0
                             ? tr("%1 images/s")
                                   .arg(QLocale().toString(state.progress.imagesPerSecond, 'f',
                                                           state.progress.imagesPerSecond < 10 ? 1 : 0))
                             : tr("not measured yet"));
    const auto loss = m.loss();
    loss_.value->setValue(loss ? lossText(*loss) : QStringLiteral("–"), loss ? tr("loss") : QString());
    const auto validation = m.validation();
    loss_.note->setText(
        validation ? tr("validation %1 at %2").arg(lossText(validation->value), countText(validation->step))
                   : tr("newest step"));
    std::uint64_t used = 0;
    if (state.device && state.device->memory)
        used = *state.device->memory;
    else if (state.memory)
        for (const auto& part : state.memory->bytes) used += part.second;
    const QString size = used > 0 ? bytesText(used) : QString();
    QString unit = size.section(QLatin1Char(' '), 1);
    if (state.device && state.device->memoryTotal)
        unit =
            tr("%1 of %2").arg(unit, bytesText(*state.device->memoryTotal).section(QLatin1Char(' '), 0, 0));
    memory_.value->setValue(used > 0 ? size.section(QLatin1Char(' '), 0, 0) : QStringLiteral("–"),
                            used > 0 ? unit : QString());
    QStringList device;
    if (state.device && state.device->utilization)
        device << tr("GPU %1 %").arg(qRound(*state.device->utilization * 100));
    if (state.device && state.device->temperature)
        device << tr("%1 °C").arg(qRound(*state.device->temperature));
    if (device.isEmpty() && state.memory && state.memory->peak > 0)
        device << tr("memory, peak %1").arg(bytesText(state.memory->peak));
    memory_.note->setText(device.isEmpty() ? tr("memory") : device.join(QStringLiteral(", ")));
    const bool preparing = m.status() == run::RunStatus::Preparing;
    const double part = preparing && state.progress.total > 0
                            ? double(state.progress.done) / double(state.progress.total)
                        : preparing ? -1
                                    : m.fraction();
    bar_->setFraction(part);
    bar_->setTone(m.status() == run::RunStatus::Failed     ? PillTone::Bad
                  : m.status() == run::RunStatus::Finished ? PillTone::Good
                  : m.active()                             ? PillTone::Accent
                                                           : PillTone::Neutral);
}

void MonitorView::refreshPlot() {
    const RunMonitor& m = *monitor_;
    if (curveTabs_->currentIndex() == Loss && metricCount_ != monitor_->metrics().store().seriesCount())
        chooseCurve(Loss);
    const run::RunState& state = m.state();
    const std::size_t key = state.checkpoints.size() * 31 + state.samples.size() * 101 +
                            state.attempts.size() * 1009 + state.warnings.size() * 7919;
    if (key != markerKey_) {
        markerKey_ = key;
        std::vector<PlotMarker> markers;
        for (const auto& record : state.checkpoints)
            if (!record.superseded)
                markers.push_back({PlotMarkerKind::Checkpoint, record.checkpoint.step,
                                   tr("Checkpoint, %1").arg(bytesText(record.checkpoint.bytes))});
        for (const auto& record : state.samples)
            markers.push_back(
                {PlotMarkerKind::Sample, record.sample.step,
                 record.sample.count == 1 ? tr("1 sample") : tr("%1 samples").arg(record.sample.count)});
        for (std::size_t i = 1; i < state.attempts.size(); ++i)
            if (!state.attempts[i].started.resumedFrom.empty())
                markers.push_back(
                    {PlotMarkerKind::Resume, state.attempts[i].started.resumedStep, tr("Resumed")});
        for (const auto& record : state.warnings)
            if (record.warning.code == "non_finite_loss")
                markers.push_back(
                    {PlotMarkerKind::Skipped, record.step, QString::fromStdString(record.warning.text)});
        plot_->setMarkers(std::move(markers));
    }
    plot_->setLive(m.active());
    plot_->setPlanned(m.totalSteps(),
                      state.progress.totalImages > 0 ? state.progress.totalImages : m.settings().totalImages);
    plot_->refresh();
}

void MonitorView::refreshSamples() {
    if (grid_ == nullptr) return;
    SampleModel& samples = monitor_->samples();
    const auto next = monitor_->nextSample();
    if (next && samples.prompts() > 0) {
        const QString note = next->seconds < 0     ? tr("next")
                             : next->seconds < 120 ? tr("in %1 s").arg(qint64(std::ceil(next->seconds)))
                                                   : tr("in %1 min").arg(qRound(next->seconds / 60));
        samples.setPending(next->step, note);
    } else {
        samples.setPending({});
    }
    const bool any = samples.prompts() > 0;
    gridHost_->setVisible(any);
    sampleEmpty_->setVisible(!any);
    if (!any) {
        const qint64 every = monitor_->settings().sampleEvery;
        sampleEmpty_->setText(
            next && next->seconds >= 0
                ? tr("No samples yet. The first are due at step %1.").arg(countText(next->step))
            : every == 0 ? tr("No samples. The settings ask for none: add prompts under Sample pictures.")
                         : tr("No samples yet"));
    }
    QString note;
    if (any && samples.steps() > 0)
        if (const SampleEntry* e = samples.entry(0, samples.steps() - 1); e != nullptr && e->steps > 0)
            note = tr("same seed in every row, %1 steps, guidance %2")
                       .arg(e->steps)
                       .arg(QLocale().toString(e->guidance));
    sampleNote_->setText(note);
    applyWantedSample();
}

void MonitorView::showStep(qint64 step) {
    plot_->setPinnedStep(step);
    if (grid_ != nullptr) grid_->showStep(step);
}

void MonitorView::openSample(int row, int column) {
    if (!monitor_) return;
    auto* viewer = new SampleViewer(window(), monitor_->samples(), thumbnails_);
    connect(viewer, &SampleViewer::stepChanged, this, &MonitorView::showStep);
    connect(viewer, &SampleViewer::closed, this, [this] {
        if (grid_ != nullptr) grid_->setFocus();
    });
    viewer->open(row, column);
}

void MonitorView::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    const bool roomy = width() >= kNarrow;
    legend_->setVisible(roomy);
    smoothLabel_->setVisible(roomy);
    smooth_->setVisible(roomy);
    side_->setFixedWidth(roomy ? kSideWidth : kNarrowSide);
}

void MonitorView::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && monitor_) cards_->refresh();
}

}  // namespace atelier
