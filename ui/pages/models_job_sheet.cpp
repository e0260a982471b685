// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/models_job_sheet.h"

#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QSpinBox>

#include "ui/pages/models_job_row.h"
#include "ui/session/typed_path.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {
struct TaskWords {
    QString icon, title, subtitle, primary;
};
TaskWords wordsOf(ModelTask task, const QString& model) {
    switch (task) {
        case ModelTask::Convert:
            return {QStringLiteral("export"), ModelJobSheet::tr("Convert %1").arg(model),
                    ModelJobSheet::tr("The result is read again and compared before it takes its name"),
                    ModelJobSheet::tr("Convert")};
        case ModelTask::Train:
            return {QStringLiteral("play"), ModelJobSheet::tr("Train on %1").arg(model),
                    ModelJobSheet::tr(
                        "Training takes a pipeline folder: the file is converted first and stays as it is"),
                    ModelJobSheet::tr("Convert and train")};
        case ModelTask::Extract:
            return {QStringLiteral("layers"), ModelJobSheet::tr("A LoRA from %1").arg(model),
                    ModelJobSheet::tr("The difference to the model that it was trained from, in low rank"),
                    ModelJobSheet::tr("Extract")};
        case ModelTask::Merge:
            return {
                QStringLiteral("layers"), ModelJobSheet::tr("Merge %1 into a model").arg(model),
                ModelJobSheet::tr("A new model with the LoRA added to its weights; the base stays as it is"),
                ModelJobSheet::tr("Merge")};
        case ModelTask::Resize:
            return {QStringLiteral("crop"), ModelJobSheet::tr("Change the rank of %1").arg(model),
                    ModelJobSheet::tr("The largest singular values are kept"), ModelJobSheet::tr("Resize")};
        case ModelTask::Download:
            break;
    }
    return {QStringLiteral("import"), ModelJobSheet::tr("Download a model"),
            ModelJobSheet::tr(
                "Into the cache that Hugging Face's tools share; what came is kept when it is stopped"),
            ModelJobSheet::tr("Download")};
}
}  // namespace

ModelJobSheet::ModelJobSheet(QWidget* window, ModelDesk& desk, ModelTask task,
                             std::shared_ptr<const ModelFacts> facts, const QString& name)
    : Sheet(window, wordsOf(task, name).icon, wordsOf(task, name).title, wordsOf(task, name).subtitle, 720),
      desk_(desk),
      task_(task),
      facts_(std::move(facts)),
      model_(facts_ && !facts_->isFolder() ? QFileInfo(name).completeBaseName() : name) {
    auto* body = new QWidget;
    auto* all = new QVBoxLayout(body);
    all->setContentsMargins(24, 18, 24, 18);
    all->setSpacing(12);
    auto* form = form_ = new QFormLayout;
    form->setHorizontalSpacing(16);
    form->setVerticalSpacing(10);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    help_ = makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Text2);
    help_->setWordWrap(true);
    buildForm(form);
    all->addLayout(form);
    size_ = makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Text2);
    all->addWidget(size_);
    QFrame* well = makeWell();
    auto* inside = new QHBoxLayout(well);
    inside->setContentsMargins(12, 8, 8, 8);
    command_ = makeLabel({});
    command_->setFont(style::monoFont(TextSize::Small));
    command_->setWordWrap(true);
    command_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    command_->setAccessibleName(tr("Command"));
    QToolButton* copy = makeIconButton(QStringLiteral("copy"), tr("Copy command"));
    connect(copy, &QToolButton::clicked, this,
            [this] { QApplication::clipboard()->setText(command_->text()); });
    inside->addWidget(command_, 1);
    inside->addWidget(copy, 0, Qt::AlignTop);
    all->addWidget(well);
    problem_ = makeLabel({}, TextSize::Body, QFont::Normal, Tone::Warn);
    problem_->setWordWrap(true);
    all->addWidget(problem_);
    jobs_ = new QVBoxLayout;
    all->addLayout(jobs_);
    setBody(body);
    primary_ = setPrimary(wordsOf(task, name).primary, wordsOf(task, name).icon, [this] {
        begin();
        return false;  // it stays and shows how the job goes
    });
    for (QPushButton* button : findChildren<QPushButton*>())
        if (button->text() == Sheet::tr("Cancel")) button->setText(tr("Close"));  // the job goes on
    connect(&desk, &ModelDesk::engineChanged, this, &ModelJobSheet::refresh);
    proposeName();
    refresh();
}

