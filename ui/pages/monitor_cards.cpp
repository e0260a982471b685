// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/monitor_cards.h"

#include <QApplication>
#include <QClipboard>
#include <QGridLayout>
#include <QListView>
#include <QMenu>
#include <QPainter>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QStackedWidget>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>

#include "core/base/strings.h"
#include "ui/models/run_monitor.h"
#include "ui/models/run_words.h"
#include "ui/pages/event_delegate.h"
#include "ui/style/tokens.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/stacked_bar.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {

constexpr std::size_t kCheckpointsShown = 3;

QString componentName(const std::string& key) {
    static const std::vector<std::pair<std::string, const char*>> kNames{
        {"weights", QT_TRANSLATE_NOOP("MonitorCards", "Weights")},
        {"gradients", QT_TRANSLATE_NOOP("MonitorCards", "Gradients")},
        {"optimizer", QT_TRANSLATE_NOOP("MonitorCards", "Optimizer")},
        {"ema", QT_TRANSLATE_NOOP("MonitorCards", "EMA")},
        {"activations", QT_TRANSLATE_NOOP("MonitorCards", "Activations")},
        {"encoders", QT_TRANSLATE_NOOP("MonitorCards", "VAE and text encoder")},
        {"cache", QT_TRANSLATE_NOOP("MonitorCards", "Cached latents")},
        {"other", QT_TRANSLATE_NOOP("MonitorCards", "Other")}};
    for (const auto& [name, text] : kNames)
        if (name == key) return MonitorCards::tr(text);
    QString text = QString::fromStdString(key).replace(QLatin1Char('_'), QLatin1Char(' '));
    if (!text.isEmpty()) text[0] = text[0].toUpper();
    return text;
}

QHBoxLayout* titleRow(QFrame* card, const QString& title, QLabel*& label) {
    auto* row = new QHBoxLayout;
    label = makeLabel(title, TextSize::Body, QFont::DemiBold);
    row->addWidget(label);
    row->addStretch();
    static_cast<QVBoxLayout*>(card->layout())->addLayout(row);
    return row;
}

QFrame* makeBox() {
    QFrame* card = makeCard();
    auto* layout = new QVBoxLayout(card);
    layout->setContentsMargins(16, 12, 16, 12);
    layout->setSpacing(6);
    return card;
}

QLabel* makeSwatch(int colour) {
    auto* swatch = new QLabel;
    swatch->setFixedSize(10, 10);
    QPixmap pixmap(20, 20);
    pixmap.setDevicePixelRatio(2);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(style::tokens().chart[std::size_t(colour) % 6]);
    painter.drawRoundedRect(QRectF(0, 0, 10, 10), 2, 2);
    painter.end();
    swatch->setPixmap(pixmap);
    return swatch;
}

void clear(QLayout* layout) {
    while (QLayoutItem* item = layout->takeAt(0)) {
        if (item->layout() != nullptr) clear(item->layout());
        delete item->widget();
        delete item;
    }
}

}  // namespace

MonitorCards::MonitorCards(QWidget* parent) : QWidget(parent), logTimer_(new QTimer(this)) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(12);
    memory_ = makeMemory();
    timing_ = makeTiming();
    layout->addWidget(memory_);
    layout->addWidget(timing_);
    layout->addWidget(makeCheckpoints());
    layout->addWidget(makeEvents(), 1);
    logTimer_->setInterval(1000);
    connect(logTimer_, &QTimer::timeout, this, [this] {
        if (monitor_ && isVisible()) monitor_->readLog();
    });
}

QFrame* MonitorCards::makeMemory() {
    QFrame* card = makeBox();
    QHBoxLayout* title = titleRow(card, tr("Memory"), memoryTitle_);
    memoryPeak_ = makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Text2);
    title->addWidget(memoryPeak_);
    memoryBar_ = new StackedBar;
    memoryBar_->setAccessibleName(tr("Memory by component"));
    memoryRows_ = new QGridLayout;
    memoryRows_->setColumnStretch(1, 1);
    memoryRows_->setVerticalSpacing(3);
    auto* box = static_cast<QVBoxLayout*>(card->layout());
    box->addWidget(memoryBar_);
    box->addLayout(memoryRows_);
    return card;
}

