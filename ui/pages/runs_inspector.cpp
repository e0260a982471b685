// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/runs_inspector.h"

#include <QGridLayout>
#include <QPainter>
#include <QPainterPath>
#include <QVBoxLayout>
#include <algorithm>
#include <map>

#include "ui/models/run_words.h"
#include "ui/models/thumbnails.h"
#include "ui/pages/runs_delegate.h"
#include "ui/style/tokens.h"

namespace atelier {

using style::TextSize;
using style::Tone;

// Up to three pictures side by side.
class PictureStrip : public QWidget {
  public:
    explicit PictureStrip(Thumbnails& thumbnails) : thumbnails_(thumbnails) {
        connect(&thumbnails, &Thumbnails::ready, this, qOverload<>(&QWidget::update));
        setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        setFixedHeight(98);
    }
    void setFiles(const QStringList& files) {
        files_ = files;
        setVisible(!files.isEmpty());
        update();
    }

  protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
        const double side = std::min(98.0, (double(width()) - 12) / 3);
        for (qsizetype i = 0; i < files_.size(); ++i) {
            const QRectF box(double(i) * (side + 6), 0, side, side);
            QPainterPath shape;
            shape.addRoundedRect(box, 6, 6);
            const QImage image = thumbnails_.get(files_[i], int(side * devicePixelRatioF()));
            painter.save();
            painter.setClipPath(shape);
            if (image.isNull())
                painter.fillRect(box, style::tokens().sunken);
            else {
                const QSizeF size = QSizeF(image.size()).scaled(box.size(), Qt::KeepAspectRatioByExpanding);
                painter.drawImage(QRectF(box.center() - QPointF(size.width() / 2, size.height() / 2), size),
                                  image);
            }
            painter.restore();
        }
    }

  private:
    Thumbnails& thumbnails_;
    QStringList files_;
};

namespace {

void clear(QLayout* layout) {
    while (QLayoutItem* item = layout->takeAt(0)) {
        delete item->widget();
        delete item;
    }
}

// A column of "label … value" rows, made anew each time.
QGridLayout* freshRows(QWidget* host) {
    delete host->layout();
    qDeleteAll(host->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly));
    auto* grid = new QGridLayout(host);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setColumnStretch(1, 1);
    grid->setVerticalSpacing(0);
    return grid;
}

void addRow(QGridLayout* grid, const QString& label, const QString& value, bool mono) {
    const int row = grid->rowCount();
    QLabel* name = makeLabel(label, TextSize::Body, QFont::Normal, Tone::Text2);
    if (mono) {
        auto* key = new ElidedLabel(label, Qt::ElideMiddle);
        key->setFont(style::monoFont(TextSize::Small));
        setLabelTone(key, Tone::Text2);
        delete std::exchange(name, key);
    }
    auto* text = new ElidedLabel(value, mono ? Qt::ElideMiddle : Qt::ElideRight);
    text->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    text->setAccessibleName(label + QLatin1Char(' ') + value);
    grid->addWidget(name, row, 0);
    grid->addWidget(text, row, 1);
    grid->setRowMinimumHeight(row, 26);
    if (mono) grid->setColumnMinimumWidth(1, 116);
}

}  // namespace