void ModelJobSheet::addRow(QFormLayout* form, const QString& label, QWidget* field) {
    if (field->accessibleName().isEmpty()) field->setAccessibleName(label);
    form->addRow(makeLabel(label), field);
}

void ModelJobSheet::buildForm(QFormLayout* form) {
    if (task_ == ModelTask::Download) {
        id_ = new QLineEdit;
        id_->setPlaceholderText(tr("organisation/name, with @revision for another than main"));
        variant_ = new QLineEdit;
        variant_->setPlaceholderText(tr("fp16, ema, …; empty: the plain files"));
        addRow(form, tr("Name on the hub"), id_);
        addRow(form, tr("Variant"), variant_);
        connect(id_, &QLineEdit::textChanged, this, &ModelJobSheet::refresh);
        connect(variant_, &QLineEdit::textChanged, this, &ModelJobSheet::refresh);
        return;
    }
    addForms(form);
    if (task_ != ModelTask::Resize) addOther(form);
    if (task_ == ModelTask::Merge) {
        weight_ = new QDoubleSpinBox;
        weight_->setRange(-4, 4);
        weight_->setSingleStep(0.1);
        weight_->setValue(1);
        addRow(form, tr("Weight"), weight_);
        connect(weight_, &QDoubleSpinBox::valueChanged, this, &ModelJobSheet::refresh);
    }
    if (task_ == ModelTask::Resize || task_ == ModelTask::Extract) addRank(form);
    precision_ = new QComboBox;
    precision_->addItem(tr("As it is"), QString());
    for (const char* type : {"fp16", "bf16", "fp32"})
        precision_->addItem(QString::fromLatin1(type), QString::fromLatin1(type));
    addRow(form, tr("Precision"), precision_);
    connect(precision_, &QComboBox::currentIndexChanged, this, &ModelJobSheet::refresh);
    addPlace(form);
}

// What it becomes, and what of the source: its averages, a variant.
void ModelJobSheet::addForms(QFormLayout* form) {
    if (!converts() && task_ != ModelTask::Extract) return;
    conversions_ = converts() ? conversionsOf(*facts_) : loraDialects();
    if (task_ == ModelTask::Train)
        std::erase_if(conversions_, [](const ModelConversion& one) { return !one.needsTokenizer; });
    to_ = new QComboBox;
    for (const ModelConversion& one : conversions_) to_->addItem(one.label);
    addRow(form, task_ == ModelTask::Extract ? tr("Names of") : tr("Becomes"), to_);
    form->addRow(QString(), help_);
    connect(to_, &QComboBox::currentIndexChanged, this, [this] {
        proposeName();
        refresh();
    });
    if (!converts()) return;
    if (facts_->hasAverages()) {
        averages_ = new QCheckBox(tr("Take the averaged UNet"));
        averages_->setToolTip(
            tr("The file has two: the plain weights go on training better, the average of the "
               "last steps often makes better pictures."));
        form->addRow(QString(), averages_);
        connect(averages_, &QCheckBox::toggled, this, &ModelJobSheet::refresh);
    }
    if (facts_->kind == ModelKind::Pipeline) {
        variant_ = new QLineEdit;
        variant_->setPlaceholderText(tr("fp16, ema, non_ema, …; empty: the plain files"));
        addRow(form, tr("Variant"), variant_);
        connect(variant_, &QLineEdit::textChanged, this, &ModelJobSheet::refresh);
    }
}

void ModelJobSheet::addOther(QFormLayout* form) {
    other_ = new QComboBox;
    other_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    otherRow_ = new QWidget;
    auto* row = new QHBoxLayout(otherRow_);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(other_, 1);
    auto* browse = makeButton(tr("Choose…"), QStringLiteral("folder"));
    row->addWidget(browse);
    const QString label = converts() ? tr("Tokenizer from") : tr("Base model");
    other_->setAccessibleName(label);
    addRow(form, label, otherRow_);
    connect(browse, &QPushButton::clicked, this, [this] {
        const QString folder = QFileDialog::getExistingDirectory(this, tr("Choose a pipeline folder"));
        if (folder.isEmpty()) return;
        other_->addItem(QFileInfo(folder).fileName(), folder);
        other_->setCurrentIndex(other_->count() - 1);
    });
    fillOthers();
    connect(other_, &QComboBox::currentIndexChanged, this, [this] {
        proposeName();
        refresh();
    });
}