QFrame* MonitorCards::makeTiming() {
    QFrame* card = makeBox();
    QLabel* label = nullptr;
    QHBoxLayout* title = titleRow(card, tr("Where a step goes"), label);
    timingTotal_ = makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Text2);
    title->addWidget(timingTotal_);
    timingBar_ = new StackedBar;
    timingBar_->setAccessibleName(tr("Time of a step by part"));
    timingLegend_ = makeLabel({}, TextSize::Caption);
    timingLegend_->setTextFormat(Qt::RichText);
    timingLegend_->setWordWrap(true);
    card->layout()->addWidget(timingBar_);
    card->layout()->addWidget(timingLegend_);
    return card;
}

QFrame* MonitorCards::makeCheckpoints() {
    QFrame* card = makeBox();
    QLabel* label = nullptr;
    QHBoxLayout* title = titleRow(card, tr("Checkpoints"), label);
    QPushButton* folder = makeButton(tr("Open folder"), {}, ButtonRole::Link, ButtonSize::Small);
    title->addWidget(folder);
    connect(folder, &QPushButton::clicked, this, [this] {
        if (monitor_) Q_EMIT openFolderWanted(monitor_->folder() + QStringLiteral("/checkpoints"));
    });
    checkpointNone_ = makeLabel(tr("None yet"), TextSize::Caption, QFont::Normal, Tone::Text2);
    checkpointRows_ = new QVBoxLayout;
    checkpointRows_->setSpacing(0);
    auto* box = static_cast<QVBoxLayout*>(card->layout());
    box->addWidget(checkpointNone_);
    box->addLayout(checkpointRows_);
    checkpointAll_ = makeButton({}, {}, ButtonRole::Link, ButtonSize::Small);
    box->addWidget(checkpointAll_, 0, Qt::AlignLeft);
    connect(checkpointAll_, &QPushButton::clicked, this, [this] {
        allCheckpoints_ = !allCheckpoints_;
        checkpointKey_ = QStringLiteral("?");
        if (monitor_) refreshCheckpoints();
    });
    return card;
}

QFrame* MonitorCards::makeEvents() {
    QFrame* card = makeBox();
    QLabel* label = nullptr;
    QHBoxLayout* title = titleRow(card, tr("Events"), label);
    warnings_ = new Pill({}, PillTone::Warn);
    warnings_->hide();
    eventTabs_ = new SegmentedControl(tr("Events or log"));
    eventTabs_->addSegment(tr("Events"));
    eventTabs_->addSegment(tr("Log"));
    eventTabs_->setCurrentIndex(0);
    title->insertWidget(1, warnings_);
    title->addWidget(eventTabs_);
    events_ = new QListView;
    events_->setFrameShape(QFrame::NoFrame);
    events_->setAccessibleName(tr("Events, newest first"));
    events_->setItemDelegate(new EventDelegate(events_));
    events_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    events_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    events_->setResizeMode(QListView::Adjust);
    events_->setSelectionMode(QAbstractItemView::SingleSelection);
    events_->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(events_, &QWidget::customContextMenuRequested, this, [this](const QPoint& at) {
        const QModelIndex index = events_->indexAt(at);
        if (!index.isValid()) return;
        QMenu menu(this);
        menu.addAction(style::icon(QStringLiteral("copy")), tr("Copy"), this, [index] {
            QApplication::clipboard()->setText(index.data(Qt::ToolTipRole).toString());
        });
        menu.exec(events_->viewport()->mapToGlobal(at));
    });
    connect(events_, &QListView::clicked, this, [this](const QModelIndex& index) {
        if (const qint64 step = index.data(EventModel::StepRole).toLongLong(); step >= 0)
            Q_EMIT stepChosen(step);
    });
    log_ = new QPlainTextEdit;
    log_->setReadOnly(true);
    log_->setFrameShape(QFrame::NoFrame);
    log_->setFont(style::monoFont(TextSize::Small));
    log_->setLineWrapMode(QPlainTextEdit::NoWrap);
    log_->setAccessibleName(tr("Last lines of the engine's log"));
    log_->setPlaceholderText(tr("The engine has not written a log yet."));
    eventStack_ = new QStackedWidget;
    eventStack_->addWidget(events_);
    eventStack_->addWidget(log_);
    card->layout()->addWidget(eventStack_);
    card->setMinimumHeight(180);
    connect(eventTabs_, &SegmentedControl::currentChanged, this, [this](int tab) {
        eventStack_->setCurrentIndex(tab);
        Q_EMIT eventTabChanged(tab);
        if (tab == 1 && monitor_) {
            monitor_->readLog();
            logTimer_->start();
        } else {
            logTimer_->stop();
        }
    });
    return card;
}

