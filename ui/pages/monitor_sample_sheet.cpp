// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/monitor_sample_sheet.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QKeyEvent>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QRandomGenerator>
#include <QRegularExpressionValidator>
#include <QSpinBox>
#include <QVBoxLayout>

#include "core/config/sections/output.h"
#include "ui/models/run_words.h"
#include "ui/models/thumbnails.h"
#include "ui/session/languages.h"
#include "ui/style/tokens.h"
#include "ui/widgets/sample_viewer.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {
constexpr int kSide = 128;

QLabel* fieldLabel(const QString& text, QWidget* field) {
    QLabel* label = makeLabel(text, TextSize::Caption, QFont::Normal, Tone::Text2);
    field->setAccessibleName(text);
    label->setBuddy(field);
    return label;
}
}  // namespace

SampleSheet::SampleSheet(QWidget* window, RunDesk& desk, const SampleSubject& subject, Thumbnails& thumbnails)
    : Sheet(window, QStringLiteral("camera"), subject.title, subject.subtitle, 860),
      desk_(desk),
      thumbnails_(thumbnails),
      subject_(subject) {
    auto* body = new QWidget;
    auto* row = new QHBoxLayout(body);
    row->setContentsMargins(24, 16, 24, 16);
    row->setSpacing(20);
    row->addWidget(makeForm());
    row->addWidget(makePictures(), 1);
    setBody(body);
    openFolder_ = makeButton(tr("Open folder"), QStringLiteral("folder"), ButtonRole::Ghost);
    openFolder_->hide();
    QPushButton* copy = makeButton(tr("Copy command"), QStringLiteral("copy"), ButtonRole::Ghost);
    addFooterWidget(copy);
    addFooterWidget(openFolder_);
    primary_ = setPrimary(tr("Make pictures"), QStringLiteral("camera"), [this] {
        run();
        return false;  // stays open: people try again with other words
    });
    for (QPushButton* button : findChildren<QPushButton*>())
        if (button->text() == Sheet::tr("Cancel")) button->setText(tr("Close"));  // what was made is kept
    connect(copy, &QPushButton::clicked, this,
            [this] { QApplication::clipboard()->setText(desk_.sampleCommandLine(order())); });
    connect(openFolder_, &QPushButton::clicked, this, [this] { Q_EMIT folderWanted(lastFolder_); });
    connect(prompt_, &QPlainTextEdit::textChanged, this, &SampleSheet::refresh);
    connect(&desk, &RunDesk::engineChanged, this, &SampleSheet::refresh);
    connect(&thumbnails, &Thumbnails::ready, this, &SampleSheet::showPictures);
    prompt_->setFocus();
    refresh();
}

SampleSheet::~SampleSheet() {
    delete job_.data();  // ends its process
}