void ModelJobSheet::addRank(QFormLayout* form) {
    rank_ = new QSpinBox;
    rank_->setRange(1, 4096);
    rank_->setValue(task_ == ModelTask::Extract ? 32 : 4);
    addRow(form, tr("Rank at most"), rank_);
    energy_ = new QDoubleSpinBox;
    energy_->setRange(1, 100);
    energy_->setDecimals(2);
    energy_->setValue(100);
    energy_->setSuffix(tr(" %"));
    energy_->setToolTip(tr("A layer's rank ends where it holds this share of the squared difference."));
    addRow(form, tr("Less where it holds"), energy_);
    connect(rank_, &QSpinBox::valueChanged, this, [this] {
        proposeName();
        refresh();
    });
    connect(energy_, &QDoubleSpinBox::valueChanged, this, &ModelJobSheet::refresh);
}

void ModelJobSheet::addPlace(QFormLayout* form) {
    name_ = new QLineEdit;
    addRow(form, tr("Name"), name_);
    auto* place = new QWidget;
    auto* row = new QHBoxLayout(place);
    row->setContentsMargins(0, 0, 0, 0);
    folder_ = new QLineEdit(desk_.modelFolder());
    folder_->setAccessibleName(tr("Folder"));
    auto* browse = makeButton(tr("Choose…"), QStringLiteral("folder"));
    row->addWidget(folder_, 1);
    row->addWidget(browse);
    addRow(form, tr("Folder"), place);
    connect(name_, &QLineEdit::textChanged, this, &ModelJobSheet::refresh);
    connect(folder_, &QLineEdit::textChanged, this, &ModelJobSheet::refresh);
    connect(browse, &QPushButton::clicked, this, [this] {
        const QString chosen =
            QFileDialog::getExistingDirectory(this, tr("Folder for the result"), folder_->text());
        if (!chosen.isEmpty()) folder_->setText(chosen);
    });
}

// Known pipeline folders, those of the same family first; for a merge and its reverse also single files.
// Training needs a tokenizer.
void ModelJobSheet::fillOthers() {
    for (const bool same : {true, false})
        for (const ModelEntry& entry : desk_.models().all()) {
            if (!entry.facts || !entry.facts->complete || entry.path == facts_->path) continue;
            const bool fits = entry.facts->kind == ModelKind::Pipeline ||
                              (!converts() && entry.facts->kind == ModelKind::Checkpoint);
            if (fits && (entry.facts->family == facts_->family) == same)
                other_->addItem(entry.name, entry.path);
        }
    if (task_ == ModelTask::Convert) other_->addItem(tr("none: write no tokenizer"), QString());
}

QString ModelJobSheet::otherPath() const {
    return other_ ? other_->currentData().toString() : QString();
}

QString ModelJobSheet::suffix() const {
    if (to_ && to_->currentIndex() >= 0) return conversions_[std::size_t(to_->currentIndex())].suffix;
    if (task_ == ModelTask::Merge)
        return QFileInfo(otherPath()).isDir() ? QString() : QStringLiteral(".safetensors");
    return facts_ && facts_->isFolder() ? QString() : QStringLiteral(".safetensors");
}

// A free name, as long as nobody has typed another.
void ModelJobSheet::proposeName() {
    if (!name_ || name_->text() != proposed_) return;
    QString base = model_;
    base.replace(QLatin1Char('/'), QLatin1Char('-'));
    if (task_ == ModelTask::Merge && other_->currentIndex() >= 0)
        base = other_->currentText().section(QLatin1Char('/'), -1).remove(QStringLiteral(".safetensors")) +
               QLatin1Char('-') + base;
    if (rank_) base += QStringLiteral("-r%1").arg(rank_->value());
    const QString free =
        QFileInfo(ModelDesk::freePath(typedPath(folder_->text(), desk_.modelFolder()), base, suffix()))
            .fileName();
    proposed_ = free.left(free.size() - suffix().size());
    name_->setText(proposed_);
}

QString ModelJobSheet::target() const {
    return name_ ? typedPath(folder_->text(), desk_.modelFolder()) + QLatin1Char('/') +
                       name_->text().trimmed() + suffix()
                 : QString();
}