void MonitorCards::showLog() {
    eventTabs_->setCurrentIndex(1);
    eventStack_->setCurrentIndex(1);
    if (monitor_) monitor_->readLog();
    logTimer_->start();
}

int MonitorCards::eventTab() const {
    return eventTabs_->currentIndex();
}

void MonitorCards::setEventTab(int tab) {
    if (tab == 1) {
        showLog();
        return;
    }
    eventTabs_->setCurrentIndex(0);
    eventStack_->setCurrentIndex(0);
    logTimer_->stop();
}

void MonitorCards::setMonitor(RunMonitor* monitor) {
    if (monitor_) monitor_->disconnect(this);
    monitor_ = monitor;
    checkpointKey_ = memoryKey_ = QStringLiteral("?");
    allCheckpoints_ = false;
    log_->clear();
    events_->setModel(monitor != nullptr ? &monitor->events() : nullptr);
    if (monitor == nullptr) return;
    connect(monitor, &RunMonitor::logRead, this, [this] {
        const bool atEnd = log_->verticalScrollBar()->value() >= log_->verticalScrollBar()->maximum() - 4;
        log_->setPlainText(monitor_->log());
        if (atEnd) log_->verticalScrollBar()->setValue(log_->verticalScrollBar()->maximum());
    });
    if (eventTabs_->currentIndex() == 1) monitor->readLog();
    refresh();
}

void MonitorCards::refresh() {
    if (!monitor_) return;
    refreshMemory();
    refreshTiming();
    refreshCheckpoints();
    const int count = monitor_->events().warnings();
    warnings_->setVisible(count > 0);
    if (count > 0)
        warnings_->set(count == 1 ? tr("1 warning") : tr("%1 warnings").arg(countText(count)),
                       PillTone::Warn);
}

void MonitorCards::refreshMemory() {
    const auto& memory = monitor_->state().memory;
    memory_->setVisible(memory.has_value());
    if (!memory) return;
    const auto& device = monitor_->state().device;
    const bool gpu = !monitor_->state().attempts.empty() &&
                     monitor_->state().attempts.back().started.device.starts_with("cuda");
    memoryTitle_->setText(gpu ? tr("Memory on the GPU") : tr("Memory"));
    memoryPeak_->setText(memory->peak > 0 ? tr("peak %1").arg(bytesText(memory->peak)) : QString());
    std::vector<StackedBar::Part> parts;
    QString key;
    // Darkest in the middle, as in the picture: weights 1, optimizer 4, activations 3, encoders 5, …
    static constexpr std::array<int, 6> kOrder{0, 3, 2, 4, 1, 5};
    for (const auto& [name, bytes] : memory->bytes) {
        if (bytes == 0) continue;
        parts.push_back({componentName(name), double(bytes), kOrder[parts.size() % 6]});
        key += componentName(name) + bytesText(bytes);
    }
    memoryBar_->set(parts, device && device->memoryTotal ? double(*device->memoryTotal) : 0);
    key += QString::number(style::tokens().dark);
    if (key == memoryKey_) return;
    memoryKey_ = key;
    clear(memoryRows_);
    int row = 0;
    for (const auto& part : parts) {
        memoryRows_->addWidget(makeSwatch(part.colour), row, 0);
        memoryRows_->addWidget(makeLabel(part.name), row, 1);
        QLabel* value = makeLabel(bytesText(std::uint64_t(part.value)));
        value->setAlignment(Qt::AlignRight);
        memoryRows_->addWidget(value, row++, 2);
    }
}

void MonitorCards::refreshTiming() {
    const auto& timing = monitor_->state().timing;
    timing_->setVisible(timing.has_value());
    if (!timing) return;
    const double sum = timing->data + timing->encode + timing->train + timing->rest;
    timingTotal_->setText(sum >= 1 ? tr("%1 s").arg(QLocale().toString(sum, 'f', 2))
                                   : tr("%1 ms").arg(qRound(sum * 1000)));
    const std::vector<StackedBar::Part> parts{{tr("data"), timing->data, 5},
                                              {tr("encode"), timing->encode, 0},
                                              {tr("train"), timing->train, 2},
                                              {tr("rest"), timing->rest, 1}};
    timingBar_->set(parts, sum);
    QStringList legend;
    for (const auto& part : parts)
        legend << QStringLiteral("<span style='color:%1'>■</span>&nbsp;%2&nbsp;%3&nbsp;%")
                      .arg(style::tokens().chart[std::size_t(part.colour)].name(), part.name)
                      .arg(sum > 0 ? qRound(part.value / sum * 100) : 0);
    timingLegend_->setText(legend.join(QStringLiteral("&ensp;")));
}