RunsInspector::RunsInspector(const RunListModel& model, Thumbnails& thumbnails, QWidget* parent)
    : QWidget(parent), model_(model) {
    content_ = new QWidget;
    makeSurface(content_);
    auto* layout = new QVBoxLayout(content_);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(8);

    auto* head = new QHBoxLayout;
    name_ = new ElidedLabel;
    name_->setFont(style::font(TextSize::Title, QFont::DemiBold));
    state_ = new Pill;
    state_->setDot(true);
    head->addWidget(name_, 1);
    head->addWidget(state_);
    layout->addLayout(head);
    pictures_ = new PictureStrip(thumbnails);
    layout->addWidget(pictures_);
    pictureNote_ = makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Text2);
    layout->addWidget(pictureNote_);
    auto* buttons = new QHBoxLayout;
    open_ = makeButton(tr("Open monitor"), QStringLiteral("runs"), ButtonRole::Primary);
    start_ = makeButton(tr("Resume"), QStringLiteral("play"));
    QToolButton* more = makeIconButton(QStringLiteral("more"), tr("More"));
    buttons->addWidget(open_);
    buttons->addWidget(start_);
    buttons->addWidget(more);
    buttons->addStretch();
    layout->addLayout(buttons);
    queue_ = new QWidget;
    auto* queue = new QVBoxLayout(queue_);
    queue->setContentsMargins(0, 4, 0, 0);
    queueText_ = makeLabel({}, TextSize::Body, QFont::Normal, Tone::Text2);
    queueText_->setWordWrap(true);
    queue->addWidget(queueText_);
    auto* places = new QHBoxLayout;
    QToolButton* earlier = makeIconButton(QStringLiteral("chevup"), tr("Earlier in the queue"));
    QToolButton* later = makeIconButton(QStringLiteral("chev"), tr("Later in the queue"));
    QPushButton* out = makeButton(tr("Take out of the queue"), QStringLiteral("x"));
    places->addWidget(out);
    places->addWidget(earlier);
    places->addWidget(later);
    places->addStretch();
    queue->addLayout(places);
    layout->addWidget(queue_);
    connect(earlier, &QToolButton::clicked, this, [this] { Q_EMIT earlierWanted(path_); });
    connect(later, &QToolButton::clicked, this, [this] { Q_EMIT laterWanted(path_); });
    connect(out, &QPushButton::clicked, this, [this] { Q_EMIT unqueueWanted(path_); });
    layout->addSpacing(4);
    layout->addWidget(makeLine());
    settings_ = new QWidget;
    layout->addWidget(settings_);
    layout->addWidget(makeLine());
    differenceTitle_ = makeLabel({}, TextSize::Body, QFont::DemiBold);
    layout->addWidget(differenceTitle_);
    differences_ = new QWidget;
    layout->addWidget(differences_);
    layout->addStretch();
    needs_ = makeWell();
    needsLayout_ = new QVBoxLayout(needs_);
    needsLayout_->setContentsMargins(14, 12, 14, 12);
    layout->addWidget(needs_);

    nothing_ = makeLabel(tr("No run is selected."), TextSize::Body, QFont::Normal, Tone::Text2);
    nothing_->setAlignment(Qt::AlignCenter);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(makeScroll(content_));
    outer->addWidget(nothing_);
    connect(open_, &QPushButton::clicked, this, [this] { Q_EMIT openWanted(path_); });
    connect(start_, &QPushButton::clicked, this, [this] { Q_EMIT startWanted(path_); });
    connect(more, &QToolButton::clicked, this,
            [this, more] { Q_EMIT menuWanted(path_, more->mapToGlobal(QPoint(0, more->height()))); });
    show(nullptr);
}

void RunsInspector::show(const RunSummary* run) {
    content_->parentWidget()->parentWidget()->setVisible(run != nullptr);
    nothing_->setVisible(run == nullptr);
    if (run == nullptr) {
        path_.clear();
        key_.clear();
        return;
    }
    path_ = run->path;
    name_->setText(run->name);
    state_->set(stateWords(*run), stateTone(*run));
    queue_->setVisible(run->queued.has_value());
    if (run->queued)
        queueText_->setText(tr("Place %1 in the queue: %2").arg(run->queued->place).arg(run->queued->reason));
    pictures_->setFiles(run->samples);
    pictureNote_->setText(run->samples.isEmpty() ? tr("No samples yet")
                                                 : tr("Samples at step %1").arg(countText(run->sampleStep)));
    const bool canStart =
        !run->active() && run->status != run::RunStatus::Finished && run->unreadable.isEmpty();
    start_->setVisible(canStart);
    start_->setText(run->queued                                 ? tr("Start now")
                    : run->status == run::RunStatus::NotStarted ? tr("Start")
                                                                : tr("Resume"));
    start_->setToolTip(run->queued ? tr("Beside what runs, without waiting for its turn") : QString());
    // The rows below are rebuilt only when what they show has changed: the list is looked at every two
    // seconds.
    const QString key = QStringLiteral("%1|%2|%3|%4|%5")
                            .arg(run->path)
                            .arg(quintptr(run->settings.get()))
                            .arg(run->checkpointStep)
                            .arg(int(run->status))
                            .arg(model_.count(RunFilterKind::All));
    if (key == key_) return;
    key_ = key;
    fillSettings(*run);
    fillDifferences(*run);
    fillNeeds(*run);
}