QStringList ModelJobSheet::arguments() const {
    const QString dtype = precision_ ? precision_->currentData().toString() : QString();
    switch (task_) {
        case ModelTask::Convert:
        case ModelTask::Train:
            return to_->currentIndex() < 0
                       ? QStringList()
                       : convertArguments(
                             *facts_, conversions_[std::size_t(to_->currentIndex())], target(),
                             {dtype, otherPath(), variant_ ? variant_->text().trimmed() : QString(),
                              averages_ && averages_->isChecked()});
        case ModelTask::Extract:
            return extractArguments(otherPath(), facts_->path, rank_->value(), energy_->value() / 100,
                                    dialectOf(conversions_[std::size_t(std::max(0, to_->currentIndex()))]),
                                    target(), dtype);
        case ModelTask::Merge:
            return mergeArguments(otherPath(), facts_->path, weight_->value(), target(), dtype);
        case ModelTask::Resize:
            return resizeArguments(facts_->path, rank_->value(), energy_->value() / 100, target(), dtype);
        case ModelTask::Download:
            break;
    }
    return downloadArguments(id_->text().trimmed(), variant_->text().trimmed());
}

QString ModelJobSheet::problem() const {
    if (!desk_.engineReady()) return desk_.engineProblem();
    if (task_ == ModelTask::Download)
        return id_->text().trimmed().isEmpty() ? tr("A name is needed.") : QString();
    if (converts() && conversions_.empty()) return tr("Atelier has no other form for this kind of model.");
    if (task_ == ModelTask::Train && otherPath().isEmpty())
        return tr(
            "Training needs a tokenizer, and no pipeline folder is known to take one from. Choose one, "
            "or download one first.");
    if (!converts() && other_ && otherPath().isEmpty())
        return tr("No base model is known. Choose one, or open it on the Models page first.");
    if (name_->text().trimmed().isEmpty()) return tr("A name is needed.");
    if (QFileInfo::exists(target())) return tr("%1 exists already. Choose another name.").arg(target());
    return {};
}

void ModelJobSheet::refresh() {
    if (to_ && to_->currentIndex() >= 0) {
        const ModelConversion& now = conversions_[std::size_t(to_->currentIndex())];
        help_->setText(now.help);
        if (converts()) form_->setRowVisible(otherRow_, now.needsTokenizer);
        if (averages_) form_->setRowVisible(averages_, now.hasAverages);
    }
    const QString dtype = precision_ ? precision_->currentData().toString() : QString();
    const ModelEntry* base = task_ == ModelTask::Merge ? desk_.models().find(otherPath()) : nullptr;
    const ModelFacts* measured =
        task_ == ModelTask::Merge ? (base ? base->facts.get() : nullptr) : facts_.get();
    size_->setVisible(folder_ != nullptr);
    if (folder_)
        size_->setText(
            rank_ || !measured
                ? tr("%1 free in %2").arg(bytesWords(ModelDesk::freeBytes(folder_->text())), folder_->text())
                : tr("About %1; %2 free in %3")
                      .arg(bytesWords(expectedBytes(*measured, dtype)),
                           bytesWords(ModelDesk::freeBytes(folder_->text())), folder_->text()));
    command_->setText(desk_.commandLine(arguments()));
    const bool busy = job_ && job_->running();
    const QString why = busy ? QString() : problem();
    problem_->setVisible(!why.isEmpty() && !(job_ && job_->state() == EngineJob::State::Done));
    problem_->setText(why);
    primary_->setEnabled(!busy && why.isEmpty());
    primary_->setToolTip(why);
}

bool ModelJobSheet::begin() {
    if (!problem().isEmpty() || (job_ && job_->running())) return false;
    while (QLayoutItem* old = jobs_->takeAt(0)) {
        delete old->widget();
        delete old;
    }
    const QString title = task_ == ModelTask::Download
                              ? id_->text().trimmed()
                              : QStringLiteral("%1 → %2").arg(model_, QFileInfo(target()).fileName());
    job_ = desk_.start(title, arguments(), target());
    auto* row = new JobRow(desk_, job_, title);
    row->findChild<QToolButton*>()->setVisible(false);
    jobs_->addWidget(row);
    connect(row, &JobRow::openWanted, this, [this](const QString& path) {
        Q_EMIT openWanted(path);
        accept();
    });
    connect(row, &JobRow::dismissed, row, &QWidget::hide);
    connect(job_, &EngineJob::finished, this, [this] {
        refresh();
        if (task_ != ModelTask::Train || job_->state() != EngineJob::State::Done) return;
        Q_EMIT trainWanted(resultPath(job_->result()));
        accept();
    });
    refresh();
    Q_EMIT started(job_);
    return true;
}

}  // namespace atelier