void MonitorCards::refreshCheckpoints() {
    const auto& all = monitor_->state().checkpoints;
    std::vector<const run::CheckpointRecord*> shown;
    std::size_t gone = 0;
    for (auto at = all.rbegin(); at != all.rend(); ++at) {
        if (at->superseded) continue;
        if (monitor_->checkpointThere(at->checkpoint.step))
            shown.push_back(&*at);
        else
            ++gone;
    }
    const std::size_t there = shown.size();
    if (!allCheckpoints_ && there > kCheckpointsShown) shown.resize(kCheckpointsShown);
    QString key = QStringLiteral("%1 %2 ").arg(gone).arg(there);
    for (const auto* record : shown)
        key += QStringLiteral("%1@%2 ").arg(record->checkpoint.step).arg(record->time);
    if (key == checkpointKey_) return;
    checkpointKey_ = key;
    checkpointNone_->setVisible(shown.empty());
    checkpointNone_->setText(gone > 0 ? tr("None on disk any more") : tr("None yet"));
    checkpointAll_->setVisible(there > kCheckpointsShown);
    checkpointAll_->setText(allCheckpoints_ ? tr("Show the newest") : tr("Show all %1").arg(there));
    clear(checkpointRows_);
    for (const auto* record : shown) checkpointRows_->addWidget(makeCheckpointRow(*record));
}

QWidget* MonitorCards::makeCheckpointRow(const run::CheckpointRecord& record) {
    const qint64 step = record.checkpoint.step;
    auto* host = new QWidget;
    auto* row = new QHBoxLayout(host);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    row->addWidget(new IconLabel(QStringLiteral("check"), Tone::Good, 14));
    row->addWidget(makeLabel(tr("step %1").arg(countText(step))));
    const auto loss = monitor_->lossAt(step);
    const QString size = bytesText(record.checkpoint.bytes);
    // The size steps aside where there is a loss to tell; the tooltip has all.
    auto* text = new ElidedLabel((loss ? tr("loss %1").arg(lossText(*loss)) : size) + QStringLiteral(" · ") +
                                 tr("verified"));
    host->setToolTip(tr("Checkpoint of step %1, %2, written in %3 s, read back and equal")
                         .arg(countText(step), size, QLocale().toString(record.checkpoint.seconds, 'f', 1)));
    text->setFont(style::font(TextSize::Caption));
    setLabelTone(text, Tone::Text2);
    row->addWidget(text, 1);
    QToolButton* sample = makeIconButton(QStringLiteral("camera"),
                                         tr("Sample from the checkpoint of step %1").arg(countText(step)));
    QToolButton* more =
        makeIconButton(QStringLiteral("more"), tr("Checkpoint of step %1").arg(countText(step)));
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(0);
    buttons->addWidget(sample);
    buttons->addWidget(more);
    row->addLayout(buttons);
    const QString folder =
        monitor_->folder() + QLatin1Char('/') + QString::fromStdString(record.checkpoint.dir);
    connect(sample, &QToolButton::clicked, this, [this, step] { Q_EMIT sampleWanted(step); });
    connect(more, &QToolButton::clicked, this, [this, step, folder, more] {
        checkpointMenu(step, folder, more->mapToGlobal(QPoint(0, more->height())));
    });
    return host;
}

void MonitorCards::checkpointMenu(qint64 step, const QString& folder, const QPoint& at) {
    QMenu menu(this);
    menu.addAction(style::icon(QStringLiteral("camera")), tr("Sample from it…"), this,
                   [this, step] { Q_EMIT sampleWanted(step); });
    menu.addAction(style::icon(QStringLiteral("play")), tr("Resume from here…"), this,
                   [this, step] { Q_EMIT resumeWanted(step); });
    menu.addSeparator();
    menu.addAction(style::icon(QStringLiteral("folder")), tr("Open folder"), this,
                   [this, folder] { Q_EMIT openFolderWanted(folder); });
    menu.addAction(style::icon(QStringLiteral("copy")), tr("Copy path of the pipeline"), this,
                   [folder] { QApplication::clipboard()->setText(folder + QStringLiteral("/pipeline")); });
    menu.exec(at);
}

}  // namespace atelier