QWidget* SampleSheet::makeForm() {
    auto* form = new QWidget;
    form->setFixedWidth(300);
    auto* grid = new QGridLayout(form);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(4);
    const RunSettings::Sampling& usual = subject_.usual;
    prompt_ = new QPlainTextEdit(usual.prompts.value(0));
    prompt_->setTabChangesFocus(true);
    prompt_->setFixedHeight(76);
    negative_ = new QLineEdit(usual.negative);
    negative_->setPlaceholderText(tr("what not to show"));
    steps_ = new QSpinBox;
    steps_->setRange(1, 1000);
    steps_->setValue(usual.steps);
    guidance_ = new QDoubleSpinBox;
    guidance_->setRange(1, 50);
    guidance_->setDecimals(1);
    guidance_->setSingleStep(0.5);
    guidance_->setValue(usual.guidance);
    guidance_->setToolTip(tr("1: the prompt alone, without classifier-free guidance"));
    sampler_ = new QComboBox;
    sampler_->addItem(tr("The model's own"), QStringLiteral("auto"));
    for (const auto& name : EnumNames<SamplerName>::kNames)
        sampler_->addItem(translated(name.label), QString::fromUtf8(name.name));
    if (const int at = sampler_->findData(usual.sampler); at >= 0) sampler_->setCurrentIndex(at);
    seed_ = new QLineEdit(QString::number(usual.seed));
    seed_->setValidator(
        new QRegularExpressionValidator(QRegularExpression(QStringLiteral("\\d{1,18}")), seed_));
    seed_->setToolTip(tr("The same seed and settings give the same pictures"));
    QAction* dice = seed_->addAction(style::icon(QStringLiteral("sparkle")), QLineEdit::TrailingPosition);
    dice->setToolTip(tr("Another seed"));
    connect(dice, &QAction::triggered, this,
            [this] { seed_->setText(QString::number(QRandomGenerator::global()->bounded(1'000'000'000))); });
    count_ = new QSpinBox;
    count_->setRange(1, 64);
    count_->setValue(4);
    grid->addWidget(fieldLabel(tr("Prompt"), prompt_), 0, 0, 1, 2);
    grid->addWidget(prompt_, 1, 0, 1, 2);
    grid->addWidget(fieldLabel(tr("Negative prompt"), negative_), 2, 0, 1, 2);
    grid->addWidget(negative_, 3, 0, 1, 2);
    grid->addWidget(fieldLabel(tr("Pictures"), count_), 4, 0);
    grid->addWidget(fieldLabel(tr("Seed"), seed_), 4, 1);
    grid->addWidget(count_, 5, 0);
    grid->addWidget(seed_, 5, 1);
    grid->addWidget(fieldLabel(tr("Steps"), steps_), 6, 0);
    grid->addWidget(fieldLabel(tr("Guidance"), guidance_), 6, 1);
    grid->addWidget(steps_, 7, 0);
    grid->addWidget(guidance_, 7, 1);
    grid->addWidget(fieldLabel(tr("Sampler"), sampler_), 8, 0, 1, 2);
    grid->addWidget(sampler_, 9, 0, 1, 2);
    for (const int gap : {2, 4, 6, 8}) grid->setRowMinimumHeight(gap, 24);
    if (!subject_.lora.isEmpty()) {
        base_ = new QComboBox;
        base_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        for (const auto& [name, folder] : subject_.bases) base_->addItem(name, folder);
        weight_ = new QDoubleSpinBox;
        weight_->setRange(-4, 4);
        weight_->setSingleStep(0.1);
        weight_->setValue(1);
        grid->addWidget(fieldLabel(tr("Base model"), base_), 10, 0);
        grid->addWidget(fieldLabel(tr("Weight"), weight_), 10, 1);
        grid->addWidget(base_, 11, 0);
        grid->addWidget(weight_, 11, 1);
        grid->setRowMinimumHeight(10, 24);
    }
    grid->setRowStretch(12, 1);
    return form;
}

QWidget* SampleSheet::makePictures() {
    auto* side = new QWidget;
    auto* box = new QVBoxLayout(side);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(8);
    QFrame* well = makeWell();
    auto* inside = new QVBoxLayout(well);
    inside->setContentsMargins(8, 8, 8, 8);
    hint_ = makeLabel(tr("The pictures appear here.") + QLatin1Char('\n') + subject_.note, TextSize::Body,
                      QFont::Normal, Tone::Text2);
    hint_->setAlignment(Qt::AlignCenter);
    hint_->setWordWrap(true);
    list_ = new QListWidget;
    list_->setViewMode(QListView::IconMode);
    list_->setResizeMode(QListView::Adjust);
    list_->setMovement(QListView::Static);
    list_->setFrameShape(QFrame::NoFrame);
    list_->setIconSize({kSide, kSide});
    list_->setGridSize({kSide + 8, kSide + 8});
    list_->setAccessibleName(tr("Pictures, newest first"));
    list_->viewport()->setAutoFillBackground(false);
    list_->hide();
    inside->addWidget(hint_, 1);
    inside->addWidget(list_, 1);
    well->setMinimumHeight(2 * (kSide + 8) + 24);
    box->addWidget(well, 1);
    problem_ = makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Bad);
    problem_->setWordWrap(true);
    problem_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    problem_->hide();
    box->addWidget(problem_);
    auto* row = new QHBoxLayout;
    row->setSpacing(10);
    bar_ = new ProgressLine;
    bar_->setAccessibleName(tr("Progress of the pictures"));
    note_ = makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Text2);
    stop_ = makeButton(tr("Stop"), QStringLiteral("stop"), ButtonRole::Normal, ButtonSize::Small);
    row->addWidget(bar_, 1);
    row->addWidget(note_);
    row->addWidget(stop_);
    box->addLayout(row);
    connect(stop_, &QPushButton::clicked, this, &SampleSheet::cancel);
    connect(list_, &QListWidget::itemActivated, this,
            [this](QListWidgetItem* item) { openLarge(list_->row(item)); });
    connect(list_, &QListWidget::itemClicked, this,
            [this](QListWidgetItem* item) { openLarge(list_->row(item)); });
    return side;
}

SampleOrder SampleSheet::order() const {
    SampleOrder order;
    order.model = base_ ? base_->currentData().toString() : subject_.model;
    order.lora = subject_.lora;
    if (weight_) order.loraWeight = weight_->value();
    order.prompt = prompt_->toPlainText().simplified();
    order.negative = negative_->text().simplified();
    order.sampler = sampler_->currentData().toString();
    order.seed = seed_->text().toLongLong();
    order.steps = steps_->value();
    order.guidance = guidance_->value();
    order.count = count_->value();
    return order;
}

void SampleSheet::setPrompt(const QString& prompt) {
    prompt_->setPlainText(prompt);
}
void SampleSheet::setSteps(int steps) {
    steps_->setValue(steps);
}
void SampleSheet::setCount(int count) {
    count_->setValue(count);
}
QString SampleSheet::problem() const {
    return problem_->text();
}

void SampleSheet::run() {
    if (job_ != nullptr) return;
    problem_->hide();
    problem_->clear();
    job_ = desk_.sample(subject_.place, order(), this);
    connect(job_, &SampleJob::progressed, this, &SampleSheet::refresh);
    connect(job_, &SampleJob::finished, this, &SampleSheet::ended);
    refresh();
}

void SampleSheet::cancel() {
    if (job_ == nullptr) return;
    note_->setText(tr("stopping"));
    job_->cancel();
}

void SampleSheet::ended() {
    const Result<std::vector<SampleEntry>>& made = job_->pictures();
    if (made) {
        lastFolder_ = job_->folder();
        made_.insert(made_.begin(), made->begin(), made->end());
        model_.clear();
        model_.setStep(subject_.step, made_);
    } else if (made.error().code != ErrorCode::Cancelled) {
        problem_->setText(QString::fromStdString(made.error().message()));
        problem_->show();
    }
    job_->deleteLater();
    job_.clear();
    showPictures();
    refresh();
    Q_EMIT jobEnded();
}

void SampleSheet::refresh() {
    const bool busy = job_ != nullptr;
    bar_->setVisible(busy);
    stop_->setVisible(busy);
    note_->setVisible(busy);
    if (busy) {
        bar_->setFraction(job_->fraction());
        note_->setText(job_->fraction() < 0 ? tr("loading the model")
                                            : tr("%1 %").arg(int(job_->fraction() * 100)));
    }
    openFolder_->setVisible(!lastFolder_.isEmpty());
    primary_->setEnabled(!busy && desk_.engineReady() && !order().prompt.isEmpty());
    primary_->setToolTip(!desk_.engineReady()       ? desk_.engineProblem()
                         : order().prompt.isEmpty() ? tr("A prompt is needed.")
                                                    : QString());
}

void SampleSheet::showPictures() {
    const bool any = model_.prompts() > 0;
    hint_->setVisible(!any);
    list_->setVisible(any);
    while (list_->count() > model_.prompts()) delete list_->takeItem(list_->count() - 1);
    while (list_->count() < model_.prompts()) {
        auto* item = new QListWidgetItem(list_);
        item->setSizeHint({kSide + 8, kSide + 8});
    }
    for (int row = 0; row < list_->count(); ++row) {
        const SampleEntry* e = model_.entry(row, 0);
        QListWidgetItem* item = list_->item(row);
        const QModelIndex index = model_.index(row, 0);
        item->setToolTip(index.data(SampleModel::InfoRole).toString());
        item->setData(Qt::AccessibleTextRole, index.data(Qt::AccessibleTextRole));
        if (e == nullptr || e->file.isEmpty()) {
            item->setText(e != nullptr ? e->failure : QString());
            continue;
        }
        const double dpr = devicePixelRatioF();
        const QImage image = thumbnails_.get(e->file, int(kSide * dpr));
        if (image.isNull()) {
            if (thumbnails_.failed(e->file)) item->setText(tr("cannot be read"));
            continue;
        }
        // Small pictures are looked at pixel by pixel.
        QPixmap pixmap = QPixmap::fromImage(image.scaled(
            int(kSide * dpr), int(kSide * dpr), Qt::KeepAspectRatio,
            image.width() * 3 < kSide * dpr ? Qt::FastTransformation : Qt::SmoothTransformation));
        pixmap.setDevicePixelRatio(dpr);
        item->setIcon(QIcon(pixmap));
    }
}

void SampleSheet::openLarge(int row) {
    if (row < 0 || row >= model_.prompts()) return;
    auto* viewer = new SampleViewer(window(), model_, thumbnails_);
    connect(viewer, &SampleViewer::closed, list_, [this] { list_->setFocus(); });
    viewer->open(row, 0);
}

// Ctrl+Enter makes pictures from anywhere in the sheet, also from the prompt.
void SampleSheet::keyPressEvent(QKeyEvent* event) {
    if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) &&
        event->modifiers().testFlag(Qt::ControlModifier)) {
        if (primary_->isEnabled()) run();
        return;
    }
    Sheet::keyPressEvent(event);
}

}  // namespace atelier