void RunsInspector::fillSettings(const RunSummary& run) {
    QGridLayout* rows = freshRows(settings_);
    if (!run.settings->problem.isEmpty()) addRow(rows, tr("Settings"), run.settings->problem, false);
    for (const auto& [label, value] : run.settings->brief) addRow(rows, label, value, false);
    if (run.checkpointStep >= 0)
        addRow(rows, tr("Last checkpoint"), tr("step %1, verified").arg(countText(run.checkpointStep)),
               false);
}

void RunsInspector::fillDifferences(const RunSummary& run) {
    QGridLayout* rows = freshRows(differences_);
    const RunSummary* earlier = nullptr;
    for (const RunSummary* other : model_.all())
        if (other->path != run.path && other->started < run.started && !other->settings->all.empty() &&
            (earlier == nullptr || other->started > earlier->started))
            earlier = other;
    int shown = 0;
    if (earlier != nullptr) {
        const std::map<QString, QString> before(earlier->settings->all.begin(), earlier->settings->all.end());
        for (const auto& [key, value] : run.settings->all) {
            const auto was = before.find(key);
            if (key.startsWith(QLatin1String("experiment.name")) ||
                key.startsWith(QLatin1String("experiment.folder")) ||
                (was != before.end() && was->second == value))
                continue;
            if (++shown > 8) break;
            addRow(rows, key,
                   QStringLiteral("%1 → %2").arg(
                       was != before.end() ? was->second.section(QLatin1Char('/'), -1) : QStringLiteral("—"),
                       value.section(QLatin1Char('/'), -1)),
                   true);
        }
    }
    differenceTitle_->setVisible(earlier != nullptr);
    if (earlier != nullptr)
        differenceTitle_->setText(shown > 0 ? tr("Different from %1").arg(earlier->name)
                                            : tr("Same settings as %1").arg(earlier->name));
}

void RunsInspector::fillNeeds(const RunSummary& run) {
    clear(needsLayout_);
    needs_->setVisible(!run.errorText.isEmpty());
    if (run.errorText.isEmpty()) return;
    auto* title = new QWidget;
    auto* row = new QHBoxLayout(title);
    row->setContentsMargins(0, 0, 0, 0);
    auto* icon = new QLabel;
    icon->setPixmap(style::iconPixmap(QStringLiteral("error"), 16, Tone::Bad, devicePixelRatioF()));
    row->addWidget(icon);
    row->addWidget(makeLabel(tr("%1 needs you").arg(run.name), TextSize::Body, QFont::DemiBold), 1);
    needsLayout_->addWidget(title);
    QLabel* text =
        makeLabel(run.errorText + (run.errorHint.isEmpty() ? QString() : QLatin1Char('\n') + run.errorHint));
    text->setWordWrap(true);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    needsLayout_->addWidget(text);
    auto* buttons = new QWidget;
    auto* line = new QHBoxLayout(buttons);
    line->setContentsMargins(0, 0, 0, 0);
    QPushButton* resume = makeButton(tr("Resume"), {}, ButtonRole::Normal, ButtonSize::Small);
    QPushButton* details = makeButton(tr("Details"), {}, ButtonRole::Normal, ButtonSize::Small);
    line->addWidget(resume);
    line->addWidget(details);
    line->addStretch();
    needsLayout_->addWidget(buttons);
    connect(resume, &QPushButton::clicked, this, [this] { Q_EMIT startWanted(path_); });
    connect(details, &QPushButton::clicked, this, [this] { Q_EMIT openWanted(path_); });
}

}  // namespace atelier
